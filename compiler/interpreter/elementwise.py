"""Elementwise ops: one numpy function each, computed on widened operands and rounded to the result's dtype."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from eggshard.interpreter.call import Call, Kernel, Table
from eggshard.interpreter.numerics import is_complex, narrow, total_order_key, widen
from eggshard.interpreter.values import Array

Function = Callable[..., Any]


def lift(function: Function) -> Kernel:
    """An op from a function of numpy arrays."""

    def kernel(call: Call, *operands: Array) -> Array:
        return narrow(function(*map(widen, operands)), call.dtype())

    return kernel


def absolute(x: Array) -> Array:
    return x if x.dtype == np.bool_ else np.asarray(np.abs(x))


def cbrt(x: Array) -> Array:
    return x ** (1 / 3) if is_complex(x.dtype) else np.cbrt(x)


def logistic(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def rsqrt(x: Array) -> Array:
    return 1 / np.sqrt(x)


def sign(x: Array) -> Array:
    """Zeros keep their sign."""
    return np.where(x == 0, x, np.sign(x))


def round_away_from_zero(x: Array) -> Array:
    """Halves go away from zero."""
    whole = np.trunc(x)
    return np.asarray(whole + np.copysign(np.abs(x - whole) >= 0.5, x))


def divide(x: Array, y: Array) -> Array:
    return divide_integers(x, y) if x.dtype.kind in "iu" else np.asarray(x / y)


def divide_integers(x: Array, y: Array) -> Array:
    """Truncates; a division by zero sets every bit, the least number by -1 is itself."""
    safe = _safe_divisor(x, y)
    return np.where(y == 0, np.asarray(-1).astype(x.dtype), (x - np.fmod(x, safe)) // safe)


def remainder(x: Array, y: Array) -> Array:
    """The sign is that of the dividend; by zero it is the dividend."""
    if x.dtype.kind not in "iu":
        return np.fmod(x, y)
    return np.where(y == 0, x, np.fmod(x, _safe_divisor(x, y)))


def _safe_divisor(x: Array, y: Array) -> Array:
    unsafe = y == 0
    if x.dtype.kind == "i":
        unsafe = unsafe | ((y == -1) & (x == np.iinfo(x.dtype).min))
    return np.where(unsafe, np.asarray(1, y.dtype), y)


def power(x: Array, y: Array) -> Array:
    return integer_power(x, y) if x.dtype.kind in "iu" else np.power(x, y)


def integer_power(x: Array, y: Array) -> Array:
    """By repeated squaring, wrapping; a negative exponent leaves only the units 1 and -1."""
    result = np.ones(np.broadcast_shapes(x.shape, y.shape), x.dtype)
    base, exponent = x, y
    for _ in range(y.dtype.itemsize * 8):
        result = np.where(exponent & 1 == 1, result * base, result)
        base, exponent = base * base, exponent >> 1
    if y.dtype.kind == "i":
        of_unit = np.where(x == 1, 1, np.where(x == -1, np.where(y & 1 == 1, -1, 1), 0)).astype(x.dtype)
        result = np.where(y < 0, of_unit, result)
    return result


def atan2(y: Array, x: Array) -> Array:
    if is_complex(y.dtype):
        return np.asarray(-1j * np.log((x + 1j * y) / np.sqrt(x * x + y * y)))
    return np.arctan2(y, x)


def compare(call: Call, lhs: Array, rhs: Array) -> Array:
    if call.data("compare_type") == "TOTALORDER":
        lhs, rhs = total_order_key(lhs), total_order_key(rhs)
    return np.asarray(COMPARISONS[call.data("comparison_direction")](widen(lhs), widen(rhs)))


def select(call: Call, predicate: Array, on_true: Array, on_false: Array) -> Array:
    return np.where(predicate, on_true, on_false)


def clamp(low: Array, x: Array, high: Array) -> Array:
    return np.minimum(np.maximum(low, x), high)


def subtract(x: Array, y: Array) -> Array:
    return x ^ y if x.dtype == np.bool_ else x - y


def negate(x: Array) -> Array:
    return x if x.dtype == np.bool_ else -x


def make_complex(real: Array, imaginary: Array) -> Array:
    result = np.empty(np.broadcast_shapes(real.shape, imaginary.shape), np.result_type(real.dtype, np.complex64))
    result.real, result.imag = real, imaginary
    return result


COMPARISONS: dict[str, Function] = {
    "EQ": np.equal,
    "NE": np.not_equal,
    "GE": np.greater_equal,
    "GT": np.greater,
    "LE": np.less_equal,
    "LT": np.less,
}

FUNCTIONS: dict[str, Function] = {
    "abs": absolute,
    "add": np.add,
    "atan2": atan2,
    "cbrt": cbrt,
    "ceil": np.ceil,
    "clamp": clamp,
    "complex": make_complex,
    "cosine": np.cos,
    "divide": divide,
    "exponential": np.exp,
    "exponential_minus_one": np.expm1,
    "floor": np.floor,
    "imag": np.imag,
    "is_finite": np.isfinite,
    "log": np.log,
    "log_plus_one": np.log1p,
    "logistic": logistic,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "multiply": np.multiply,
    "negate": negate,
    "power": power,
    "real": np.real,
    "remainder": remainder,
    "round_nearest_afz": round_away_from_zero,
    "round_nearest_even": np.rint,
    "rsqrt": rsqrt,
    "sign": sign,
    "sine": np.sin,
    "sqrt": np.sqrt,
    "subtract": subtract,
    "tan": np.tan,
    "tanh": np.tanh,
}

TABLE: Table = {
    **{f"stablehlo.{name}": lift(function) for name, function in FUNCTIONS.items()},
    "stablehlo.compare": compare,
    "stablehlo.select": select,
}
