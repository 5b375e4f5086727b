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
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])

COMMON: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True, "_nrt": False}


def sources_stamp() -> tuple[tuple[str, int, int], ...]:
    """What changes whenever a file of this folder does."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return tuple((file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in files)


STAMP = sources_stamp()


def stamped(dispatcher: Any) -> Any:
    """
    Kept code is dropped when any file of this folder changes.

    By itself numba looks at the file of the function alone, not at those of the functions that it has compiled in.
    """
    index = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if index is not None and hasattr(index, "_source_stamp"):
        index._source_stamp = (index._source_stamp, STAMP)
    return dispatcher


def _probe(x: int) -> int:
    return x


try:
    COMMON["cache"] = True
    probe: Any = stamped(njit(**COMMON)(_probe))
except RuntimeError:  # Neither folder can be written: compiled anew in every process.
    COMMON["cache"] = False
    probe = stamped(njit(**COMMON)(_probe))


def entry(function: F) -> F:
    """Compiled on first call; releases the interpreter lock. Makes no arrays."""
    return cast(F, stamped(njit(**COMMON)(function)))


def inner(function: F) -> F:
    """Compiled, callable from compiled code only. Makes no arrays."""
    return cast(F, stamped(njit(no_cpython_wrapper=True, **COMMON)(function)))


def ranked(function: F) -> F:
    """As `inner`, for loops over floats without NaN: minima vectorise."""
    return cast(F, stamped(njit(no_cpython_wrapper=True, fastmath={"nnan", "nsz"}, **COMMON)(function)))


def kept() -> bool:
    """Whether compiled code is on disk already, or cannot be put there at all. By what became of one tiny function."""
    if not COMMON["cache"]:
        return True
    probe(0)
    return not probe.stats.cache_misses
