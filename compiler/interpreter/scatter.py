"""scatter: updates written into, or combined with, windows of an operand; a window not wholly inside is dropped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from eggshard.interpreter.call import Body, Call, Table
from eggshard.interpreter.folding import accumulator, ufunc_of
from eggshard.interpreter.gather import batch_positions, full_starts, index_vectors
from eggshard.interpreter.numerics import narrow, widen
from eggshard.interpreter.values import Array


def target_positions(
    shape: Sequence[int], indices: Array, update_shape: Sequence[int], numbers: Any
) -> tuple[Array, Array]:
    """
    Where each element of the updates goes: flat positions in the operand, and whether its window is inside.

    Both are shaped like the updates. `numbers` is a ScatterDimensionNumbers.
    """
    rank = len(shape)
    vectors = index_vectors(indices, numbers.index_vector_dim)
    batch = vectors.shape[:-1]
    index_batching = batch_positions(numbers.scatter_indices_batching_dims, numbers.index_vector_dim)
    starts = full_starts(
        vectors, rank, numbers.scatter_dims_to_operand_dims, numbers.input_batching_dims, index_batching
    )
    dropped = {*numbers.inserted_window_dims, *numbers.input_batching_dims}
    kept = [dim for dim in range(rank) if dim not in dropped]
    window = dict(zip(kept, numbers.update_window_dims, strict=True))
    batch_dims = [dim for dim in range(len(update_shape)) if dim not in numbers.update_window_dims]
    spread = [1] * len(update_shape)
    for dim, size in zip(batch_dims, batch, strict=True):
        spread[dim] = size
    positions = np.zeros(tuple(update_shape), np.int64)
    inside = np.ones(tuple(update_shape), np.bool_)
    strides = [int(np.prod(shape[dim + 1 :])) for dim in range(rank)]
    for dim in range(rank):
        extent = update_shape[window[dim]] if dim in window else 1
        start = starts[dim]
        first = np.zeros(spread, np.int64) if start is None else start.reshape(spread)
        inside &= (first >= 0) & (first <= shape[dim] - extent)
        positions += first * strides[dim]
        if dim in window:
            column = [1] * len(update_shape)
            column[window[dim]] = extent
            positions += (np.arange(extent) * strides[dim]).reshape(column)
    return positions, inside


def scatter_flat(body: Body, inputs: Sequence[Array], positions: Array, updates: Sequence[Array]) -> list[Array]:
    """Applies updates at flat positions of flat inputs, in order; several may go to one position."""
    if len(inputs) == 1:
        done = _by_one_op(body, inputs[0], positions, updates[0])
        if done is not None:
            return [done]
    results = [x.copy() for x in inputs]
    for chosen in rounds(positions):
        at = positions[chosen]
        combined = body.map(*(x[at] for x in results), *(u[chosen] for u in updates))
        for x, values in zip(results, combined, strict=True):
            x[at] = values
    return results


def _by_one_op(body: Body, x: Array, positions: Array, updates: Array) -> Array | None:
    """The bodies that numpy applies by itself: a single op, or `return update`."""
    result: Array
    if body.returned_argument == 1:
        result = x.copy()
        result[positions] = updates  # the last of several updates stays
        return result
    ufunc = ufunc_of(body)
    if ufunc is None:
        return None
    held = accumulator(x.dtype) if ufunc in (np.add, np.multiply) else widen(x).dtype
    result = widen(x).astype(held)
    ufunc.at(result, positions, widen(updates).astype(held))
    return narrow(result, x.dtype)


def rounds(positions: Array) -> list[Array]:
    """Parts the updates so that within a part no position occurs twice; the parts keep the order at each position."""
    order = np.argsort(positions, kind="stable")
    ranked = positions[order]
    new = np.ones(len(ranked), np.bool_)
    new[1:] = ranked[1:] != ranked[:-1]
    first = np.maximum.accumulate(np.where(new, np.arange(len(ranked)), 0))
    occurrence = np.arange(len(ranked)) - first
    return [order[occurrence == n] for n in range(int(occurrence.max(initial=-1)) + 1)]


def scatter(call: Call, *operands: Array) -> tuple[Array, ...]:
    count = len(operands) // 2
    inputs, indices, updates = operands[:count], operands[count], operands[count + 1 :]
    shape = inputs[0].shape
    numbers = call.data("scatter_dimension_numbers")
    positions, inside = target_positions(shape, indices, updates[0].shape, numbers)
    # window by window, in the order of the scatter indices
    windows = list(numbers.update_window_dims)
    order = [dim for dim in range(positions.ndim) if dim not in windows] + windows
    chosen = inside.transpose(order).reshape(-1)
    flat = scatter_flat(
        call.body(),
        [x.reshape(-1) for x in inputs],
        positions.transpose(order).reshape(-1)[chosen],
        [u.transpose(order).reshape(-1)[chosen] for u in updates],
    )
    return tuple(x.reshape(shape) for x in flat)


TABLE: Table = {"stablehlo.scatter": scatter}
