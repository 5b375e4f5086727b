"""
Reading and writing the layouts that a program carries.

A function's argument or result has the attribute `sharding.layout`; an op has `sharding.layouts`, one per result; ops
with the trait `CarriesLayouts` have fields of their own instead. The arguments of a loop's regions have no place of
their own: they share the layouts of the loop's results.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, StringAttr
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, BlockArgument, Data, Operation, OpResult, SSAValue

from eggshard.dialects.sharding.attributes import LayoutAttr
from eggshard.dialects.sharding.carrier import CarriesLayouts
from eggshard.dialects.sharding.checks import rank_of
from eggshard.dialects.sharding.layout import Layout, Mesh

LAYOUT = "sharding.layout"
LAYOUTS = "sharding.layouts"
NAME = "sharding.name"
STRATEGY = "sharding.strategy"

LOOPS = frozenset({"stablehlo.while"})
"""Ops whose region arguments are their results of the round before."""


def meshes_of(op: Operation) -> dict[str, Mesh]:
    """Every mesh of the outermost op around `op`, of `sharding` or `sdy`, by name, in the order of definition."""
    while (parent := op.parent_op()) is not None:
        op = parent
    meshes: dict[str, Mesh] = {}
    for top in (top for region in op.regions for block in region.blocks for top in block.ops):
        mesh, name = top.properties.get("mesh"), top.properties.get("sym_name")
        if isinstance(mesh, Data) and isinstance(mesh.data, Mesh) and isinstance(name, StringAttr):
            meshes[name.data] = mesh.data
    return meshes


def mesh_of(op: Operation, name: str) -> Mesh:
    """The mesh called `name` in the module that contains `op`; KeyError if there is none. Searches: keep the answer."""
    return meshes_of(op)[name]


def attached_layouts(op: Operation) -> Sequence[Attribute] | None:
    """The entries of `sharding.layouts`, one per result; None if `op` has no such attribute."""
    attribute = op.attributes.get(LAYOUTS)
    return attribute.data if isinstance(attribute, ArrayAttr) else None


def layouts_of(op: Operation) -> tuple[Layout, ...] | None:
    """The layouts of all results of `op`, if known."""
    layouts = [layout_of(result) for result in op.results]
    return None if not layouts or None in layouts else tuple(layout for layout in layouts if layout is not None)


def layout_of(value: SSAValue) -> Layout | None:
    """The layout of `value`, if known."""
    if isinstance(value, OpResult):
        entries = attached_layouts(value.op)
        if entries is not None:
            return _layout(entries[value.index])
        carrier = value.op.get_trait(CarriesLayouts)
        return None if carrier is None else carrier.result_layout(value.op, value.index)
    assert isinstance(value, BlockArgument)
    parent = value.block.parent_op()
    if isinstance(parent, FuncOp):
        return argument_layout(parent, value.index)
    if parent is None:
        return None
    if parent.name in LOOPS:
        return layout_of(parent.results[value.index])
    carrier = parent.get_trait(CarriesLayouts)
    return None if carrier is None else carrier.argument_layout(parent, value.index)


def set_layout(value: SSAValue, layout: Layout) -> None:
    """
    Makes `layout` the layout of `value`.

    The op's other results, if nothing is known of them yet, become replicated and open. An argument of a region that
    has no place for layouts is left alone.
    """
    if isinstance(value, OpResult):
        op = value.op
        if (carrier := op.get_trait(CarriesLayouts)) is not None:
            carrier.set_result_layout(op, value.index, layout)
            return
        entries = attached_layouts(op)
        if entries is None:
            entries = [LayoutAttr(Layout.replicate(layout.mesh, rank_of(r.type) or 0, open=True)) for r in op.results]
        entries = [*entries[: value.index], LayoutAttr(layout), *entries[value.index + 1 :]]
        op.attributes[LAYOUTS] = ArrayAttr(entries)
        return
    assert isinstance(value, BlockArgument)
    parent = value.block.parent_op()
    if isinstance(parent, FuncOp):
        set_argument_layouts(parent, {value.index: layout})
    elif parent is not None and parent.name in LOOPS:
        set_layout(parent.results[value.index], layout)
    elif parent is not None and (carrier := parent.get_trait(CarriesLayouts)) is not None:
        carrier.set_argument_layout(parent, value.index, layout)


def set_layouts(op: Operation, layouts: Sequence[Layout]) -> None:
    """Makes `layouts` the layouts of all results of `op`."""
    if (carrier := op.get_trait(CarriesLayouts)) is None:
        op.attributes[LAYOUTS] = ArrayAttr([LayoutAttr(layout) for layout in layouts])
        return
    for index, layout in enumerate(layouts):
        carrier.set_result_layout(op, index, layout)


def argument_layout(func: FuncOp, index: int) -> Layout | None:
    return _entry(func.arg_attrs, index)


def result_layout(func: FuncOp, index: int) -> Layout | None:
    """The layout that the function promises for its result, whatever the returned value has."""
    return _entry(func.res_attrs, index)


def set_argument_layouts(func: FuncOp, layouts: Mapping[int, Layout]) -> None:
    """Sets the layouts of several arguments at once (one by one is quadratic in their number)."""
    func.arg_attrs = _with_layouts(func.arg_attrs, len(func.function_type.inputs), layouts)


def set_result_layouts(func: FuncOp, layouts: Mapping[int, Layout]) -> None:
    """Sets the layouts of several results at once."""
    func.res_attrs = _with_layouts(func.res_attrs, len(func.function_type.outputs), layouts)


def _entry(dictionaries: ArrayAttr[DictionaryAttr] | None, index: int) -> Layout | None:
    entry = None if dictionaries is None else dictionaries.data[index].data.get(LAYOUT)
    return None if entry is None else _layout(entry)


def _with_layouts(
    dictionaries: ArrayAttr[DictionaryAttr] | None, count: int, layouts: Mapping[int, Layout]
) -> ArrayAttr[DictionaryAttr]:
    entries = [{}] * count if dictionaries is None else [dict(entry.data) for entry in dictionaries]
    return ArrayAttr(
        DictionaryAttr({**entry, LAYOUT: LayoutAttr(layouts[i])} if i in layouts else entry)
        for i, entry in enumerate(entries)
    )


def _layout(attribute: Attribute) -> Layout:
    assert isinstance(attribute, LayoutAttr), f"{attribute} stands where a layout is due"
    return attribute.data
