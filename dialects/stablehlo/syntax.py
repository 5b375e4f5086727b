"""
The pretty syntax that most ops share, read and written by one base class.

`name operands, key = value, ... {attributes} : signature`, as in
`%r = stablehlo.transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>`.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Self, TypeVar

from xdsl.dialects.builtin import (
    ArrayAttr,
    BoolAttr,
    ComplexType,
    DenseArrayBase,
    IntegerAttr,
    StringAttr,
    TensorType,
    TupleType,
    i64,
)
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import IRDLOperation
from xdsl.parser import Parser, UnresolvedOperand
from xdsl.printer import Printer

from eggshard.dialects.stablehlo.attributes import EnumAttr, PrecisionAttr

T = TypeVar("T")
Types = Sequence[Attribute]


class Codec(NamedTuple):
    """How a value is written in pretty syntax."""

    parse: Callable[[Parser], Attribute]
    print: Callable[[Printer, Any], None]


class Key(NamedTuple):
    """`word = value` in pretty syntax stands for the property `prop`."""

    word: str
    prop: str
    codec: Codec


class Signature(NamedTuple):
    """How operand and result types are written after the colon; `parse` is told the number of operands."""

    parse: Callable[[Parser, int], tuple[Types, Types]]
    print: Callable[[Printer, Types, Types], None]


def i64_array(values: Sequence[int]) -> DenseArrayBase[Any]:
    """`array<i64: ...>`."""
    return DenseArrayBase.from_list(i64, values)


def parse_integers(parser: Parser) -> list[int]:
    """`[1, 2]` as [1, 2]."""
    return parser.parse_comma_separated_list(parser.Delimiter.SQUARE, parser.parse_integer)


def print_list(printer: Printer, items: Collection[object]) -> None:
    """[1, 2] as `[1, 2]`."""
    printer.print_string(f"[{', '.join(map(str, items))}]")


def enum_codec(attribute: type[EnumAttr]) -> Codec:
    """A bare word for an enumeration."""
    return Codec(
        lambda parser: attribute(attribute.parse_case(parser)),
        lambda printer, value: printer.print_string(value.data),
    )


def parse_precision(parser: Parser) -> Attribute:
    """`[DEFAULT, HIGH]` as an array of precision attributes."""
    words = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, lambda: PrecisionAttr.parse_case(parser))
    return ArrayAttr([PrecisionAttr(word) for word in words])


DIMS = Codec(
    lambda parser: i64_array(parse_integers(parser)),
    lambda printer, value: print_list(printer, value.get_values()),
)
DIM = Codec(
    lambda parser: IntegerAttr(parser.parse_integer(), i64),
    lambda printer, value: printer.print_string(str(value.value.data)),
)
BOOL = Codec(
    lambda parser: BoolAttr.from_bool(parser.parse_boolean()),
    lambda printer, value: printer.print_string("true" if value.value.data else "false"),
)
STRING_VALUE = Codec(
    lambda parser: StringAttr(parser.parse_str_literal()),
    lambda printer, value: printer.print_string_literal(value.data),
)
PRECISION = Codec(
    parse_precision,
    lambda printer, value: print_list(printer, [precision.data for precision in value.data]),
)


def parse_functional(parser: Parser, operands: int) -> tuple[Types, Types]:
    function = parser.parse_function_type()
    return function.inputs.data, function.outputs.data


def print_functional(printer: Printer, operands: Types, results: Types) -> None:
    printer.print_function_type(operands, results)


def shorthand(expand: Callable[[Attribute, int], Types | None]) -> Signature:
    """
    The result type alone stands for a whole signature, if `expand(result type, number of operands)` gives the operand
    types; otherwise the signature is written in full.
    """

    def parse(parser: Parser, operands: int) -> tuple[Types, Types]:
        pos = parser.pos
        if (function := parser.parse_optional_function_type()) is not None:
            return function.inputs.data, function.outputs.data
        result = parser.parse_type()
        types = expand(result, operands)
        if types is None:
            parser.raise_error(f"operand types do not follow from {result}; write the signature in full", pos)
        return types, (result,)

    def print(printer: Printer, operands: Types, results: Types) -> None:
        if len(results) == 1 and expand(results[0], len(operands)) == operands:
            printer.print_attribute(results[0])
        else:
            print_functional(printer, operands, results)

    return Signature(parse, print)


def real_parts(type: Attribute, operands: int) -> Types | None:
    """tensor<4xcomplex<f32>> -> tensor<4xf32>, tensor<4xf32>"""
    if not (isinstance(type, TensorType) and isinstance(type.element_type, ComplexType)):
        return None
    return (TensorType(type.element_type.element_type, type.shape.data, type.encoding),) * operands


FUNCTIONAL = Signature(parse_functional, print_functional)
"""`(operand types) -> result types`."""
SAME = shorthand(lambda type, operands: (type,) * operands)
"""The one type of all operands and of the result."""
COMPLEX_OF_PARTS = shorthand(real_parts)
"""The complex type whose parts the operands are."""
TUPLE = shorthand(lambda type, _: type.types.data if isinstance(type, TupleType) else None)
"""The tuple type whose elements the operands are."""


def parse_items(
    parser: Parser, readers: Mapping[str, Callable[[Parser], T]]
) -> tuple[list[UnresolvedOperand], dict[str, T]]:
    """Reads `%operand, ..., word = value, ...`, each word at most once and with the reader of its name."""
    operands: list[UnresolvedOperand] = []
    values: dict[str, T] = {}
    more = True
    while more:
        pos = parser.pos
        if (operand := parser.parse_optional_unresolved_operand()) is not None:
            operands.append(operand)
        elif (word := parser.parse_optional_identifier()) is not None and word in readers and word not in values:
            parser.parse_punctuation("=")
            values[word] = readers[word](parser)
        elif operands or values or word is not None:
            parser.raise_error(f"expected an operand{''.join(f' or {word} = ...' for word in readers)}", pos)
        more = parser.parse_optional_punctuation(",") is not None
    return operands, values


def parse_attributes(parser: Parser, op: type[IRDLOperation], properties: dict[str, Attribute]) -> dict[str, Attribute]:
    """Reads `{name = value, ...}`, puts the op's properties among them into `properties`, and returns the others."""
    pos = parser.pos
    attributes = parser.parse_optional_attr_dict()
    for name in op.get_irdl_definition().properties.keys() & attributes.keys():
        if name in properties:
            parser.raise_error(f"{name} is given twice", pos)
        properties[name] = attributes.pop(name)
    return attributes


