"""Rounding to fewer bits."""

from __future__ import annotations

import re
from typing import ClassVar, Self

from xdsl.dialects.builtin import IntegerAttr, i32
from xdsl.ir import Attribute
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def, traits_def
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.base import INT_ATTR
from eggshard.dialects.stablehlo.checks import check_same_type
from eggshard.dialects.stablehlo.kinds import FLOAT, QUANTIZED, TensorOf
from eggshard.dialects.stablehlo.syntax import SAME, PrettyOp, Signature, print_operand_list


@irdl_op_definition
class ReducePrecisionOp(PrettyOp):
    """
    Rounds each element to a float type with fewer bits, and back.

    `%r = stablehlo.reduce_precision %x, format = e5m10 : tensor<4xf32>`
    """

    name = "stablehlo.reduce_precision"

    SIGNATURE: ClassVar[Signature] = SAME

    operand = operand_def(TensorOf(FLOAT | QUANTIZED))
    exponent_bits = prop_def(INT_ATTR)
    mantissa_bits = prop_def(INT_ATTR)
    output = result_def(TensorOf(FLOAT | QUANTIZED))

    traits = traits_def(Pure())

    def verify_(self) -> None:
        if (bits := self.exponent_bits.value.data) < 1:
            raise VerifyException(f"exponent_bits is {bits}, must be at least 1")
        if (bits := self.mantissa_bits.value.data) < 0:
            raise VerifyException(f"mantissa_bits is {bits}, must not be negative")
        check_same_type("output", self.output, self.operand, "operand")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operand = parser.parse_unresolved_operand()
        parser.parse_punctuation(",")
        parser.parse_keyword("format")
        parser.parse_punctuation("=")
        pos = parser.pos
        match = re.fullmatch(r"e([0-9]+)m([0-9]+)", parser.parse_identifier())
        if match is None:
            parser.raise_error("format must be e<exponent bits>m<mantissa bits>", pos)
        bits: dict[str, Attribute] = {
            "exponent_bits": IntegerAttr(int(match[1]), i32),
            "mantissa_bits": IntegerAttr(int(match[2]), i32),
        }
        return cls.parse_rest(parser, [operand], bits)

    def print(self, printer: Printer) -> None:
        print_operand_list(printer, self.operands)
        printer.print_string(f", format = e{self.exponent_bits.value.data}m{self.mantissa_bits.value.data}")
        self.print_rest(printer, ("exponent_bits", "mantissa_bits"))
