"""The dimension numbers of a convolution, `#stablehlo.conv<[b, f, 0, 1]x[o, i, 0, 1]->[b, f, 0, 1]>`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir import Data
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer

Ints = tuple[int, ...]


@dataclass(frozen=True)
class ConvDimensionNumbers:
    """Which dimension of input, kernel and output is batch, feature, and each spatial dimension."""

    input_batch_dimension: int
    input_feature_dimension: int
    input_spatial_dimensions: Ints
    kernel_input_feature_dimension: int
    kernel_output_feature_dimension: int
    kernel_spatial_dimensions: Ints
    output_batch_dimension: int
    output_feature_dimension: int
    output_spatial_dimensions: Ints


def parse_labels(parser: AttrParser, first: str, second: str) -> tuple[int, int, Ints]:
    """`[b, 0, f]` with labels b and f as (0, 2, (1,)): where each label and each spatial index stands."""
    where: dict[str | int, int] = {}

    def parse_label() -> None:
        pos = parser.pos
        label = parser.parse_optional_integer(allow_boolean=False, allow_negative=False)
        key: str | int = parser.parse_identifier() if label is None else label
        if isinstance(key, str) and key not in (first, second):
            parser.raise_error(f"dimension label {key} must be {first}, {second} or a spatial index", pos)
        if key in where:
            parser.raise_error(f"dimension label {key} is given twice", pos)
        where[key] = len(where)

    pos = parser.pos
    parser.parse_comma_separated_list(parser.Delimiter.SQUARE, parse_label)
    for label in (first, second, *range(len(where) - 2)):
        if label not in where:
            parser.raise_error(f"dimension label {label} is missing", pos, parser.pos)
    return where[first], where[second], tuple(where[i] for i in range(len(where) - 2))


def labels(first: tuple[str, int], second: tuple[str, int], spatial: Ints) -> str:
    """The inverse of `parse_labels`."""
    names = {first[1]: first[0], second[1]: second[0], **{dim: str(i) for i, dim in enumerate(spatial)}}
    return f"[{', '.join(names[dim] for dim in sorted(names))}]"


@irdl_attr_definition
class ConvDimensionNumbersAttr(Data[ConvDimensionNumbers]):
    name = "stablehlo.conv"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> ConvDimensionNumbers:
        with parser.in_angle_brackets():
            return cls.parse_bare(parser)

    @classmethod
    def parse_bare(cls, parser: AttrParser) -> ConvDimensionNumbers:
        """Parses without the angle brackets, as custom assembly writes it."""
        input_dims = parse_labels(parser, "b", "f")
        # The lexer takes an `x` that stands alone as an identifier.
        parser.parse_keyword("x")
        kernel_dims = parse_labels(parser, "i", "o")
        parser.parse_punctuation("->")
        return ConvDimensionNumbers(*input_dims, *kernel_dims, *parse_labels(parser, "b", "f"))

    def print_parameter(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            self.print_bare(printer)

    def print_bare(self, printer: Printer) -> None:
        """Prints without the angle brackets, as custom assembly writes it."""
        d = self.data
        source = labels(("b", d.input_batch_dimension), ("f", d.input_feature_dimension), d.input_spatial_dimensions)
        kernel = labels(
            ("i", d.kernel_input_feature_dimension),
            ("o", d.kernel_output_feature_dimension),
            d.kernel_spatial_dimensions,
        )
        target = labels(("b", d.output_batch_dimension), ("f", d.output_feature_dimension), d.output_spatial_dimensions)
        printer.print_string(f"{source}x{kernel}->{target}")
