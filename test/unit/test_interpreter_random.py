"""Ops with many attributes on the interpreter against XLA, with attributes drawn at random."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from interpreter_support import check_jax, random

Rng = np.random.Generator
CASES = range(12)


def sizes(rng: Rng, rank: int, low: int = 1, high: int = 5) -> list[int]:
    return [int(v) for v in rng.integers(low, high + 1, rank)]


def subset(rng: Rng, items: list[int], count: int | None = None) -> list[int]:
    """Some of `items`, in order."""
    chosen = rng.permutation(items)[: int(rng.integers(0, len(items) + 1)) if count is None else count]
    return sorted(int(v) for v in chosen)


@pytest.mark.parametrize("case", CASES)
def test_dot_general(case: int) -> None:
    from jax import lax

    rng = np.random.default_rng(case)
    extents = sizes(rng, 7)
    batch, contract, left, right = (int(v) for v in (rng.integers(0, 3), rng.integers(0, 3), *rng.integers(0, 3, 2)))
    letters = list(range(7))
    lhs = rng.permutation([*letters[:batch], *letters[batch : batch + contract], *[10 + i for i in range(left)]])
    rhs = rng.permutation([*letters[:batch], *letters[batch : batch + contract], *[20 + i for i in range(right)]])
    size = {**dict(enumerate(extents)), **{10 + i: 2 + i for i in range(3)}, **{20 + i: 3 + i for i in range(3)}}
    x = random([size[int(v)] for v in lhs], "float64", 1)
    y = random([size[int(v)] for v in rhs], "float64", 2)

    def where(dims: Any, wanted: list[int]) -> list[int]:
        return [list(map(int, dims)).index(v) for v in wanted]

    batched, contracted = letters[:batch], letters[batch : batch + contract]
    numbers = ((where(lhs, contracted), where(rhs, contracted)), (where(lhs, batched), where(rhs, batched)))
    check_jax(lambda x, y: lax.dot_general(x, y, numbers), x, y)


def indexing(rng: Rng) -> tuple[list[int], list[int], list[int], list[int], list[int], list[int]]:
    """Operand shape, window shape, dims without window, indexed dims, batch of indices, positions of window dims."""
    rank = int(rng.integers(1, 4))
    shape = sizes(rng, rank, 2)
    window = [int(rng.integers(1, size + 1)) for size in shape]
    dropped = subset(rng, list(range(rank)))
    for dim in dropped:
        window[dim] = 1
    indexed = [int(v) for v in rng.permutation(rank)[: int(rng.integers(1, rank + 1))]]
    batch = sizes(rng, int(rng.integers(0, 3)), 1, 4)
    kept = rank - len(dropped)
    return shape, window, dropped, indexed, batch, subset(rng, list(range(kept + len(batch))), kept)


@pytest.mark.parametrize("case", CASES)
def test_gather(case: int) -> None:
    from jax import lax

    rng = np.random.default_rng(100 + case)
    shape, window, dropped, indexed, batch, offset = indexing(rng)
    indices = rng.integers(-2, 7, (*batch, len(indexed)))
    numbers = lax.GatherDimensionNumbers(tuple(offset), tuple(dropped), tuple(indexed))
    mode = lax.GatherScatterMode.CLIP if case % 2 else lax.GatherScatterMode.FILL_OR_DROP
    check_jax(lambda x, i: lax.gather(x, i, numbers, window, mode=mode), random(shape, "float64", 1), indices)


@pytest.mark.parametrize("case", CASES)
def test_scatter(case: int) -> None:
    from jax import lax

    rng = np.random.default_rng(200 + case)
    shape, window, dropped, indexed, batch, offset = indexing(rng)
    indices = rng.integers(-2, 7, (*batch, len(indexed)))
    numbers = lax.ScatterDimensionNumbers(tuple(offset), tuple(dropped), tuple(indexed))
    kept, rest = iter([size for dim, size in enumerate(window) if dim not in dropped]), iter(batch)
    updates = [next(kept) if dim in offset else next(rest) for dim in range(len(offset) + len(batch))]
    combine = [lax.scatter_add, lax.scatter_mul, lax.scatter_min, lax.scatter_max][case % 4]
    mode = lax.GatherScatterMode.CLIP if case % 3 == 0 else lax.GatherScatterMode.FILL_OR_DROP
    args = random(shape, "float64", 1), indices, random(updates, "float64", 2, 1.0)
    check_jax(lambda x, i, u: combine(x, i, u, numbers, mode=mode), *args, tolerance=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_convolution(case: int) -> None:
    from jax import lax

    rng = np.random.default_rng(300 + case)
    spatial = int(rng.integers(1, 4))
    groups, batch_groups = [(1, 1), (2, 1), (1, 2), (3, 1)][case % 4]
    batch, features, outputs = batch_groups * 2, groups * int(rng.integers(1, 3)), groups * batch_groups * 2
    orders = [tuple(int(v) for v in rng.permutation(spatial + 2)) for _ in range(3)]
    image, kernel = sizes(rng, spatial, 3, 6), sizes(rng, spatial, 1, 3)

    def placed(order: tuple[int, ...], logical: list[int]) -> list[int]:
        shape = [0] * len(order)
        for dim, size in zip(order, logical, strict=True):
            shape[dim] = size
        return shape

    numbers = lax.ConvDimensionNumbers(*orders)
    x = random(placed(orders[0], [batch, features, *image]), "float64", 1)
    y = random(placed(orders[1], [outputs, features // groups, *kernel]), "float64", 2)
    options: dict[str, Any] = {
        "window_strides": sizes(rng, spatial, 1, 3),
        "padding": [(int(low), int(high)) for low, high in rng.integers(-1, 4, (spatial, 2))],
        "lhs_dilation": sizes(rng, spatial, 1, 3),
        "rhs_dilation": sizes(rng, spatial, 1, 2),
        "feature_group_count": groups,
        "batch_group_count": batch_groups,
    }
    check_jax(lambda x, y: lax.conv_general_dilated(x, y, dimension_numbers=numbers, **options), x, y)


@pytest.mark.parametrize("case", CASES)
def test_reduce_window(case: int) -> None:
    from jax import lax

    rng = np.random.default_rng(400 + case)
    rank = int(rng.integers(1, 4))
    combine, init = [(lax.add, 0.0), (lax.max, -np.inf), (lax.min, np.inf), (lax.mul, 1.0)][case % 4]
    options = {
        "window_strides": sizes(rng, rank, 1, 3),
        "padding": [(int(low), int(high)) for low, high in rng.integers(0, 4, (rank, 2))],
        "base_dilation": sizes(rng, rank, 1, 3),
        "window_dilation": sizes(rng, rank, 1, 2),
    }
    window = sizes(rng, rank, 1, 3)
    check_jax(
        lambda x: lax.reduce_window(x, np.float64(init), combine, window, **options),
        random(sizes(rng, rank, 3, 6), "float64", 1, 1.0),
    )


@pytest.mark.parametrize("case", CASES)
def test_pad_and_slice(case: int) -> None:
    from jax import lax

    rng = np.random.default_rng(500 + case)
    rank = int(rng.integers(1, 4))
    config = [
        (int(low), int(high), int(gap))
        for low, high, gap in zip(*rng.integers(-2, 4, (2, rank)), rng.integers(0, 3, rank), strict=True)
    ]
    x = random(sizes(rng, rank, 4, 6), "float64", 1)
    strides = sizes(rng, rank, 1, 3)
    limits = [int(rng.integers(2, size + 1)) for size in x.shape]
    starts = [int(rng.integers(0, limit)) for limit in limits]
    check_jax(lambda x: (lax.pad(x, np.float64(7), config), lax.slice(x, starts, limits, strides)), x)
