"""
The quantized element types of MLIR: integers that stand for floats.

`!quant.uniform<i8:f32, 1.000000e-01:2>` is an i8 q that stands for the f32 0.1 * (q - 2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from xdsl.dialects.builtin import AnyFloat, IntegerType, f64
from xdsl.ir import Attribute, Data, TypeAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.float_formats import encode
from eggshard.dialects.stablehlo.float_text import float_text

Nested = Any
"""A step, or a tuple of what is nested one dimension deeper."""


@dataclass(frozen=True)
class Step:
    """The float that one integer step stands for, and the integer that stands for 0."""

    scale: float
    zero_point: int = 0


@dataclass(frozen=True)
class Quantization:
    """
    The integers and what they stand for.

    `steps` is one Step for the whole tensor; along an axis, a tuple with one for each index in dimension `axes[0]`; and
    nested tuples, one level per pair in `axes` of a dimension and the block size along it, for blocks of the tensor.
    """

    storage: str
    """The integer type without its sign, `i8` or `u8`."""
    bounds: tuple[int, int]
    """The least and the greatest integer in use."""
    expressed: Attribute
    axes: tuple[int, ...] | tuple[tuple[int, int], ...]
    steps: Nested


def full_range(storage: str) -> tuple[int, int]:
    """The least and the greatest integer of a storage type."""
    width = int(storage[1:])
    return (0, (1 << width) - 1) if storage[0] == "u" else (-(1 << (width - 1)), (1 << (width - 1)) - 1)


@irdl_attr_definition
class QuantizedType(Data[Quantization], TypeAttribute):
    """Integers that stand for equidistant floats."""

    name = "quant.uniform"

    @property
    def storage_type(self) -> IntegerType:
        """The signless integer type that constants are written in."""
        return IntegerType(self.storage_width)

    @property
    def storage_width(self) -> int:
        """Bits of an element."""
        return int(self.data.storage[1:])

    @property
    def expressed_type(self) -> Attribute:
        """The float type that the integers stand for."""
        return self.data.expressed

    def verify(self) -> None:
        if not isinstance(self.data.expressed, AnyFloat):
            raise VerifyException(f"quantized type stands for {self.data.expressed}, must be a float type")
        low, high = self.data.bounds
        least, greatest = full_range(self.data.storage)
        if not least <= low < high <= greatest:
            raise VerifyException(f"quantized type has bounds {low}:{high}, must be inside {least}:{greatest}")

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> Quantization:
        with parser.in_angle_brackets():
            pos = parser.pos
            storage = parser.parse_identifier()
            if not re.fullmatch(r"[iu][0-9]+", storage):
                parser.raise_error("storage must be an integer type, as i8 or u8", pos, parser.pos)
            bounds = full_range(storage)
            if parser.parse_optional_punctuation("<") is not None:
                low = parser.parse_integer(allow_boolean=False)
                parser.parse_punctuation(":")
                bounds = low, parser.parse_integer(allow_boolean=False)
                parser.parse_punctuation(">")
            parser.parse_punctuation(":")
            expressed = parser.parse_type()
            axes = parse_axes(parser) if parser.parse_optional_punctuation(":") is not None else ()
            parser.parse_punctuation(",")
            return Quantization(storage, bounds, expressed, axes, parse_steps(parser))

    def print_parameter(self, printer: Printer) -> None:
        value = self.data
        with printer.in_angle_brackets():
            printer.print_string(value.storage)
            if value.bounds != full_range(value.storage):
                printer.print_string(f"<{value.bounds[0]}:{value.bounds[1]}>")
            printer.print_string(":")
            printer.print_attribute(value.expressed)
            if value.axes:
                printer.print_string(f":{axes_text(value.axes)}")
            printer.print_string(f", {steps_text(value.steps)}")


def parse_axes(parser: AttrParser) -> tuple[int, ...] | tuple[tuple[int, int], ...]:
    """`1` as (1,), `{0:2, 1:1}` as ((0, 2), (1, 1))."""

    def parse_block() -> tuple[int, int]:
        dim = parser.parse_integer(allow_boolean=False)
        parser.parse_punctuation(":")
        return dim, parser.parse_integer(allow_boolean=False)

    blocks = parser.parse_optional_comma_separated_list(parser.Delimiter.BRACES, parse_block)
    return (parser.parse_integer(allow_boolean=False),) if blocks is None else tuple(blocks)


def parse_steps(parser: AttrParser) -> Nested:
    """`0.1:2`, or `{...}` around a list of them."""
    nested = parser.parse_optional_comma_separated_list(parser.Delimiter.BRACES, lambda: parse_steps(parser))
    if nested is not None:
        return tuple(nested)
    scale = float(parser.parse_number())
    if parser.parse_optional_punctuation(":") is None:
        return Step(scale)
    return Step(scale, parser.parse_integer(allow_boolean=False))


def axes_text(axes: tuple[int, ...] | tuple[tuple[int, int], ...]) -> str:
    texts = [str(axis) if isinstance(axis, int) else f"{axis[0]}:{axis[1]}" for axis in axes]
    return texts[0] if isinstance(axes[0], int) else f"{{{', '.join(texts)}}}"


def steps_text(steps: Nested) -> str:
    if not isinstance(steps, Step):
        return f"{{{', '.join(map(steps_text, steps))}}}"
    scale = float_text(encode(f64, steps.scale), f64)
    return f"{scale}:{steps.zero_point}" if steps.zero_point else scale
