"""Kinds of tensors: the layouts each may take, what a device then holds, and what it costs to go between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np
import numpy.typing as npt

from eggshard.cost.batch import CollectiveBatch, CollectiveKind, CostModel, Floats, Ints, is_strided
from eggshard.dialects.sharding.layout import Mesh
from eggshard.egraph.codes import LAST_DIMENSION, Code, is_dimension, live_axes
from eggshard.egraph.explore import Step

KIND_OF_STEP = {
    "AllGather": CollectiveKind.ALL_GATHER,
    "AllToAll": CollectiveKind.ALL_TO_ALL,
    "AllReduce": CollectiveKind.ALL_REDUCE,
    "ReduceScatter": CollectiveKind.REDUCE_SCATTER,
    "Permute": CollectiveKind.COLLECTIVE_PERMUTE,
}
SLICED = 0.25e-12
"""Seconds a byte that a slice costs, so that what is free is not done in vain: a fortieth of a fast memory's time."""


@dataclass
class Kind:
    """
    Tensors of one shape and element width.

    `codes` are its layouts, `index` their numbers; `held[i]` bytes on a device in layout i, `whole[i]` whether it has
    no partial axes, `seconds[i, j]` the cost of the cheapest way from i to j (inf: there is none). `steps` are the
    single collectives of which ways consist, `once[i, j]` the cost of one.
    """

    shape: tuple[int, ...]
    width: int
    codes: list[Code]
    index: dict[Code, int] = field(default_factory=dict)
    held: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    whole: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    seconds: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    steps: Sequence[Step] = ()
    once: Floats = field(default_factory=lambda: np.zeros((0, 0)))


def make_kind(shape: tuple[int, ...], width: int, steps: Sequence[Step], mesh: Mesh, model: CostModel) -> Kind:
    """The kind of tensors of this shape, with the reshards that the e-graph found."""
    found = {code for step in steps for code in (step.source, step.target)}
    found.add((0,) * (len(live_axes(mesh)) + 1))
    kind = Kind(shape, width, sorted(found))
    kind.index = {code: number for number, code in enumerate(kind.codes)}
    kind.held = np.array([held(shape, width, code, mesh) for code in kind.codes], np.int64)
    kind.whole = np.array([all(c <= LAST_DIMENSION for c in code[:-1]) for code in kind.codes])
    kind.steps, kind.once = steps, _one_step(kind, steps, mesh, model)
    kind.seconds = _closure(kind.once)
    return kind


def held(shape: tuple[int, ...], width: int, code: Code, mesh: Mesh) -> int:
    """Bytes of a tensor on one device; a dimension that does not divide counts as its largest part."""
    return width * prod(_local(shape, code, mesh))


def _local(shape: tuple[int, ...], code: Code, mesh: Mesh) -> list[int]:
    """The shape on one device."""
    spans = [1] * len(shape)
    for column, (_, size) in zip(code[:-1], live_axes(mesh), strict=True):
        if is_dimension(column):
            spans[column - 1] *= size
    return [-(-extent // span) for extent, span in zip(shape, spans, strict=True)]


def _one_step(kind: Kind, steps: Sequence[Step], mesh: Mesh, model: CostModel) -> Floats:
    """Seconds of single collectives between layouts, 0 on the diagonal."""
    count = len(kind.codes)
    seconds = np.full((count, count), np.inf)
    np.fill_diagonal(seconds, 0.0)
    names = [name for name, _ in mesh.axes]
    axes = [(names.index(name), size) for name, size in live_axes(mesh)]
    priced = [step for step in steps if step.name in KIND_OF_STEP]
    entries, strided = [], []
    for step in priced:
        size = float(kind.held[kind.index[step.source]])
        over = [axes[step.axis]] if step.axis >= 0 else _crossed(step, axes)
        entries.append((KIND_OF_STEP[step.name], size, over))
        ends = (step.source[step.axis], step.target[step.axis]) if step.axis >= 0 else ()
        exchanged = [column - 1 for column in ends if is_dimension(column)]
        strided.append(is_strided(_local(kind.shape, step.source, mesh), exchanged))
    costs = model.collectives(CollectiveBatch.of(entries, strided)) if entries else np.zeros(0)
    for step, cost in zip(priced, costs, strict=True):
        place = kind.index[step.source], kind.index[step.target]
        seconds[place] = min(seconds[place], cost)
    for step in steps:
        if step.name == "Slice":
            place = kind.index[step.source], kind.index[step.target]
            seconds[place] = min(seconds[place], float(kind.held[place[1]]) * SLICED)
    return seconds


def _crossed(step: Step, axes: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The mesh axes over which a permutation sends."""
    changed = [a for a, (s, t) in enumerate(zip(step.source[:-1], step.target[:-1], strict=True)) if s != t]
    return [axes[a] for a in changed or range(len(axes))]


def _closure(seconds: Floats) -> Floats:
    """Cheapest ways (Floyd and Warshall)."""
    best = seconds.copy()
    for via in range(len(best)):
        np.minimum(best, best[:, via, None] + best[None, via, :], out=best)
    return best
