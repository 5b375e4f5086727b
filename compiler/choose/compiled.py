"""
How hot loops are compiled.

`entry` functions are called from Python; `inner` ones only from other compiled functions, so the wrappers that unpack
Python arguments (half of the compile time where a tuple of arrays goes in) are left out. Compiled code is kept on disk:
beside the source, or in the user's cache folder where the package cannot be written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def entry(function: F) -> F:
    """Compiled on first call; releases the interpreter lock."""
    return cast(F, njit(cache=True, nogil=True, error_model="numpy")(function))


def inner(function: F) -> F:
    """Compiled, callable from compiled code only."""
    return cast(
        F,
        njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)(function),
    )


def ranked(function: F) -> F:
    """As `inner`, for loops over floats without NaN: minima vectorise."""
    flags = {"nnan", "nsz"}
    return cast(
        F,
        njit(
            cache=True, nogil=True, error_model="numpy", fastmath=flags, no_cpython_wrapper=True, no_cfunc_wrapper=True
        )(function),
    )
