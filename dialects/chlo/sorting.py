"""The largest elements."""

from __future__ import annotations

from typing import Self

from xdsl.dialects.builtin import DYNAMIC_INDEX, IntegerAttr, i32, i64
from xdsl.ir import Attribute
from xdsl.irdl import IRDLOperation, irdl_op_definition, operand_def, prop_def, result_def, traits_def
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.base import INT_ATTR, TENSOR
from eggshard.dialects.stablehlo.checks import check_element, check_shape, element_of, shape_of
from eggshard.dialects.stablehlo.syntax import parse_attributes, print_attributes


@irdl_op_definition
class TopKOp(IRDLOperation):
    """
    The `k` largest elements along the last dimension, largest first, and where they stand; of equals the first.

    `%v, %i = chlo.top_k(%x, k = 2) : tensor<4x8xf32> -> (tensor<4x2xf32>, tensor<4x2xi32>)`
    """

    name = "chlo.top_k"

    operand = operand_def(TENSOR)
    k = prop_def(INT_ATTR)
    values = result_def(TENSOR)
    indices = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        shape, k = shape_of(self.operand), self.k.value.data
        if not shape:
            raise VerifyException("operand has rank 0, must have at least one dimension")
        if k < 0 or (shape[-1] != DYNAMIC_INDEX and k > shape[-1]):
            raise VerifyException(f"k is {k}, must be from 0 to {shape[-1]}, the size of the last dimension of operand")
        for what, result, element in (
            ("values", self.values, element_of(self.operand)),
            ("indices", self.indices, i32),
        ):
            check_element(what, result, element, "operand" if result is self.values else "an index")
            check_shape(what, shape_of(result), (*shape[:-1], k), "k elements of the last dimension of operand")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        with parser.in_parens():
            operand = parser.parse_unresolved_operand()
            parser.parse_punctuation(",")
            parser.parse_keyword("k")
            parser.parse_punctuation("=")
            properties: dict[str, Attribute] = {"k": IntegerAttr(parser.parse_integer(), i64)}
        attributes = parse_attributes(parser, cls, properties)
        parser.parse_punctuation(":")
        value = parser.resolve_operand(operand, parser.parse_type())
        parser.parse_punctuation("->")
        results = parser.parse_comma_separated_list(parser.Delimiter.PAREN, parser.parse_type)
        return cls.create(operands=[value], result_types=results, properties=properties, attributes=attributes)

    def print(self, printer: Printer) -> None:
        printer.print_string("(")
        printer.print_ssa_value(self.operand)
        printer.print_string(f", k = {self.k.value.data})")
        print_attributes(printer, self, ("k",), {})
        printer.print_string(" : ")
        printer.print_attribute(self.operand.type)
        printer.print_string(" -> ")
        with printer.in_parens():
            printer.print_list(self.result_types, printer.print_attribute)
