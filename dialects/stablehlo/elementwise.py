"""Elementwise ops whose element types differ, or that take more than two operands."""

from __future__ import annotations

from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    region_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.traits import Pure, RecursiveMemoryEffect

from eggshard.dialects.stablehlo.attributes import ComparisonDirectionAttr, ComparisonTypeAttr
from eggshard.dialects.stablehlo.base import INTEGER, INTEGERS, TENSOR, UnaryOp


@irdl_op_definition
class BitcastConvertOp(UnaryOp):
    """
    Reads the bits of a tensor as another element type; a last dimension appears or goes where widths differ.

    `%r = stablehlo.bitcast_convert %x : (tensor<f64>) -> tensor<4xf16>`
    """

    name = "stablehlo.bitcast_convert"


@irdl_op_definition
class ClampOp(IRDLOperation):
    """
    max(min, min(operand, max)); the limits are scalars or have the operand's shape.

    `%r = stablehlo.clamp %lo, %x, %hi : (tensor<f32>, tensor<4xf32>, tensor<f32>) -> tensor<4xf32>`
    """

    name = "stablehlo.clamp"

    min = operand_def(TENSOR)
    operand = operand_def(TENSOR)
    max = operand_def(TENSOR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class CompareOp(IRDLOperation):
    """
    Compares element by element.

    `%r = stablehlo.compare LT, %x, %y, FLOAT : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>`
    """

    name = "stablehlo.compare"

    lhs = operand_def(TENSOR)
    rhs = operand_def(TENSOR)
    comparison_direction = prop_def(ComparisonDirectionAttr)
    compare_type = opt_prop_def(ComparisonTypeAttr)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class ConvertOp(UnaryOp):
    """
    Converts each element to another element type.

    `%r = stablehlo.convert %x : (tensor<4xi32>) -> tensor<4xf32>`
    """

    name = "stablehlo.convert"


@irdl_op_definition
class IsFiniteOp(IRDLOperation):
    """
    Whether each element is neither infinite nor NaN.

    `%y = stablehlo.is_finite %x : (tensor<4xf32>) -> tensor<4xi1>`
    """

    name = "stablehlo.is_finite"

    x = operand_def(TENSOR)
    y = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class MapOp(IRDLOperation):
    """Applies `computation`, a function of scalars, to the elements of the inputs."""

    name = "stablehlo.map"

    inputs = var_operand_def(TENSOR)
    dimensions = prop_def(INTEGERS)
    computation = region_def("single_block")
    result = result_def(TENSOR)

    traits = traits_def(RecursiveMemoryEffect())


@irdl_op_definition
class ReducePrecisionOp(IRDLOperation):
    """
    Rounds each element to a float type with fewer bits, and back.

    `%r = stablehlo.reduce_precision %x, format = e5m10 : tensor<4xf32>`
    """

    name = "stablehlo.reduce_precision"

    operand = operand_def(TENSOR)
    exponent_bits = prop_def(INTEGER)
    mantissa_bits = prop_def(INTEGER)
    output = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class SelectOp(IRDLOperation):
    """
    on_true where pred holds, on_false elsewhere; pred is a scalar or has their shape.

    `%r = stablehlo.select %p, %x, %y : tensor<4xi1>, tensor<4xf32>`
    """

    name = "stablehlo.select"

    pred = operand_def(TENSOR)
    on_true = operand_def(TENSOR)
    on_false = operand_def(TENSOR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())
