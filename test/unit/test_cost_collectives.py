"""Laws that the prices of collectives keep, and small cases by hand."""

from __future__ import annotations

import numpy as np
import pytest

from eggshard.cost import AnalyticCost, CollectiveBatch, CollectiveKind
from eggshard.cost.batch import is_strided
from eggshard.dialects.sharding.layout import Mesh
from eggshard.hardware import known_hardware, load_hardware

SIZES = [0.0, 1.0, 1e3, 1e6, 1e9]
GATHER, REDUCE, SCATTER = CollectiveKind.ALL_GATHER, CollectiveKind.ALL_REDUCE, CollectiveKind.REDUCE_SCATTER


def seconds(model: AnalyticCost, kind: CollectiveKind, sizes: list[float], *parts: tuple[int, int]) -> np.ndarray:
    return model.collectives(CollectiveBatch.of([(kind, size, parts) for size in sizes]))


def cost(name: str, **axes: int) -> AnalyticCost:
    return AnalyticCost(load_hardware(name), Mesh(tuple(axes.items())))


SENDING = [name for name in known_hardware() if not any(link.copies for link in load_hardware(name).links)]
"""Machines whose devices send to each other, rather than copy in one memory."""


@pytest.mark.parametrize("name", known_hardware())
@pytest.mark.parametrize("parts", [[(0, 4)], [(1, 8)], [(0, 4), (1, 8)], [(1, 2)]])
def test_all_reduce_between_either_part_and_both(name: str, parts: list[tuple[int, int]]) -> None:
    model = cost(name, data=4, model=8)
    members = int(np.prod([span for _, span in parts]))
    reduced = seconds(model, REDUCE, SIZES, *parts)
    scattered = seconds(model, SCATTER, SIZES, *parts)
    gathered = seconds(model, GATHER, [size / members for size in SIZES], *parts)
    assert (reduced <= scattered + gathered + 1e-15).all()
    assert (reduced >= scattered - 1e-15).all() and (reduced >= gathered - 1e-15).all()
    if name in SENDING:
        assert reduced[-1] == pytest.approx(scattered[-1] + gathered[-1], rel=2e-2)  # large: bandwidth alone


@pytest.mark.parametrize("name", SENDING)
@pytest.mark.parametrize("kind", list(CollectiveKind))
def test_monotone_in_bytes_and_group(name: str, kind: CollectiveKind) -> None:
    model = cost(name, data=4, model=8)
    assert (np.diff(seconds(model, kind, SIZES, (1, 8))) > 0).all()
    by_group = [seconds(model, kind, [1e6], (1, span))[0] for span in (1, 2, 4, 8)]
    assert by_group[0] == 0.0 and (np.diff(by_group) >= -1e-15).all()


@pytest.mark.parametrize("kind", list(CollectiveKind))
def test_copies_are_monotone_in_bytes(kind: CollectiveKind) -> None:
    assert (np.diff(seconds(cost("cpu", data=4, model=8), kind, SIZES, (1, 8))) > 0).all()


def test_copies_by_hand() -> None:
    model = cost("cpu", d=8)
    link, fixed = model.links["d"], model.hardware.collective_seconds + 7 * model.links["d"].seconds
    size = 8e9
    for kind, moved in ((REDUCE, 2 * size), (SCATTER, size * 9 / 8), (CollectiveKind.ALL_TO_ALL, 2 * size)):
        assert seconds(model, kind, [size], (0, 8))[0] == pytest.approx(fixed + moved / link.bytes_per_second)
    # Every device reads and writes all shards.
    gathered = seconds(model, GATHER, [size / 8], (0, 8))[0]
    assert gathered == pytest.approx(fixed + 2 * size / link.bytes_per_second)


def test_inner_dimensions_take_longer_where_they_are_transposed() -> None:
    entry = (GATHER, 1e6, [(0, 8)])
    for name, slower in (("cpu", True), ("h100", False)):
        outer, inner = cost(name, d=8).collectives(CollectiveBatch.of([entry, entry], [False, True]))
        assert inner > 2 * outer if slower else inner == outer


def test_what_lies_in_pieces() -> None:
    assert is_strided((4, 8), [1]) and is_strided((2, 1, 8), [0, 2])
    assert not is_strided((4, 8), [0]) and not is_strided((1, 8), [1]) and not is_strided((4, 8), [])


def test_ring_by_hand() -> None:
    model = cost("h100", d=8)
    link, start = model.links["d"], model.hardware.collective_seconds
    size = 8e9
    once = start + 7 * link.seconds + 7 / 8 * size / link.bytes_per_second
    assert seconds(model, SCATTER, [size], (0, 8))[0] == pytest.approx(once)
    assert seconds(model, GATHER, [size / 8], (0, 8))[0] == pytest.approx(once)
    assert seconds(model, REDUCE, [size], (0, 8))[0] == pytest.approx(2 * once - start)
    assert seconds(model, CollectiveKind.COLLECTIVE_PERMUTE, [size], (0, 8))[0] == pytest.approx(
        start + link.seconds + size / link.bytes_per_second
    )


def test_a_tree_carries_small_messages() -> None:
    model = cost("h100", d=8)
    link, start = model.links["d"], model.hardware.collective_seconds
    assert seconds(model, REDUCE, [0.0], (0, 8))[0] == pytest.approx(start + 6 * link.seconds)


def test_two_axes_cost_no_more_than_one_after_the_other() -> None:
    model = cost("h100", data=4, model=8)
    both = seconds(model, REDUCE, [1e9], (0, 4), (1, 8))[0]
    inner, outer = (seconds(model, REDUCE, [1e9], part)[0] for part in ((1, 8), (0, 4)))
    assert max(inner, outer) <= both + 1e-12 or both <= inner + outer
    # Scattered inside the node first, an eighth crosses the slow link.
    assert both < inner + outer / 4
    assert both == seconds(model, REDUCE, [1e9], (1, 8), (0, 4))[0]


def test_groups_of_one_are_free() -> None:
    model = cost("h100", data=1, model=8)
    assert seconds(model, REDUCE, [1e9], (0, 1))[0] == 0.0
    assert seconds(model, REDUCE, [1e9])[0] == 0.0
    assert len(model.collectives(CollectiveBatch.of([]))) == 0
