"""The encoding of a tensor type whose dynamic dimensions are bounded, `tensor<2x?xf32, #stablehlo.bounds<?, 4>>`."""

from __future__ import annotations

from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.ir import Data
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer


@irdl_attr_definition
class TypeExtensionsAttr(Data[tuple[int, ...]]):
    """The largest size of each dynamic dimension; DYNAMIC_INDEX, printed `?`, where a dimension has no bound."""

    name = "stablehlo.bounds"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> tuple[int, ...]:
        def parse_bound() -> int:
            if parser.parse_optional_punctuation("?") is not None:
                return DYNAMIC_INDEX
            return parser.parse_integer(allow_boolean=False, allow_negative=False)

        return tuple(parser.parse_comma_separated_list(parser.Delimiter.ANGLE, parse_bound))

    def print_parameter(self, printer: Printer) -> None:
        bounds = ("?" if bound == DYNAMIC_INDEX else str(bound) for bound in self.data)
        printer.print_string(f"<{', '.join(bounds)}>")
