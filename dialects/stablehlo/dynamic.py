"""Ops whose shapes are known only when the program runs."""

from __future__ import annotations

from xdsl.irdl import IRDLOperation, irdl_op_definition, operand_def, opt_prop_def, prop_def, result_def, traits_def
from xdsl.traits import Pure

from eggshard.dialects.stablehlo.base import INTEGER, INTEGERS, TENSOR


@irdl_op_definition
class DynamicBroadcastInDimOp(IRDLOperation):
    """
    broadcast_in_dim to a shape that is an operand.

    `%r = stablehlo.dynamic_broadcast_in_dim %x, %s, dims = [1] : (tensor<3xf32>, tensor<2xi64>) -> tensor<?x3xf32>`
    """

    name = "stablehlo.dynamic_broadcast_in_dim"

    operand = operand_def(TENSOR)
    output_dimensions = operand_def(TENSOR)
    broadcast_dimensions = prop_def(INTEGERS)
    known_expanding_dimensions = opt_prop_def(INTEGERS)
    known_nonexpanding_dimensions = opt_prop_def(INTEGERS)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class DynamicIotaOp(IRDLOperation):
    """
    iota of a shape that is an operand.

    `%r = stablehlo.dynamic_iota %s, dim = 0 : (tensor<1xi64>) -> tensor<?xi32>`
    """

    name = "stablehlo.dynamic_iota"

    output_shape = operand_def(TENSOR)
    iota_dimension = prop_def(INTEGER)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class DynamicPadOp(IRDLOperation):
    """
    pad by amounts that are operands.

    `%r = stablehlo.dynamic_pad %x, %c, %lo, %hi, %in : (tensor<?xf32>, tensor<f32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xf32>`
    """

    name = "stablehlo.dynamic_pad"

    operand = operand_def(TENSOR)
    padding_value = operand_def(TENSOR)
    edge_padding_low = operand_def(TENSOR)
    edge_padding_high = operand_def(TENSOR)
    interior_padding = operand_def(TENSOR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class DynamicReshapeOp(IRDLOperation):
    """
    reshape to a shape that is an operand.

    `%r = stablehlo.dynamic_reshape %x, %s : (tensor<6xf32>, tensor<2xi64>) -> tensor<?x?xf32>`
    """

    name = "stablehlo.dynamic_reshape"

    operand = operand_def(TENSOR)
    output_shape = operand_def(TENSOR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class RealDynamicSliceOp(IRDLOperation):
    """
    slice at bounds and strides that are operands.

    `%r = stablehlo.real_dynamic_slice %x, %lo, %hi, %st : (tensor<?xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xf32>`
    """

    name = "stablehlo.real_dynamic_slice"

    operand = operand_def(TENSOR)
    start_indices = operand_def(TENSOR)
    limit_indices = operand_def(TENSOR)
    strides = operand_def(TENSOR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class GetDimensionSizeOp(IRDLOperation):
    """
    The size of one dimension.

    `%n = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?xf32>) -> tensor<i32>`
    """

    name = "stablehlo.get_dimension_size"

    operand = operand_def(TENSOR)
    dimension = prop_def(INTEGER)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class SetDimensionSizeOp(IRDLOperation):
    """
    Declares the size of one dimension.

    `%r = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4xf32>, tensor<i32>) -> tensor<?xf32, #stablehlo.bounds<4>>`
    """

    name = "stablehlo.set_dimension_size"

    operand = operand_def(TENSOR)
    size = operand_def(TENSOR)
    dimension = prop_def(INTEGER)
    result = result_def(TENSOR)

    traits = traits_def(Pure())
