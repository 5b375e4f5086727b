"""Ops that make, move or cut elements without computing on them, and their dynamically shaped forms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eggshard.interpreter.call import Call, Table
from eggshard.interpreter.numerics import narrow, wide_dtype
from eggshard.interpreter.values import TOKEN, Array, Value, dtype_of, elements


def constant(call: Call) -> Array:
    return elements(call.attribute("value"))


def make_iota(shape: Sequence[int], dim: int, dtype: np.dtype[np.generic]) -> Array:
    """The index along `dim` at every position."""
    column = [1] * len(shape)
    column[dim] = shape[dim]
    return np.broadcast_to(narrow(np.arange(shape[dim]), dtype).reshape(column), tuple(shape))


def iota(call: Call) -> Array:
    return make_iota(call.shape(), call.integer("iota_dimension"), call.dtype())


def dynamic_iota(call: Call, shape: Array) -> Array:
    return make_iota(ints(shape), call.integer("iota_dimension"), call.dtype())


def ints(x: Array) -> tuple[int, ...]:
    """A tensor of sizes or indices as Python integers."""
    return tuple(int(v) for v in np.asarray(x).reshape(-1))


def broadcast_to_dims(x: Array, shape: Sequence[int], dims: Sequence[int]) -> Array:
    """Dimension i of `x` becomes dimension dims[i]; the rest is repeated."""
    spread = [1] * len(shape)
    for size, dim in zip(x.shape, dims, strict=True):
        spread[dim] = size
    order = sorted(range(len(dims)), key=lambda i: dims[i])
    return np.broadcast_to(x.transpose(order).reshape(spread), tuple(shape))


def broadcast_in_dim(call: Call, x: Array) -> Array:
    return broadcast_to_dims(x, call.shape(), call.integers("broadcast_dimensions"))


def dynamic_broadcast_in_dim(call: Call, x: Array, shape: Array) -> Array:
    return broadcast_to_dims(x, ints(shape), call.integers("broadcast_dimensions"))


def broadcast(call: Call, x: Array) -> Array:
    return np.broadcast_to(x, (*call.integers("broadcast_sizes"), *x.shape))


def reshape(call: Call, x: Array) -> Array:
    return x.reshape(call.shape())


def dynamic_reshape(call: Call, x: Array, shape: Array) -> Array:
    return x.reshape(ints(shape))


def transpose(call: Call, x: Array) -> Array:
    return x.transpose(call.integers("permutation"))


def slice_op(call: Call, x: Array) -> Array:
    return _slice(x, *(call.integers(name) for name in ("start_indices", "limit_indices", "strides")))


def real_dynamic_slice(call: Call, x: Array, start: Array, limit: Array, strides: Array) -> Array:
    return _slice(x, ints(start), ints(limit), ints(strides))


def _slice(x: Array, start: Sequence[int], limit: Sequence[int], strides: Sequence[int]) -> Array:
    return x[tuple(slice(*bounds) for bounds in zip(start, limit, strides, strict=True))]


def clamped(starts: Sequence[Array], sizes: Sequence[int], shape: Sequence[int]) -> tuple[int, ...]:
    """Start indices moved so that a window of `sizes` lies inside `shape`."""
    return tuple(min(max(int(start), 0), whole - size) for start, size, whole in zip(starts, sizes, shape, strict=True))


def dynamic_slice(call: Call, x: Array, *starts: Array) -> Array:
    sizes = call.integers("slice_sizes")
    first = clamped(starts, sizes, x.shape)
    return x[tuple(slice(start, start + size) for start, size in zip(first, sizes, strict=True))]


def dynamic_update_slice(call: Call, x: Array, update: Array, *starts: Array) -> Array:
    first = clamped(starts, update.shape, x.shape)
    result = x.copy()
    result[tuple(slice(start, start + size) for start, size in zip(first, update.shape, strict=True))] = update
    return result


def pad_array(x: Array, fill: Array, low: Sequence[int], high: Sequence[int], interior: Sequence[int]) -> Array:
    """Spreads elements `interior` apart, then adds (or, where negative, removes) `low` and `high` at the ends."""
    inside = [size + max(size - 1, 0) * gap for size, gap in zip(x.shape, interior, strict=True)]
    shape = [size + lo + hi for size, lo, hi in zip(inside, low, high, strict=True)]
    result = np.full(shape, fill, x.dtype)
    target, source = [], []
    for size, gap, lo, whole in zip(x.shape, interior, low, shape, strict=True):
        step = gap + 1
        first = max(0, -(lo // step)) if lo < 0 else 0  # the first element that stays
        count = max(0, min(size, -(-(whole - lo) // step)) - first)
        target.append(slice(lo + first * step, lo + (first + count - 1) * step + 1 if count else 0, step))
        source.append(slice(first, first + count))
        if not count:
            return result
    result[tuple(target)] = x[tuple(source)]
    return result


def pad(call: Call, x: Array, fill: Array) -> Array:
    edges = ("edge_padding_low", "edge_padding_high", "interior_padding")
    return pad_array(x, fill, *(call.integers(name) for name in edges))


def dynamic_pad(call: Call, x: Array, fill: Array, low: Array, high: Array, interior: Array) -> Array:
    return pad_array(x, fill, ints(low), ints(high), ints(interior))


def concatenate(call: Call, *inputs: Array) -> Array:
    return np.concatenate(inputs, axis=call.integer("dimension"))


def reverse(call: Call, x: Array) -> Array:
    return np.flip(x, call.integers("dimensions"))


def get_dimension_size(call: Call, x: Array) -> Array:
    return np.asarray(x.shape[call.integer("dimension")], call.dtype())


def set_dimension_size(call: Call, x: Array, size: Array) -> Array:
    """A tensor of bounded size is kept as its elements: what lies beyond the size is dropped."""
    keep = [slice(None)] * x.ndim
    keep[call.integer("dimension")] = slice(0, int(size))
    return x[tuple(keep)]


def optimization_barrier(call: Call, *inputs: Value) -> tuple[Value, ...]:
    return inputs


def make_tuple(call: Call, *values: Value) -> tuple[Value, ...]:
    return (values,)


def get_tuple_element(call: Call, values: tuple[Value, ...]) -> tuple[Value, ...]:
    return (values[call.integer("index")],)


def make_token(call: Call, *inputs: Value) -> Value:
    return TOKEN


def empty(call: Call) -> Array:
    """A buffer that nothing has written to yet; zeros, so that runs can be compared."""
    return np.zeros(call.shape(), wide_dtype(dtype_of(call.op.results[0].type))).astype(call.dtype())


KERNELS: Table = {
    "after_all": make_token,
    "broadcast": broadcast,
    "broadcast_in_dim": broadcast_in_dim,
    "concatenate": concatenate,
    "constant": constant,
    "create_token": make_token,
    "dynamic_broadcast_in_dim": dynamic_broadcast_in_dim,
    "dynamic_iota": dynamic_iota,
    "dynamic_pad": dynamic_pad,
    "dynamic_reshape": dynamic_reshape,
    "dynamic_slice": dynamic_slice,
    "dynamic_update_slice": dynamic_update_slice,
    "get_dimension_size": get_dimension_size,
    "get_tuple_element": get_tuple_element,
    "iota": iota,
    "optimization_barrier": optimization_barrier,
    "pad": pad,
    "real_dynamic_slice": real_dynamic_slice,
    "reshape": reshape,
    "reverse": reverse,
    "set_dimension_size": set_dimension_size,
    "slice": slice_op,
    "transpose": transpose,
    "tuple": make_tuple,
}

TABLE: Table = {f"stablehlo.{name}": kernel for name, kernel in KERNELS.items()}
