"""Tensors made from nothing."""

from __future__ import annotations

from typing import ClassVar, Self

from xdsl.irdl import IRDLOperation, irdl_op_definition, prop_def, result_def, traits_def
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import ConstantLike, Pure
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.base import INT_ATTR, TENSOR
from eggshard.dialects.stablehlo.checks import check_dim, check_shape, element_of, shape_of
from eggshard.dialects.stablehlo.dense import DenseElements
from eggshard.dialects.stablehlo.kinds import COMPLEX, FLOAT, INTEGER, QUANTIZED, TensorOf, kind_of
from eggshard.dialects.stablehlo.syntax import DIM, SAME, Key, PrettyOp, Signature, parse_attributes, print_attributes


@irdl_op_definition
class ConstantOp(IRDLOperation):
    """
    A tensor known at compile time.

    `%c = stablehlo.constant dense<1.000000e+00> : tensor<4xf32>`
    """

    name = "stablehlo.constant"

    value = prop_def(DenseElements)
    output = result_def(TENSOR)

    traits = traits_def(Pure(), ConstantLike())

    def __init__(self, value: DenseElements) -> None:
        super().__init__(properties={"value": value}, result_types=[value.type])

    def verify_(self) -> None:
        check_shape("output", shape_of(self.output), self.value.shape, "like value")
        element = element_of(self.output)
        # The constants of a quantized type are written in its storage type.
        if element != self.value.type.element_type and kind_of(element) is not QUANTIZED:
            raise VerifyException(f"output has elements of type {element}, must be {self.value.type.element_type}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        # A result type that is not the value's is written in generic form, without the name.
        if parser.parse_optional_punctuation("(") is not None:
            parser.parse_punctuation(")")
            properties = parser.parse_optional_properties_dict()
            attributes = parse_attributes(parser, cls, properties)
            parser.parse_punctuation(":")
            types = parser.parse_function_type().outputs.data
            return cls.create(properties=properties, attributes=attributes, result_types=types)
        attributes = parser.parse_optional_attr_dict()
        pos = parser.pos
        value = parser.parse_attribute()
        if not isinstance(value, DenseElements):
            parser.raise_error("value must be dense<...> : tensor<...>", pos, parser.pos)
        return cls.create(properties={"value": value}, attributes=attributes, result_types=[value.type])

    def print(self, printer: Printer) -> None:
        if self.value.type != self.output.type:
            printer.print_op_with_default_format(self)
            return
        print_attributes(printer, self, ("value",), {})
        printer.print_string(" ")
        printer.print_attribute(self.value)


@irdl_op_definition
class IotaOp(PrettyOp):
    """
    Counts 0, 1, 2, ... along one dimension.

    `%i = stablehlo.iota dim = 0 : tensor<4xi32>`
    """

    name = "stablehlo.iota"

    KEYS: ClassVar[tuple[Key, ...]] = (Key("dim", "iota_dimension", DIM),)
    SIGNATURE: ClassVar[Signature] = SAME

    iota_dimension = prop_def(INT_ATTR)
    output = result_def(TensorOf(INTEGER | FLOAT | COMPLEX | QUANTIZED))

    traits = traits_def(Pure())

    def verify_(self) -> None:
        check_dim("iota_dimension", self.iota_dimension.value.data, len(shape_of(self.output)))
