"""
`sdy.manual_computation`: a part of the program that its author wrote for one device along the manual axes.

Its body becomes part of the per-device program as it is; only axes that are not manual may still cut it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.ir import Attribute, Block, Operation, SSAValue

from eggshard.dialects.sdy.region_layouts import inside, layout_in_field, manual_axes
from eggshard.dialects.sharding.layout import Layout
from eggshard.partitioning.program import closed, replicated


@dataclass(frozen=True)
class ManualLayouts:
    """Layouts around a manual computation: of its operands and results outside, of arguments and returns inside."""

    operands: list[Layout]
    arguments: list[Layout]
    returns: list[Layout]
    results: list[Layout]


def manual_layouts(op: Operation, mesh_name: str) -> ManualLayouts:
    """What `in_shardings`, `out_shardings` and `manual_axes` say."""
    manual = manual_axes(op)
    sides = [
        [_layout(op, field, index, value, mesh_name) for index, value in enumerate(values)]
        for field, values in (("in_shardings", op.operands), ("out_shardings", op.results))
    ]
    within = [[Layout.of(mesh_name, inside(layout, manual).axes) for layout in side] for side in sides]
    return ManualLayouts(sides[0], within[0], within[1], sides[1])


def _layout(op: Operation, field: str, index: int, value: SSAValue, mesh_name: str) -> Layout:
    given = layout_in_field(op, field, index)
    if given is None:
        return replicated(value.type, mesh_name)
    return closed(given.axes, value.type, mesh_name)


def inline_manual(
    op: Operation,
    layouts: ManualLayouts,
    retype: Callable[[SSAValue, Layout], None],
    walk: Callable[[Block], None],
    replace: Callable[[Operation, Sequence[SSAValue], Sequence[Attribute]], None],
) -> None:
    """Puts the body in the place of the op; its arguments are the local operands."""
    block = op.regions[0].block
    for argument, layout in zip(block.args, layouts.arguments, strict=True):
        retype(argument, layout)
    walk(block)
    for argument, operand in zip(block.args, op.operands, strict=True):
        argument.replace_all_uses_with(operand)
    last = block.last_op
    assert last is not None
    returned = list(last.operands)
    last.detach()
    last.erase()
    assert op.parent is not None
    body = list(block.ops)
    for inner in body:
        inner.detach()
    op.parent.insert_ops_before(body, op)
    replace(op, returned, [result.type for result in op.results])
