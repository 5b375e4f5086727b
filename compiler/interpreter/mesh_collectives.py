"""The `spmd` dialect's collectives, by mesh axes, and sdy's region of per-device code in a whole-program module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdsl.ir import Operation

from eggshard.dialects.sharding.layout import Axis
from eggshard.interpreter import collectives
from eggshard.interpreter.call import LockstepTable, attribute_of, integers_of
from eggshard.interpreter.values import Lanes

if TYPE_CHECKING:
    from eggshard.interpreter.machine import Frame


def groups_of(frame: Frame, op: Operation) -> list[list[int]]:
    axes: tuple[Axis, ...] = attribute_of(op, "axes").data
    return frame.whole_groups(op, frame.program.mesh_around(op).groups(axes))


def dim_of(op: Operation, name: str = "dim") -> int:
    return int(attribute_of(op, name).value.data)


def all_gather(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    return [collectives.all_gather(operands[0], groups_of(frame, op), dim_of(op))]


def combine_of(op: Operation) -> collectives.Combine:
    return collectives.combine_by_kind(attribute_of(op, "kind").data)


def all_reduce(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    groups = groups_of(frame, op)
    return [collectives.all_reduce(values, groups, combine_of(op)) for values in operands]


def reduce_scatter(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    return [collectives.reduce_scatter(operands[0], groups_of(frame, op), dim_of(op), combine_of(op))]


def all_to_all(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    dims = dim_of(op, "split_dim"), dim_of(op, "concat_dim")
    return [collectives.all_to_all(operands[0], groups_of(frame, op), *dims)]


def collective_permute(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    flat = integers_of(attribute_of(op, "pairs"))
    pairs = list(zip(flat[::2], flat[1::2], strict=True))
    frame.whole_groups(op, pairs)
    return [collectives.collective_permute(operands[0], pairs, frame.devices)]


def slice_op(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    """Moves no data, so devices that are not here do not matter."""
    groups = frame.program.mesh_around(op).groups(attribute_of(op, "axes").data)
    return [collectives.slice_shard(operands[0], groups, dim_of(op))]


def device_index(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    groups = frame.program.mesh_around(op).groups(attribute_of(op, "axes").data)
    return [collectives.device_index(frame.program.device_count, groups)]


LOCKSTEP: LockstepTable = {
    "spmd.all_gather": all_gather,
    "spmd.all_reduce": all_reduce,
    "spmd.all_to_all": all_to_all,
    "spmd.collective_permute": collective_permute,
    "spmd.device_index": device_index,
    "spmd.reduce_scatter": reduce_scatter,
    "spmd.slice": slice_op,
}
