"""The pretty syntax that CHLO's elementwise ops share: `name operands {attributes} : types -> types`."""

from __future__ import annotations

from xdsl.parser import Parser
from xdsl.printer import Printer

from eggshard.dialects.stablehlo.syntax import Signature, Types


def _parse(parser: Parser, operands: int) -> tuple[Types, Types]:
    inputs = parser.parse_comma_separated_list(parser.Delimiter.NONE, parser.parse_type)
    parser.parse_punctuation("->")
    return inputs, (parser.parse_type(),)


def _print(printer: Printer, operands: Types, results: Types) -> None:
    printer.print_list(operands, printer.print_attribute)
    printer.print_string(" -> ")
    printer.print_list(results, printer.print_attribute)


ARROW = Signature(_parse, _print)
"""`tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>`."""
