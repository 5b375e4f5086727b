"""
How hot loops are compiled.

`entry` functions are called from Python; `inner` ones only from other compiled functions, so the wrappers that unpack
Python arguments (half of the compile time where a tuple of arrays goes in) are left out. Compiled code is kept on disk:
beside the source, or in the user's cache folder where the package cannot be written.

Compile time counts in every limit when nothing is kept yet, so: no arrays are made or sliced in compiled code (callers
pass scratch), which lets reference counts be left out; and few arrays are passed, as each costs in every function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])

COMMON: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True, "_nrt": False}


def _probe(x: int) -> int:
    return x


try:
    COMMON["cache"] = True
    probe: Any = njit(**COMMON)(_probe)
except RuntimeError:  # Neither folder can be written: compiled anew in every process.
    COMMON["cache"] = False
    probe = njit(**COMMON)(_probe)


def entry(function: F) -> F:
    """Compiled on first call; releases the interpreter lock. Makes no arrays."""
    return cast(F, njit(**COMMON)(function))


def inner(function: F) -> F:
    """Compiled, callable from compiled code only. Makes no arrays."""
    return cast(F, njit(no_cpython_wrapper=True, **COMMON)(function))


def ranked(function: F) -> F:
    """As `inner`, for loops over floats without NaN: minima vectorise."""
    return cast(F, njit(no_cpython_wrapper=True, fastmath={"nnan", "nsz"}, **COMMON)(function))


def kept() -> bool:
    """Whether compiled code is on disk already, or cannot be put there at all. By what became of one tiny function."""
    if not COMMON["cache"]:
        return True
    probe(0)
    return not probe.stats.cache_misses
