"""Settles a propagated program: what enters and leaves it is even and whole, and nothing is open any more."""

from __future__ import annotations

from math import gcd

from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute

from eggshard.dialects.sharding import (
    argument_layout,
    layout_of,
    meshes_of,
    result_layout,
    set_argument_layouts,
    set_layout,
    set_result_layouts,
)
from eggshard.dialects.sharding.layout import Axis, Dim, Layout, Mesh
from eggshard.partitioning.program import main_function
from eggshard.propagation.prefixes import start
from eggshard.propagation.prepare import rewrite_layouts


def finish(module: ModuleOp) -> None:
    """
    Closes all layouts, after cutting those of what enters and leaves functions and manual computations down to what
    divides evenly.

    In the main function's open dimensions, which nobody asked for, sub-axes are cut off too: callers cannot name them.
    """
    meshes = meshes_of(module)
    main = main_function(module)
    for function in module.ops:
        if isinstance(function, FuncOp):
            _settle(function, meshes, function is main)
    for op in module.walk():
        if op.name == "sdy.manual_computation":
            for value in (*op.results, *op.regions[0].block.args):
                layout = layout_of(value)
                if layout is not None:
                    set_layout(value, evenly(layout, value.type, meshes[layout.mesh]))
    rewrite_layouts(module, closed)


def _settle(function: FuncOp, meshes: dict[str, Mesh], main: bool) -> None:
    kinds = function.function_type
    for types, get, put in (
        (kinds.inputs, argument_layout, set_argument_layouts),
        (kinds.outputs, result_layout, set_result_layouts),
    ):
        layouts: dict[int, Layout] = {}
        for index, kind in enumerate(types):
            layout = get(function, index)
            if layout is not None:
                even = evenly(layout, kind, meshes[layout.mesh])
                layouts[index] = without_sub_axes(even) if main else even
        if layouts:
            put(function, layouts)


def evenly(layout: Layout, kind: Attribute, mesh: Mesh) -> Layout:
    """`layout` with each dimension's axes cut to the longest major part that divides the dimension."""
    if not isinstance(kind, TensorType) or not layout.dims:
        return layout
    dims = tuple(
        Dim(_dividing(dim.axes, size, mesh), dim.open, dim.priority)
        for dim, size in zip(layout.dims, kind.get_shape(), strict=True)
    )
    return Layout(layout.mesh, dims, layout.replicated, layout.partial)


def _dividing(axes: tuple[Axis, ...], size: int, mesh: Mesh) -> tuple[Axis, ...]:
    kept: list[Axis] = []
    for axis in axes:
        whole = mesh.size(axis)
        common = gcd(size, whole)
        if common != whole:
            return (*kept, Axis(axis.name, start(axis), common)) if common > 1 else tuple(kept)
        kept.append(axis)
        size //= whole
    return tuple(kept)


def without_sub_axes(layout: Layout) -> Layout:
    """`layout` with the axes of open dimensions only up to the first sub-axis."""
    dims = tuple(Dim(_whole(dim.axes), True, dim.priority) if dim.open else dim for dim in layout.dims)
    return Layout(layout.mesh, dims, layout.replicated, layout.partial)


def _whole(axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
    place = next((place for place, axis in enumerate(axes) if axis.size), len(axes))
    return axes[:place]


def closed(layout: Layout) -> Layout:
    """`layout` that takes no more axes; which axes it refused no longer matters."""
    return Layout(layout.mesh, tuple(Dim(dim.axes, False, dim.priority) for dim in layout.dims), (), layout.partial)
