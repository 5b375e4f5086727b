"""What is in the classes: ops under their strategies, collectives, and what is given."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from xdsl.dialects.builtin import IntAttr, ModuleOp, StringAttr, UnrealizedConversionCastOp
from xdsl.dialects.equivalence import EQSAT_COST_LABEL
from xdsl.ir import Attribute, Block, Operation, OpResult, SSAValue

from eggshard.dialects.names import value_names
from eggshard.dialects.sharding import StrategyAttr
from eggshard.dialects.sharding.access import LAYOUTS, STRATEGY
from eggshard.dialects.sharding.layout import Layout
from eggshard.dialects.sharding.ops import ConstraintOp, ReshardOp
from eggshard.egraph.codes import layout_of_code, live_axes
from eggshard.partitioning.program import main_function, the_mesh
from eggshard.planning.kinds import Kind
from eggshard.planning.outline import Outline
from eggshard.planning.problem import PER_SECOND
from eggshard.planning.search import Search
from eggshard.planning.strategies import key_of

Place = tuple[int, int]
"""A class: a tensor, and the number of a layout of its kind."""

COLLECTIVES = {
    "AllGather": "all_gather",
    "Slice": "slice",
    "AllToAll": "all_to_all",
    "AllReduce": "all_reduce",
    "ReduceScatter": "reduce_scatter",
    "Permute": "collective_permute",
}


@dataclass
class Members:
    """What a class holds: values made by e-nodes, in order, and which of them the plan takes (-1: none)."""

    result: SSAValue
    values: list[SSAValue] = field(default_factory=list)
    taken: int = -1


class Classes:
    """
    The classes of a program, with the e-nodes in `block`; each is read by a placeholder until it is written.

    Of tensors whose name does not match `shown` only what others read is there, and not how it comes about.
    """

    def __init__(self, module: ModuleOp, search: Search, shown: re.Pattern[str]):
        found = the_mesh(module)
        assert found is not None
        self.mesh_name, self.mesh = found
        self.func, self.search, self.outline, self.space = (
            main_function(module),
            search,
            search.outline,
            search.space,
        )
        self.choice = None if search.result is None else search.result.choice
        self.names = names_of(module, self.outline)
        self.shown = [shown.search(name) is not None for name in self.names]
        self.block = Block()
        self.classes: dict[Place, Members] = {}
        self.sources: dict[tuple[int, int], Sequence[SSAValue | int]] = {
            (number, index): way.reads
            for rewritten in self.outline.islands
            for piece, number in zip(rewritten.pieces, rewritten.sites, strict=True)
            for index, way in enumerate(piece.ways)
        }

    def fill(self) -> None:
        """Tensors in the order in which they are made: what an op reads is there before it."""
        for tensor, found in enumerate(self.outline.tensors):
            if found.maker is None and found.result < 0:
                self.leaf(tensor)
                self.reshards(tensor)
        for number, site in enumerate(self.outline.sites):
            self.site(number)
            for tensor in site.results:
                if tensor >= 0:
                    self.reshards(tensor)

    def kind(self, tensor: int) -> Kind:
        return self.space.kinds[key_of(self.outline, tensor)]

    def layout(self, place: Place) -> Layout:
        tensor, number = place
        shape = self.outline.tensors[tensor].shape
        return layout_of_code(self.kind(tensor).codes[number], len(shape), self.mesh_name, self.mesh)

    def members(self, place: Place, kind: Attribute) -> Members:
        """The class of a tensor in a layout; its result is a placeholder until the class is written."""
        if place not in self.classes:
            self.classes[place] = Members(Block(arg_types=[kind]).args[0])
        return self.classes[place]

    def leaf(self, tensor: int) -> None:
        """A tensor that no op makes: an argument in any layout without terms, or what control flow hands on."""
        found, kind = self.outline.tensors[tensor], self.kind(tensor)
        whole = np.flatnonzero(kind.whole)
        for number in whole:
            place = (tensor, int(number))
            value = found.values[0]
            self.members(place, value.type)
            if not self.shown[tensor]:
                continue
            if found.argument >= 0:
                op: Operation = ConstraintOp(self.func.body.block.args[found.argument], self.layout(place))
            else:
                op = UnrealizedConversionCastOp.get([], [value.type])
            self.enter(op, [(0, place)], None)

    def site(self, number: int) -> None:
        """The strategies of an op, or of all ways to make a piece, that read what can be had."""
        site, states = self.outline.sites[number], self.space.states(number)
        taken = -1 if self.choice is None else int(self.choice[self.search.decision.of_site[number]])
        for state, (way, index) in enumerate(zip(states.way.tolist(), states.index.tolist(), strict=True)):
            if way < 0:
                continue
            choices = states.choices[way]
            wanted = choices.reads[index].tolist()
            tensors = site.ways[way].operands
            reads = list(zip(tensors, wanted, strict=True))
            if any(place[0] >= 0 and place not in self.classes for place in reads):
                continue
            made = [(t, int(layout)) for t, layout in zip(site.results, states.makes[state], strict=True)]
            op = site.ways[way].op
            for (tensor, layout), result in zip(made, op.results, strict=True):
                if tensor >= 0:
                    self.members((tensor, layout), result.type)
            if not any(t >= 0 and self.shown[t] for t in site.results):
                continue
            copy = op.clone()
            given = self.sources.get((number, way), list(op.operands))
            for place, (tensor, layout) in enumerate(reads):
                copy.operands[place] = (
                    self.classes[tensor, layout].result if tensor >= 0 else self.constant(given[place])
                )
            copy.attributes = {k: v for k, v in copy.attributes.items() if k not in (STRATEGY, LAYOUTS)}
            strategy = choices.strategy(index, self.mesh_name, self.mesh)
            if strategy.tiles or strategy.carries:
                copy.attributes[STRATEGY] = StrategyAttr(strategy)
            seconds = float(states.seconds[state]) * site.times
            self.enter(
                copy, [(r, place) for r, place in enumerate(made) if place[0] >= 0], seconds, taken=state == taken
            )

    def constant(self, value: SSAValue | int) -> SSAValue:
        """A value that is made where it is read."""
        assert isinstance(value, SSAValue)
        if isinstance(value, OpResult) and not value.op.operands:
            copy = value.op.clone()
        else:
            copy = UnrealizedConversionCastOp.get([], [value.type])
        self.block.add_op(copy)
        return copy.results[value.index if isinstance(value, OpResult) and not value.op.operands else 0]

    def reshards(self, tensor: int) -> None:
        """The collectives between layouts of a tensor, from those that it can have."""
        kind = self.kind(tensor)
        steps = [(kind.index[s.source], kind.index[s.target], s) for s in kind.steps]
        reached = [layout for t, layout in self.classes if t == tensor]
        if not reached:
            return
        type = self.classes[tensor, reached[0]].result.type
        for source in reached:  # grows
            for first, second, _ in steps:
                if first == source and second not in reached:
                    reached.append(second)
        for first, second, step in steps:
            if first not in reached:
                continue
            self.members((tensor, first), type)
            self.members((tensor, second), type)
            if not self.shown[tensor]:
                continue
            op = ReshardOp(
                self.classes[tensor, first].result, self.layout((tensor, first)), self.layout((tensor, second))
            )
            axes = [name for name, _ in live_axes(self.mesh)]
            op.attributes["collective"] = StringAttr(COLLECTIVES[step.name])
            if step.axis >= 0:
                op.attributes["axis"] = StringAttr(axes[step.axis])
            self.enter(op, [(0, (tensor, second))], float(kind.once[first, second]))

    def enter(self, op: Operation, made: list[tuple[int, Place]], seconds: float | None, taken: bool = False) -> None:
        if self.choice is not None and seconds is not None:
            op.attributes[EQSAT_COST_LABEL] = IntAttr(round(seconds * PER_SECOND))
        self.block.add_op(op)
        for result, place in made:
            members = self.classes[place]
            members.values.append(op.results[result])
            if taken:
                members.taken = len(members.values) - 1

    def lies(self, variable: int) -> int:
        assert self.choice is not None
        return int(self.search.decision.variables[variable].places[self.choice[variable]])


def names_of(module: ModuleOp, outline: Outline) -> list[str]:
    """Each tensor as the printed program calls it; what only other forms make has a number of its own."""
    values = value_names(main_function(module))
    names = []
    for index, tensor in enumerate(outline.tensors):
        found = next((values[value] for value in tensor.values if value in values), None)
        names.append(f"form{index}" if found is None else f"%{found}")
    for rewritten in outline.islands:
        for piece, site in zip(rewritten.pieces, rewritten.sites, strict=True):
            if piece.value in values:
                names[outline.sites[site].results[0]] = f"%{values[piece.value]}"
    return names
