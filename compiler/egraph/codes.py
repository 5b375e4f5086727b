"""
Layouts as the e-graph writes them: one integer per mesh axis, and one for the order of axes that share a dimension.

Column a says what mesh axis a does to the tensor: 0 nothing (replicated), d + 1 it cuts dimension d, 10 and above it
holds terms of a reduction. Where several axes cut one dimension, order 0 puts them in mesh order, major to minor, and
order 1 the other way round; a layout in which none share has order 0.
"""

from __future__ import annotations

from itertools import product

from eggshard.dialects.sharding.layout import Axis, Layout, Mesh, Partial

Code = tuple[int, ...]
"""One column per mesh axis of more than one device, then the order."""

PARTIAL = {"sum": 15, "max": 14, "min": 13, "prod": 12, "or": 11, "and": 10}
KIND_OF = {column: kind for kind, column in PARTIAL.items()}
LAST_DIMENSION = 9
"""Columns up to this one cut dimensions; tensors of more dimensions are cut along their first nine alone."""


def live_axes(mesh: Mesh) -> tuple[tuple[str, int], ...]:
    """The axes that cut anything."""
    return tuple((name, size) for name, size in mesh.axes if size > 1)


def is_dimension(column: int) -> bool:
    return 0 < column <= LAST_DIMENSION


def shares(columns: tuple[int, ...]) -> bool:
    """Whether two axes cut one dimension."""
    cut = [c for c in columns if is_dimension(c)]
    return len(set(cut)) < len(cut)


def normal(columns: tuple[int, ...], order: int) -> Code:
    """The code of a layout whose shared dimensions, if it has any, stand in `order`."""
    return (*columns, order if shares(columns) else 0)


def layout_of_code(code: Code, rank: int, mesh_name: str, mesh: Mesh) -> Layout:
    """(1, 1, 1) over axes a, b on a matrix is [{"b", "a"}, {}]."""
    axes = [Axis(name) for name, _ in live_axes(mesh)]
    columns = list(zip(axes, code[:-1], strict=True))
    if code[-1]:
        columns.reverse()
    dims = tuple(tuple(axis for axis, column in columns if column == dim + 1) for dim in range(rank))
    partial = tuple(
        Partial(axis, KIND_OF[column]) for axis, column in zip(axes, code[:-1], strict=True) if column in KIND_OF
    )
    return Layout.of(mesh_name, dims, partial)


def code_of_layout(layout: Layout, mesh: Mesh) -> Code | None:
    """The code of a layout; None if it cuts an axis in parts or orders its axes in a way that has no code."""
    names = [name for name, _ in live_axes(mesh)]
    columns = [0] * len(names)
    for dim, axes in enumerate(layout.axes):
        for axis in axes:
            if mesh.size(axis) == 1:
                continue
            if axis.size or dim >= LAST_DIMENSION:
                return None
            columns[names.index(axis.name)] = dim + 1
    for axis, kind in layout.partial:
        if mesh.size(axis) == 1:
            continue
        if axis.size or kind not in PARTIAL:
            return None
        columns[names.index(axis.name)] = PARTIAL[kind]
    for order in (0, 1):
        code = normal(tuple(columns), order)
        given = tuple(tuple(a for a in dim if mesh.size(a) > 1) for dim in layout.axes)
        if layout_of_code(code, layout.rank, layout.mesh, mesh).axes == given:
            return code
    return None


def codes(shape: tuple[int, ...], mesh: Mesh) -> list[Code]:
    """
    Every layout of a tensor of this shape without partial axes.

    A dimension is cut into at most as many parts as it has elements.
    """
    sizes = [size for _, size in live_axes(mesh)]
    choices = [
        [0, *(d + 1 for d, extent in enumerate(shape[:LAST_DIMENSION]) if extent >= size and extent > 1)]
        for size in sizes
    ]
    found = []
    for columns in product(*choices):
        spans = [1] * len(shape)
        for column, size in zip(columns, sizes, strict=True):
            if column:
                spans[column - 1] *= size
        if all(span <= extent for span, extent in zip(spans, shape, strict=True) if span > 1):
            found += [(*columns, 0), (*columns, 1)] if shares(columns) else [(*columns, 0)]
    return found
