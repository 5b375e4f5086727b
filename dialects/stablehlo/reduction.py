"""Reductions of whole dimensions, with any body."""

from __future__ import annotations

from xdsl.irdl import (
    IRDLOperation,
    SameVariadicOperandSize,
    irdl_op_definition,
    prop_def,
    region_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.traits import RecursiveMemoryEffect

from eggshard.dialects.stablehlo.base import INTEGERS, TENSOR


@irdl_op_definition
class ReduceOp(IRDLOperation):
    """
    Combines the elements along some dimensions, in any order, with a function of scalars.

    `%r = stablehlo.reduce(%x init: %c) applies stablehlo.add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>`
    """

    name = "stablehlo.reduce"

    inputs = var_operand_def(TENSOR)
    init_values = var_operand_def(TENSOR)
    dimensions = prop_def(INTEGERS)
    body = region_def("single_block")
    result = var_result_def(TENSOR)

    irdl_options = (SameVariadicOperandSize(),)

    traits = traits_def(RecursiveMemoryEffect())
