"""
Combines many elements into one with the body of a reduction.

A body that is a single known op becomes a numpy ufunc. Any other is folded as a tree of neighbours, in order, each
level on whole arrays: log n runs of the body instead of n. StableHLO leaves the order open.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from eggshard.interpreter.call import Body
from eggshard.interpreter.numerics import largest, narrow, smallest, widen
from eggshard.interpreter.values import Array

UFUNCS: dict[str, Any] = {
    "stablehlo.add": np.add,
    "stablehlo.multiply": np.multiply,
    "stablehlo.maximum": np.maximum,
    "stablehlo.minimum": np.minimum,
    "stablehlo.and": np.bitwise_and,
    "stablehlo.or": np.bitwise_or,
    "stablehlo.xor": np.bitwise_xor,
}

KINDS: dict[str, Any] = {
    "sum": np.add,
    "prod": np.multiply,
    "max": np.maximum,
    "min": np.minimum,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
}
"""The kinds by which the terms of a partial value combine."""


def ufunc_of(body: Body) -> Any:
    """The numpy function of a body that is a single op, else None."""
    name = body.binary
    return None if name is None else UFUNCS[name]


def accumulator(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """What sums of `dtype` are held in: wide enough that their rounding does not show."""
    wide = widen(np.empty((), dtype)).dtype
    return {"f": np.dtype(np.float64), "c": np.dtype(np.complex128)}.get(wide.kind, wide)


def identity_of(ufunc: Any, dtype: np.dtype[Any]) -> Array:
    """The element that does not change any other."""
    if ufunc is np.maximum:
        return np.asarray(smallest(dtype), dtype)
    if ufunc is np.minimum:
        return np.asarray(largest(dtype), dtype)
    if ufunc is np.bitwise_and:
        return np.asarray(True) if dtype == np.bool_ else narrow(np.asarray(-1), dtype)
    return narrow(np.asarray(1 if ufunc is np.multiply else 0), dtype)


def fold_axes(ufunc: Any, x: Array, axes: Sequence[int], init: Array) -> Array:
    """init and all elements along `axes`, combined by a ufunc."""
    wide = widen(x)
    held = accumulator(x.dtype) if ufunc in (np.add, np.multiply) else wide.dtype
    if not all(x.shape[axis] for axis in axes):
        kept = tuple(size for axis, size in enumerate(x.shape) if axis not in axes)
        return np.broadcast_to(init, kept)
    if ufunc in (np.maximum, np.minimum) or wide.dtype == np.bool_:
        folded = ufunc.reduce(wide, axis=tuple(axes))
    else:
        folded = ufunc.reduce(wide, axis=tuple(axes), dtype=held)
    return narrow(ufunc(widen(init).astype(folded.dtype), folded), x.dtype)


def fold_tree(body: Body, arrays: Sequence[Array], inits: Sequence[Array]) -> tuple[Array, ...]:
    """inits and the elements along the last axis, combined by `body`."""
    shape = arrays[0].shape[:-1]
    if arrays[0].shape[-1] == 0:
        return tuple(np.broadcast_to(init, shape) for init in inits)
    level = list(arrays)
    while (count := level[0].shape[-1]) > 1:
        even = count - count % 2
        pairs = body.map(*(x[..., 0:even:2] for x in level), *(x[..., 1:even:2] for x in level))
        level = [np.concatenate([pair, x[..., even:]], axis=-1) for pair, x in zip(pairs, level, strict=True)]
    return body.map(*(np.broadcast_to(init, shape) for init in inits), *(x[..., 0] for x in level))


def combine(ufunc: Any, terms: Sequence[Array]) -> Array:
    """Combines arrays element by element, in order; sums are rounded once."""
    dtype = terms[0].dtype
    held = accumulator(dtype) if ufunc in (np.add, np.multiply) else widen(terms[0]).dtype
    total = widen(terms[0]).astype(held)
    for term in terms[1:]:
        total = ufunc(total, widen(term).astype(held))
    return narrow(total, dtype)


def combine_by_body(body: Body, terms: Sequence[Array]) -> Array:
    """Combines arrays element by element with any body."""
    ufunc = ufunc_of(body)
    if ufunc is not None:
        return combine(ufunc, terms)
    total = terms[0]
    for term in terms[1:]:
        (total,) = body.map(total, term)
    return total
