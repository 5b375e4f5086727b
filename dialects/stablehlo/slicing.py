"""Slices: static, and at offsets known only when the program runs."""

from __future__ import annotations

from xdsl.irdl import IRDLOperation, irdl_op_definition, operand_def, prop_def, result_def, traits_def, var_operand_def
from xdsl.traits import Pure

from eggshard.dialects.stablehlo.base import INTEGERS, TENSOR


@irdl_op_definition
class SliceOp(IRDLOperation):
    """
    Takes every strides[i]-th element from start_indices[i] up to limit_indices[i].

    `%r = stablehlo.slice %x [0:2, 1:4:2] : (tensor<3x4xf32>) -> tensor<2x2xf32>`
    """

    name = "stablehlo.slice"

    operand = operand_def(TENSOR)
    start_indices = prop_def(INTEGERS)
    limit_indices = prop_def(INTEGERS)
    strides = prop_def(INTEGERS)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class DynamicSliceOp(IRDLOperation):
    """
    Takes a slice of slice_sizes at start_indices, moved so that it lies inside the operand.

    `%r = stablehlo.dynamic_slice %x, %i, %j, sizes = [2, 2] : (tensor<4x4xf32>, tensor<i32>, tensor<i32>) -> tensor<2x2xf32>`
    """

    name = "stablehlo.dynamic_slice"

    operand = operand_def(TENSOR)
    start_indices = var_operand_def(TENSOR)
    slice_sizes = prop_def(INTEGERS)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class DynamicUpdateSliceOp(IRDLOperation):
    """
    Replaces the slice of the shape of update at start_indices, moved so that it lies inside the operand.

    `%r = stablehlo.dynamic_update_slice %x, %u, %i : (tensor<4xf32>, tensor<2xf32>, tensor<i32>) -> tensor<4xf32>`
    """

    name = "stablehlo.dynamic_update_slice"

    operand = operand_def(TENSOR)
    update = operand_def(TENSOR)
    start_indices = var_operand_def(TENSOR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())
