"""Reads and writes at positions known only when the program runs: gather, scatter, dynamic slices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from xdsl.ir import Operation

from eggshard.rules.build import NO, Kind, RuleBuilder, Shape, number, shape_of
from eggshard.rules.reduction import body_kind
from eggshard.rules.rule import Rule

LITERALS = frozenset(["stablehlo.constant", "sdy.constant"])


@dataclass(frozen=True)
class Place:
    """A dimension as the three tensors of a gather or scatter see it, NO where they do not."""

    tensor: int
    indices: int
    slices: int


@dataclass(frozen=True)
class Indexing:
    """
    What gather and scatter share: indices choose slices of a tensor.

    `window` are the dimensions of the slices that lie inside one slice, `collapsed` those of the tensor that a slice
    leaves out, `batch` pairs of (tensor, indices) dimensions that run together; `indexed` are the dimensions of the
    tensor that the entries along `vector` of the indices choose.
    """

    window: tuple[int, ...]
    collapsed: tuple[int, ...]
    batch: dict[int, int]
    indexed: tuple[int, ...]
    vector: int
    tensor: Shape
    slices: Shape
    indices: Shape

    def places(self) -> Iterator[Place]:
        """The dimensions of the slices in order: places inside a window, and of the index grid."""
        batched = set(self.batch.values())
        inner = (d for d in range(len(self.tensor)) if d not in self.collapsed and d not in batched)
        grid = (d for d in range(len(self.indices)) if d != self.vector)
        for s in range(len(self.slices)):
            if s in self.window:
                yield Place(next(inner), NO, s)
            else:
                g = next(grid)
                yield Place(self.batch.get(g, NO), g, s)


def gather(op: Operation) -> Rule:
    """
    Windows that span a whole dimension pass it through, as does the grid of indices.

    A collapsed or single-element dimension is masked: each device reads what it owns, and the terms are summed.
    """
    numbers: Any = op.properties["dimension_numbers"]
    n = numbers.data
    tensor, indices = shape_of(op.operands[0]), shape_of(op.operands[1])
    view = Indexing(
        window=n.offset_dims,
        collapsed=n.collapsed_slice_dims,
        batch=dict(zip(n.start_indices_batching_dims, n.operand_batching_dims, strict=True)),
        indexed=n.start_index_map,
        vector=n.index_vector_dim,
        tensor=tensor,
        slices=shape_of(op.results[0]),
        indices=indices,
    )
    builder = RuleBuilder(op)
    for place in view.places():
        size = view.slices[place.slices]
        if place.indices != NO:
            builder.add((place.tensor, place.indices), (place.slices,), size)
        elif tensor[place.tensor] == size:
            builder.add((place.tensor, NO), (place.slices,), size)
        elif size == 1:
            builder.add((place.tensor, NO), (NO,), tensor[place.tensor], Kind.REDUCTION, masked=True)
            builder.add((NO, NO), (place.slices,), 1, Kind.NEED)
        else:
            builder.add((place.tensor, NO), (place.slices,), tensor[place.tensor], Kind.NEED, blocked=True, masked=True)
    for dim in view.collapsed:
        kind = Kind.REDUCTION if tensor[dim] > 1 else Kind.NEED
        builder.add((dim, NO), (NO,), tensor[dim], kind, masked=tensor[dim] > 1)
    if view.vector < len(indices):
        builder.add((NO, view.vector), (NO,), indices[view.vector], Kind.NEED)
    return builder.build()


def torch_index_select(op: Operation) -> Rule:
    """The dimension that indices choose from stays whole; the others pass, and so do those of the indices."""
    before, indices = shape_of(op.operands[0]), shape_of(op.operands[1])
    dim, batch = number(op.properties["dim"]), number(op.properties["batch_dims"])
    builder = RuleBuilder(op)
    for d in range(dim):
        builder.add((d, d if d < batch else NO), (d,), before[d])
    for d in range(batch, len(indices)):
        builder.add((NO, d), (dim + d - batch,), indices[d])
    for d in range(dim + 1, len(before)):
        builder.add((d, NO), (d + len(indices) - batch - 1,), before[d])
    return builder.add((dim, NO), (NO,), before[dim], Kind.NEED).build()


def scatter(op: Operation) -> Rule:
    """
    Dimensions that indices point to are masked; the grid of updates is reduced, if the body is a known reduction.

    `([l, k], [i, n], [i, k])->([l, k]) reduction={i} need_replication={n}`: rows l of a table get added rows i.
    """
    numbers: Any = op.properties["scatter_dimension_numbers"]
    n = numbers.data
    inputs = len(op.results)
    tensor, indices = shape_of(op.operands[0]), shape_of(op.operands[inputs])
    view = Indexing(
        window=n.update_window_dims,
        collapsed=n.inserted_window_dims,
        batch=dict(zip(n.scatter_indices_batching_dims, n.input_batching_dims, strict=True)),
        indexed=n.scatter_dims_to_operand_dims,
        vector=n.index_vector_dim,
        tensor=tensor,
        slices=shape_of(op.operands[inputs + 1]),
        indices=indices,
    )
    kind = body_kind(op.regions[0])
    builder = RuleBuilder(op, kind=kind)

    def add(place: Place, size: int, factor_kind: Kind = Kind.PASS, masked: bool = False) -> None:
        operands = [place.tensor] * inputs + [place.indices] + [place.slices] * inputs
        builder.add(operands, [place.tensor] * inputs, size, factor_kind, masked=masked)

    for place in view.places():
        size = view.slices[place.slices]
        if place.indices != NO:
            combines = place.tensor == NO
            grid = Kind.PASS if not combines else Kind.NEED if kind == "generic" else Kind.REDUCTION
            add(place, size, grid)
        elif tensor[place.tensor] == size:
            add(place, size)
        else:
            add(Place(place.tensor, NO, NO), tensor[place.tensor], Kind.NEED)
            add(Place(NO, NO, place.slices), size, Kind.NEED)
    for dim in view.collapsed:
        add(Place(dim, NO, NO), tensor[dim], masked=True)
    if view.vector < len(indices):
        add(Place(NO, view.vector, NO), indices[view.vector], Kind.NEED)
    return builder.build()


def dynamic_slice(op: Operation) -> Rule:
    """A dimension that is cut is masked; start indices are scalars."""
    before, after = shape_of(op.operands[0]), shape_of(op.results[0])
    builder = RuleBuilder(op)
    for dim, size in enumerate(before):
        cut = size != after[dim]
        operands = [dim] + [NO] * (len(op.operands) - 1)
        builder.add(operands, (dim,), size, Kind.NEED if cut else Kind.PASS, blocked=cut, masked=cut)
    return builder.build()


def dynamic_update_slice(op: Operation) -> Rule:
    """
    A dimension that the update covers in part is masked in the operand, whole in the update.

    Where the update starts at constants, Shardy leaves the update as it is.
    """
    operand, update = shape_of(op.operands[0]), shape_of(op.operands[1])
    starts = [NO] * (len(op.operands) - 2)
    fixed = all(getattr(start.owner, "name", "") in LITERALS for start in op.operands[2:])
    builder = RuleBuilder(op)
    for dim, (size, part) in enumerate(zip(operand, update, strict=True)):
        if size == part:
            builder.add([dim, dim, *starts], (dim,), size)
        else:
            builder.add([dim, NO, *starts], (dim,), size, masked=True)
            builder.add([NO, dim, *starts], (NO,), part, Kind.NEED, lenient=fixed)
    return builder.build()
