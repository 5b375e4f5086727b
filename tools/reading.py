"""Reading modules for `eggshard-opt`: our own parser first, jaxlib's for what other projects wrote."""

from __future__ import annotations

import re

from xdsl.context import Context
from xdsl.dialects.builtin import FileLineColLoc, LocationAttr, ModuleOp
from xdsl.ir import Operation
from xdsl.utils.exceptions import ParseError, VerifyException

from eggshard.diagnostics import DiagnosticError
from eggshard.dialects.assembly import Parser

RESOURCES = "{-#"
"""Begins the part of a file that holds large constants, which our parser does not read."""
OWN_DIALECTS = re.compile(r"\b(?:sharding|spmd)\.")
BYTECODE = b"ML\xefR"


class PositionParser(Parser):
    """A parser that remembers where each op began, for ops that carry no location of their own."""

    def __init__(self, context: Context, text: str, name: str):
        super().__init__(context, text, name)
        self.positions: dict[Operation, int] = {}

    def parse_operation(self) -> Operation:
        start = self._current_token.span.start
        op = super().parse_operation()
        self.positions[op] = start
        return op


class Source:
    """One module's worth of input: a file or, where it is split, a chunk that begins `line_offset` lines into it."""

    def __init__(self, data: bytes, name: str, line_offset: int = 0):
        self.data = data
        self.name = name
        self.line_offset = line_offset
        self.positions: dict[Operation, int] = {}

    def parse(self, context: Context, implicit_module: bool = True, fall_back: bool = True) -> ModuleOp:
        """
        The module.

        Bytecode goes to jaxlib's parser, and so does text that holds nothing of our own dialects, if it has large
        constants at its end or our parser rejects it.
        Raises DiagnosticError with file, line and column.
        """
        if self.data.startswith(BYTECODE):
            return self._through_jaxlib()
        try:
            text = self.data.decode()
        except UnicodeDecodeError:
            raise DiagnosticError("is neither MLIR text nor MLIR bytecode", location=self.name) from None
        if RESOURCES in text and not OWN_DIALECTS.search(text):
            return self._through_jaxlib()
        parser = PositionParser(context, text, self.name)
        try:
            module = parser.parse_module(implicit_module)
            self.positions = parser.positions
            return module
        except (ParseError, VerifyException, ValueError, KeyError) as error:
            if not fall_back or OWN_DIALECTS.search(text):
                raise self._diagnostic(parser, error) from error
        return self._through_jaxlib()

    def _through_jaxlib(self) -> ModuleOp:
        from eggshard.frontends.load import from_bytes

        # Empty lines stand for what came before the chunk, so that positions are those in the file.
        bytecode = self.data.startswith(BYTECODE)
        return from_bytes(self.data if bytecode else b"\n" * self.line_offset + self.data, self.name)

    def _diagnostic(self, parser: PositionParser, error: Exception) -> DiagnosticError:
        if isinstance(error, ParseError):
            return DiagnosticError(error.msg, location=self._position(parser.lexer.input.content, error.span.start))
        position = self._position(parser.lexer.input.content, parser._current_token.span.start)
        return DiagnosticError(str(error), location=position)

    def where(self, op: Operation) -> str:
        """`file:line:column` of an op: its own location, else where it was read, else the file."""
        own = file_position(op.location)
        if own is not None:
            return own
        start = self.positions.get(op)
        return self.name if start is None else self._position(self.data.decode(), start)

    def _position(self, text: str, start: int) -> str:
        line = text.count("\n", 0, start) + 1 + self.line_offset
        return f"{self.name}:{line}:{start - text.rfind(chr(10), 0, start)}"


def file_position(location: LocationAttr) -> str | None:
    """`file:line:column` where a location says so plainly."""
    if isinstance(location, FileLineColLoc):
        return f"{location.filename.data}:{location.line.data}:{location.column.data}"
    return None
