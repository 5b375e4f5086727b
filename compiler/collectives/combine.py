"""Small reductions travel together."""

from __future__ import annotations

from dataclasses import dataclass, field

from xdsl.dialects.builtin import ModuleOp, StringAttr, TensorType
from xdsl.ir import Attribute, Block, Operation

from eggshard.collectives.edit import blocks, per_device_mesh
from eggshard.dialects.spmd import AllReduceOp, AxesAttr
from eggshard.dialects.stablehlo.dense import element_bytes

SMALL = 1 << 20
"""Bytes under which the start of a collective costs more than its transfer: about 10 us at 100 GB/s."""


@dataclass
class _Group:
    members: list[AllReduceOp] = field(default_factory=list)
    first_use: int = 1 << 60


def combine_collectives(module: ModuleOp, small: int = SMALL) -> None:
    """
    all_reduce(a), all_reduce(b) -> all_reduce(a, b) for tensors of at most `small` bytes on a device.

    Over the same axes, of the same kind and element type, where no use of the first comes before the last.
    """
    if per_device_mesh(module) is None:
        return
    for block in blocks(module):
        _combine(block, small)


def _combine(block: Block, small: int) -> None:
    places = {op: place for place, op in enumerate(block.ops)}
    groups: dict[tuple[AxesAttr, StringAttr, Attribute], _Group] = {}
    ready: list[_Group] = []
    for op, place in places.items():
        if not isinstance(op, AllReduceOp) or not _is_small(op, small):
            continue
        kind = op.inputs[0].type
        assert isinstance(kind, TensorType)
        key = (op.axes, op.kind, kind.element_type)
        group = groups.get(key)
        if group is None or group.first_use <= place:
            group = groups[key] = _Group()
            ready.append(group)
        group.members.append(op)
        group.first_use = min(group.first_use, _first_use(op, block, places))
    for group in ready:
        if len(group.members) > 1:
            _join(group.members)


def _is_small(op: AllReduceOp, small: int) -> bool:
    return all(
        isinstance(value.type, TensorType)
        and value.type.element_count() * element_bytes(value.type.element_type) <= small
        for value in op.inputs
    )


def _first_use(op: Operation, block: Block, places: dict[Operation, int]) -> int:
    """Where a result is first needed, nested uses counted where their outer op stands."""
    first = 1 << 60
    for result in op.results:
        for use in result.uses:
            user: Operation | None = use.operation
            while user is not None and user.parent is not block:
                user = user.parent_op()
            if user is not None:
                first = min(first, places[user])
    return first


def _join(members: list[AllReduceOp]) -> None:
    last = members[-1]
    causes = list(dict.fromkeys(op.cause for op in members if op.cause))
    because = causes[0] + (f" and {len(causes) - 1} more" if len(causes) > 1 else "") if causes else None
    inputs = [value for op in members for value in op.inputs]
    joined = AllReduceOp(inputs, last.axes.data, last.kind.data, because)
    joined.location = members[0].location
    assert last.parent is not None
    last.parent.insert_op_before(joined, last)
    outputs = iter(joined.outputs)
    for op in members:
        for old in op.outputs:
            old.replace_all_uses_with(next(outputs))
        op.detach()
        op.erase()
