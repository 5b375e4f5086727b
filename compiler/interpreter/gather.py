"""gather and its relatives: slices of an operand picked by a tensor of start indices, which are clamped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from eggshard.interpreter.call import Call, Table
from eggshard.interpreter.shapes import ints
from eggshard.interpreter.values import Array


def as_indices(x: Array) -> Array:
    """Indices as i64; what is too large for it stays too large."""
    return (
        np.minimum(x, np.asarray(2**63 - 1, np.uint64)).astype(np.int64) if x.dtype == np.uint64 else x.astype(np.int64)
    )


def index_vectors(indices: Array, index_vector_dim: int) -> Array:
    """The indices with the dimension that holds the components of one index moved (or added) last."""
    wide = as_indices(indices)
    return wide[..., None] if index_vector_dim == wide.ndim else np.moveaxis(wide, index_vector_dim, -1)


def full_starts(
    vectors: Array, rank: int, index_map: Sequence[int], batching: Sequence[int], index_batching: Sequence[int]
) -> list[Array | None]:
    """
    Per operand dimension the start of each window, shaped like the batch of indices; None where it is always 0.

    An operand dimension in `batching` starts at the position along the paired dimension of the batch itself.
    """
    starts: list[Array | None] = [None] * rank
    for component, dim in enumerate(index_map):
        starts[dim] = vectors[..., component]
    batch = vectors.shape[:-1]
    for dim, batch_dim in zip(batching, index_batching, strict=True):
        column = [1] * len(batch)
        column[batch_dim] = batch[batch_dim]
        starts[dim] = np.broadcast_to(np.arange(batch[batch_dim]).reshape(column), batch)
    return starts


def batch_positions(index_batching: Sequence[int], index_vector_dim: int) -> list[int]:
    """Dimensions of the indices tensor as dimensions of the batch, which lacks the index vector."""
    return [dim - (dim > index_vector_dim) for dim in index_batching]


def gather_array(operand: Array, indices: Array, numbers: Any, slice_sizes: Sequence[int]) -> Array:
    """`numbers` is a GatherDimensionNumbers."""
    vectors = index_vectors(indices, numbers.index_vector_dim)
    batch = vectors.shape[:-1]
    index_batching = batch_positions(numbers.start_indices_batching_dims, numbers.index_vector_dim)
    starts = full_starts(vectors, operand.ndim, numbers.start_index_map, numbers.operand_batching_dims, index_batching)
    dropped = {*numbers.collapsed_slice_dims, *numbers.operand_batching_dims}
    kept = [dim for dim in range(operand.ndim) if dim not in dropped]
    # a dimension that is taken whole needs no indices: numpy then copies runs of elements
    whole = [dim for dim in kept if slice_sizes[dim] == operand.shape[dim]]
    indexed = [dim for dim in range(operand.ndim) if dim not in whole]
    windowed = [dim for dim in indexed if dim not in dropped]
    picks = []
    for dim in indexed:
        start = starts[dim]
        first = np.zeros(batch, np.int64) if start is None else start
        first = np.clip(first, 0, max(operand.shape[dim] - slice_sizes[dim], 0)).reshape((*batch, *[1] * len(windowed)))
        if dim in windowed:
            column = [1] * len(windowed)
            column[windowed.index(dim)] = slice_sizes[dim]
            first = first + np.arange(slice_sizes[dim]).reshape(column)
        picks.append(first)
    moved = operand.transpose(*indexed, *whole)
    taken = moved[tuple(picks)] if picks else np.broadcast_to(moved, (*batch, *moved.shape))
    # taken is batch, windowed dims, whole dims; the windows go where offset_dims says
    order_of_window = [len(batch) + (*windowed, *whole).index(dim) for dim in kept]
    rank = taken.ndim
    offset = dict(zip(numbers.offset_dims, order_of_window, strict=True))
    batch_dims = iter(range(len(batch)))
    return taken.transpose([offset[dim] if dim in offset else next(batch_dims) for dim in range(rank)])


def gather(call: Call, operand: Array, indices: Array) -> Array:
    return gather_array(operand, indices, call.data("dimension_numbers"), call.integers("slice_sizes"))


def dynamic_gather(call: Call, operand: Array, indices: Array, slice_sizes: Array) -> Array:
    return gather_array(operand, indices, call.data("dimension_numbers"), ints(slice_sizes))


def torch_index_select(call: Call, operand: Array, indices: Array) -> Array:
    """Along `dim` the elements at `indices`; the first `batch_dims` dimensions of both go together."""
    dim, batch_dims = call.integer("dim"), call.integer("batch_dims")
    clipped = np.clip(as_indices(indices), 0, operand.shape[dim] - 1)
    out = np.empty(call.shape(), operand.dtype)
    for batch in np.ndindex(operand.shape[:batch_dims]):
        out[batch] = np.take(operand[batch], clipped[batch], axis=dim - batch_dims)
    return out


TABLE: Table = {
    "stablehlo.gather": gather,
    "stablehlo.dynamic_gather": dynamic_gather,
    "stablehlo.torch_index_select": torch_index_select,
}
