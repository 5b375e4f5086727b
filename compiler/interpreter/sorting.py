"""sort with any comparator, and top_k. Every sort is stable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cmp_to_key

import numpy as np
from xdsl.ir import BlockArgument, SSAValue

from eggshard.interpreter.call import Body, Call, Table, attribute_of
from eggshard.interpreter.numerics import total_order_key
from eggshard.interpreter.values import Array


def sort(call: Call, *inputs: Array) -> tuple[Array, ...]:
    axis = call.integer("dimension", -1)
    lanes = [np.moveaxis(x, axis, -1) for x in inputs]
    if lanes[0].ndim == 0 or not lanes[0].size:
        return inputs
    order = sort_order(call.body(), lanes)
    return tuple(np.moveaxis(np.take_along_axis(x, order, axis=-1), -1, axis) for x in lanes)


def sort_order(body: Body, lanes: Sequence[Array]) -> Array:
    """The permutation along the last axis that sorts `lanes`."""
    from eggshard.interpreter.tables import is_elementwise

    plain = compared_argument(body)
    if plain is not None:
        index, descending = plain
        keys = total_order_key(lanes[index])
        if keys.dtype == np.bool_:
            keys = keys.astype(np.int8)
        # ~ reverses the order of integers of every kind and keeps equal ones equal
        return np.argsort(~keys if descending else keys, axis=-1, kind="stable")
    if is_elementwise(body.block):
        return merge_order(body, lanes)
    return compare_order(body, lanes)


def compared_argument(body: Body) -> tuple[int, bool] | None:
    """
    (i, descending) if the comparator is `compare LT` or `GT` of the two elements of input i, exact as a total order.

    On floats only TOTALORDER is one: otherwise -0 equals 0 and NaN is unordered.
    """
    ops = list(body.block.ops)
    if len(ops) != 2 or ops[0].name != "stablehlo.compare":
        return None
    first, second = ops[0].operands
    if not isinstance(first, BlockArgument) or not isinstance(second, BlockArgument):
        return None
    low, high = sorted((first.index, second.index))
    if low % 2 or high != low + 1 or not _is_total(ops[0].operands[0], attribute_of(ops[0], "compare_type")):
        return None
    direction = attribute_of(ops[0], "comparison_direction").data
    if direction not in ("LT", "GT"):
        return None
    return low // 2, (direction == "GT") != (first.index == high)


def _is_total(value: SSAValue, compare_type: object) -> bool:
    element = str(value.type.element_type)  # type: ignore[attr-defined]
    return "f" not in element or getattr(compare_type, "data", None) == "TOTALORDER"


def merge_order(body: Body, lanes: Sequence[Array]) -> Array:
    """
    Merges sorted runs of 1, 2, 4, ... elements, all lanes and all runs at once.

    The place of an element in the merged run is its place in its own run plus how many elements of the other run come
    before it, found by bisection: log n levels of log n runs of the comparator on whole arrays.
    """
    shape = lanes[0].shape
    count = shape[-1]
    rows = [x.reshape(-1, count) for x in lanes]
    row = np.arange(rows[0].shape[0])[:, None]
    order = np.broadcast_to(np.arange(count), rows[0].shape)
    position = np.arange(count)
    run = 1
    while run < count:
        ordered = [np.take_along_axis(x, order, axis=-1) for x in rows]
        start = position // (2 * run) * (2 * run)
        in_left = position - start < run
        other_start = np.minimum(np.where(in_left, start + run, start), count)
        other_end = np.minimum(np.where(in_left, start + 2 * run, start + run), count)
        low = np.broadcast_to(other_start, order.shape).copy()
        high = np.broadcast_to(other_end, order.shape).copy()
        for _ in range(run.bit_length()):
            open_ = low < high
            middle = np.where(open_, (low + high) // 2, 0)
            others = [x[row, middle] for x in ordered]
            # of equal elements those of the left run come first
            (other_first,) = body.map(*(v for pair in zip(others, ordered, strict=True) for v in pair))
            (self_first,) = body.map(*(v for pair in zip(ordered, others, strict=True) for v in pair))
            before = np.where(in_left, other_first, ~self_first)
            low = np.where(open_ & before, middle + 1, low)
            high = np.where(open_ & ~before, middle, high)
        own = position - start - np.where(in_left, 0, run)
        place = start + own + (low - other_start)
        merged = np.empty_like(order)
        np.put_along_axis(merged, place, order, axis=-1)
        order = merged
        run *= 2
    return order.reshape(shape)


def compare_order(body: Body, lanes: Sequence[Array]) -> Array:
    """One call of the comparator per pair that Python's sort asks about."""
    order = np.empty(lanes[0].shape, np.int64)
    for index in np.ndindex(lanes[0].shape[:-1]):
        rows = [x[index] for x in lanes]

        def before(a: int, b: int, rows: Sequence[Array] = rows) -> bool:
            return bool(body(*(np.asarray(row[k]) for row in rows for k in (a, b)))[0])

        def order_of(a: int, b: int, before: Callable[[int, int], bool] = before) -> int:
            return -1 if before(a, b) else int(before(b, a))

        order[index] = sorted(range(len(rows[0])), key=cmp_to_key(order_of))
    return order


def top_k_arrays(x: Array, k: int, largest: bool = True) -> tuple[Array, Array]:
    """The k first elements of the last axis in total order, and where they are; of equal ones the first."""
    keys = total_order_key(x)
    if keys.dtype == np.bool_:
        keys = keys.astype(np.int8)
    order = np.argsort(~keys if largest else keys, axis=-1, kind="stable")[..., :k]
    return np.take_along_axis(x, order, axis=-1), order.astype(np.int32)


def top_k(call: Call, x: Array) -> tuple[Array, ...]:
    return top_k_arrays(x, call.integer("k"))


TABLE: Table = {
    "chlo.top_k": top_k,
    "stablehlo.sort": sort,
}
