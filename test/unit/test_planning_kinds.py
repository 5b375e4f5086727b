"""Layouts of a shape: what devices hold, and the cheapest ways between them."""

from __future__ import annotations

import numpy as np
import pytest
from planning_support import model

from eggshard.egraph.codes import LAST_DIMENSION
from eggshard.egraph.explore import explore
from eggshard.mesh import Mesh
from eggshard.planning.kinds import Kind, make_kind


def kind(shape: tuple[int, ...], sizes: dict[str, int]) -> Kind:
    mesh = Mesh(sizes)
    steps = explore(tuple(sizes.values()), [], [], [shape], {}).steps[0]
    return make_kind(shape, 4, steps, mesh.value, model(mesh))


@pytest.mark.parametrize("sizes", [{"a": 2}, {"a": 4, "b": 2}, {"a": 2, "b": 2, "c": 2}])
def test_ways_between_layouts_are_the_cheapest(sizes: dict[str, int]) -> None:
    found = kind((16, 16), sizes)
    seconds = found.seconds
    around = (seconds[:, :, None] + seconds[None, :, :]).min(axis=1)
    assert (seconds <= around * (1 + 1e-12)).all(), "the triangle inequality"
    assert (np.diag(seconds) == 0).all()
    whole = np.flatnonzero(found.whole)
    assert np.isfinite(seconds[:, whole]).all(), "from anywhere to any layout without terms"
    partial = np.flatnonzero(~found.whole)
    assert np.isinf(seconds[np.ix_(whole, partial)]).all(), "nothing is taken apart into terms"
    assert (seconds[~np.eye(len(seconds), dtype=bool)] > 0).all()


def test_gather_then_slice() -> None:
    """Where a dimension cannot be exchanged for another in one step, the tensor is made whole, then cut."""
    found = kind((16, 3), {"a": 4, "b": 2})
    rows, columns = found.index[(1, 0, 0)], found.index[(0, 2, 0)]
    gathered = found.index[(0, 0, 0)]
    direct = found.seconds[rows, gathered] + found.seconds[gathered, columns]
    assert 0 < found.seconds[rows, columns] <= direct
    assert found.seconds[gathered, columns] < found.seconds[rows, gathered] / 100, "a slice is nearly free"


def test_terms_become_shards_by_one_reduce_scatter() -> None:
    found = kind((1024, 1024), {"a": 8})
    terms, whole, cut = (found.index[(column, 0)] for column in (15, 0, 1))
    assert found.seconds[terms, cut] < found.seconds[terms, whole] <= 2.1 * found.seconds[terms, cut]


def test_what_devices_hold() -> None:
    found = kind((16, 6), {"a": 4, "b": 2})
    held = {code: int(found.held[index]) for code, index in found.index.items()}
    assert held[(0, 0, 0)] == held[(15, 15, 0)] == 16 * 6 * 4
    assert held[(1, 1, 0)] == held[(1, 1, 1)] == 2 * 6 * 4
    assert held[(2, 0, 0)] == 16 * 2 * 4, "six columns over four devices: the largest part counts"
    assert all(max(code[:-1]) <= LAST_DIMENSION for code, whole in zip(found.codes, found.whole, strict=True) if whole)
