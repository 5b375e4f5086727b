"""Where the layouts of manual and named computations lie, for `layout_of` and `set_layout`."""

from __future__ import annotations

from xdsl.ir import Operation

from eggshard.dialects.sdy.attributes import ManualAxesAttr, TensorShardingPerValueAttr
from eggshard.dialects.sdy.convert import to_layout, to_sharding
from eggshard.dialects.sharding.access import meshes_of
from eggshard.dialects.sharding.carrier import CarriesLayouts
from eggshard.dialects.sharding.checks import rank_of
from eggshard.dialects.sharding.layout import Axis, Dim, Layout, Partial


def layout_in_field(op: Operation, field: str, index: int) -> Layout | None:
    """Entry `index` of the shardings in property `field`."""
    attribute = op.properties.get(field)
    return to_layout(attribute.data[index]) if isinstance(attribute, TensorShardingPerValueAttr) else None


def set_layout_in_field(op: Operation, field: str, index: int, layout: Layout, ranks: list[int]) -> None:
    """Replaces entry `index`; shardings not given yet become replicated and open."""
    attribute = op.properties.get(field)
    if isinstance(attribute, TensorShardingPerValueAttr):
        shardings = list(attribute.data)
    else:
        shardings = [to_sharding(Layout.replicate(layout.mesh, rank, open=True)) for rank in ranks]
    shardings[index] = to_sharding(layout)
    op.properties[field] = TensorShardingPerValueAttr(tuple(shardings))


def manual_axes(op: Operation) -> frozenset[str]:
    attribute = op.properties["manual_axes"]
    assert isinstance(attribute, ManualAxesAttr)
    return frozenset(attribute.data)


def inside(layout: Layout, manual: frozenset[str]) -> Layout:
    """What the body sees of a layout outside: all but the manual axes."""

    def free(axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
        return tuple(axis for axis in axes if axis.name not in manual)

    dims = tuple(Dim(free(dim.axes), dim.open, dim.priority) for dim in layout.dims)
    partial = tuple(p for p in layout.partial if p.axis.name not in manual)
    return Layout(layout.mesh, dims, free(layout.replicated), partial)


def outside(op: Operation, layout: Layout, old: Layout, manual: frozenset[str]) -> Layout:
    """The inverse: `layout` of the body with the manual axes that `old` has, in front in each dimension."""
    order = {name: i for i, (name, _) in enumerate(meshes_of(op)[layout.mesh].axes)}

    def ordered(axes: list[Axis]) -> tuple[Axis, ...]:
        return tuple(sorted(axes, key=lambda axis: (order[axis.name], axis.pre)))

    dims = tuple(
        Dim(tuple(a for a in before.axes if a.name in manual) + dim.axes, dim.open, dim.priority)
        for before, dim in zip(old.dims, layout.dims, strict=True)
    )
    replicated = ordered([a for a in old.replicated if a.name in manual] + list(layout.replicated))
    partial = [p for p in old.partial if p.axis.name in manual] + list(layout.partial)
    kinds = {p.axis: p.kind for p in partial}
    return Layout(layout.mesh, dims, replicated, tuple(Partial(a, kinds[a]) for a in ordered(list(kinds))))


class ManualLayouts(CarriesLayouts):
    """Results have `out_shardings`; the body's arguments have `in_shardings` without the manual axes."""

    def result_layout(self, op: Operation, index: int) -> Layout | None:
        return layout_in_field(op, "out_shardings", index)

    def set_result_layout(self, op: Operation, index: int, layout: Layout) -> None:
        set_layout_in_field(op, "out_shardings", index, layout, [])

    def argument_layout(self, op: Operation, index: int) -> Layout | None:
        layout = layout_in_field(op, "in_shardings", index)
        return None if layout is None else inside(layout, manual_axes(op))

    def set_argument_layout(self, op: Operation, index: int, layout: Layout) -> None:
        old = layout_in_field(op, "in_shardings", index)
        assert old is not None
        set_layout_in_field(op, "in_shardings", index, outside(op, layout, old, manual_axes(op)), [])


class NamedLayouts(CarriesLayouts):
    """Results have `out_shardings`, the body's arguments `in_shardings`, if they are there."""

    def result_layout(self, op: Operation, index: int) -> Layout | None:
        return layout_in_field(op, "out_shardings", index)

    def set_result_layout(self, op: Operation, index: int, layout: Layout) -> None:
        set_layout_in_field(op, "out_shardings", index, layout, [rank_of(t) or 0 for t in op.result_types])

    def argument_layout(self, op: Operation, index: int) -> Layout | None:
        return layout_in_field(op, "in_shardings", index)

    def set_argument_layout(self, op: Operation, index: int, layout: Layout) -> None:
        set_layout_in_field(op, "in_shardings", index, layout, [rank_of(t) or 0 for t in op.operand_types])


def returned_layout(op: Operation, index: int) -> Layout | None:
    """What a manual computation's result `index` looks like where the body returns it."""
    layout = layout_in_field(op, "out_shardings", index)
    return None if layout is None else inside(layout, manual_axes(op))


def set_returned_layout(op: Operation, index: int, layout: Layout) -> None:
    """Makes `layout` that of a manual computation's result `index`, as the body sees it."""
    old = layout_in_field(op, "out_shardings", index)
    assert old is not None
    set_layout_in_field(op, "out_shardings", index, outside(op, layout, old, manual_axes(op)), [])
