"""Reading modules: xDSL's parser with exact constants, and a context that knows our dialects and loads them lazily."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.ir import Dialect
from xdsl.parser import Parser as XDSLParser
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.dense import DenseElements
from eggshard.dialects.stablehlo.dense_text import LiteralError, parse_elements

DIALECTS: dict[str, str] = {
    "builtin": "xdsl.dialects.builtin",
    "func": "xdsl.dialects.func",
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


class Parser(XDSLParser):
    """xDSL's parser, in which `dense<...>` of a tensor is a `DenseElements`."""

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
