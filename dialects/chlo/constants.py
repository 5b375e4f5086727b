"""Constants, and constants of the shape of another tensor."""

from __future__ import annotations

from typing import Self

from xdsl.ir import TypedAttribute
from xdsl.irdl import AnyAttr, IRDLOperation, irdl_op_definition, operand_def, prop_def, result_def, traits_def
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import ConstantLike, Pure
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.base import TENSOR
from eggshard.dialects.stablehlo.checks import check_shape, element_of, shape_of
from eggshard.dialects.stablehlo.dense import DenseElements
from eggshard.dialects.stablehlo.syntax import print_attributes


@irdl_op_definition
class ConstantOp(IRDLOperation):
    """
    A tensor known at compile time.

    `%c = chlo.constant dense<1.000000e+00> : tensor<4xf32>`
    """

    name = "chlo.constant"

    value = prop_def(DenseElements)
    output = result_def(TENSOR)

    traits = traits_def(Pure(), ConstantLike())

    def verify_(self) -> None:
        if self.output.type != self.value.type:
            raise VerifyException(f"output has type {self.output.type}, must be {self.value.type} like value")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        attributes = parser.parse_optional_attr_dict()
        pos = parser.pos
        value = parser.parse_attribute()
        if not isinstance(value, DenseElements):
            parser.raise_error("value must be dense<...> : tensor<...>", pos, parser.pos)
        return cls.create(properties={"value": value}, attributes=attributes, result_types=[value.type])

    def print(self, printer: Printer) -> None:
        print_attributes(printer, self, ("value",), {})
        printer.print_string(" ")
        printer.print_attribute(self.value)


@irdl_op_definition
class ConstantLikeOp(IRDLOperation):
    """
    A constant whose elements are all `value`, of the shape of `operand`.

    `%c = "chlo.constant_like"(%x) <{value = 1.000000e+00 : f32}> : (tensor<4xf32>) -> tensor<4xf32>`
    """

    name = "chlo.constant_like"

    operand = operand_def(TENSOR)
    value = prop_def(AnyAttr())
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        type = self.value.get_type() if isinstance(self.value, TypedAttribute) else None
        if type != element_of(self.result):
            raise VerifyException(f"value is {self.value}, must be of type {element_of(self.result)} like the result")
        check_shape("result", shape_of(self.result), shape_of(self.operand), "like operand")
