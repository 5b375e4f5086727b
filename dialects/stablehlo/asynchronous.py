"""Computations that run beside what follows them."""

from __future__ import annotations

from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    region_def,
    result_def,
    var_operand_def,
    var_result_def,
)

from eggshard.dialects.stablehlo.base import TENSOR
from eggshard.dialects.stablehlo.checks import check_region, check_types
from eggshard.dialects.stablehlo.types import FutureType


@irdl_op_definition
class AsyncStartOp(IRDLOperation):
    """Starts the collective or slice in `body`; the result is what async_done waits for."""

    name = "stablehlo.async_start"

    operands_ = var_operand_def(TENSOR)
    body = region_def("single_block")
    result = result_def(FutureType)

    def verify_(self) -> None:
        check_region("body", self.body, self.operand_types, self.result.type.types.data)


@irdl_op_definition
class AsyncDoneOp(IRDLOperation):
    """Waits for what async_start began."""

    name = "stablehlo.async_done"

    operand = operand_def(FutureType)
    result = var_result_def(TENSOR)

    def verify_(self) -> None:
        future = self.operand.type
        assert isinstance(future, FutureType)
        check_types("async_done", "returns", self.result_types, future.types.data)
