"""What a user sees when something cannot be done: what was found, what is required, and the way out."""

from __future__ import annotations

import sys


class DiagnosticError(Exception):
    """
    A refusal with its reason.

    `message` says what was found and what is required; `location` the file position or argument it concerns,
    `because` the annotation that led to it, `hint` the way out.
    """

    def __init__(self, message: str, location: str | None = None, because: str | None = None, hint: str | None = None):
        super().__init__(message)
        self.message = message
        self.location = location
        self.because = because
        self.hint = hint

    def __str__(self) -> str:
        lines = [f"{self.location}: {self.message}" if self.location else self.message]
        if self.because:
            lines.append(f"  because: {self.because}")
        if self.hint:
            lines.append(f"  try:     {self.hint}")
        return "\n".join(lines)


def warn(message: str) -> None:
    """A warning for a person, on stderr."""
    print(f"warning: {message}", file=sys.stderr)
