"""Amounts of memory as people write them."""

from __future__ import annotations

import re

from eggshard.diagnostics import DiagnosticError

SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:([KMGT])(i?))?B?", re.IGNORECASE)
POWERS = {"k": 1, "m": 2, "g": 3, "t": 4}


def parse_bytes(text: str | int) -> int:
    """
    "80GiB" is 80 * 2**30, "80GB" 80 * 10**9, a number counts bytes.

    Raises DiagnosticError for anything else, and for nothing at all.
    """
    if isinstance(text, int):
        size = text
    else:
        found = SIZE.fullmatch(text.strip())
        if found is None:
            raise DiagnosticError(f"'{text}' is no amount of memory", location="memory", hint="as in 80GiB")
        number, unit, binary = found.groups()
        size = int(
            float(number) * (1024 if binary else 1000) ** POWERS[(unit or "").lower()] if unit else float(number)
        )
    if size <= 0:
        raise DiagnosticError(f"{text} bytes of memory, required more than 0", location="memory")
    return size
