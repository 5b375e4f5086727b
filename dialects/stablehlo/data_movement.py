"""Ops that only move elements: broadcasts, permutations, paddings and concatenations."""

from __future__ import annotations

from xdsl.irdl import IRDLOperation, irdl_op_definition, operand_def, prop_def, result_def, traits_def, var_operand_def
from xdsl.traits import Pure

from eggshard.dialects.stablehlo.base import INTEGER, INTEGERS, TENSOR


@irdl_op_definition
class BroadcastOp(IRDLOperation):
    """
    Adds major dimensions, along which the operand repeats.

    `%r = stablehlo.broadcast %x, sizes = [2] : (tensor<3xf32>) -> tensor<2x3xf32>`
    """

    name = "stablehlo.broadcast"

    operand = operand_def(TENSOR)
    broadcast_sizes = prop_def(INTEGERS)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class BroadcastInDimOp(IRDLOperation):
    """
    Repeats a tensor along new and size-1 dimensions; dimension i of the operand becomes broadcast_dimensions[i].

    `%r = stablehlo.broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>`
    """

    name = "stablehlo.broadcast_in_dim"

    operand = operand_def(TENSOR)
    broadcast_dimensions = prop_def(INTEGERS)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class ConcatenateOp(IRDLOperation):
    """
    Joins tensors along one dimension.

    `%r = stablehlo.concatenate %x, %y, dim = 0 : (tensor<2xf32>, tensor<3xf32>) -> tensor<5xf32>`
    """

    name = "stablehlo.concatenate"

    inputs = var_operand_def(TENSOR)
    dimension = prop_def(INTEGER)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class PadOp(IRDLOperation):
    """
    Puts padding_value before, after and between the elements; negative low and high padding removes elements.

    `%r = stablehlo.pad %x, %c, low = [1], high = [0], interior = [1] : (tensor<2xf32>, tensor<f32>) -> tensor<4xf32>`
    """

    name = "stablehlo.pad"

    operand = operand_def(TENSOR)
    padding_value = operand_def(TENSOR)
    edge_padding_low = prop_def(INTEGERS)
    edge_padding_high = prop_def(INTEGERS)
    interior_padding = prop_def(INTEGERS)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class ReshapeOp(IRDLOperation):
    """
    Gives the elements, in row-major order, another shape.

    `%r = stablehlo.reshape %x : (tensor<6xf32>) -> tensor<2x3xf32>`
    """

    name = "stablehlo.reshape"

    operand = operand_def(TENSOR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class ReverseOp(IRDLOperation):
    """
    Reverses the order of elements along some dimensions.

    `%r = stablehlo.reverse %x, dims = [0] : tensor<4xf32>`
    """

    name = "stablehlo.reverse"

    operand = operand_def(TENSOR)
    dimensions = prop_def(INTEGERS)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class TransposeOp(IRDLOperation):
    """
    Permutes dimensions: dimension i of the result is dimension permutation[i] of the operand.

    `%r = stablehlo.transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>`
    """

    name = "stablehlo.transpose"

    operand = operand_def(TENSOR)
    permutation = prop_def(INTEGERS)
    result = result_def(TENSOR)

    traits = traits_def(Pure())
