"""The strategies of every op as arrays: the layouts that it reads and makes, and the seconds that it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Operation, SSAValue

from eggshard.cost.batch import CostModel, Floats, Ints, OpBatch
from eggshard.cost.features import op_features
from eggshard.dialects.sharding.layout import Axis, Mesh, Strategy
from eggshard.egraph.codes import Code, live_axes, normal
from eggshard.egraph.explore import Explored, Node, explore
from eggshard.egraph.rows import CARRY, Table, table_of
from eggshard.egraph.rulesets import DEFAULT, Rules
from eggshard.planning.kinds import Kind, make_kind
from eggshard.planning.outline import Outline

KindKey = tuple[tuple[int, ...], int]


@dataclass
class Choices:
    """
    The strategies of one signature.

    `chosen[s]` are the row of each mesh axis and the order of axes that share a factor; `reads[s, o]` and `makes[s, r]`
    are layouts of the kinds of operands and results (-1 where a value is no tensor to be laid out), `seconds[s]` of one
    run.
    """

    table: Table
    chosen: list[tuple[int, ...]]
    reads: Ints
    makes: Ints
    seconds: Floats

    def strategy(self, index: int, mesh_name: str, mesh: Mesh) -> Strategy:
        """As the attribute of an op says it: factors in order, axes that share one major to minor."""
        *rows, order = self.chosen[index]
        axes = [(Axis(name), self.table.rows[row]) for (name, _), row in zip(live_axes(mesh), rows, strict=True)]
        tiles = [(axis, row.factor) for axis, row in axes if row.factor >= 0]
        if order:
            tiles.reverse()
        tiles.sort(key=lambda tile: tile[1])
        carries = tuple((axis, tuple(sorted(row.carried))) for axis, row in axes if row.factor == CARRY)
        return Strategy(mesh_name, tuple(tiles), carries)


@dataclass
class States:
    """
    What a site may do: the strategies of each of its ways, one after the other, and nothing at all if it is optional.

    `way[s]` (-1: nothing) and `index[s]` say which; `seconds[s]` of one run, `makes[s, r]` layouts of results (-1:
    none).
    """

    choices: list[Choices]
    way: Ints
    index: Ints
    seconds: Floats
    makes: Ints

    def reads(self, way: int, operand: int) -> Ints:
        """Per state the layout in which an operand of a way is read, -1 where it is not."""
        wanted = np.full(len(self.way), -1, np.int64)
        taken = self.way == way
        wanted[taken] = self.choices[way].reads[self.index[taken], operand]
        return wanted


@dataclass
class Space:
    """Everything that may be chosen: strategies per way of each site, and the kinds of tensors."""

    choices: list[Choices]
    of_site: list[tuple[int, ...]]
    kinds: dict[KindKey, Kind]
    enodes: int
    optional: list[bool]
    shared: dict[tuple[tuple[int, ...], bool], States] = field(default_factory=dict)

    def states(self, site: int) -> States:
        """The states of a site; equal sites share them."""
        key = (self.of_site[site], self.optional[site])
        if key not in self.shared:
            self.shared[key] = _states([self.choices[number] for number in key[0]], key[1])
        return self.shared[key]


def _states(choices: list[Choices], optional: bool) -> States:
    way = np.concatenate([np.full(len(c.chosen), number, np.int64) for number, c in enumerate(choices)])
    index = np.concatenate([np.arange(len(c.chosen)) for c in choices])
    seconds = np.concatenate([c.seconds for c in choices])
    makes = np.concatenate([c.makes for c in choices])
    if optional:
        way, index, seconds = np.append(way, -1), np.append(index, 0), np.append(seconds, 0.0)
        makes = np.concatenate([makes, np.full((1, makes.shape[1]), -1, np.int64)])
    return States(choices, way, index, seconds, makes)


class First(NamedTuple):
    """The first op of a signature, with the tensors that it reads and makes."""

    op: Operation
    operands: list[int]
    results: list[int]


def shape_of(value: SSAValue) -> tuple[int, ...]:
    """The shape of a tensor, () for what is none."""
    return tuple(value.type.get_shape()) if isinstance(value.type, TensorType) else ()


def key_of(outline: Outline, tensor: int) -> KindKey:
    found = outline.tensors[tensor]
    return found.shape, found.width


def space(outline: Outline, mesh: Mesh, model: CostModel, rules: Rules = DEFAULT) -> Space:
    """Explores every op of the program once per signature."""
    shapes: dict[tuple[int, ...], int] = {}
    for tensor in outline.tensors:
        shapes.setdefault(tensor.shape, len(shapes))
    for site in outline.sites:
        for way in site.ways:
            for value in way.op.operands:
                shapes.setdefault(shape_of(value), len(shapes))
    seen: dict[tuple[object, ...], int] = {}
    firsts: list[First] = []
    tables: list[Table] = []
    of_site = []
    for site in outline.sites:
        numbers = []
        for way in site.ways:
            table = table_of(way.op, rules.relax_rounding)
            types = tuple(key_of(outline, t) if t >= 0 else None for t in (*way.operands, *site.results))
            key = (way.op.name, id(table.rule), table.rows, types)
            if key not in seen:
                seen[key] = len(tables)
                firsts.append(First(way.op, way.operands, site.results))
                tables.append(table)
            numbers.append(seen[key])
        of_site.append(tuple(numbers))
    explored = _explore(outline, firsts, tables, shapes, mesh, rules)
    kinds = {
        key: make_kind(*key, explored.steps.get(shapes[key[0]], []), mesh, model)
        for key in dict.fromkeys((t.shape, t.width) for t in outline.tensors)
    }
    choices = [
        _choices(outline, site, table, explored.strategies[number], kinds, mesh)
        for number, (site, table) in enumerate(zip(firsts, tables, strict=True))
    ]
    _price(choices, firsts, mesh, model)
    return Space(choices, of_site, kinds, explored.size, [site.optional for site in outline.sites])


def _explore(
    outline: Outline,
    firsts: Sequence[First],
    tables: list[Table],
    shapes: dict[tuple[int, ...], int],
    mesh: Mesh,
    rules: Rules,
) -> Explored:
    """One e-node per signature; only what a first result is made of matters to strategies."""
    nodes = [Node(n, tuple(~shapes[shape_of(v)] for v in site.op.operands)) for n, site in enumerate(firsts)]
    partial = {
        shapes[outline.tensors[t].shape]: {row.results[r] for row in table.rows}
        for site, table in zip(firsts, tables, strict=True)
        for r, t in enumerate(site.results)
        if t >= 0
    }
    sizes = [size for _, size in live_axes(mesh)]
    return explore(sizes, nodes, [(table, 0) for table in tables], list(shapes), partial, rules.layout)


def _choices(
    outline: Outline,
    site: First,
    table: Table,
    strategies: list[tuple[int, ...]],
    kinds: dict[KindKey, Kind],
    mesh: Mesh,
) -> Choices:
    operand_kinds = [kinds[key_of(outline, t)] if t >= 0 else None for t in site.operands]
    result_kinds = [kinds[key_of(outline, t)] if t >= 0 else None for t in site.results]
    reads = np.full((len(strategies), len(operand_kinds)), -1, np.int64)
    makes = np.full((len(strategies), len(result_kinds)), -1, np.int64)
    kept = []
    for number, (*rows, order) in enumerate(strategies):
        picked = [table.rows[row] for row in rows]
        fits = True
        for index, kind in enumerate(operand_kinds):
            if kind is not None:
                place = kind.index.get(_code([row.operands[index] for row in picked], order))
                fits = fits and place is not None
                reads[number, index] = -1 if place is None else place
        for index, kind in enumerate(result_kinds):
            if kind is not None:
                place = kind.index.get(_code([row.results[index] for row in picked], order))
                fits = fits and place is not None
                makes[number, index] = -1 if place is None else place
        if fits:
            kept.append(number)
    rows_kept = np.array(kept, np.int64)
    return Choices(table, [strategies[i] for i in kept], reads[rows_kept], makes[rows_kept], np.zeros(len(kept)))


def _code(columns: list[int], order: int) -> Code:
    return normal(tuple(columns), order)


def _price(choices: list[Choices], firsts: Sequence[First], mesh: Mesh, model: CostModel) -> None:
    """Seconds of every strategy, in one batch."""
    sizes = [size for _, size in live_axes(mesh)]
    batches = []
    for choice, site in zip(choices, firsts, strict=True):
        tiles = np.ones((len(choice.chosen), len(choice.table.sizes)), np.int64)
        for number, (*rows, _) in enumerate(choice.chosen):
            for axis, row in enumerate(rows):
                factor = choice.table.rows[row].factor
                if factor >= 0:
                    tiles[number, factor] *= sizes[axis]
        batches.append(op_features(site.op, choice.table.rule, tiles))
    seconds = model.ops(OpBatch.concatenate(batches))
    start = 0
    for choice in choices:
        choice.seconds = seconds[start : start + len(choice.chosen)]
        start += len(choice.chosen)
