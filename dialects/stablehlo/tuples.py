"""Tuples of values."""

from __future__ import annotations

from typing import ClassVar, Self

from xdsl.dialects.builtin import IntegerAttr, TupleType, i32
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def, traits_def, var_operand_def
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.base import INT_ATTR
from eggshard.dialects.stablehlo.checks import check_types
from eggshard.dialects.stablehlo.syntax import TUPLE, PrettyOp, Signature, print_operand_list


@irdl_op_definition
class TupleOp(PrettyOp):
    """
    Makes a tuple.

    `%t = stablehlo.tuple %x, %y : tuple<tensor<f32>, tensor<i32>>`
    """

    name = "stablehlo.tuple"

    SIGNATURE: ClassVar[Signature] = TUPLE

    val = var_operand_def()
    result = result_def(TupleType)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        check_types("tuple", "takes", self.operand_types, self.result.type.types.data)


@irdl_op_definition
class GetTupleElementOp(PrettyOp):
    """
    Takes one element of a tuple.

    `%x = stablehlo.get_tuple_element %t[0] : (tuple<tensor<f32>, tensor<i32>>) -> tensor<f32>`
    """

    name = "stablehlo.get_tuple_element"

    operand = operand_def(TupleType)
    index = prop_def(INT_ATTR)
    result = result_def()

    traits = traits_def(Pure())

    def verify_(self) -> None:
        tuple_type = self.operand.type
        assert isinstance(tuple_type, TupleType)
        types, index = tuple_type.types.data, self.index.value.data
        if not 0 <= index < len(types):
            raise VerifyException(f"index is {index}, must be below {len(types)}, the size of the tuple")
        check_types("get_tuple_element", "returns", self.result_types, (types[index],))

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operand = parser.parse_unresolved_operand()
        with parser.in_square_brackets():
            index = parser.parse_integer(allow_boolean=False)
        return cls.parse_rest(parser, [operand], {"index": IntegerAttr(index, i32)})

    def print(self, printer: Printer) -> None:
        print_operand_list(printer, self.operands)
        printer.print_string(f"[{self.index.value.data}]")
        self.print_rest(printer, ("index",))
