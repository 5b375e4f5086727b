"""
The arrays that random programs run on.

Floating-point numbers are small multiples of 1/4, so that sums and products of a few of them are exact in any order:
what compares, sorts or rounds them comes out the same on one device and on eight.
"""

from __future__ import annotations

from typing import Any

from eggshard.tools.bench.fuzzing.program import Arg, Program, seed_of

LARGEST = 3


def inputs(program: Program) -> list[Any]:
    """One array per argument."""
    return [draw(arg) for arg in program.args]


def draw(arg: Arg) -> Any:
    """
    An array as `arg.values` says.

    exact      multiples of 1/4 of magnitude up to 3, integers up to 12
    special    the same, with NaN, infinities and -0 among them
    wide       integers over the whole range of the type
    index:n    positions in [0, n), outside:n positions in [-3, n + 3), permutation:n the first ones of a permutation
    definite   symmetric matrices that have a Cholesky factor
    triangular lower triangular matrices that are far from singular
    """
    import ml_dtypes
    import numpy as np

    rng = np.random.default_rng(seed_of(arg))
    dtype = np.dtype(getattr(ml_dtypes, arg.dtype)) if arg.dtype == "bfloat16" else np.dtype(arg.dtype)
    kind, _, number = arg.values.partition(":")
    if dtype == np.bool_:
        return rng.random(arg.shape) < 0.5
    if kind in ("index", "outside", "permutation"):
        return _positions(rng, arg.shape, kind, int(number), dtype)
    if np.issubdtype(dtype, np.integer):
        info = np.iinfo(dtype)
        if kind == "wide":
            return rng.integers(info.min, info.max, arg.shape, dtype=dtype, endpoint=True)
        return rng.integers(max(-12, info.min), 12, arg.shape, endpoint=True).astype(dtype)
    if kind in ("definite", "triangular"):
        return _matrices(rng, arg.shape, kind).astype(dtype)
    if np.issubdtype(dtype, np.complexfloating):
        return (_quarters(rng, arg.shape) + 1j * _quarters(rng, arg.shape)).astype(dtype)
    values = _quarters(rng, arg.shape)
    if kind == "special":
        odd = rng.choice([np.nan, np.inf, -np.inf, -0.0], arg.shape)
        values = np.where(rng.random(arg.shape) < 0.15, odd, values)
    return np.asarray(values).astype(dtype)


def _quarters(rng: Any, shape: tuple[int, ...]) -> Any:
    return rng.integers(-4 * LARGEST, 4 * LARGEST, shape, endpoint=True) / 4.0


def _positions(rng: Any, shape: tuple[int, ...], kind: str, limit: int, dtype: Any) -> Any:
    import numpy as np

    if kind == "permutation":
        return rng.permutation(limit)[: int(np.prod(shape))].reshape(shape).astype(dtype)
    low, high = (0, max(1, limit)) if kind == "index" else (-3, limit + 3)
    info = np.iinfo(dtype)
    return rng.integers(max(low, info.min), min(high, info.max), shape).astype(dtype)


def _matrices(rng: Any, shape: tuple[int, ...], kind: str) -> Any:
    import numpy as np

    values, identity = _quarters(rng, shape), np.eye(shape[-1])
    if kind == "triangular":
        return np.tril(values, -1) / shape[-1] + 4 * identity
    return values @ np.swapaxes(values, -1, -2) + 8 * identity
