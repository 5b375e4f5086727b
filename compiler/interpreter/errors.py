"""How the interpreter refuses a program."""

from __future__ import annotations

from xdsl.ir import Operation

from eggshard.diagnostics import DiagnosticError
from eggshard.partitioning.program import source_line


def refusal(op: Operation, message: str, hint: str | None = None) -> DiagnosticError:
    """An error about `op`, with its source line where that is known."""
    return DiagnosticError(f"interpreter: {message}", location=source_line(op.location) or None, hint=hint)
