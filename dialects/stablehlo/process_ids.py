"""Who runs this program."""

from __future__ import annotations

from abc import ABC
from typing import ClassVar

from xdsl.dialects.builtin import IntegerType, Signedness, TensorType
from xdsl.irdl import irdl_op_definition, result_def, traits_def
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.base import TENSOR
from eggshard.dialects.stablehlo.syntax import SAME, PrettyOp, Signature

PROCESS_ID = TensorType(IntegerType(32, Signedness.UNSIGNED), ())


class ProcessIdOp(PrettyOp, ABC):
    """The number of this process, a ui32."""

    SIGNATURE: ClassVar[Signature] = SAME

    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        if self.result.type != PROCESS_ID:
            raise VerifyException(f"result has type {self.result.type}, must be {PROCESS_ID}")


@irdl_op_definition
class PartitionIdOp(ProcessIdOp):
    """
    The partition that runs this process.

    `%i = stablehlo.partition_id : tensor<ui32>`
    """

    name = "stablehlo.partition_id"


@irdl_op_definition
class ReplicaIdOp(ProcessIdOp):
    """
    The replica that runs this process.

    `%i = stablehlo.replica_id : tensor<ui32>`
    """

    name = "stablehlo.replica_id"
