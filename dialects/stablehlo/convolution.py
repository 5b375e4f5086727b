"""Convolutions."""

from __future__ import annotations

from xdsl.irdl import IRDLOperation, irdl_op_definition, operand_def, opt_prop_def, prop_def, result_def, traits_def
from xdsl.traits import Pure

from eggshard.dialects.stablehlo.base import ARRAY, INTEGER, INTEGERS, TENSOR
from eggshard.dialects.stablehlo.conv_dimensions import ConvDimensionNumbersAttr
from eggshard.dialects.stablehlo.dense import DenseElements


@irdl_op_definition
class ConvolutionOp(IRDLOperation):
    """
    Slides a kernel over the spatial dimensions of an input.

    `%r = stablehlo.convolution(%x, %k) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {pad = [[1, 1]]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x8x2xf32>, tensor<3x2x4xf32>) -> tensor<1x8x4xf32>`
    """

    name = "stablehlo.convolution"

    lhs = operand_def(TENSOR)
    rhs = operand_def(TENSOR)
    window_strides = opt_prop_def(INTEGERS)
    padding = opt_prop_def(DenseElements)
    lhs_dilation = opt_prop_def(INTEGERS)
    rhs_dilation = opt_prop_def(INTEGERS)
    window_reversal = opt_prop_def(INTEGERS)
    dimension_numbers = prop_def(ConvDimensionNumbersAttr)
    feature_group_count = prop_def(INTEGER)
    batch_group_count = prop_def(INTEGER)
    precision_config = opt_prop_def(ARRAY)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class DynamicConvOp(IRDLOperation):
    """A convolution whose padding is known only when the program runs."""

    name = "stablehlo.dynamic_conv"

    lhs = operand_def(TENSOR)
    rhs = operand_def(TENSOR)
    padding = operand_def(TENSOR)
    window_strides = opt_prop_def(INTEGERS)
    lhs_dilation = opt_prop_def(INTEGERS)
    rhs_dilation = opt_prop_def(INTEGERS)
    window_reversal = opt_prop_def(INTEGERS)
    dimension_numbers = prop_def(ConvDimensionNumbersAttr)
    feature_group_count = prop_def(INTEGER)
    batch_group_count = prop_def(INTEGER)
    precision_config = opt_prop_def(ARRAY)
    result = result_def(TENSOR)

    traits = traits_def(Pure())
