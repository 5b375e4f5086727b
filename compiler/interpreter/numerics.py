"""
Arithmetic in dtypes numpy computes poorly or not at all.

Floats of fewer than 32 bits are computed in f32 and rounded once per op; integers of fewer than 8 bits in 8 bits and
wrapped. `widen` and `narrow` are the two halves of this.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import ml_dtypes
import numpy as np

from eggshard.interpreter.values import Array

INTEGER_BITS = {"int2": 2, "uint2": 2, "int4": 4, "uint4": 4}
FLOAT_BITS = {"float4_e2m1fn": 4, "float6_e2m3fn": 6, "float6_e3m2fn": 6}


def widen(x: Array) -> Array:
    """The same numbers in a dtype that numpy computes in."""
    return x if x.dtype.char in "?bhilqBHILQfdFD" else x.astype(wide_dtype(x.dtype))


@cache
def wide_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype in which an op on elements of `dtype` is computed."""
    if dtype.name in INTEGER_BITS:
        return np.dtype(np.uint8 if dtype.name.startswith("u") else np.int8)
    return np.dtype(np.float32) if dtype.name.startswith(("bfloat", "float4", "float6", "float8", "float16")) else dtype


def narrow(x: Any, dtype: np.dtype[Any]) -> Array:
    """Rounds floats and wraps integers to `dtype`."""
    array = np.asarray(x)
    return array if array.dtype == dtype else array.astype(dtype)


@cache
def bit_width(dtype: np.dtype[Any]) -> int:
    """Bits of one element; i1 counts one."""
    if dtype == np.bool_:
        return 1
    return INTEGER_BITS.get(dtype.name) or FLOAT_BITS.get(dtype.name) or dtype.itemsize * 8


def is_integer(dtype: np.dtype[Any]) -> bool:
    return dtype.kind in "iu" or dtype.name in INTEGER_BITS


def is_signed(dtype: np.dtype[Any]) -> bool:
    return dtype.kind == "i" or dtype.name in ("int2", "int4")


def is_complex(dtype: np.dtype[Any]) -> bool:
    return dtype.kind == "c"


def integer_range(dtype: np.dtype[Any]) -> tuple[int, int]:
    """The least and the greatest integer of `dtype`."""
    bits = bit_width(dtype)
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if is_signed(dtype) else (0, (1 << bits) - 1)


def smallest(dtype: np.dtype[Any]) -> Any:
    """What never wins a maximum: -inf, or the least number where there is no infinity."""
    return _extreme(dtype, -1)


def largest(dtype: np.dtype[Any]) -> Any:
    """What never wins a minimum."""
    return _extreme(dtype, 1)


def _extreme(dtype: np.dtype[Any], sign: int) -> Any:
    if dtype == np.bool_:
        return np.asarray(sign > 0)
    if is_integer(dtype):
        return np.asarray(integer_range(dtype)[sign > 0], wide_dtype(dtype)).astype(dtype)
    if is_complex(dtype):
        return np.asarray(complex(sign * np.inf, sign * np.inf), dtype)
    infinite = np.asarray(sign * np.inf, np.float32).astype(dtype)
    if np.isinf(infinite.astype(np.float32)):
        return infinite
    info = ml_dtypes.finfo(dtype)
    return np.asarray(info.max if sign > 0 else info.min, dtype)


def total_order_key(x: Array) -> Array:
    """
    Integers that compare as StableHLO's total order does: -NaN < -inf < ... < -0 < +0 < ... < inf < NaN.

    Integers and booleans are their own keys.
    """
    if is_integer(x.dtype) or x.dtype == np.bool_:
        return widen(x)
    wide = widen(x)
    signed = np.dtype(f"i{wide.dtype.itemsize}")
    bits = np.ascontiguousarray(wide).view(signed)
    return np.where(bits < 0, np.iinfo(signed).max ^ bits, bits).astype(signed)


def convert(x: Array, dtype: np.dtype[Any]) -> Array:
    """
    As XLA converts: float to integer truncates, saturates, and takes NaN to 0; integer to integer wraps;
    anything to i1 asks whether it is not zero; complex to real drops the imaginary part.
    """
    if x.dtype == dtype:
        return x
    wide = widen(x)
    if dtype == np.bool_:
        return np.asarray(wide != 0)
    if is_complex(wide.dtype) and not is_complex(dtype):
        wide = wide.real
    if is_integer(dtype) and wide.dtype.kind == "f":
        return _saturate(wide, dtype)
    return narrow(wide, dtype)


def _saturate(x: Array, dtype: np.dtype[Any]) -> Array:
    low, high = integer_range(dtype)
    whole = np.trunc(x)
    # high + 1 and low are powers of two (or 0), so both comparisons are exact in any float format
    above, below = whole >= float(high + 1), whole < float(low)
    inside = np.where(above | below | np.isnan(x), 0, whole)
    integers = inside.astype(np.uint64 if low == 0 else np.int64)
    wide = wide_dtype(dtype)
    integers = np.where(above, np.asarray(high, wide), np.where(below, np.asarray(low, wide), integers.astype(wide)))
    return narrow(integers, dtype)
