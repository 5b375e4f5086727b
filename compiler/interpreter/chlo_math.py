"""CHLO's mathematical functions, computed in f64 and rounded once."""

from __future__ import annotations

from typing import Any

import numpy as np

from eggshard.interpreter.call import Call, Kernel, Table
from eggshard.interpreter.elementwise import Function, lift
from eggshard.interpreter.numerics import bit_width, is_signed, narrow, widen
from eggshard.interpreter.values import Array


def exact(x: Array) -> Array:
    return x.astype({"f": np.float64, "c": np.complex128}.get(x.dtype.kind, x.dtype))


def in_f64(function: Function) -> Kernel:
    """An op from a function of f64 (or complex) arrays."""

    def kernel(call: Call, *operands: Array) -> Array:
        return narrow(function(*(exact(widen(x)) for x in operands)), call.dtype())

    return kernel


def special(name: str) -> Kernel:
    """An op that scipy.special has; scipy is imported when it is first needed."""

    def function(*operands: Array) -> Any:
        import scipy.special

        return getattr(scipy.special, name)(*operands)

    return in_f64(function)


def lgamma(x: Array) -> Array:
    import scipy.special

    return np.where(np.isinf(x), np.inf, scipy.special.gammaln(x))


def digamma(x: Array) -> Array:
    """NaN at the poles, the non-positive integers."""
    import scipy.special

    return np.where((x <= 0) & (x == np.floor(x)), np.nan, scipy.special.psi(x))


def zeta(x: Array, q: Array) -> Array:
    """
    Hurwitz's zeta function: NaN for x < 1, infinite at x = 1.

    At the poles, q = 0, -1, ..., it is infinite for even x and NaN otherwise; between them x must be whole.
    """
    import scipy.special

    steps = np.where(q <= 0, np.floor(-q) + 1, 0.0)
    order = np.where(x > 1, x, 2.0)
    value = scipy.special.zeta(order, q + steps)
    for k in range(int(np.max(steps, initial=0.0))):
        value = value + np.where(k < steps, np.power(q + k, -order), 0.0)
    value = np.where((q > 0) | (x == np.floor(x)), value, np.nan)
    pole = (q <= 0) & (q == np.floor(q))
    value = np.where(pole, np.where(np.fmod(x, 2) == 0, np.inf, np.nan), np.where(x > 1, value, np.nan))
    return np.where(x == 1, np.inf, value)


def polygamma(n: Array, x: Array) -> Array:
    """The n-th derivative of digamma, for whole n >= 0; else NaN."""
    import scipy.special

    order = np.where(n >= 0, n, 0.0)
    sign = np.where(np.fmod(order, 2) == 0, -1.0, 1.0)
    value = np.where(n == 0, digamma(x), sign * scipy.special.gamma(order + 1) * zeta(order + 1, x))
    return np.where((n < 0) | (n != np.floor(n)), np.nan, value)


def square(x: Array) -> Array:
    return x * x


def asin_acos_kernel(z: Array) -> Array:
    """
    w with asin z = atan2(Re z, Re w) + i sgn(Im z) Im w and acos z = atan2(Re w, Re z) - i sgn(Im z) Im w.

    Hull, Fairgrieve and Tang, "Implementing the complex arcsine and arccosine functions" (1997): with
    a = (|z + 1| + |z - 1|) / 2, Re w = sqrt((a + x)(a - x)), Im w = log(a + sqrt(a^2 - 1)).
    """
    x, y = np.abs(z.real).astype(np.longdouble), np.abs(z.imag).astype(np.longdouble)
    r, s = np.hypot(x + 1, y), np.hypot(x - 1, y)
    a = (r + s) / 2
    near = np.where(x <= 1, y * y / (r + x + 1) + (s + (1 - x)), y * (y / (r + x + 1) + y / (s + (x - 1)))) / 2
    above = np.where(x < 1, y * y / (r + x + 1) + y * y / (s + (1 - x)), y * y / (r + x + 1) + (s + (x - 1))) / 2
    above = np.where((x == 1) & (y == 0), 0, above)
    result = np.empty(z.shape, np.complex128)
    result.real = np.sqrt((a + x) * np.where((x == 1) & (y == 0), 0, near))
    result.imag = np.log1p(above + np.sqrt(above * (a + 1)))
    return result


def high_product(call: Call, x: Array, y: Array) -> Array:
    """The upper half of the product of two integers."""
    bits = bit_width(x.dtype)
    exact_product = widen(x).astype(object) * widen(y).astype(object)
    high = np.asarray(exact_product, object) >> bits
    mask = (1 << bits) - 1
    unsigned = np.asarray(np.asarray(high & mask, object).astype(np.uint64))
    wide = unsigned.astype(f"u{max(1, bits // 8)}")
    return wide.view(x.dtype) if bits >= 8 and is_signed(x.dtype) else narrow(wide, x.dtype)


def next_after(call: Call, x: Array, y: Array) -> Array:
    """The number next to x towards y; steps over the integers that order the floats."""
    if x.dtype.char in "fd":
        return np.asarray(np.nextafter(x, y))
    word = np.dtype(f"u{x.dtype.itemsize}")
    bits = np.ascontiguousarray(x).reshape(x.shape).view(word)
    sign_bit = np.asarray(1 << 8 * x.dtype.itemsize - 1, word)
    from_, to = widen(x), widen(y)
    magnitude = bits & ~sign_bit
    away = (to > from_) == (from_ > 0)
    stepped = (bits & sign_bit) | np.where(away, magnitude + 1, magnitude - 1).astype(word)
    from_zero = np.where(np.signbit(to), sign_bit, 0).astype(word) | np.asarray(1, word)
    moved = np.where(magnitude == 0, from_zero, stepped).view(x.dtype)
    nan = np.isnan(from_) | np.isnan(to)
    return np.where(nan, np.asarray(np.nan, np.float32).astype(x.dtype), np.where(from_ == to, y, moved))


FUNCTIONS: dict[str, Function] = {
    "_asin_acos_kernel": asin_acos_kernel,
    "acos": np.arccos,
    "acosh": np.arccosh,
    "asin": np.arcsin,
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "atanh": np.arctanh,
    "conj": np.conj,
    "cosh": np.cosh,
    "digamma": digamma,
    "is_inf": np.isinf,
    "is_neg_inf": np.isneginf,
    "is_pos_inf": np.isposinf,
    "lgamma": lgamma,
    "polygamma": polygamma,
    "sinh": np.sinh,
    "tan": np.tan,
    "zeta": zeta,
}

TABLE: Table = {
    **{f"chlo.{name}": in_f64(function) for name, function in FUNCTIONS.items()},
    "chlo.bessel_i1e": special("i1e"),
    "chlo.erf": special("erf"),
    "chlo.erf_inv": special("erfinv"),
    "chlo.erfc": special("erfc"),
    "chlo.mulhi": high_product,
    "chlo.next_after": next_after,
    "chlo.square": lift(square),
}
