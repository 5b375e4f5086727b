"""fft, cholesky and triangular_solve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from eggshard.interpreter.call import Call, Table
from eggshard.interpreter.numerics import narrow
from eggshard.interpreter.values import Array


def fft(call: Call, x: Array) -> Array:
    """Transforms the last dimensions, computed in f64."""
    length = call.integers("fft_length")
    axes = range(-len(length), 0)
    kind = call.data("fft_type")
    exact = x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)
    if kind == "IRFFT":
        return narrow(np.fft.irfftn(exact, s=length, axes=axes), call.dtype())
    transform: Any = {"FFT": np.fft.fftn, "IFFT": np.fft.ifftn, "RFFT": np.fft.rfftn}[kind]
    return narrow(transform(exact, axes=axes), call.dtype())


def cholesky_factor(a: Array, lower: bool) -> Array:
    """Reads one triangle; a matrix that is not positive definite gives NaN, as in XLA."""
    source = np.tril(a) if lower else np.conj(np.swapaxes(np.triu(a), -1, -2))
    n = source.shape[-1]
    factor = np.zeros(source.shape, source.dtype)
    for j in range(n):
        row = factor[..., j, :j]
        squared = source[..., j, j].real - np.sum((row * np.conj(row)).real, axis=-1)
        pivot = np.sqrt(np.where(squared > 0, squared, np.nan))
        factor[..., j, j] = pivot
        rest = source[..., j + 1 :, j] - np.einsum("...ik,...k->...i", factor[..., j + 1 :, :j], np.conj(row))
        factor[..., j + 1 :, j] = rest / pivot[..., None]
    failed = np.isnan(np.diagonal(factor, axis1=-2, axis2=-1)).any(axis=-1)
    factor = np.where(failed[..., None, None], np.asarray(np.nan, factor.dtype), factor)
    return factor if lower else np.conj(np.swapaxes(factor, -1, -2))


def cholesky(call: Call, a: Array) -> Array:
    return cholesky_factor(a, call.flag("lower"))


def solve_triangular(
    a: Array, b: Array, *, left: bool, lower: bool, transpose: str = "NO_TRANSPOSE", unit: bool = False
) -> Array:
    """x with op(a) x = b, or x op(a) = b; by substitution, so that a singular `a` gives infinities."""
    if transpose in ("TRANSPOSE", "ADJOINT"):
        a, lower = np.swapaxes(a, -1, -2), not lower
        a = np.conj(a) if transpose == "ADJOINT" else a
    if not left:
        flipped = solve_triangular(
            np.swapaxes(a, -1, -2), np.swapaxes(b, -1, -2), left=True, lower=not lower, unit=unit
        )
        return np.swapaxes(flipped, -1, -2)
    n = a.shape[-1]
    x = np.array(b)
    for i in range(n) if lower else reversed(range(n)):
        known: Sequence[slice] = (slice(0, i),) if lower else (slice(i + 1, n),)
        (done,) = known
        row = x[..., i, :] - np.einsum("...k,...km->...m", a[..., i, done], x[..., done, :])
        x[..., i, :] = row if unit else row / a[..., i, i, None]
    return x


def triangular_solve(call: Call, a: Array, b: Array) -> Array:
    return solve_triangular(
        a,
        b,
        left=call.flag("left_side"),
        lower=call.flag("lower"),
        transpose=call.data("transpose_a", "NO_TRANSPOSE"),
        unit=call.flag("unit_diagonal"),
    )


TABLE: Table = {
    "stablehlo.cholesky": cholesky,
    "stablehlo.fft": fft,
    "stablehlo.triangular_solve": triangular_solve,
}
