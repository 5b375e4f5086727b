"""The structured attributes of StableHLO: frozen dataclasses, each read and written in MLIR's syntax."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar

from xdsl.dialects.builtin import f64
from xdsl.ir import Attribute, Data
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer

from eggshard.dialects.stablehlo.attributes import ResultAccuracyModeAttr

S = TypeVar("S")
Ints = tuple[int, ...]
Mode = str
SubAxis = tuple[int, int]


def parse_dims(parser: AttrParser) -> Ints:
    """`[1, 2]` as (1, 2)."""
    return tuple(parser.parse_comma_separated_list(parser.Delimiter.SQUARE, parser.parse_integer))


def print_dims(printer: Printer, dims: Ints) -> None:
    """(1, 2) as `[1, 2]`."""
    printer.print_string(f"[{', '.join(map(str, dims))}]")


def parse_mode(parser: AttrParser) -> str:
    """`#stablehlo.result_accuracy_mode<HIGHEST>` as HIGHEST."""
    pos = parser.pos
    mode = parser.parse_attribute()
    if not isinstance(mode, ResultAccuracyModeAttr):
        parser.raise_error("mode must be a #stablehlo.result_accuracy_mode", pos, parser.pos)
    return mode.data


def parse_sub_axis(parser: AttrParser) -> SubAxis:
    """`(1)2` as (1, 2)."""
    with parser.in_parens():
        pre_size = parser.parse_integer(allow_boolean=False)
    return pre_size, parser.parse_integer(allow_boolean=False)


class StructAttr(Data[S], ABC):
    """A dataclass printed `#stablehlo.name<field = value, ...>`; fields may come in any order."""

    struct: ClassVar[type[Any]]
    elided: ClassVar[frozenset[str]] = frozenset()
    """The fields that are left out when they hold their default."""

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> S:
        kinds = {field.name: str(field.type) for field in fields(cls.struct)}
        values: dict[str, Any] = {}

        def parse_field() -> None:
            pos = parser.pos
            name = parser.parse_identifier()
            if name not in kinds:
                parser.raise_error(f"{cls.name} has no field {name}, only {', '.join(kinds)}", pos)
            if name in values:
                parser.raise_error(f"{cls.name} gives field {name} twice", pos)
            parser.parse_punctuation("=")
            values[name] = FIELD_PARSERS[kinds[name]](parser)

        pos = parser.pos
        parser.parse_comma_separated_list(parser.Delimiter.ANGLE, parse_field)
        try:
            result: S = cls.struct(**values)
        except TypeError:
            missing = ", ".join(name for name in kinds if name not in values)
            parser.raise_error(f"{cls.name} lacks {missing}", pos, parser.pos)
        return result

    def print_parameter(self, printer: Printer) -> None:
        shown = [
            (field.name, field.type, value)
            for field in fields(self.struct)
            if (value := getattr(self.data, field.name)) != field.default or field.name not in self.elided
        ]
        with printer.in_angle_brackets():
            for i, (name, kind, value) in enumerate(shown):
                printer.print_string(f"{', ' if i else ''}{name} = ")
                FIELD_PRINTERS[str(kind)](printer, value)


FIELD_PARSERS: dict[str, Callable[[AttrParser], Any]] = {
    "Ints": parse_dims,
    "int": lambda parser: parser.parse_integer(),
    "bool": lambda parser: parser.parse_boolean(),
    "float": lambda parser: float(parser.parse_number()),
    "str": lambda parser: parser.parse_str_literal(),
    "Attribute": lambda parser: parser.parse_attribute(),
    "SubAxis | None": parse_sub_axis,
    "Mode": parse_mode,
}
FIELD_PRINTERS: dict[str, Callable[[Printer, Any], None]] = {
    "Ints": print_dims,
    "int": lambda printer, value: printer.print_string(str(value)),
    "bool": lambda printer, value: printer.print_string("true" if value else "false"),
    "float": lambda printer, value: printer.print_float(value, f64),
    "str": lambda printer, value: printer.print_string_literal(value),
    "Attribute": lambda printer, value: printer.print_attribute(value),
    "SubAxis | None": lambda printer, value: printer.print_string(f"({value[0]}){value[1]}"),
    "Mode": lambda printer, value: printer.print_attribute(ResultAccuracyModeAttr(value)),
}


@dataclass(frozen=True)
class DotDimensionNumbers:
    lhs_batching_dimensions: Ints = ()
    rhs_batching_dimensions: Ints = ()
    lhs_contracting_dimensions: Ints = ()
    rhs_contracting_dimensions: Ints = ()


@dataclass(frozen=True)
class GatherDimensionNumbers:
    offset_dims: Ints = ()
    collapsed_slice_dims: Ints = ()
    operand_batching_dims: Ints = ()
    start_indices_batching_dims: Ints = ()
    start_index_map: Ints = ()
    index_vector_dim: int = 0


@dataclass(frozen=True)
class ScatterDimensionNumbers:
    update_window_dims: Ints = ()
    inserted_window_dims: Ints = ()
    input_batching_dims: Ints = ()
    scatter_indices_batching_dims: Ints = ()
    scatter_dims_to_operand_dims: Ints = ()
    index_vector_dim: int = 0


@dataclass(frozen=True)
class ChannelHandle:
    handle: int
    type: int


@dataclass(frozen=True)
class OutputOperandAlias:
    output_tuple_indices: Ints = ()
    operand_index: int = 0
    operand_tuple_indices: Ints = ()


@dataclass(frozen=True)
class DotAlgorithm:
    lhs_precision_type: Attribute
    rhs_precision_type: Attribute
    accumulation_type: Attribute
    lhs_component_count: int
    rhs_component_count: int
    num_primitive_operations: int
    allow_imprecise_accumulation: bool


@dataclass(frozen=True)
class ResultAccuracy:
    atol: float = 0.0
    rtol: float = 0.0
    ulps: int = 0
    mode: Mode = "DEFAULT"


@irdl_attr_definition
class DotDimensionNumbersAttr(StructAttr[DotDimensionNumbers]):
    name = "stablehlo.dot"
    struct = DotDimensionNumbers
    elided = frozenset(field.name for field in fields(DotDimensionNumbers))


@irdl_attr_definition
class GatherDimensionNumbersAttr(StructAttr[GatherDimensionNumbers]):
    name = "stablehlo.gather"
    struct = GatherDimensionNumbers
    elided = frozenset(field.name for field in fields(GatherDimensionNumbers))


@irdl_attr_definition
class ScatterDimensionNumbersAttr(StructAttr[ScatterDimensionNumbers]):
    name = "stablehlo.scatter"
    struct = ScatterDimensionNumbers
    elided = frozenset(field.name for field in fields(ScatterDimensionNumbers))


@irdl_attr_definition
class ChannelHandleAttr(StructAttr[ChannelHandle]):
    name = "stablehlo.channel_handle"
    struct = ChannelHandle


@irdl_attr_definition
class OutputOperandAliasAttr(StructAttr[OutputOperandAlias]):
    name = "stablehlo.output_operand_alias"
    struct = OutputOperandAlias


@irdl_attr_definition
class DotAlgorithmAttr(StructAttr[DotAlgorithm]):
    name = "stablehlo.dot_algorithm"
    struct = DotAlgorithm


@irdl_attr_definition
class ResultAccuracyAttr(StructAttr[ResultAccuracy]):
    name = "stablehlo.result_accuracy"
    struct = ResultAccuracy
    elided = frozenset(("atol", "rtol", "ulps"))
