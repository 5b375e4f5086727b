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


def guarded(command: Callable[[], int], program: str, debug: bool) -> int:
    """Runs a command; whatever it raises becomes one line on stderr and an exit status."""
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
        say(error_line(error))
        return REFUSED


def say(line: str) -> None:
    """A line for a person; nobody may be listening any more."""
    try:
        print(line, file=sys.stderr, flush=True)
    except BrokenPipeError:
        pass


def error_line(error: BaseException) -> str:
    """`file:line:col: error: what was found and required; because: ..; try: ..`, in one line."""
    from eggshard.diagnostics import DiagnosticError

    if isinstance(error, DiagnosticError):
        return diagnostic_line(error.message, error.location, error.because, error.hint)
    if isinstance(error, OSError):
        place = None if error.filename is None else str(error.filename)
        return diagnostic_line(error.strerror or str(error), place)
    if type(error).__module__.startswith("xdsl."):
        return f"error: {one_line(str(error))}"
    return f"error: {describe(error)}; this is a bug in eggshard: --debug prints where it happened"


def diagnostic_line(
    message: str, location: str | None = None, because: str | None = None, hint: str | None = None
) -> str:
    """The parts of a diagnostic in one line."""
    line = f"{location}: error: {one_line(message)}" if location else f"error: {one_line(message)}"
    if because:
        line += f"; because: {one_line(because)}"
    return f"{line}; try: {one_line(hint)}" if hint else line


def describe(error: BaseException) -> str:
    """An exception that is nobody's diagnostic: its kind, what it says, and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({os.path.basename(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""
    said = one_line(str(error))
    return f"{type(error).__name__}: {said}{where}" if said else f"{type(error).__name__}{where}"


def one_line(text: str) -> str:
    return " ".join(text.split())
