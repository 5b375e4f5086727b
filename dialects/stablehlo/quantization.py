"""Between floats and the quantized integers that stand for them."""

from __future__ import annotations

from xdsl.irdl import IRDLOperation, irdl_op_definition, operand_def, result_def, traits_def
from xdsl.traits import Pure

from eggshard.dialects.stablehlo.base import TENSOR


@irdl_op_definition
class UniformQuantizeOp(IRDLOperation):
    """
    Rounds floats to a quantized type.

    `%q = stablehlo.uniform_quantize %x : (tensor<4xf32>) -> tensor<4x!quant.uniform<i8:f32, 0.1:2>>`
    """

    name = "stablehlo.uniform_quantize"

    operand = operand_def(TENSOR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class UniformDequantizeOp(IRDLOperation):
    """
    The floats that quantized integers stand for.

    `%x = stablehlo.uniform_dequantize %q : (tensor<4x!quant.uniform<i8:f32, 0.1:2>>) -> tensor<4xf32>`
    """

    name = "stablehlo.uniform_dequantize"

    operand = operand_def(TENSOR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())
