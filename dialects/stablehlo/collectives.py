"""Communication between the processes of a program."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import DYNAMIC_INDEX, UnitAttr
from xdsl.ir import Attribute
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    region_def,
    result_def,
    var_operand_def,
    var_result_def,
)
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.base import INT_ATTR, TENSOR
from eggshard.dialects.stablehlo.checks import (
    check_dim,
    check_element,
    check_length,
    check_reducer,
    check_same_type,
    check_shape,
    element_of,
    shape_of,
)
from eggshard.dialects.stablehlo.dense import DenseElements
from eggshard.dialects.stablehlo.meshes import ReplicaGroupMeshAxesAttr
from eggshard.dialects.stablehlo.structures import ChannelHandleAttr


def check_groups(groups: Attribute) -> int | None:
    """
    The groups are different processes, -1 where a group is smaller than others; returns how many the largest lists.

    None if that is not known: no groups means all processes, and a mesh is defined elsewhere.
    """
    if isinstance(groups, ReplicaGroupMeshAxesAttr):
        return None
    if not isinstance(groups, DenseElements) or len(groups.shape) != 2:
        raise VerifyException(f"replica_groups is {groups}, must be a constant of rank 2, one row per group")
    members = [member for member in groups.integers() if member != -1]
    if any(member < 0 for member in members):
        raise VerifyException(f"replica_groups has process {min(members)}, must not be negative")
    if len(set(members)) != len(members):
        raise VerifyException("replica_groups has a process twice")
    return groups.shape[1] if members else None


def check_processes(op: AllGatherOp | AllReduceOp | ReduceScatterOp) -> int | None:
    """The groups and what their numbers mean; returns the size of the groups, None if it is not known."""
    size = check_groups(op.replica_groups)
    has_channel = op.channel_handle is not None and op.channel_handle.data.handle > 0
    if op.use_global_device_ids is None:
        # With a channel the numbers are replicas, and each stands for all of its partitions.
        return None if has_channel else size
    if not has_channel:
        raise VerifyException("use_global_device_ids is set, which needs a channel_handle above 0")
    return size


def check_scaled(what: str, shape: tuple[int, ...], whole: tuple[int, ...], dim: int, count: int | None) -> None:
    """`whole` is `shape` but `count` times as large in `dim`; None for any number of times."""
    check_shape(
        what,
        shape,
        (*whole[:dim], shape[dim] if dim < len(shape) else 0, *whole[dim + 1 :]),
        f"but for dimension {dim}",
    )
    part, size = shape[dim], whole[dim]
    if DYNAMIC_INDEX in (part, size):
        return
    if (count is None and part and size % part) or (count is not None and part * count != size):
        times = "a number of" if count is None else count
        raise VerifyException(f"{what} has size {part} in dimension {dim}, {times} times which must be {size}")


@irdl_op_definition
class AllGatherOp(IRDLOperation):
    """Joins what the processes of each group hold, along one dimension."""

    name = "stablehlo.all_gather"

    operands_ = var_operand_def(TENSOR)
    all_gather_dim = prop_def(INT_ATTR)
    replica_groups = prop_def()
    channel_handle = opt_prop_def(ChannelHandleAttr)
    use_global_device_ids = opt_prop_def(UnitAttr)
    result = var_result_def(TENSOR)

    def verify_(self) -> None:
        size = check_processes(self)
        check_length("results", self.result, len(self.operands_), "one per operand")
        dim = self.all_gather_dim.value.data
        for i, (value, result) in enumerate(zip(self.operands_, self.result, strict=True)):
            check_dim("all_gather_dim", dim, len(shape_of(value)))
            check_element(f"result {i}", result, element_of(value), f"operand {i}")
            check_scaled(f"operand {i}", shape_of(value), shape_of(result), dim, size)


@irdl_op_definition
class AllReduceOp(IRDLOperation):
    """Combines what the processes of each group hold with a function of scalars."""

    name = "stablehlo.all_reduce"

    operands_ = var_operand_def(TENSOR)
    replica_groups = prop_def()
    channel_handle = opt_prop_def(ChannelHandleAttr)
    use_global_device_ids = opt_prop_def(UnitAttr)
    computation = region_def("single_block")
    result = var_result_def(TENSOR)

    def verify_(self) -> None:
        check_processes(self)
        check_length("results", self.result, len(self.operands_), "one per operand")
        for i, (value, result) in enumerate(zip(self.operands_, self.result, strict=True)):
            accumulated = check_reducer("computation", self.computation, [element_of(value)])
            check_element(f"result {i}", result, accumulated[0], "the result of computation")
            check_shape(f"result {i}", shape_of(result), shape_of(value), f"like operand {i}")


@irdl_op_definition
class ReduceScatterOp(IRDLOperation):
    """all_reduce, of which each process keeps its part along one dimension."""

    name = "stablehlo.reduce_scatter"

    operand = operand_def(TENSOR)
    scatter_dimension = prop_def(INT_ATTR)
    replica_groups = prop_def()
    channel_handle = opt_prop_def(ChannelHandleAttr)
    use_global_device_ids = opt_prop_def(UnitAttr)
    computation = region_def("single_block")
    result = result_def(TENSOR)

    def verify_(self) -> None:
        size = check_processes(self)
        shape, dim = shape_of(self.operand), self.scatter_dimension.value.data
        check_dim("scatter_dimension", dim, len(shape))
        accumulated = check_reducer("computation", self.computation, [element_of(self.operand)])
        check_element("result", self.result, accumulated[0], "the result of computation")
        check_scaled("result", shape_of(self.result), shape, dim, size)


@irdl_op_definition
class AllToAllOp(IRDLOperation):
    """Splits along one dimension, sends part i to process i of the group, and joins what comes along another."""

    name = "stablehlo.all_to_all"

    operands_ = var_operand_def(TENSOR)
    split_dimension = prop_def(INT_ATTR)
    concat_dimension = prop_def(INT_ATTR)
    split_count = prop_def(INT_ATTR)
    replica_groups = prop_def()
    channel_handle = opt_prop_def(ChannelHandleAttr)
    result = var_result_def(TENSOR)

    def verify_(self) -> None:
        size, parts = check_groups(self.replica_groups), self.split_count.value.data
        if parts < 1 or size not in (None, parts):
            raise VerifyException(f"split_count is {parts}, must be the size {size} of the replica groups")
        check_length("results", self.result, len(self.operands_), "one per operand")
        for i, (value, result) in enumerate(zip(self.operands_, self.result, strict=True)):
            check_element(f"result {i}", result, element_of(value), f"operand {i}")
            check_shape(f"result {i}", shape_of(result), self.exchanged(shape_of(value)), "split and joined")

    def exchanged(self, shape: Sequence[int]) -> list[int]:
        """The shape after the exchange."""
        split, concat = self.split_dimension.value.data, self.concat_dimension.value.data
        parts = self.split_count.value.data
        check_dim("split_dimension", split, len(shape))
        check_dim("concat_dimension", concat, len(shape))
        sizes = list(shape)
        if sizes[split] != DYNAMIC_INDEX:
            if sizes[split] % parts:
                raise VerifyException(f"split_dimension has size {sizes[split]}, must be divisible by {parts}")
            sizes[split] //= parts
        if sizes[concat] != DYNAMIC_INDEX:
            sizes[concat] *= parts
        return sizes


@irdl_op_definition
class CollectiveBroadcastOp(IRDLOperation):
    """Sends what the first process of each group holds to the others."""

    name = "stablehlo.collective_broadcast"

    operand = operand_def(TENSOR)
    replica_groups = prop_def()
    channel_handle = opt_prop_def(ChannelHandleAttr)
    result = result_def(TENSOR)

    def verify_(self) -> None:
        check_groups(self.replica_groups)
        check_same_type("result", self.result, self.operand, "operand")


def check_pairs(pairs: DenseElements) -> None:
    """Pairs of processes, no source and no target twice."""
    if len(pairs.shape) != 2 or pairs.shape[1] != 2:
        raise VerifyException(f"source_target_pairs has shape {list(pairs.shape)}, must be pairs")
    processes = pairs.integers()
    if any(process < 0 for process in processes):
        raise VerifyException(f"source_target_pairs has process {min(processes)}, must not be negative")
    for what, column in (("source", processes[::2]), ("target", processes[1::2])):
        if len(set(column)) != len(column):
            raise VerifyException(f"source_target_pairs has a {what} twice")


@irdl_op_definition
class CollectivePermuteOp(IRDLOperation):
    """Sends what each source holds to its target; processes that nobody sends to get zeros."""

    name = "stablehlo.collective_permute"

    operand = operand_def(TENSOR)
    source_target_pairs = prop_def(DenseElements)
    channel_handle = opt_prop_def(ChannelHandleAttr)
    result = result_def(TENSOR)

    def verify_(self) -> None:
        check_pairs(self.source_target_pairs)
        check_same_type("result", self.result, self.operand, "operand")


@irdl_op_definition
class CrossReplicaSumOp(IRDLOperation):
    """all_reduce of sums over replicas."""

    name = "stablehlo.cross-replica-sum"

    operand = operand_def(TENSOR)
    replica_groups = prop_def(DenseElements)
    result = result_def(TENSOR)

    def verify_(self) -> None:
        check_groups(self.replica_groups)
        check_same_type("result", self.result, self.operand, "operand")
