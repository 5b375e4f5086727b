"""Matrix products: dot, dot_general, einsum, and chlo.ragged_dot."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from eggshard.interpreter.call import Call, Table
from eggshard.interpreter.numerics import is_integer, narrow, wide_dtype, widen
from eggshard.interpreter.values import Array


def prepared(x: Array, dtype: np.dtype[Any]) -> Array:
    """An operand in the dtype the sum is held in: integers wrap in the result's, floats are at least f32."""
    if x.dtype == np.bool_ and dtype == np.bool_:
        return x
    wide = widen(x)
    target = wide_dtype(dtype)
    if is_integer(target) and wide.dtype.kind in "iub":
        return wide.astype(target)
    return wide.astype(np.result_type(wide.dtype, target))


def dot_arrays(
    lhs: Array, rhs: Array, batch: tuple[Sequence[int], Sequence[int]], contract: tuple[Sequence[int], Sequence[int]]
) -> Array:
    """Batch dimensions, then the free ones of `lhs`, then those of `rhs`; sums over the contracting ones."""
    free_lhs = [d for d in range(lhs.ndim) if d not in batch[0] and d not in contract[0]]
    free_rhs = [d for d in range(rhs.ndim) if d not in batch[1] and d not in contract[1]]
    shape_batch = [lhs.shape[d] for d in batch[0]]
    shape_lhs, shape_rhs = [lhs.shape[d] for d in free_lhs], [rhs.shape[d] for d in free_rhs]
    depth = math.prod(lhs.shape[d] for d in contract[0])
    left = lhs.transpose(*batch[0], *free_lhs, *contract[0]).reshape(*shape_batch, math.prod(shape_lhs), depth)
    right = rhs.transpose(*batch[1], *contract[1], *free_rhs).reshape(*shape_batch, depth, math.prod(shape_rhs))
    product: Array = np.matmul(left, right)
    return product.reshape((*shape_batch, *shape_lhs, *shape_rhs))


def dot_general(call: Call, lhs: Array, rhs: Array) -> Array:
    n = call.data("dot_dimension_numbers")
    dtype = call.dtype()
    product = dot_arrays(
        prepared(lhs, dtype),
        prepared(rhs, dtype),
        (n.lhs_batching_dimensions, n.rhs_batching_dimensions),
        (n.lhs_contracting_dimensions, n.rhs_contracting_dimensions),
    )
    return narrow(product, dtype)


def dot(call: Call, lhs: Array, rhs: Array) -> Array:
    """Vectors and matrices: the last dimension of one against the first of the other."""
    dtype = call.dtype()
    return narrow(dot_arrays(prepared(lhs, dtype), prepared(rhs, dtype), ((), ()), ((lhs.ndim - 1,), (0,))), dtype)


def einsum(call: Call, *operands: Array) -> Array:
    """einsum and unary_einsum; a unary config may begin with a comma."""
    dtype = call.dtype()
    equation = call.data("einsum_config").removeprefix(",")
    return narrow(np.einsum(equation, *(prepared(x, dtype) for x in operands)), dtype)


def ragged_dot(call: Call, lhs: Array, rhs: Array, group_sizes: Array) -> Array:
    """
    A product per group of consecutive rows of `lhs`.

    The ragged dimension of `lhs` is free: each group meets its own slice of `rhs` along the group dimension.
    It is contracted: each group makes its own slice of the result, in a new first dimension.
    It is a batch dimension: the groups make no difference.
    """
    numbers = call.data("ragged_dot_dimension_numbers")
    dtype = call.dtype()
    left, right = prepared(lhs, dtype), prepared(rhs, dtype)
    batch = (numbers.lhs_batching_dimensions, numbers.rhs_batching_dimensions)
    contract = (numbers.lhs_contracting_dimensions, numbers.rhs_contracting_dimensions)
    (ragged,) = numbers.lhs_ragged_dimensions
    if ragged in batch[0]:
        return narrow(dot_arrays(left, right, batch, contract), dtype)
    mask = group_mask(left, group_sizes, ragged, batch[0])
    groups = mask.shape[0]
    if ragged in contract[0]:
        parts = [dot_arrays(np.where(mask[g], left, 0), right, batch, contract) for g in range(groups)]
        return narrow(np.stack(parts), dtype)
    (group_dim,) = numbers.rhs_group_dimensions
    without = tuple(tuple(d - (d > group_dim) for d in dims) for dims in (batch[1], contract[1]))
    total: Any = 0
    for g in range(groups):
        own = np.take(right, g, axis=group_dim)
        total = total + dot_arrays(np.where(mask[g], left, 0), own, (batch[0], without[0]), (contract[0], without[1]))
    return narrow(total, dtype)


def group_mask(lhs: Array, group_sizes: Array, ragged: int, batch: Sequence[int]) -> Array:
    """Per group (first dimension) which elements of `lhs` belong to it; sizes may differ per batch element."""
    sizes = group_sizes.astype(np.int64)
    ends = np.cumsum(sizes, axis=-1)
    position = [1] * lhs.ndim
    position[ragged] = lhs.shape[ragged]
    index = np.arange(lhs.shape[ragged]).reshape(position)
    masks = []
    for g in range(sizes.shape[-1]):
        spread = [1] * lhs.ndim
        for dim, size in zip(batch, sizes.shape[:-1], strict=False):
            spread[dim] = size
        start, end = (ends[..., g] - sizes[..., g]).reshape(spread), ends[..., g].reshape(spread)
        masks.append(np.broadcast_to((index >= start) & (index < end), lhs.shape))
    return np.stack(masks)


TABLE: Table = {
    "chlo.ragged_dot": ragged_dot,
    "stablehlo.dot": dot,
    "stablehlo.dot_general": dot_general,
    "stablehlo.einsum": einsum,
    "stablehlo.unary_einsum": einsum,
}
