"""Reading and printing modules: exact constants, a context that knows our dialects and loads them lazily."""

from __future__ import annotations

import re
from functools import partial
from importlib import import_module
from typing import Any

from xdsl.context import Context
from xdsl.dialects.builtin import ArrayAttr, FileLineColLoc, FusedLoc, LocationAttr, ModuleOp, NoneAttr, TensorType
from xdsl.ir import Attribute, Dialect, Operation
from xdsl.parser import Parser as XDSLParser
from xdsl.parser import ParserState
from xdsl.printer import Printer as XDSLPrinter
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.lexer import Input
from xdsl.utils.mlir_lexer import MLIRLexer

from eggshard.dialects.locations import file_range
from eggshard.dialects.names import value_names
from eggshard.dialects.stablehlo.dense import DenseElements
from eggshard.dialects.stablehlo.dense_text import LiteralError, parse_elements

DIALECTS: dict[str, str] = {
    "builtin": "xdsl.dialects.builtin",
    "func": "xdsl.dialects.func",
    "equivalence": "xdsl.dialects.equivalence",
    "stablehlo": "eggshard.dialects.stablehlo",
    "chlo": "eggshard.dialects.chlo",
    "quant": "eggshard.dialects.quant",
    "sharding": "eggshard.dialects.sharding",
    "spmd": "eggshard.dialects.spmd",
    "sdy": "eggshard.dialects.sdy",
}
"""Dialect name -> the module that defines its `Dialect`."""


def load(name: str) -> Dialect:
    """Imports a dialect."""
    return next(
        value
        for value in vars(import_module(DIALECTS[name])).values()
        if isinstance(value, Dialect) and value.name == name
    )


def make_context() -> Context:
    """A context that knows every dialect of ours and imports each on its first use."""
    context = Context()
    for name in DIALECTS:
        context.register_dialect(name, partial(load, name))
    return context


ALIAS = re.compile(r"^[#!][\w.$-]+ = ", re.MULTILINE)
"""Where a line defines an alias."""


class Lexer(MLIRLexer):
    """xDSL's lexer, which would take forever to find that a long string has no end."""

    _unescaped_characters_regex = re.compile(r'"(?:[^"\\\n\v\f]++|\\(?:["nt\\]|[0-9A-Fa-f]{2}))*+"')


class Parser(XDSLParser):
    """xDSL's parser, but `dense<...>` of a tensor is a `DenseElements`, and aliases may be defined after their uses."""

    def __init__(self, ctx: Context, input: str | bytes, name: str = "<unknown>") -> None:
        super().__init__(ctx, "", name)
        text = input.decode("utf-8") if isinstance(input, bytes) else input
        self._parser_state = ParserState(Lexer(Input(text, name)))

    def parse_module(self, allow_implicit_module: bool = True) -> ModuleOp:
        start = self.pos
        # MLIR prints the aliases of locations at the end, where they can name each other only backwards.
        for match in ALIAS.finditer(self.lexer.input.content, start):
            self._resume_from(match.start())
            super()._parse_alias_def()  # type: ignore[no-untyped-call]
        self._resume_from(start)
        return super().parse_module(allow_implicit_module)

    def _parse_alias_def(self) -> None:
        """Reads a definition that `parse_module` has read before."""
        self.attribute_aliases.pop(self._current_token.text, None)
        super()._parse_alias_def()  # type: ignore[no-untyped-call]

    def _parse_location(self) -> LocationAttr:
        """As xDSL, and `"file":1:2 to 3:4`, and `fused<metadata>[...]`."""
        if self.parse_optional_keyword("fused") is not None:
            metadata: Attribute = NoneAttr()
            if self.parse_optional_punctuation("<") is not None:
                metadata = self.parse_attribute()
                self.parse_punctuation(">")
            locations = self.parse_comma_separated_list(self.Delimiter.SQUARE, self._parse_location)
            return FusedLoc(ArrayAttr[Attribute](locations), metadata)
        location = super()._parse_location()
        if isinstance(location, FileLineColLoc) and self.parse_optional_keyword("to") is not None:
            line = self.parse_optional_integer(allow_boolean=False)
            self.parse_punctuation(":")
            column = self.parse_integer(allow_boolean=False)
            return file_range(location, location.line.data if line is None else line, column)
        return location

    def _parse_builtin_dense_attr(self) -> Any:
        start = self._current_token.span.start
        self.parse_punctuation("<", " in dense attribute")
        # A whole literal is cut out of the input at once: token by token, large ones would take minutes.
        begin = self._current_token.span.start
        content = self.lexer.input.content
        end = content.find(">", begin)
        if end < 0:
            self.raise_error("dense attribute has no closing '>'")
        self._resume_from(end)
        self.parse_punctuation(">", " in dense attribute")
        self.parse_punctuation(":", " in dense attribute")
        type = self.parse_type()
        if not isinstance(type, TensorType):
            self._resume_from(start)
            return super()._parse_builtin_dense_attr()
        try:
            return DenseElements(type, parse_elements(content[begin:end].strip(), type.get_shape(), type.element_type))
        except (LiteralError, VerifyException) as error:
            self.raise_error(str(error), begin, end)


def parse_module(text: str, context: Context | None = None, filename: str = "<unknown>") -> ModuleOp:
    """Parses a module, pretty or generic; raises ParseError with file, line and column."""
    return Parser(context or make_context(), text, filename).parse_module()


class Printer(XDSLPrinter):
    """
    xDSL's printer, but with the names that MLIR gives to the values of a module.

    Several results share one name, as MLIR writes them: `%0:2 = ..`, then `%0#1`.
    """

    def print_op(self, op: Operation) -> None:
        if isinstance(op, ModuleOp) and op.parent is None:
            self._ssa_values.update(value_names(op))
        super().print_op(op)

    def _print_results(self, op: Operation) -> None:
        results = op.results
        if len(results) < 2:
            return super()._print_results(op)
        if results[0] not in self._ssa_values:
            name = self._get_new_valid_name_id()
            self._ssa_values.update((result, f"{name}#{index}") for index, result in enumerate(results))
        self.print_string(f"%{self._ssa_values[results[0]].removesuffix('#0')}:{len(results)} = ")
