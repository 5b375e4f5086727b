"""Layouts of tensors <-> axes of factors, the two views of one decision."""

from __future__ import annotations

from eggshard.dialects.sharding.axes import merged, overlap
from eggshard.dialects.sharding.layout import Axis, Mesh
from eggshard.rules.rule import FactorDims, Rule

Axes = tuple[Axis, ...]
DimAxes = tuple[Axes, ...]
"""Per dimension of a tensor its axes, major to minor."""
Tiling = dict[int, Axes]
"""Per factor the axes that tile it, major to minor; factors that are not tiled are absent."""


def project(dims: DimAxes, factors: FactorDims, sizes: tuple[int, ...], mesh: Mesh) -> Tiling:
    """
    The tiling of factors that a tensor's layout asks for.

    A dimension of several factors, as a reshape makes, hands its axes to the major factor until that is used up;
    an axis that ends inside a factor is cut; what does not fit is left out.
    """
    tiling: Tiling = {}
    for axes, dim_factors in zip(dims, factors, strict=True):
        if not axes or not dim_factors:
            continue
        if len(dim_factors) == 1:
            tiling.setdefault(dim_factors[0], axes)
        else:
            _project_split(axes, dim_factors, sizes, mesh, tiling)
    return tiling


def _project_split(axes: Axes, factors: tuple[int, ...], sizes: tuple[int, ...], mesh: Mesh, tiling: Tiling) -> None:
    rest = list(axes)
    for factor in factors:
        room = sizes[factor]
        taken: list[Axis] = []
        while rest and room > 1:
            axis = rest[0]
            size = mesh.size(axis)
            if room % size == 0:
                taken.append(rest.pop(0))
                room //= size
            elif size % room == 0:
                pre = axis.pre or 1
                taken.append(Axis(axis.name, pre, room))
                rest[0] = Axis(axis.name, pre * room, size // room)
                room = 1
            else:
                rest.clear()
        if taken:
            tiling[factor] = merged(taken, mesh)
        if room > 1:
            return


def unproject(tiling: Tiling, factors: FactorDims, mesh: Mesh) -> DimAxes:
    """The layout of a tensor under a tiling (which `legal` has made contiguous)."""
    dims: list[Axes] = []
    for dim_factors in factors:
        if len(dim_factors) == 1:
            dims.append(tiling.get(dim_factors[0], ()))
        else:
            dims.append(merged([axis for factor in dim_factors for axis in tiling.get(factor, ())], mesh))
    return tuple(dims)


def legal(tiling: Tiling, rule: Rule, tileable: frozenset[int], mesh: Mesh) -> Tiling:
    """
    The part of a tiling that an op can run.

    Only `tileable` factors with something to share out; factors that share a dimension divide evenly, and a minor one
    is tiled only under a fully tiled major one, or the shards would not be contiguous.
    """
    kept = {factor: axes for factor, axes in tiling.items() if factor in tileable and rule.sizes[factor] > 1}
    while True:
        dropped = _first_illegal(kept, rule, mesh)
        if dropped is None:
            return kept
        factor, axes = dropped
        if axes:
            kept[factor] = axes
        else:
            del kept[factor]


def _first_illegal(tiling: Tiling, rule: Rule, mesh: Mesh) -> tuple[int, Axes] | None:
    """A factor whose axes must shrink, and the axes that it may keep."""
    for factors in (*rule.operands, *rule.results):
        for dim_factors in factors:
            if len(dim_factors) < 2:
                continue
            contiguous = True
            for factor in dim_factors:
                axes = tiling.get(factor)
                size = rule.sizes[factor]
                if axes:
                    if not contiguous:
                        return factor, ()
                    if size % mesh.span(axes):
                        return factor, _dividing_prefix(axes, size, mesh)
                contiguous = contiguous and mesh.span(axes or ()) == size
    return None


def _dividing_prefix(axes: Axes, size: int, mesh: Mesh) -> Axes:
    kept: list[Axis] = []
    for axis in axes:
        if size % mesh.span((*kept, axis)):
            break
        kept.append(axis)
    return tuple(kept)


def conflicts(axes: Axes, tiling: Tiling, factor: int) -> bool:
    """Whether one of `axes` already tiles another factor."""
    return any(
        overlap(axis, other)
        for other_factor, taken in tiling.items()
        if other_factor != factor
        for axis in axes
        for other in taken
    )


def extend(tiling: Tiling, wish: Tiling) -> Tiling:
    """`tiling` with those wishes that do not contradict it: free axes on untiled factors, and longer lists."""
    result = dict(tiling)
    for factor, axes in wish.items():
        mine = result.get(factor, ())
        if axes[: len(mine)] != mine:
            continue
        rest = axes[len(mine) :]
        while rest and conflicts(rest, result, factor):
            rest = rest[:-1]
        if rest:
            result[factor] = mine + rest
    return result
