"""Reads an emitted program back from its text."""

from __future__ import annotations

from eggshard.frontends.load import from_bytes
from eggshard.runtime.program import Program, program_of


def parse_program(text: str, origin: str) -> Program:
    """The program in `text`; raises DiagnosticError if it does not parse or was not emitted by eggshard."""
    return program_of(from_bytes(text.encode(), origin), text, origin)
