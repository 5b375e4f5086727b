"""The values behind the attributes of `sharding`: meshes, axes and layouts as plain immutable Python objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import NamedTuple


class Axis(NamedTuple):
    """
    A mesh axis, or a part of one: `"x"` is the whole axis, `"x":(2)4` the sub-axis of size 4 after a major part of 2.

    `pre` and `size` are 0 for a whole axis. The sub-axis `(pre)size` of an axis of size n numbers its devices
    by `(i // (n / (pre * size))) % size`.
    """

    name: str
    pre: int = 0
    size: int = 0

    def __str__(self) -> str:
        return f'"{self.name}":({self.pre}){self.size}' if self.size else f'"{self.name}"'


class Partial(NamedTuple):
    """Each device along `axis` holds a term; `kind` (sum, prod, max, min, and, or, xor) combines them."""

    axis: Axis
    kind: str = "sum"


@dataclass(frozen=True, slots=True)
class Dim:
    """How one dimension is sharded: axes major to minor, whether propagation may add more, and its user priority."""

    axes: tuple[Axis, ...] = ()
    open: bool = False
    priority: int | None = None


@dataclass(frozen=True)
class Mesh:
    """Named axes with sizes, major to minor; `device_ids` (row-major over the axes) is None for 0, 1, 2, ..."""

    axes: tuple[tuple[str, int], ...]
    device_ids: tuple[int, ...] | None = None

    @cached_property
    def sizes(self) -> dict[str, int]:
        return dict(self.axes)

    @cached_property
    def device_count(self) -> int:
        return prod(size for _, size in self.axes)

    @property
    def is_single_device(self) -> bool:
        """Whether this names one device without axes (Shardy's maximal mesh); layouts on it have no dimensions."""
        return not self.axes and self.device_ids is not None

    def size(self, axis: Axis) -> int:
        """How many devices lie along `axis`."""
        return axis.size or self.sizes[axis.name]

    def span(self, axes: tuple[Axis, ...]) -> int:
        """How many shards `axes` together make."""
        return prod(self.size(axis) for axis in axes)

    def stride(self, axis: Axis) -> int:
        """Distance in row-major mesh position between neighbours along `axis`."""
        names = [name for name, _ in self.axes]
        minor = prod(size for _, size in self.axes[names.index(axis.name) + 1 :])
        return minor * (self.sizes[axis.name] // (axis.pre * axis.size) if axis.size else 1)

    def coordinate(self, position: int, axes: tuple[Axis, ...]) -> int:
        """Index of the shard that the device at row-major mesh `position` holds of a dimension sharded on `axes`."""
        index = 0
        for axis in axes:
            index = index * self.size(axis) + position // self.stride(axis) % self.size(axis)
        return index

    def groups(self, axes: tuple[Axis, ...]) -> tuple[tuple[int, ...], ...]:
        """
        Device ids in groups that differ only along `axes`; within a group in the order of `axes` (major to minor).

        Groups come in the order of their first position.
        """
        span = self.span(axes)
        table: dict[int, list[int]] = {}
        for position in range(self.device_count):
            base = position - sum(self.stride(a) * (position // self.stride(a) % self.size(a)) for a in axes)
            table.setdefault(base, [0] * span)[self.coordinate(position, axes)] = self.device_at(position)
        return tuple(tuple(group) for group in table.values())

    def device_at(self, position: int) -> int:
        return position if self.device_ids is None else self.device_ids[position]


@dataclass(frozen=True)
class Layout:
    """
    Where the elements of one tensor lie on the mesh named `mesh`.

    Dimension d is cut over `dims[d].axes`; `partial` axes hold terms that a reduction combines; the rest is
    replicated. `replicated` axes are those that propagation must leave so (Shardy's replicated axes).
    """

    mesh: str
    dims: tuple[Dim, ...]
    replicated: tuple[Axis, ...] = ()
    partial: tuple[Partial, ...] = field(default=())

    @cached_property
    def axes(self) -> tuple[tuple[Axis, ...], ...]:
        """The axes of each dimension, without openness and priorities."""
        return tuple(dim.axes for dim in self.dims)

    @property
    def rank(self) -> int:
        return len(self.dims)

    def is_replicated(self) -> bool:
        """Whether every device holds the whole tensor."""
        return not self.partial and not any(self.axes)

    @staticmethod
    def of(mesh: str, axes: tuple[tuple[Axis, ...], ...], partial: tuple[Partial, ...] = ()) -> Layout:
        """A closed layout without priorities."""
        return Layout(mesh, tuple(Dim(a) for a in axes), (), partial)

    @staticmethod
    def replicate(mesh: str, rank: int, open: bool = False) -> Layout:
        return Layout(mesh, (Dim((), open),) * rank)


@dataclass(frozen=True)
class Strategy:
    """
    Which factor of an op's rule each mesh axis tiles, on the mesh named `mesh`.

    Axes that tile the same factor stand major to minor; an axis that is absent tiles nothing. Along an axis of
    `carries` the op reads partial sums in the operands named there, in which it is linear, and makes partial sums.
    """

    mesh: str
    tiles: tuple[tuple[Axis, int], ...] = ()
    carries: tuple[tuple[Axis, tuple[int, ...]], ...] = ()


def local_shape(shape: tuple[int, ...], layout: Layout, mesh: Mesh) -> tuple[int, ...]:
    """
    The shape one device holds; a dimension that does not divide is padded up.

    (8, 30) laid out as [{"x"}, {"y"}] on x=4, y=4 is (2, 8).
    """
    return tuple(-(-size // mesh.span(dim.axes)) for size, dim in zip(shape, layout.dims, strict=True))
