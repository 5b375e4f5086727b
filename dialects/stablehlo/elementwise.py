"""Elementwise ops whose element types differ, or that take more than two operands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

from xdsl.dialects.builtin import ComplexType
from xdsl.ir import Attribute
from xdsl.irdl import irdl_op_definition, operand_def, opt_prop_def, prop_def, result_def, traits_def
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.attributes import ComparisonDirectionAttr, ComparisonTypeAttr
from eggshard.dialects.stablehlo.base import TENSOR, UnaryOp
from eggshard.dialects.stablehlo.checks import (
    bit_width,
    check_element,
    check_same_type,
    check_shape,
    element_of,
    shape_of,
)
from eggshard.dialects.stablehlo.kinds import BOOLEAN, COMPLEX, FLOAT, QUANTIZED, TensorOf, kind_of
from eggshard.dialects.stablehlo.syntax import (
    COMPLEX_OF_PARTS,
    FUNCTIONAL,
    SAME,
    PrettyOp,
    Signature,
    Types,
    print_functional,
    print_operand_list,
)


@irdl_op_definition
class BitcastConvertOp(UnaryOp):
    """
    Reads the bits of a tensor as another element type; a last dimension appears or goes where widths differ.

    `%r = stablehlo.bitcast_convert %x : (tensor<f64>) -> tensor<4xf16>`
    """

    name = "stablehlo.bitcast_convert"

    SIGNATURE: ClassVar[Signature] = FUNCTIONAL

    def verify_(self) -> None:
        source, target = element_of(self.operand), element_of(self.result)
        if (kind_of(source) is COMPLEX) != (kind_of(target) is COMPLEX):
            raise VerifyException(f"elements of type {source} become {target}, must both be complex or both not")
        wide, narrow = bit_width(source), bit_width(target)
        shape, result = shape_of(self.operand), shape_of(self.result)
        if wide == narrow:
            check_shape("result", result, shape, "like operand")
        elif wide > narrow:
            check_shape("result", result, (*shape, wide // narrow), "one element for each part of an operand element")
        else:
            check_shape("operand", shape, (*result, narrow // wide), "one element for each part of a result element")


@irdl_op_definition
class ClampOp(PrettyOp):
    """
    max(min, min(operand, max)); the limits are scalars or have the operand's shape.

    `%r = stablehlo.clamp %lo, %x, %hi : (tensor<f32>, tensor<4xf32>, tensor<f32>) -> tensor<4xf32>`
    """

    name = "stablehlo.clamp"

    SIGNATURE: ClassVar[Signature] = SAME

    min = operand_def(TENSOR)
    operand = operand_def(TENSOR)
    max = operand_def(TENSOR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        for what, limit in (("min", self.min), ("max", self.max)):
            check_element(what, limit, element_of(self.operand), "operand")
            if shape := shape_of(limit):
                check_shape(what, shape, shape_of(self.operand), "like operand, or be a scalar")
        check_same_type("result", self.result, self.operand, "operand")


@irdl_op_definition
class CompareOp(PrettyOp):
    """
    Compares element by element.

    `%r = stablehlo.compare LT, %x, %y, FLOAT : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>`
    """

    name = "stablehlo.compare"

    lhs = operand_def(TENSOR)
    rhs = operand_def(TENSOR)
    comparison_direction = prop_def(ComparisonDirectionAttr)
    compare_type = opt_prop_def(ComparisonTypeAttr)
    result = result_def(TensorOf(BOOLEAN))

    traits = traits_def(Pure())

    def verify_(self) -> None:
        check_same_type("rhs", self.rhs, self.lhs, "lhs")
        check_shape("result", shape_of(self.result), shape_of(self.lhs), "like lhs")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        properties: dict[str, Attribute] = {
            "comparison_direction": ComparisonDirectionAttr(ComparisonDirectionAttr.parse_case(parser))
        }
        parser.parse_punctuation(",")
        lhs = parser.parse_unresolved_operand()
        parser.parse_punctuation(",")
        operands = [lhs, parser.parse_unresolved_operand()]
        if parser.parse_optional_punctuation(",") is not None:
            properties["compare_type"] = ComparisonTypeAttr(ComparisonTypeAttr.parse_case(parser))
        return cls.parse_rest(parser, operands, properties)

    def print(self, printer: Printer) -> None:
        printer.print_string(f" {self.comparison_direction.data},")
        print_operand_list(printer, self.operands)
        if self.compare_type is not None:
            printer.print_string(f", {self.compare_type.data}")
        self.print_rest(printer, ("comparison_direction", "compare_type"))


@irdl_op_definition
class ComplexOp(PrettyOp):
    """
    The complex numbers with real part lhs and imaginary part rhs.

    `%z = stablehlo.complex %x, %y : tensor<4xcomplex<f32>>`
    """

    name = "stablehlo.complex"

    SIGNATURE: ClassVar[Signature] = COMPLEX_OF_PARTS

    lhs = operand_def(TensorOf(FLOAT))
    rhs = operand_def(TensorOf(FLOAT))
    result = result_def(TensorOf(COMPLEX))

    traits = traits_def(Pure())

    def verify_(self) -> None:
        check_same_type("rhs", self.rhs, self.lhs, "lhs")
        element = element_of(self.result)
        assert isinstance(element, ComplexType)
        check_element("lhs", self.lhs, element.element_type, "the parts of result")
        check_shape("result", shape_of(self.result), shape_of(self.lhs), "like lhs")


@irdl_op_definition
class ConvertOp(UnaryOp):
    """
    Converts each element to another element type.

    `%r = stablehlo.convert %x : (tensor<4xi32>) -> tensor<4xf32>`
    """

    name = "stablehlo.convert"

    def verify_(self) -> None:
        check_shape("result", shape_of(self.result), shape_of(self.operand), "like operand")


@irdl_op_definition
class IsFiniteOp(PrettyOp):
    """
    Whether each element is neither infinite nor NaN.

    `%y = stablehlo.is_finite %x : (tensor<4xf32>) -> tensor<4xi1>`
    """

    name = "stablehlo.is_finite"

    x = operand_def(TensorOf(FLOAT | QUANTIZED))
    y = result_def(TensorOf(BOOLEAN))

    traits = traits_def(Pure())

    def verify_(self) -> None:
        check_shape("result", shape_of(self.y), shape_of(self.x), "like x")


def parse_select(parser: Parser, operands: int) -> tuple[Types, Types]:
    """`pred type, value type`, or the signature in full."""
    if (function := parser.parse_optional_function_type()) is not None:
        return function.inputs.data, function.outputs.data
    pred = parser.parse_type()
    parser.parse_punctuation(",")
    value = parser.parse_type()
    return (pred, value, value), (value,)


def print_select(printer: Printer, types: Sequence[Attribute], results: Sequence[Attribute]) -> None:
    if len(types) == 3 and types[1] == types[2] == results[0]:
        printer.print_list(types[:2], printer.print_attribute)
    else:
        print_functional(printer, types, results)


@irdl_op_definition
class SelectOp(PrettyOp):
    """
    on_true where pred holds, on_false elsewhere; pred is a scalar or has their shape.

    `%r = stablehlo.select %p, %x, %y : tensor<4xi1>, tensor<4xf32>`
    """

    name = "stablehlo.select"

    SIGNATURE: ClassVar[Signature] = Signature(parse_select, print_select)

    pred = operand_def(TensorOf(BOOLEAN))
    on_true = operand_def(TENSOR)
    on_false = operand_def(TENSOR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        check_same_type("on_false", self.on_false, self.on_true, "on_true")
        check_same_type("result", self.result, self.on_true, "on_true")
        if shape := shape_of(self.pred):
            check_shape("pred", shape, shape_of(self.on_true), "like on_true, or be a scalar")
