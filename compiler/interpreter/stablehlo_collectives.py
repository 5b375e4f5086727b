"""StableHLO's collectives: replica groups to groups of device ids, then the functions of `collectives`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from xdsl.ir import Operation

from eggshard.interpreter import collectives
from eggshard.interpreter.call import Body, LockstepTable, attribute_of
from eggshard.interpreter.collectives import Combine, Groups
from eggshard.interpreter.folding import combine_by_body
from eggshard.interpreter.values import Array, Lanes, elements

if TYPE_CHECKING:
    from eggshard.interpreter.machine import Frame


def has_channel(op: Operation) -> bool:
    handle = attribute_of(op, "channel_handle")
    return handle is not None and handle.data.handle > 0


def replica_groups(op: Operation) -> list[list[int]]:
    """The rows of the attribute without their padding; none stands for one group of everything."""
    rows = elements(attribute_of(op, "replica_groups"))
    return [[int(v) for v in row if v >= 0] for row in rows.reshape(rows.shape[0], -1)] if rows.size else []


def groups_of_reduction(frame: Frame, op: Operation) -> list[list[int]]:
    """
    Groups of all_reduce, all_gather and reduce_scatter.

    The ids are devices with `use_global_device_ids`; else replicas, which meet within their partition or, with a
    channel, across all partitions.
    """
    program = frame.program
    rows = replica_groups(op)
    if attribute_of(op, "use_global_device_ids") is not None:
        return frame.whole_groups(op, rows or [list(range(program.device_count))])
    rows = rows or [list(range(program.replicas))]
    partitions = range(program.partitions)
    if has_channel(op):
        return frame.whole_groups(op, [[r * program.partitions + p for p in partitions for r in row] for row in rows])
    return frame.whole_groups(op, [[r * program.partitions + p for r in row] for p in partitions for row in rows])


def groups_of_exchange(frame: Frame, op: Operation) -> list[list[int]]:
    """Groups of all_to_all and collective_broadcast: ids are partitions with a channel, else replicas."""
    program = frame.program
    rows = replica_groups(op)
    rows = rows or [list(range(program.partitions if has_channel(op) else program.replicas))]
    return frame.whole_groups(
        op, [[device_of(frame, op, i, o) for i in row] for o in others(frame, op) for row in rows]
    )


def others(frame: Frame, op: Operation) -> range:
    """The coordinate along which an exchange does not move: replicas with a channel, else partitions."""
    return range(frame.program.replicas if has_channel(op) else frame.program.partitions)


def device_of(frame: Frame, op: Operation, member: int, other: int) -> int:
    partitions = frame.program.partitions
    return other * partitions + member if has_channel(op) else member * partitions + other


def combine_of(frame: Frame, op: Operation) -> Combine:
    """The function of a collective's region."""
    body = Body(frame, op, op.regions[0].block, frame.devices[0])

    def combine(terms: Sequence[Array]) -> Array:
        return combine_by_body(body, terms)

    return combine


def all_gather(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    groups, dim = groups_of_reduction(frame, op), int(attribute_of(op, "all_gather_dim").value.data)
    return [collectives.all_gather(values, groups, dim) for values in operands]


def all_reduce(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    groups, combine = groups_of_reduction(frame, op), combine_of(frame, op)
    return [collectives.all_reduce(values, groups, combine) for values in operands]


def reduce_scatter(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    groups, dim = groups_of_reduction(frame, op), int(attribute_of(op, "scatter_dimension").value.data)
    return [collectives.reduce_scatter(operands[0], groups, dim, combine_of(frame, op))]


def all_to_all(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    groups = groups_of_exchange(frame, op)
    split, concat = (int(attribute_of(op, f"{name}_dimension").value.data) for name in ("split", "concat"))
    return [collectives.all_to_all(values, groups, split, concat) for values in operands]


def collective_broadcast(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    """Who is in no group gets zeros."""
    return [_with_zeros(frame, collectives.broadcast(operands[0], groups_of_exchange(frame, op)), operands[0])]


def _with_zeros(frame: Frame, made: Lanes, like: Lanes) -> Lanes:
    return [
        np.zeros(like[device].shape, like[device].dtype) if device in frame.devices and value is None else value
        for device, value in enumerate(made)
    ]


def collective_permute(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    pairs = elements(attribute_of(op, "source_target_pairs")).reshape(-1, 2)
    moves = [
        (device_of(frame, op, int(source), other), device_of(frame, op, int(target), other))
        for other in others(frame, op)
        for source, target in pairs
    ]
    frame.whole_groups(op, moves)
    return [collectives.collective_permute(operands[0], moves, frame.devices)]


def cross_replica_sum(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    groups: Groups = groups_of_reduction(frame, op)
    return [collectives.all_reduce(operands[0], groups, collectives.combine_by_kind("sum"))]


def ragged_all_to_all(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    """
    A custom call of JAX: runs of rows of different lengths go from each device to each other one.

    Member i sends rows `input_offsets[j] : + send_sizes[j]` to member j, who writes them at i's `output_offsets[j]`.
    """
    rows, into, starts, sizes, targets, _ = operands
    config = attribute_of(op, "mhlo.backend_config") or attribute_of(op, "backend_config")
    groups = frame.whole_groups(op, [[int(d) for d in group] for group in elements(config.data["replica_groups"])])
    out = list(into)
    for group in groups:
        for j, receiver in enumerate(group):
            result = into[receiver].copy()
            for sender in group:
                start, size, at = (int(values[sender][j]) for values in (starts, sizes, targets))
                result[at : at + size] = rows[sender][start : start + size]
            out[receiver] = result
    return [out]


def partition_id(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    return [[np.asarray(d % frame.program.partitions, np.uint32) for d in range(frame.program.device_count)]]


def replica_id(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    ids = [np.asarray(replica, np.uint32) for replica in range(frame.program.replicas)]
    return [[ids[d // frame.program.partitions] for d in range(frame.program.device_count)]]


LOCKSTEP: LockstepTable = {
    "stablehlo.all_gather": all_gather,
    "stablehlo.all_reduce": all_reduce,
    "stablehlo.all_to_all": all_to_all,
    "stablehlo.collective_broadcast": collective_broadcast,
    "stablehlo.collective_permute": collective_permute,
    "stablehlo.cross-replica-sum": cross_replica_sum,
    "stablehlo.partition_id": partition_id,
    "stablehlo.reduce_scatter": reduce_scatter,
    "stablehlo.replica_id": replica_id,
}
