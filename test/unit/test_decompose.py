"""Every chain of collectives carries the tensor from one layout to the other, on simulated devices."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest

from eggshard.dialects.sharding.axes import merged, part
from eggshard.dialects.sharding.layout import Axis, Layout, Mesh, Partial, local_shape
from eggshard.partitioning.decompose import decompose
from eggshard.partitioning.steps import (
    AllGather,
    AllReduce,
    AllSlice,
    AllToAll,
    CollectivePermute,
    MakePartial,
    Move,
    ReduceScatter,
    Step,
)

Array = Any
Shards = list[Array]
COMBINE: dict[str, Callable[..., Array]] = {"sum": sum, "max": lambda terms: np.max(list(terms), axis=0)}
IDENTITY = {"sum": 0, "max": -(10**6)}


def peers(mesh: Mesh, position: int, axes: tuple[Axis, ...]) -> list[int]:
    """Positions that differ from `position` along `axes` only, in the order of `axes`."""
    base = position - sum(mesh.stride(a) * mesh.coordinate(position, (a,)) for a in axes)
    steps = [[mesh.stride(a) * i for i in range(mesh.size(a))] for a in axes]
    return [base + sum(offsets) for offsets in product(*steps)]


def block(array: Array, position: int, axes: tuple[tuple[Axis, ...], ...], mesh: Mesh) -> Array:
    """The part of `array` that the device at `position` holds when each dimension is cut over `axes`."""
    for dim, dim_axes in enumerate(axes):
        assert array.shape[dim] % mesh.span(dim_axes) == 0, "a dimension does not divide"
        array = np.split(array, mesh.span(dim_axes), dim)[mesh.coordinate(position, dim_axes)]
    return array


def run(step: Step, before: Layout, shards: Shards, mesh: Mesh) -> Shards:
    """What every device holds after `step`."""
    devices = range(mesh.device_count)
    match step:
        case AllSlice(_, axes):
            return [block(shards[p], p, axes, mesh) for p in devices]
        case AllGather(_, axes):
            for dim, dim_axes in enumerate(axes):
                shards = [np.concatenate([shards[q] for q in peers(mesh, p, dim_axes)], dim) for p in devices]
            return shards
        case AllToAll(_, moves):
            for move in moves:
                shards = [exchange(move, p, shards, mesh) for p in devices]
            return shards
        case CollectivePermute(after):
            return permute(before, after, shards, mesh)
        case AllReduce(_, axes, kind):
            return [COMBINE[kind](shards[q] for q in peers(mesh, p, axes)) for p in devices]
        case ReduceScatter(_, axes, kind):
            flat = tuple(a for dim_axes in axes for a in dim_axes)
            sums = [COMBINE[kind](shards[q] for q in peers(mesh, p, flat)) for p in devices]
            return [block(sums[p], p, axes, mesh) for p in devices]
        case MakePartial(_, axes, kind):
            first = [mesh.coordinate(p, axes) == 0 for p in devices]
            return [s if f else np.full_like(s, IDENTITY[kind]) for s, f in zip(shards, first, strict=True)]
    raise AssertionError(step)


def exchange(move: Move, position: int, shards: Shards, mesh: Mesh) -> Array:
    group = peers(mesh, position, move.axes)
    mine = mesh.coordinate(position, move.axes)
    return np.concatenate([np.split(shards[q], len(group), move.target)[mine] for q in group], move.source)


def permute(before: Layout, after: Layout, shards: Shards, mesh: Mesh) -> Shards:
    """A permutation: as many devices hold a block (or a term of one) before as want it after."""

    def holders(layout: Layout) -> dict[tuple[int, ...], list[int]]:
        table: dict[tuple[int, ...], list[int]] = {}
        entries = (*layout.axes, tuple(p.axis for p in layout.partial))
        for p in range(mesh.device_count):
            table.setdefault(tuple(mesh.coordinate(p, axes) for axes in entries), []).append(p)
        return table

    old, new = holders(before), holders(after)
    result: Shards = [None] * mesh.device_count
    for key, wanting in new.items():
        assert len(old[key]) == len(wanting)
        for p, q in zip(wanting, old[key], strict=True):
            result[p] = shards[q]
    return result


def check(source: Layout, target: Layout, mesh: Mesh, shape: tuple[int, ...]) -> list[Step]:
    """Runs the chain on random terms; every device must end with its block of the tensor, terms combined."""
    rng = np.random.default_rng(0)
    axes = tuple(p.axis for p in source.partial)
    kind = source.partial[0].kind if axes else "sum"
    terms = [rng.integers(-99, 99, shape) for _ in range(mesh.span(axes))]
    tensor = COMBINE[kind](terms)
    shards = [block(terms[mesh.coordinate(p, axes)], p, source.axes, mesh) for p in range(mesh.device_count)]
    layout = source
    steps = decompose(source, target, mesh, shape)
    for step in steps:
        shards = run(step, layout, shards, mesh)
        layout = step.layout
        assert all(shard.shape == local_shape(shape, layout, mesh) for shard in shards)
    assert [merged(a, mesh) for a in layout.axes] == [merged(a, mesh) for a in target.axes]
    assert set(layout.partial) == set(target.partial)
    axes = tuple(p.axis for p in target.partial)
    kind = target.partial[0].kind if axes else "sum"
    for p in range(mesh.device_count):
        combined = COMBINE[kind](shards[q] for q in peers(mesh, p, axes))
        assert np.array_equal(combined, block(tensor, p, target.axes, mesh))
    return steps


def random_layouts(rng: random.Random, sizes: list[int]) -> tuple[Mesh, tuple[int, ...], Layout, Layout]:
    mesh = Mesh(tuple((name, rng.choice(sizes)) for name in "xyzw"[: rng.randint(1, 3)]))
    rank = rng.randint(1, 3)
    kinds = rng.choice(["sum", "max"]), rng.choice(["sum", "max"])
    source, target = (random_layout(rng, mesh, rank, kind) for kind in kinds)
    shape = tuple(np.lcm(mesh.span(a), mesh.span(b)) for a, b in zip(source.axes, target.axes, strict=True))
    return mesh, tuple(int(size) * rng.choice([1, 2]) for size in shape), source, target


def random_layout(rng: random.Random, mesh: Mesh, rank: int, kind: str) -> Layout:
    parts: list[Axis] = []
    for name, size in mesh.axes:
        cuts = [1]
        while cuts[-1] < size:
            bounds = [b for b in range(cuts[-1] + 1, size + 1) if size % b == 0 and b % cuts[-1] == 0]
            cuts.append(size if rng.random() < 0.6 else rng.choice(bounds))
        parts += [part(name, a, b, mesh) for a, b in pairwise(cuts)]
    rng.shuffle(parts)
    parts = parts[: rng.randint(0, len(parts))]
    partial = rng.randint(0, min(2, len(parts))) if rng.random() < 0.5 else 0
    dims: list[list[Axis]] = [[] for _ in range(rank)]
    for axis in parts[partial:]:
        dims[rng.randrange(rank)].append(axis)
    terms = tuple(Partial(axis, kind) for axis in merged(sorted(parts[:partial]), mesh))
    return Layout.of("mesh", tuple(tuple(dim) for dim in dims), terms)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("sizes", [[2, 4, 8], [1, 2, 3], [4, 6, 12]], ids=["powers of two", "small", "mixed"])
def test_random_layouts(seed: int, sizes: list[int]) -> None:
    rng = random.Random(seed)
    for _ in range(60):
        mesh, shape, source, target = random_layouts(rng, sizes)
        if mesh.device_count <= 64 and np.prod(shape) <= 20000:
            check(source, target, mesh, shape)


MESH = Mesh((("x", 2), ("y", 4)))
X, Y = Axis("x"), Axis("y")


def kinds(source: Layout, target: Layout, shape: tuple[int, ...] = (16, 16)) -> list[str]:
    return [type(step).__name__ for step in check(source, target, MESH, shape)]


def layout(*axes: tuple[Axis, ...], partial: tuple[Partial, ...] = ()) -> Layout:
    return Layout.of("mesh", axes, partial)


def test_equal_layouts_need_nothing() -> None:
    assert kinds(layout((X,), (Y,)), layout((X,), (Y,))) == []


def test_moving_an_axis_is_one_all_to_all() -> None:
    assert kinds(layout((X,), ()), layout((), (X,))) == ["AllToAll"]


def test_partial_to_sharded_is_one_reduce_scatter() -> None:
    assert kinds(layout((), (), partial=(Partial(X),)), layout((X,), ())) == ["ReduceScatter"]


def test_partial_to_replicated_is_one_all_reduce() -> None:
    assert kinds(layout((Y,), (), partial=(Partial(X),)), layout((Y,), ())) == ["AllReduce"]


def test_slice_comes_before_the_all_reduce() -> None:
    assert kinds(layout((), (), partial=(Partial(X),)), layout((Y,), ())) == ["AllSlice", "AllReduce"]


def test_a_partial_axis_that_stays_is_carried_along() -> None:
    sums = (Partial(X),)
    assert kinds(layout((Y,), (), partial=sums), layout((), (Y,), partial=sums)) == ["AllToAll"]


def test_part_of_a_partial_axis_is_reduced() -> None:
    major, minor = Axis("y", 1, 2), Axis("y", 2, 2)
    assert kinds(layout((), (), partial=(Partial(Y),)), layout((minor,), (), partial=(Partial(major),))) == [
        "ReduceScatter"
    ]


def test_replicated_to_partial_sends_nothing() -> None:
    assert kinds(layout((), ()), layout((), (), partial=(Partial(X),))) == ["MakePartial"]


def test_another_kind_is_reduced_first() -> None:
    steps = kinds(layout((), (), partial=(Partial(X),)), layout((), (), partial=(Partial(X, "max"),)))
    assert steps == ["AllReduce", "MakePartial"]


def test_no_step_cuts_a_dimension_that_both_ends_divide() -> None:
    mesh = Mesh((("x", 2), ("y", 2), ("z", 2)))
    x, y, z = Axis("x"), Axis("y"), Axis("z")
    check(layout((x,), (z, y)), layout((y, x), ()), mesh, (4, 4))
    check(layout((x, y), (z,)), layout((z,), ()), mesh, (4, 2))
