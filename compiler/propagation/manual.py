"""Layouts at the border of a manual computation: outside they have the manual axes in front, inside they have not."""

from __future__ import annotations

from collections.abc import Set

from eggshard.dialects.sharding.layout import Dim, Layout


def inside(layout: Layout, manual: Set[str]) -> Layout:
    """`layout` without the manual axes: [{"manual", "free"}, {?}] is [{"free"}, {?}] in the body."""
    if not manual:
        return layout
    dims = tuple(Dim(tuple(a for a in dim.axes if a.name not in manual), dim.open, dim.priority) for dim in layout.dims)
    replicated = tuple(a for a in layout.replicated if a.name not in manual)
    partial = tuple(p for p in layout.partial if p.axis.name not in manual)
    return Layout(layout.mesh, dims, replicated, partial)


def outside(layout: Layout, outer: Layout, manual: Set[str]) -> Layout:
    """`layout` of the body with the manual axes that `outer` has in front; open and closed are those of `layout`."""
    dims = tuple(
        Dim(tuple(a for a in before.axes if a.name in manual) + dim.axes, dim.open, dim.priority)
        for before, dim in zip(outer.dims, layout.dims, strict=True)
    )
    return Layout(outer.mesh, dims, outer.replicated, outer.partial)
