"""Attributes of the per-device view."""

from __future__ import annotations

from xdsl.ir import Data
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer

from eggshard.dialects.sharding.layout import Axis
from eggshard.dialects.sharding.syntax import axes_text, parse_axis

KINDS = ("sum", "prod", "max", "min", "and", "or", "xor")
"""The ways in which the terms of a partial value combine."""


@irdl_attr_definition
class AxesAttr(Data[tuple[Axis, ...]]):
    """Mesh axes, major to minor: `#spmd.axes<["data", "model":(1)2]>`."""

    name = "spmd.axes"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> tuple[Axis, ...]:
        with parser.in_angle_brackets():
            return parse_axis_list(parser)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(f"<[{axes_text(self.data)}]>")


def parse_axis_list(parser: AttrParser) -> tuple[Axis, ...]:
    """`["x", "y"]`."""
    return tuple(parser.parse_comma_separated_list(parser.Delimiter.SQUARE, lambda: parse_axis(parser)))
