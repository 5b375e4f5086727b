"""The collectives that a reshard is made of, each with the layout it leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from eggshard.dialects.sharding.layout import Axis, Layout

AxesPerDim = tuple[tuple[Axis, ...], ...]
"""Axes for each dimension, major to minor."""


class Move(NamedTuple):
    """`axes` leave the minor end of dimension `source` and arrive, in the same order, at the minor end of `target`."""

    axes: tuple[Axis, ...]
    source: int
    target: int


@dataclass(frozen=True)
class Step:
    """One collective of a reshard; `layout` is where the tensor lies after it, closed and without priorities."""

    layout: Layout


@dataclass(frozen=True)
class AllGather(Step):
    """Joins the shards along `axes`, the minor end of each dimension's axes."""

    axes: AxesPerDim


@dataclass(frozen=True)
class AllSlice(Step):
    """Each device keeps its part along `axes`, which become the minor end of each dimension's axes; nothing is sent."""

    axes: AxesPerDim


@dataclass(frozen=True)
class AllToAll(Step):
    """Each move gathers one dimension and slices another; the tensor's share per device stays as large as it was."""

    moves: tuple[Move, ...]


@dataclass(frozen=True)
class CollectivePermute(Step):
    """Every device sends its whole share to one other: axes are renamed or reordered, sizes stay."""


@dataclass(frozen=True)
class AllReduce(Step):
    """Combines the terms along `axes` with `kind` on every device."""

    axes: tuple[Axis, ...]
    kind: str


@dataclass(frozen=True)
class ReduceScatter(Step):
    """Combines the terms along `axes` with `kind`, each device its part: an all_reduce and an all_slice in one."""

    axes: AxesPerDim
    kind: str


@dataclass(frozen=True)
class MakePartial(Step):
    """The first device along `axes` keeps the tensor, the others hold the identity of `kind`; nothing is sent."""

    axes: tuple[Axis, ...]
    kind: str
