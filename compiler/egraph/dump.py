"""
The e-graph as a person reads it: xDSL's `equivalence` dialect.

A class is a tensor in a layout. Its e-nodes are ops under a strategy, collectives from other layouts of the tensor,
and, where the program may be written otherwise, ops of other forms. Where something was chosen, e-nodes have costs in
picoseconds, and each class that the plan makes says by which of them (`min_cost_index`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from xdsl.dialects.builtin import ArrayAttr, IntAttr, ModuleOp, StringAttr, UnrealizedConversionCastOp
from xdsl.dialects.equivalence import EQSAT_COST_LABEL, ClassOp, GraphOp, YieldOp
from xdsl.dialects.func import ReturnOp
from xdsl.ir import Attribute, Block, Operation, OpResult, Region, SSAValue

from eggshard.dialects.names import value_names
from eggshard.dialects.sharding import StrategyAttr
from eggshard.dialects.sharding.access import LAYOUTS, STRATEGY
from eggshard.dialects.sharding.attributes import LayoutAttr
from eggshard.dialects.sharding.layout import Layout
from eggshard.dialects.sharding.ops import ConstraintOp, ReshardOp
from eggshard.egraph.codes import KIND_OF, Code, layout_of_code, live_axes
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


def dump(module: ModuleOp, search: Search, tensors: str | None = None) -> None:
    """
    Puts the e-graph of a program into the place of its main function's body.

    Nothing may be written into the module yet. Of tensors whose name does not match `tensors` (a regular expression)
    only what others read is shown, and not how it comes about.
    """
    _Dump(module, search, re.compile(tensors or "")).run()


class _Dump:
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
        self.names = _names(module, self.outline)
        self.shown = [shown.search(name) is not None for name in self.names]
        self.block = Block()
        self.classes: dict[Place, Members] = {}
        self.sources: dict[tuple[int, int], Sequence[SSAValue | int]] = {
            (number, index): way.reads
            for rewritten in self.outline.islands
            for piece, number in zip(rewritten.pieces, rewritten.sites, strict=True)
            for index, way in enumerate(piece.ways)
        }

    def run(self) -> None:
        for tensor, found in enumerate(self.outline.tensors):
            if found.maker is None and found.result < 0:
                self.leaf(tensor)
                self.reshards(tensor)
        for number, site in enumerate(self.outline.sites):
            self.site(number)
            for tensor in site.results:
                if tensor >= 0:
                    self.reshards(tensor)
        last = self.func.body.block.last_op
        assert last is not None
        if self.choice is not None:
            self.mark()
        yielded = [self.yielded(index, value) for index, value in enumerate(last.operands)]
        self.write(yielded)

    # what is in the classes

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

    # what was chosen

    def mark(self) -> None:
        """Every class that the plan makes: by an op, or by the collectives on the way from where the tensor is."""
        for tensor, found in enumerate(self.outline.tensors):
            if found.result >= 0 or not self.shown[tensor]:
                continue
            home = self.search.decision.home[tensor]
            kept = -1 if home < 0 else self.lies(home)
            if found.maker is None:
                self.classes[tensor, kept].taken = 0
            there = [layout for (t, layout), members in self.classes.items() if t == tensor and members.taken >= 0]
            if not there:
                continue  # made in other forms alone
            copies = [v for v, variable in enumerate(self.search.decision.variables) if variable.copy]
            wanted = [kept, *(self.lies(v) for v in copies if self.search.decision.variables[v].tensor == tensor)]
            for use in found.uses:
                wanted.append(self.read(tensor, use.site, use.way, use.operand, use.feeds))
            for layout in wanted:
                if layout >= 0:
                    self.walk(tensor, there, layout)

    def lies(self, variable: int) -> int:
        assert self.choice is not None
        return int(self.search.decision.variables[variable].places[self.choice[variable]])

    def read(self, tensor: int, site: int, way: int, operand: int, feeds: int) -> int:
        """The layout in which the plan reads a tensor there; -1 where it does not."""
        if feeds >= 0:
            return self.lies(self.search.decision.home[feeds])
        assert self.choice is not None
        return int(self.space.states(site).reads(way, operand)[self.choice[self.search.decision.of_site[site]]])

    def walk(self, tensor: int, there: list[int], target: int) -> None:
        """Marks the cheapest way from layouts that the plan has to one that it reads."""
        kind = self.kind(tensor)
        at = min(there, key=lambda layout: float(kind.seconds[layout, target]))
        while at != target:
            left = kind.seconds[at, target]
            steps = [
                kind.index[s.target]
                for s in kind.steps
                if kind.index[s.source] == at
                and kind.index[s.target] != at
                and kind.once[at, kind.index[s.target]] + kind.seconds[kind.index[s.target], target]
                <= left * (1 + 1e-9)
                and kind.seconds[kind.index[s.target], target] < left
            ]
            before, at = at, steps[0]
            members = self.classes[tensor, at]
            if members.taken < 0:
                source = self.classes[tensor, before].result
                members.taken = next(
                    n
                    for n, value in enumerate(members.values)
                    if isinstance(value.owner, ReshardOp) and value.owner.input is source
                )
            there.append(at)

    # writing

    def yielded(self, index: int, value: SSAValue) -> SSAValue:
        """A result of the program, in the layout that it was given, or replicated."""
        tensor = self.outline.of.get(value, -1)
        if tensor < 0:
            return self.constant(value)
        layout = self.kind(tensor).index[(0,) * (len(live_axes(self.mesh)) + 1)]
        if self.choice is not None:
            homes = {t.result: n for n, t in enumerate(self.outline.tensors) if t.result >= 0}
            homes |= dict(self.outline.linked_results)
            layout = self.lies(self.search.decision.home[homes[index]])
        return self.classes[tensor, layout].result

    def write(self, yielded: list[SSAValue]) -> None:
        """The classes, each after its first e-node, and the graph in the place of the function's body."""
        for place, members in self.classes.items():
            if not members.values:
                if not members.result.uses and members.result not in yielded:
                    continue
                op: Operation = UnrealizedConversionCastOp.get([], [members.result.type])
                self.block.add_op(op)
                members.values.append(op.results[0])
            made = ClassOp(*members.values, min_cost_index=None if members.taken < 0 else IntAttr(members.taken))
            made.attributes["tensor"] = StringAttr(self.names[place[0]])
            made.attributes[LAYOUTS] = ArrayAttr([LayoutAttr(self.layout(place))])
            made.result.name_hint = self.hint(place)
            members.result.replace_all_uses_with(made.result)
            yielded[:] = [made.result if value is members.result else value for value in yielded]
            last = members.values[-1].owner
            assert isinstance(last, Operation)
            self.block.insert_op_after(made, last)
        types = [value.type for value in yielded]
        self.block.add_op(YieldOp(*yielded))
        body = self.func.body.block
        for old in reversed(list(body.ops)):
            old.detach()
            old.erase(safe_erase=False)
        graph = GraphOp(types, Region(self.block))
        body.add_ops([graph, ReturnOp(*graph.results)])

    def hint(self, place: Place) -> str:
        """`x.0r`: the first axis cuts dimension 0 of %x, the second does nothing."""
        name = re.sub(r"[^\w$]", "_", self.names[place[0]].removeprefix("%"))
        code = self.kind(place[0]).codes[place[1]]
        return f"{'v' if name[0].isdigit() else ''}{name}.{letters(code)}"


def letters(code: Code) -> str:
    """A layout in short: per axis r (replicated), the dimension that it cuts, or the first letter of its reduction."""
    columns = "".join("r" if c == 0 else KIND_OF[c][0] if c in KIND_OF else str(c - 1) for c in code[:-1])
    return columns + (".turned" if code[-1] else "")


def _names(module: ModuleOp, outline: Outline) -> list[str]:
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