def print_attributes(
    printer: Printer, op: Operation, written: Collection[str], defaults: Mapping[str, Attribute]
) -> None:
    """Prints the attributes and properties of `op`, sorted by name, but those `written` already or at their default."""
    shown = dict(op.attributes)
    for name, value in op.properties.items():
        if name not in written and defaults.get(name) != value:
            shown[name] = value
    if shown:
        printer.print_string(" ")
        printer.print_attr_dict(dict(sorted(shown.items())))


def print_operand_list(printer: Printer, operands: Sequence[SSAValue]) -> None:
    """` %a, %b`, nothing for no operands."""
    if operands:
        printer.print_string(" ")
        printer.print_list(operands, printer.print_ssa_value)


class PrettyOp(IRDLOperation, ABC):
    """An op printed `name operands, key = value, ... {attributes} : signature`."""

    KEYS: ClassVar[tuple[Key, ...]] = ()
    """The properties that are printed by a key, in print order."""
    SIGNATURE: ClassVar[Signature] = FUNCTIONAL
    DEFAULTS: ClassVar[Mapping[str, Attribute]] = {}
    """Properties that are not printed when they have these values."""

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands, values = parse_items(parser, {key.word: key.codec.parse for key in cls.KEYS})
        properties = {key.prop: values[key.word] for key in cls.KEYS if key.word in values}
        return cls.parse_rest(parser, operands, properties)

    @classmethod
    def parse_rest(
        cls, parser: Parser, operands: Sequence[UnresolvedOperand], properties: dict[str, Attribute]
    ) -> Self:
        """Reads attributes and signature, and makes the op."""
        attributes = parse_attributes(parser, cls, properties)
        parser.parse_punctuation(":")
        pos = parser.pos
        operand_types, result_types = cls.SIGNATURE.parse(parser, len(operands))
        return cls.create(
            operands=parser.resolve_operands(operands, operand_types, pos),
            result_types=result_types,
            properties=properties,
            attributes=attributes,
        )

    def print(self, printer: Printer) -> None:
        print_operand_list(printer, self.operands)
        comma = "," if self.operands else ""
        for key in self.KEYS:
            value = self.properties.get(key.prop)
            if value is not None and self.DEFAULTS.get(key.prop) != value:
                printer.print_string(f"{comma} {key.word} = ")
                key.codec.print(printer, value)
                comma = ","
        self.print_rest(printer, [key.prop for key in self.KEYS])

    def print_rest(self, printer: Printer, written: Collection[str]) -> None:
        """Prints attributes, without the properties `written` already, and signature."""
        print_attributes(printer, self, written, self.DEFAULTS)
        printer.print_string(" : ")
        self.SIGNATURE.print(printer, tuple(self.operand_types), tuple(self.result_types))


def parse_types(parser: Parser) -> list[Attribute]:
    """`: type, type`"""
    parser.parse_punctuation(":")
    return list(parser.parse_comma_separated_list(parser.Delimiter.NONE, parser.parse_type))
