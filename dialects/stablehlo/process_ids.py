"""Who runs this program."""

from __future__ import annotations

from xdsl.irdl import IRDLOperation, irdl_op_definition, result_def, traits_def
from xdsl.traits import Pure

from eggshard.dialects.stablehlo.base import TENSOR


@irdl_op_definition
class PartitionIdOp(IRDLOperation):
    """
    The partition that runs this process.

    `%i = stablehlo.partition_id : tensor<ui32>`
    """

    name = "stablehlo.partition_id"

    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class ReplicaIdOp(IRDLOperation):
    """
    The replica that runs this process.

    `%i = stablehlo.replica_id : tensor<ui32>`
    """

    name = "stablehlo.replica_id"

    result = result_def(TENSOR)

    traits = traits_def(Pure())
