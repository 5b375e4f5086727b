"""Between floats and the quantized integers that stand for them."""

from __future__ import annotations

from xdsl.irdl import irdl_op_definition, operand_def, result_def, traits_def
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.checks import check_shape, element_of, shape_of
from eggshard.dialects.stablehlo.kinds import FLOAT, QUANTIZED, TensorOf
from eggshard.dialects.stablehlo.quantized_types import QuantizedType
from eggshard.dialects.stablehlo.syntax import PrettyOp


@irdl_op_definition
class UniformQuantizeOp(PrettyOp):
    """
    Rounds floats, or requantizes, to a quantized type.

    `%q = stablehlo.uniform_quantize %x : (tensor<4xf32>) -> tensor<4x!quant.uniform<i8:f32, 1.000000e-01:2>>`
    """

    name = "stablehlo.uniform_quantize"

    operand = operand_def(TensorOf(FLOAT | QUANTIZED))
    result = result_def(TensorOf(QUANTIZED))

    traits = traits_def(Pure())

    def verify_(self) -> None:
        check_shape("result", shape_of(self.result), shape_of(self.operand), "like operand")
        source, target = element_of(self.operand), element_of(self.result)
        expressed = source.expressed_type if isinstance(source, QuantizedType) else source
        if isinstance(target, QuantizedType) and target.expressed_type != expressed:
            raise VerifyException(f"result stands for {target.expressed_type}, must stand for {expressed} like operand")


@irdl_op_definition
class UniformDequantizeOp(PrettyOp):
    """
    The floats that quantized integers stand for.

    `%x = stablehlo.uniform_dequantize %q : (tensor<4x!quant.uniform<i8:f32, 1.000000e-01:2>>) -> tensor<4xf32>`
    """

    name = "stablehlo.uniform_dequantize"

    operand = operand_def(TensorOf(QUANTIZED))
    result = result_def(TensorOf(FLOAT))

    traits = traits_def(Pure())

    def verify_(self) -> None:
        check_shape("result", shape_of(self.result), shape_of(self.operand), "like operand")
        source, target = element_of(self.operand), element_of(self.result)
        if isinstance(source, QuantizedType) and source.expressed_type != target:
            raise VerifyException(f"result has elements of type {target}, must be {source.expressed_type}")
