"""Convolutions."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable
from typing import Any, Self, cast

from xdsl.dialects.builtin import DYNAMIC_INDEX, DenseArrayBase, i1, i64
from xdsl.ir import Attribute
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.base import ARRAY_ATTR, INT_ATTR, INTS_ATTR, SHAPE, TENSOR
from eggshard.dialects.stablehlo.checks import check_dims, check_length, check_rank, check_shape, integers, shape_of
from eggshard.dialects.stablehlo.contraction import check_precision
from eggshard.dialects.stablehlo.conv_dimensions import ConvDimensionNumbers, ConvDimensionNumbersAttr
from eggshard.dialects.stablehlo.dense import DenseElements
from eggshard.dialects.stablehlo.syntax import (
    DIMS,
    parse_attributes,
    parse_integers,
    print_attributes,
    print_list,
)
from eggshard.dialects.stablehlo.window import padding_of, window_of

WINDOW_WORDS = {
    "stride": "window_strides",
    "pad": "padding",
    "lhs_dilate": "lhs_dilation",
    "rhs_dilate": "rhs_dilation",
    "reverse": "window_reversal",
}


class AnyConvolutionOp(IRDLOperation, ABC):
    """What convolutions share; the dimensions that a kernel slides over are called spatial."""

    window_strides = opt_prop_def(INTS_ATTR)
    lhs_dilation = opt_prop_def(INTS_ATTR)
    rhs_dilation = opt_prop_def(INTS_ATTR)
    window_reversal = opt_prop_def(INTS_ATTR)
    dimension_numbers = prop_def(ConvDimensionNumbersAttr)
    feature_group_count = prop_def(INT_ATTR)
    batch_group_count = prop_def(INT_ATTR)
    precision_config = opt_prop_def(ARRAY_ATTR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def check(self, padding: DenseElements | None) -> tuple[int, ...]:
        """Checks all but padding known only when the program runs; returns the spatial sizes of the result."""
        dims = self.dimension_numbers.data
        # Operands have their order from the op, so they have no names yet.
        lhs, rhs, result = shape_of(self.operands[0]), shape_of(self.operands[1]), shape_of(self.result)
        check_dimension_numbers(dims, len(lhs))
        check_rank("rhs", self.operands[1], len(lhs), " like lhs")
        check_rank("result", self.result, len(lhs), " like lhs")
        check_precision(self.precision_config)
        window = window_of(
            tuple(rhs[dim] for dim in dims.kernel_spatial_dimensions),
            self.window_strides,
            padding,
            self.lhs_dilation,
            self.rhs_dilation,
        )
        if self.window_reversal is not None:
            check_length(
                "window_reversal", integers(self.window_reversal), len(window.sizes), "one per spatial dimension"
            )
        self.check_groups(lhs, rhs, result)
        return window.positions([lhs[dim] for dim in dims.input_spatial_dimensions])

    def check_groups(self, lhs: tuple[int, ...], rhs: tuple[int, ...], result: tuple[int, ...]) -> None:
        """Batch and feature sizes divide into groups and fit together."""
        dims = self.dimension_numbers.data
        features, batches = self.feature_group_count.value.data, self.batch_group_count.value.data
        if features < 1 or batches < 1 or (features > 1 and batches > 1):
            raise VerifyException(
                f"feature_group_count is {features} and batch_group_count is {batches}, must be positive, one of them 1"
            )
        check_divides("input batch", lhs[dims.input_batch_dimension], batches)
        check_divides("input feature", lhs[dims.input_feature_dimension], features)
        check_divides("kernel output feature", out := rhs[dims.kernel_output_feature_dimension], features * batches)
        check_quotient(
            "kernel input feature",
            rhs[dims.kernel_input_feature_dimension],
            lhs[dims.input_feature_dimension],
            features,
        )
        check_quotient("output batch", result[dims.output_batch_dimension], lhs[dims.input_batch_dimension], batches)
        check_quotient("output feature", result[dims.output_feature_dimension], out, 1)


def check_divides(what: str, size: int, groups: int) -> None:
    if size != DYNAMIC_INDEX and size % groups:
        raise VerifyException(f"{what} dimension has size {size}, must be divisible by {groups} groups")


def check_quotient(what: str, size: int, whole: int, groups: int) -> None:
    if DYNAMIC_INDEX not in (size, whole) and size != whole // groups:
        raise VerifyException(f"{what} dimension has size {size}, must be {whole // groups}")


def check_dimension_numbers(dims: ConvDimensionNumbers, rank: int) -> None:
    """Each of input, kernel and output names every one of its dimensions once."""
    for what, first, second, spatial in (
        ("input", dims.input_batch_dimension, dims.input_feature_dimension, dims.input_spatial_dimensions),
        (
            "kernel",
            dims.kernel_input_feature_dimension,
            dims.kernel_output_feature_dimension,
            dims.kernel_spatial_dimensions,
        ),
        ("output", dims.output_batch_dimension, dims.output_feature_dimension, dims.output_spatial_dimensions),
    ):
        check_length(f"{what} dimension numbers", (first, second, *spatial), rank, "one per dimension of lhs")
        check_dims(f"{what} dimension numbers", (first, second, *spatial), rank)


@irdl_op_definition
class ConvolutionOp(AnyConvolutionOp):
    """
    Slides a kernel over the spatial dimensions of an input.

    `%r = stablehlo.convolution(%x, %k) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {pad = [[1, 1]]}
    {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
    : (tensor<1x8x2xf32>, tensor<3x2x4xf32>) -> tensor<1x8x4xf32>`
    """

    name = "stablehlo.convolution"

    lhs = operand_def(TENSOR)
    rhs = operand_def(TENSOR)
    padding = opt_prop_def(DenseElements)

    def verify_(self) -> None:
        spatial = self.check(self.padding)
        result = shape_of(self.result)
        found = [result[dim] for dim in self.dimension_numbers.data.output_spatial_dimensions]
        check_shape("result, in its spatial dimensions,", found, spatial, "the positions of the window")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parser.parse_op_args_list()
        parser.parse_keyword("dim_numbers")
        parser.parse_punctuation("=")
        properties: dict[str, Attribute] = {
            "dimension_numbers": ConvDimensionNumbersAttr(ConvDimensionNumbersAttr.parse_bare(parser))
        }
        parser.parse_punctuation(",")
        parser.parse_keyword("window")
        parser.parse_punctuation("=")
        parser.parse_comma_separated_list(parser.Delimiter.BRACES, lambda: parse_window_entry(parser, properties))
        attributes = parse_attributes(parser, cls, properties)
        parser.parse_punctuation(":")
        pos = parser.pos
        function = parser.parse_function_type()
        return cls.create(
            operands=parser.resolve_operands(operands, function.inputs.data, pos),
            result_types=function.outputs.data,
            properties=properties,
            attributes=attributes,
        )

    def print(self, printer: Printer) -> None:
        printer.print_operands(self.operands)
        printer.print_string(" dim_numbers = ")
        self.dimension_numbers.print_bare(printer)
        printer.print_string(", window = {")
        comma = ""
        for word, prop in WINDOW_WORDS.items():
            if (value := self.properties.get(prop)) is not None:
                printer.print_string(f"{comma}{word} = ")
                print_list(printer, window_values(word, value))
                comma = ", "
        printer.print_string("}")
        print_attributes(printer, self, ("dimension_numbers", *WINDOW_WORDS.values()), {})
        printer.print_string(" : ")
        printer.print_function_type(self.operand_types, self.result_types)


def window_values(word: str, value: Attribute) -> list[object]:
    """What stands between the brackets after `word`."""
    if word == "pad":
        padding = cast(DenseElements, value)
        return [f"[{low}, {high}]" for low, high in padding_of(padding, padding.shape[0])]
    values = integers(cast(DenseArrayBase[Any], value))
    return ["true" if reverse else "false" for reverse in values] if word == "reverse" else list(values)


def parse_window_entry(parser: Parser, properties: dict[str, Attribute]) -> None:
    """Reads `stride = [1, 1]` and the like into `properties`."""

    def parse_padding(parser: Parser) -> Attribute:
        rows = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, lambda: parse_integers(parser))
        return DenseElements.from_integers([value for row in rows for value in row], (len(rows), 2), i64)

    def parse_reversal(parser: Parser) -> Attribute:
        values = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, parser.parse_boolean)
        return DenseArrayBase.from_list(i1, values)

    readers: dict[str, Callable[[Parser], Attribute]] = {"pad": parse_padding, "reverse": parse_reversal}
    pos = parser.pos
    word = parser.parse_identifier()
    if word not in WINDOW_WORDS or WINDOW_WORDS[word] in properties:
        parser.raise_error(f"window has {word}, must be each at most once of {', '.join(WINDOW_WORDS)}", pos)
    parser.parse_punctuation("=")
    properties[WINDOW_WORDS[word]] = readers.get(word, DIMS.parse)(parser)


@irdl_op_definition
class DynamicConvOp(AnyConvolutionOp):
    """A convolution whose padding, low and high per spatial dimension, is known only when the program runs."""

    name = "stablehlo.dynamic_conv"

    lhs = operand_def(TENSOR)
    rhs = operand_def(TENSOR)
    padding = operand_def(SHAPE)

    def verify_(self) -> None:
        self.check(None)
        spatial = len(self.dimension_numbers.data.input_spatial_dimensions)
        check_shape("padding", shape_of(self.padding), (spatial, 2), "low and high per spatial dimension")
