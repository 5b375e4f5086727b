"""Communication between the processes of a program."""

from __future__ import annotations

from xdsl.dialects.builtin import UnitAttr
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

from eggshard.dialects.stablehlo.base import INTEGER, TENSOR
from eggshard.dialects.stablehlo.dense import DenseElements
from eggshard.dialects.stablehlo.structures import ChannelHandleAttr


@irdl_op_definition
class AllGatherOp(IRDLOperation):
    """Joins what the processes of each group hold, along one dimension."""

    name = "stablehlo.all_gather"

    operands_ = var_operand_def(TENSOR)
    all_gather_dim = prop_def(INTEGER)
    replica_groups = prop_def()
    channel_handle = opt_prop_def(ChannelHandleAttr)
    use_global_device_ids = opt_prop_def(UnitAttr)
    result = var_result_def(TENSOR)


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


@irdl_op_definition
class ReduceScatterOp(IRDLOperation):
    """all_reduce, of which each process keeps its part along one dimension."""

    name = "stablehlo.reduce_scatter"

    operand = operand_def(TENSOR)
    scatter_dimension = prop_def(INTEGER)
    replica_groups = prop_def()
    channel_handle = opt_prop_def(ChannelHandleAttr)
    use_global_device_ids = opt_prop_def(UnitAttr)
    computation = region_def("single_block")
    result = result_def(TENSOR)


@irdl_op_definition
class AllToAllOp(IRDLOperation):
    """Splits along one dimension, sends part i to process i of the group, and joins what comes along another."""

    name = "stablehlo.all_to_all"

    operands_ = var_operand_def(TENSOR)
    split_dimension = prop_def(INTEGER)
    concat_dimension = prop_def(INTEGER)
    split_count = prop_def(INTEGER)
    replica_groups = prop_def()
    channel_handle = opt_prop_def(ChannelHandleAttr)
    result = var_result_def(TENSOR)


@irdl_op_definition
class CollectiveBroadcastOp(IRDLOperation):
    """Sends what the first process of each group holds to the others."""

    name = "stablehlo.collective_broadcast"

    operand = operand_def(TENSOR)
    replica_groups = prop_def()
    channel_handle = opt_prop_def(ChannelHandleAttr)
    result = result_def(TENSOR)


@irdl_op_definition
class CollectivePermuteOp(IRDLOperation):
    """Sends what each source holds to its target; processes that nobody sends to get zeros."""

    name = "stablehlo.collective_permute"

    operand = operand_def(TENSOR)
    source_target_pairs = prop_def(DenseElements)
    channel_handle = opt_prop_def(ChannelHandleAttr)
    result = result_def(TENSOR)


@irdl_op_definition
class CrossReplicaSumOp(IRDLOperation):
    """all_reduce of sums over replicas."""

    name = "stablehlo.cross-replica-sum"

    operand = operand_def(TENSOR)
    replica_groups = prop_def(DenseElements)
    result = result_def(TENSOR)
