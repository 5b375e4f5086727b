"""Every step between layouts that the e-graph holds, done by hand on the pieces of a tensor."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from eggshard.dialects.sharding.layout import Axis, Layout, Mesh
from eggshard.egraph.codes import LAST_DIMENSION, code_of_layout, codes, layout_of_code
from eggshard.egraph.explore import Step, explore
from eggshard.interpreter import shard

Pieces = list[npt.NDArray[np.int64]]

CASES = [
    ((8,), (8,)),
    ((8, 8), (4, 2)),
    ((8, 8), (2, 2)),
    ((8, 16, 8), (2, 2)),
    ((16, 8), (2, 2, 2)),
    ((8,), (2, 4, 2)),
]


def mesh_of(sizes: tuple[int, ...]) -> Mesh:
    return Mesh(tuple((f"a{index}", size) for index, size in enumerate(sizes)))


def held(whole: npt.NDArray[np.int64], layout: Layout, mesh: Mesh) -> Pieces:
    """What devices hold; the terms of a sum are the whole on the first device of each group, and zero."""
    laid = shard(whole, Layout.of("m", layout.axes), mesh)
    axes = tuple(term.axis for term in layout.partial)
    return [piece if mesh.coordinate(i, axes) == 0 else np.zeros_like(piece) for i, piece in enumerate(laid)]


def groups(mesh: Mesh, axis: int) -> list[tuple[int, ...]]:
    return list(mesh.groups((Axis(mesh.axes[axis][0]),)))


def done(step: Step, pieces: Pieces, mesh: Mesh) -> Pieces:
    """The collective of a step, group by group."""
    dim = (step.target if step.name in ("Slice", "ReduceScatter") else step.source)[step.axis] - 1
    out = list(pieces)
    for group in groups(mesh, step.axis):
        parts = [pieces[device] for device in group]
        for rank, device in enumerate(group):
            if step.name == "AllGather":
                out[device] = np.concatenate(parts, dim)
            elif step.name == "Slice":
                out[device] = np.split(parts[rank], len(group), dim)[rank]
            elif step.name == "AllReduce":
                out[device] = np.sum(parts, axis=0)
            elif step.name == "ReduceScatter":
                out[device] = np.split(np.sum(parts, axis=0), len(group), dim)[rank]
            else:
                assert step.name == "AllToAll"
                to = step.target[step.axis] - 1
                out[device] = np.concatenate([np.split(part, len(group), to)[rank] for part in parts], dim)
    return out


@pytest.mark.parametrize(("shape", "sizes"), CASES)
def test_steps_lead_where_they_say(shape: tuple[int, ...], sizes: tuple[int, ...]) -> None:
    mesh = mesh_of(sizes)
    steps = explore(sizes, [], [], [shape], {}).steps[0]
    whole = np.random.default_rng(0).integers(-99, 99, shape)
    assert {step.name for step in steps} >= {"AllGather", "Slice", "AllReduce", "ReduceScatter"}
    for step in steps:
        source, target = (layout_of_code(code, len(shape), "m", mesh) for code in (step.source, step.target))
        before, after = held(whole, source, mesh), held(whole, target, mesh)
        if step.name == "Permute":
            assert sorted(piece.tobytes() for piece in before) == sorted(piece.tobytes() for piece in after)
            continue
        for found, wanted in zip(done(step, before, mesh), after, strict=True):
            assert found.shape == wanted.shape and np.array_equal(found, wanted), step


def test_only_the_minor_axis_of_a_dimension_moves() -> None:
    steps = explore((4, 2), [], [], [(8, 8)], {}).steps[0]
    assert {s.axis for s in steps if s.name == "AllGather" and s.source == (1, 1, 0)} == {1}
    assert {s.axis for s in steps if s.name == "AllGather" and s.source == (1, 1, 1)} == {0}


def test_no_dimension_is_cut_finer_than_its_elements() -> None:
    steps = explore((4, 2), [], [], [(4, 2)], {}).steps[0]
    found = {code for step in steps for code in (step.source, step.target)}
    assert (1, 2, 0) in found
    assert not any(code[:2] in ((1, 1), (2, 2), (2, 1)) for code in found)


@pytest.mark.parametrize(("shape", "sizes"), CASES)
def test_every_layout_is_reached_and_written_back(shape: tuple[int, ...], sizes: tuple[int, ...]) -> None:
    mesh = mesh_of(sizes)
    steps = explore(sizes, [], [], [shape], {}).steps[0]
    found = {step.target for step in steps}
    assert {code for code in found if max(code[:-1]) <= LAST_DIMENSION} == set(codes(shape, mesh))
    for code in found:
        assert code_of_layout(layout_of_code(code, len(shape), "m", mesh), mesh) == code
