"""The values behind the attributes of `sdy`, as plain immutable objects; axes, dimensions, meshes are `sharding`'s."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from eggshard.dialects.sharding.layout import Axis, Dim, Mesh


@dataclass(frozen=True)
class Sharding:
    """
    Shardy's word for a layout: how each dimension is sharded on a mesh, and which axes are partial (`unreduced`).

    `mesh` is the name of a mesh, or the mesh itself where it is written in place. `kind` is the reduction of the
    unreduced axes: sum, max or min.
    """

    mesh: str | Mesh
    dims: tuple[Dim, ...] = ()
    replicated: tuple[Axis, ...] = ()
    unreduced: tuple[Axis, ...] = ()
    kind: str = "sum"

    @property
    def rank(self) -> int:
        return len(self.dims)

    @property
    def axes(self) -> tuple[tuple[Axis, ...], ...]:
        """The axes of each dimension."""
        return tuple(dim.axes for dim in self.dims)


@dataclass(frozen=True)
class ShardingRule:
    """
    The factors of an op as a user or Shardy writes them: `([i, k], [k, j])->([i, j]) {i=8, j=16, k=8} reduction={k}`.

    Per operand and result, per dimension, the factors that index it, major to minor.
    """

    operands: tuple[tuple[tuple[int, ...], ...], ...]
    results: tuple[tuple[tuple[int, ...], ...], ...]
    sizes: tuple[int, ...] = ()
    reduction: tuple[int, ...] = ()
    need_replication: tuple[int, ...] = ()
    permutation: tuple[int, ...] = ()
    blocked: tuple[int, ...] = ()
    custom: bool = False


class AllToAllParam(NamedTuple):
    """`{"x"}: 0->1`: the axes leave dimension `source` for dimension `target`."""

    axes: tuple[Axis, ...]
    source: int
    target: int


class EdgeValue(NamedTuple):
    """`operand-0` or `result-1`."""

    kind: str
    number: int


class AxisPropagation(NamedTuple):
    """`{"x" = operand-0 -> [result-0]}`: along which values one axis was propagated."""

    axis: Axis
    source: EdgeValue
    targets: tuple[EdgeValue, ...]


class PropagationStep(NamedTuple):
    """`{step-3 = [{"x" = operand-0 -> [result-0]}]}`: what one step of propagation did at an op."""

    step: int
    details: tuple[AxisPropagation, ...]
