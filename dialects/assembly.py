"""Reading modules: xDSL's parser with exact constants, and a context that knows our dialects and loads them lazily."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, cast

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.ir import Dialect
from xdsl.parser import Parser as XDSLParser
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.dense import DenseElements
from eggshard.dialects.stablehlo.dense_text import LiteralError, parse_elements

DIALECTS: dict[str, tuple[str, str]] = {
    "builtin": ("xdsl.dialects.builtin", "Builtin"),
    "func": ("xdsl.dialects.func", "Func"),
    "stablehlo": ("eggshard.dialects.stablehlo", "StableHLO"),
    "chlo": ("eggshard.dialects.chlo", "CHLO"),
    "quant": ("eggshard.dialects.quant", "Quant"),
    "sharding": ("eggshard.dialects.sharding", "Sharding"),
    "spmd": ("eggshard.dialects.spmd", "Spmd"),
    "sdy": ("eggshard.dialects.sdy", "Sdy"),
}
"""Dialect name -> module and the name of its `Dialect` there."""


def lazily(module: str, name: str) -> Callable[[], Dialect]:
    """A function that imports a dialect when it is first used."""
    return lambda: cast(Dialect, getattr(import_module(module), name))


def make_context() -> Context:
    """A context that knows every dialect of ours and loads each on its first use."""
    context = Context()
    for dialect, (module, name) in DIALECTS.items():
        context.register_dialect(dialect, lazily(module, name))
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
