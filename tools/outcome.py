"""How a command ends: a result or one line about what went wrong, an exit status, and never a traceback."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable

DONE, REFUSED, USAGE, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 130, 141
"""Exit statuses: 130 and 141 are what shells report for Ctrl-C and for a reader that went away."""


class UsageError(Exception):
    """A command line that asks for something that is not there."""


def guarded(command: Callable[[], int], program: str, debug: bool, position_first: bool = False) -> int:
    """
    Runs a command; whatever it raises becomes one line on stderr and an exit status.

    `position_first` writes `file:line:col: error: ..` as compilers do, else it is `error: file:line:col: ..`.
    """
    try:
        try:
            return command()
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        say(f"{program}: interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # What is left in the buffer has no reader; without this the interpreter complains about it when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except UsageError as error:
        say(f"{program}: error: {error}")
        return USAGE
    except Exception as error:
        if debug:
            traceback.print_exc()
        position, text = told(error)
        say(diagnostic_line(text, position) if position_first or position is None else f"error: {position}: {text}")
        return REFUSED


def say(line: str) -> None:
    """A line for a person; nobody may be listening any more."""
    try:
        print(line, file=sys.stderr, flush=True)
    except BrokenPipeError:
        pass


def told(error: BaseException) -> tuple[str | None, str]:
    """Where something went wrong, if that is known, and what: found and required, because of what, and the way out."""
    from eggshard.diagnostics import DiagnosticError

    if isinstance(error, DiagnosticError):
        return error.location, with_reasons(error.message, error.because, error.hint)
    if isinstance(error, OSError):
        return None if error.filename is None else str(error.filename), error.strerror or str(error)
    if isinstance(error, MemoryError):
        said = one_line(str(error))
        return None, f"this machine's own memory does not suffice{f': {said}' if said else ''}"
    if type(error).__module__.startswith("xdsl."):
        return None, one_line(str(error))
    return None, f"{describe(error)}; this is a bug in eggshard: --debug prints where it happened"


def with_reasons(message: str, because: str | None = None, hint: str | None = None) -> str:
    """`message; because: ..; try: ..`, in one line."""
    parts = [message, *([f"because: {because}"] if because else []), *([f"try: {hint}"] if hint else [])]
    return one_line("; ".join(parts))


def diagnostic_line(text: str, position: str | None = None) -> str:
    """`file:line:col: error: text`, as compilers write it."""
    return f"{position}: error: {one_line(text)}" if position else f"error: {one_line(text)}"


def describe(error: BaseException) -> str:
    """An exception that is nobody's diagnostic: its kind, what it says, and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({os.path.basename(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""
    said = one_line(str(error))
    noted = "".join(f", {note}" for note in getattr(error, "__notes__", ()) if "\n" not in note)
    return f"{type(error).__name__}{': ' if said else ''}{said}{where}{noted}"


def one_line(text: str) -> str:
    return " ".join(text.split())
