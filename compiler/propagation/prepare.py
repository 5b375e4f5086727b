"""What happens to a program before and after propagation, beside propagation itself."""

from __future__ import annotations

from collections.abc import Callable, Set

from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, ModuleOp, TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Operation

from eggshard.dialects.sharding import LayoutAttr, layout_of, meshes_of, set_layout
from eggshard.dialects.sharding.access import LAYOUT, LAYOUTS
from eggshard.dialects.sharding.carrier import CarriesLayouts
from eggshard.dialects.sharding.layout import Axis, Dim, Layout, Mesh
from eggshard.propagation.calls import flatten_calls
from eggshard.propagation.constants import split_constants
from eggshard.propagation.constraints import CONSTRAINTS, apply_constraints
from eggshard.propagation.priorities import mesh_order

CALL = "func.call"
MANUAL = "sdy.manual_computation"
PREPARED = frozenset(["sdy.constant", "sdy.data_flow_edge"])
"""Ops that only Shardy's own preparation makes: a program that has them is taken as it is."""


def prepare(module: ModuleOp, names: Set[str]) -> None:
    """
    Makes a program, in which there are ops of these names, ready for propagation.

    Axes of size 1 leave all layouts, calls get callees of their own, constants are split between their uses, and
    constraints are applied to the tensors that they stand on.
    """
    remove_size_one_axes(module)
    if CALL in names:
        flatten_calls(module)
    split_constants(module)
    if MANUAL in names or not CONSTRAINTS.isdisjoint(names):
        apply_constraints(module)


def remove_size_one_axes(module: ModuleOp) -> None:
    """An axis of one device says nothing, but it would stand in the way of axes that do."""
    meshes = meshes_of(module)
    if any(size == 1 for mesh in meshes.values() for _, size in mesh.axes):
        rewrite_layouts(module, lambda layout: without_size_one(layout, meshes[layout.mesh]))


def without_size_one(layout: Layout, mesh: Mesh) -> Layout:
    def cut(axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
        return tuple(axis for axis in axes if mesh.size(axis) != 1)

    dims = []
    for dim in layout.dims:
        axes = cut(dim.axes)
        dims.append(Dim(axes, dim.open, dim.priority if axes or dim.open else None))
    partial = tuple(p for p in layout.partial if mesh.size(p.axis) != 1)
    return Layout(layout.mesh, tuple(dims), cut(layout.replicated), partial)


def name_manual_axes(module: ModuleOp) -> None:
    """Adds to what a manual computation takes and gives, as replicated, the manual axes that it does not name."""
    meshes = meshes_of(module)
    for op in module.walk():
        if op.name == MANUAL:
            _name_manual_axes(op, meshes)


def _name_manual_axes(op: Operation, meshes: dict[str, Mesh]) -> None:
    from eggshard.dialects.sdy.region_layouts import layout_in_field, manual_axes, set_layout_in_field

    manual = manual_axes(op)
    for field, values in (("in_shardings", op.operands), ("out_shardings", op.results)):
        for index, value in enumerate(values):
            layout = layout_in_field(op, field, index)
            if layout is None or not isinstance(value.type, TensorType):
                continue
            named = {axis.name for axis in _all_axes(layout)}
            missing = [Axis(name) for name in manual if name not in named]
            if missing:
                mesh = meshes[layout.mesh]
                axes = sorted((*layout.replicated, *missing), key=lambda axis: mesh_order(axis, mesh))
                set_layout_in_field(op, field, index, Layout(layout.mesh, layout.dims, tuple(axes), layout.partial), [])


def _all_axes(layout: Layout) -> list[Axis]:
    return [
        *(axis for dim in layout.dims for axis in dim.axes),
        *layout.replicated,
        *(partial.axis for partial in layout.partial),
    ]


def rewrite_layouts(module: ModuleOp, change: Callable[[Layout], Layout]) -> None:
    """Replaces every layout in the module by `change` of it."""
    for op in module.walk():
        if isinstance(op, FuncOp):
            op.arg_attrs = _entries(op.arg_attrs, change)
            op.res_attrs = _entries(op.res_attrs, change)
        elif "in_shardings" in op.properties or "out_shardings" in op.properties:
            _rewrite_fields(op, change)
        elif op.get_trait(CarriesLayouts) is not None:
            for result in op.results:
                layout = layout_of(result)
                if layout is not None:
                    set_layout(result, change(layout))
        else:
            layouts = op.attributes.get(LAYOUTS)
            if isinstance(layouts, ArrayAttr):
                op.attributes[LAYOUTS] = ArrayAttr(_changed(entry, change) for entry in layouts)


def _rewrite_fields(op: Operation, change: Callable[[Layout], Layout]) -> None:
    """The layouts of a computation with a body, as they are outside."""
    from eggshard.dialects.sdy.region_layouts import layout_in_field, set_layout_in_field

    for field, count in (("in_shardings", len(op.operands)), ("out_shardings", len(op.results))):
        for index in range(count):
            layout = layout_in_field(op, field, index)
            if layout is not None:
                set_layout_in_field(op, field, index, change(layout), [])


def _entries(
    entries: ArrayAttr[DictionaryAttr] | None, change: Callable[[Layout], Layout]
) -> ArrayAttr[DictionaryAttr] | None:
    if entries is None or not any(LAYOUT in entry.data for entry in entries):
        return entries
    return ArrayAttr(
        DictionaryAttr({k: _changed(v, change) if k == LAYOUT else v for k, v in entry.data.items()})
        for entry in entries
    )


def _changed(attribute: Attribute, change: Callable[[Layout], Layout]) -> Attribute:
    return LayoutAttr(change(attribute.data)) if isinstance(attribute, LayoutAttr) else attribute
