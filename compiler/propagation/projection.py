"""
Layouts of tensors seen as tilings of factors, and back.

A dimension of one factor gives its axes to that factor. A dimension of several, as a reshape makes, hands its axes to
the major factor until that is used up, cutting an axis where it must; what no longer fits evenly is overflow.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

from eggshard.dialects.sharding.layout import Axis, Dim, Layout, Mesh
from eggshard.propagation.prefixes import Axes, appended
from eggshard.rules.rule import FactorDims


@dataclass(slots=True)
class FactorAxes:
    """
    The axes that tile one factor of one tensor.

    `closed`: no axis may be added. `minor`: the factor is the last of its dimension, so its tiles need not be even.
    `overflow`: axes of the dimension that do not divide this factor; no later factor of the dimension can be tiled.
    """

    axes: Axes = ()
    closed: bool = False
    minor: bool = False
    overflow: Axes = ()


@dataclass(slots=True)
class Projection:
    """One tensor: its layout's axes per factor, and the axes that are spoken for otherwise."""

    factors: dict[int, FactorAxes]
    layout: Layout | None

    @property
    def reserved(self) -> Axes:
        """Axes that no factor may have: replicated ones, and those that hold partial terms."""
        layout = self.layout
        if layout is None:
            return ()
        return (*layout.replicated, *(p.axis for p in layout.partial)) if layout.partial else layout.replicated


def project(layout: Layout | None, dims: FactorDims, sizes: tuple[int, ...], mesh: Mesh) -> Projection:
    """The view of `layout` from the factors; a tensor without a layout is open everywhere."""
    factors: dict[int, FactorAxes] = {}
    for d, dim_factors in enumerate(dims):
        dim = layout.dims[d] if layout else _OPEN
        if len(dim_factors) == 1:
            factors[dim_factors[0]] = FactorAxes(dim.axes, not dim.open, True)
        elif dim_factors:
            factors.update(_project_split(dim, dim_factors, sizes, mesh))
    return Projection(factors, layout)


_OPEN = Dim((), True)


def _project_split(dim: Dim, dim_factors: tuple[int, ...], sizes: tuple[int, ...], mesh: Mesh) -> dict[int, FactorAxes]:
    """Deals the axes of one dimension out to its factors, major first."""
    rest = list(dim.axes)
    result: dict[int, FactorAxes] = {}
    overflowed = False
    for place, factor in enumerate(dim_factors):
        minor = place == len(dim_factors) - 1
        if overflowed:
            result[factor] = FactorAxes((), True, minor)
            break
        mine = FactorAxes((), not dim.open, minor)
        result[factor] = mine
        if minor:
            mine.axes = tuple(rest)
            break
        mine.axes, room = _take(rest, sizes[factor], mesh)
        if room > 1 and rest:
            overflowed = True
            mine.overflow = tuple(rest)
    return result


def _take(rest: list[Axis], room: int, mesh: Mesh) -> tuple[Axes, int]:
    """Takes the axes from the front of `rest` that divide `room` evenly; also what is left of the room."""
    taken: list[Axis] = []
    while rest:
        axis = rest[0]
        size = mesh.size(axis)
        common = gcd(room, size)
        if size != 1 and common == 1:
            break
        if size > common:
            pre = axis.pre or 1
            taken.append(Axis(axis.name, pre, common))
            rest[0] = Axis(axis.name, pre * common, size // common)
        else:
            taken.append(rest.pop(0))
        room //= common
    return tuple(taken), room


def to_layout(projection: Projection, dims: FactorDims, sizes: tuple[int, ...], mesh_name: str, mesh: Mesh) -> Layout:
    """The layout that the factors' axes make; axes that would need a strided view are left out."""
    new_dims: list[Dim] = []
    for dim_factors in dims:
        axes: Axes = ()
        closed = False
        for factor in dim_factors:
            tiling = projection.factors[factor]
            closed = closed or tiling.closed
            axes = appended(axes, tiling.axes, mesh)
            if tiling.overflow:
                axes = appended(axes, tiling.overflow, mesh)
                break
            if mesh.span(tiling.axes) < sizes[factor]:
                break
        new_dims.append(Dim(axes, not closed))
    layout = projection.layout
    return Layout(
        mesh_name,
        tuple(new_dims),
        layout.replicated if layout else (),
        layout.partial if layout else (),
    )
