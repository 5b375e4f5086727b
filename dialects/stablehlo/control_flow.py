"""Branches, loops, and what ends a region."""

from __future__ import annotations

from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    region_def,
    traits_def,
    var_operand_def,
    var_region_def,
    var_result_def,
)
from xdsl.traits import IsTerminator, Pure, RecursiveMemoryEffect

from eggshard.dialects.stablehlo.base import TENSOR


@irdl_op_definition
class CaseOp(IRDLOperation):
    """Runs the branch of number index, the last one if there is no such branch."""

    name = "stablehlo.case"

    index = operand_def(TENSOR)
    branches = var_region_def("single_block")
    result = var_result_def()

    traits = traits_def(RecursiveMemoryEffect())


@irdl_op_definition
class IfOp(IRDLOperation):
    """Runs one of two branches."""

    name = "stablehlo.if"

    pred = operand_def(TENSOR)
    true_branch = region_def("single_block")
    false_branch = region_def("single_block")
    result = var_result_def()

    traits = traits_def(RecursiveMemoryEffect())


@irdl_op_definition
class WhileOp(IRDLOperation):
    """Runs body while cond holds of the carried values."""

    name = "stablehlo.while"

    operand = var_operand_def()
    cond = region_def("single_block")
    body = region_def("single_block")
    result = var_result_def()

    traits = traits_def(RecursiveMemoryEffect())


@irdl_op_definition
class ReturnOp(IRDLOperation):
    """
    Ends a region, giving its values to the op around it.

    `stablehlo.return %x, %y : tensor<f32>, tensor<i32>`
    """

    name = "stablehlo.return"

    results_ = var_operand_def()

    traits = traits_def(IsTerminator())


@irdl_op_definition
class OptimizationBarrierOp(IRDLOperation):
    """
    Passes values on; nothing moves across it.

    `%r:2 = stablehlo.optimization_barrier %x, %y : tensor<f32>, tensor<i32>`
    """

    name = "stablehlo.optimization_barrier"

    operand = var_operand_def()
    result = var_result_def()

    traits = traits_def(Pure())
