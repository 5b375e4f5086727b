"""Files are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from eggshard.diagnostics import DiagnosticError


def write_whole(path: Path, text: str) -> None:
    """
    Writes through a temporary file beside `path`, so that a failure or Ctrl-C leaves the old file or none.

    Raises DiagnosticError if the folder cannot be written to.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent or ".", prefix=f".{path.name}.")
    except OSError as error:
        raise DiagnosticError(f"cannot be written: {error.strerror}", location=str(path)) from None
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
