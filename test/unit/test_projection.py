"""Layouts as tilings of factors and back, and how tensors settle on axes: plain values, no program."""

from __future__ import annotations

import pytest

from eggshard.dialects.sharding.layout import Axis, Dim, Layout, Mesh
from eggshard.propagation.conflicts import (
    BACKWARD,
    BOTH,
    FORWARD,
    across_factors,
    common_axes,
    truncated,
    within_factor,
)
from eggshard.propagation.prefixes import appended, is_prefix, is_strict_prefix, prefix_outside
from eggshard.propagation.projection import project, to_layout

A, B, C = Axis("a"), Axis("b"), Axis("c")
A1, A2 = Axis("a", 1, 2), Axis("a", 2, 2)
MESH = Mesh((("a", 4), ("b", 2), ("c", 2)))


def layout(*dims: tuple[Axis, ...], open: bool = False, replicated: tuple[Axis, ...] = ()) -> Layout:
    return Layout("mesh", tuple(Dim(axes, open) for axes in dims), replicated)


def test_prefixes() -> None:
    """The major part of an axis is a prefix of it, the minor part is not."""
    assert is_prefix(A1, A) and is_prefix(A, A) and not is_prefix(A2, A)
    assert is_strict_prefix((B, A1), (B, A)) and is_strict_prefix((), (A,)) and is_strict_prefix((B,), (B, A))
    assert not is_strict_prefix((A,), (A,)) and not is_strict_prefix((B, A), (B,)) and not is_strict_prefix((A2,), (A,))


def test_prefix_outside() -> None:
    """What is left of an axis when another takes its minor part is its major part."""
    assert prefix_outside(A, [B, A2]) == A1
    assert prefix_outside(A, [A1]) is None
    assert prefix_outside(A, [B]) == A


def test_parts_that_share_no_digits_do_not_meet() -> None:
    """Of an axis of size 6 the parts 1..2 and 3..6 do not overlap, but no order of its devices has both."""
    low, high = Axis("x", 1, 2), Axis("x", 3, 2)
    assert prefix_outside(low, [high]) is None
    assert prefix_outside(high, [low]) is None
    assert prefix_outside(low, [Axis("x", 2, 3)]) == low


def test_parts_that_continue_each_other_are_joined() -> None:
    assert appended((B, A1), (A2, C), MESH) == (B, A, C)
    assert appended((A2,), (A1,), MESH) == (A2, A1)


def test_a_split_dimension_cuts_axes() -> None:
    """([ij])->([i, j]): a major factor of size 2 takes half of an axis of size 4."""
    given = layout((A, B))
    seen = project(given, ((0, 1),), (2, 4), MESH)
    assert seen.factors[0].axes == (A1,)
    assert seen.factors[1].axes == (A2, B)
    assert to_layout(seen, ((0, 1),), (2, 4), "mesh", MESH) == given


def test_axes_that_do_not_divide_overflow() -> None:
    """An axis of size 4 does not divide a major factor of size 3: no later factor is tiled, and nothing is lost."""
    given = layout((A, B))
    seen = project(given, ((0, 1),), (3, 4), MESH)
    assert seen.factors[0].axes == () and seen.factors[0].overflow == (A, B)
    assert seen.factors[1].axes == () and seen.factors[1].closed
    assert to_layout(seen, ((0, 1),), (3, 4), "mesh", MESH) == given


def test_a_minor_factor_under_a_part_tiled_one_is_left_out() -> None:
    """Tiles of a dimension must be contiguous."""
    seen = project(layout(()), ((0, 1),), (4, 4), MESH)
    seen.factors[1].axes = (B,)
    assert to_layout(seen, ((0, 1),), (4, 4), "mesh", MESH).axes == ((),)
    seen.factors[0].axes = (A,)
    assert to_layout(seen, ((0, 1),), (4, 4), "mesh", MESH).axes == ((A, B),)


@pytest.mark.parametrize(
    ("left", "right", "way", "expected"),
    [
        ((A,), (), BOTH, (A,)),
        ((A,), (A, B), BOTH, (A, B)),
        ((A,), (A, B), FORWARD, (A,)),
        ((A,), (A, B), BACKWARD, (A, B)),
        ((A, B), (A, C), BOTH, (A,)),
        ((A1,), (A,), BOTH, (A,)),
        ((A1, B), (A,), BOTH, (A1,)),
        ((A1,), (A2,), BOTH, ()),
        ((B,), (A,), FORWARD, ()),
    ],
)
def test_common_axes(left: tuple[Axis, ...], right: tuple[Axis, ...], way: int, expected: tuple[Axis, ...]) -> None:
    """An operand and a result, elementwise."""
    operand, result = (project(layout(axes), ((0,),), (16,), MESH) for axes in (left, right))
    assert common_axes([operand], [result], 0, way) == expected


def test_a_tensor_refuses_axes_along_a_factor() -> None:
    """Because they are to stay replicated, because it is closed, or because they do not divide."""
    free = project(layout((), open=True), ((0,),), (16,), MESH)
    assert within_factor(A, free, 0, 1, 16, MESH) == A
    kept = project(layout((), open=True, replicated=(A2,)), ((0,),), (16,), MESH)
    assert within_factor(A, kept, 0, 1, 16, MESH) == A1
    closed = project(layout((B,)), ((0,),), (16,), MESH)
    assert within_factor(A, closed, 0, 2, 16, MESH) is None
    assert within_factor(B, closed, 0, 1, 16, MESH) == B
    major = project(layout((), open=True), ((0, 1),), (2, 8), MESH)
    assert within_factor(A, major, 0, 1, 2, MESH) == A1
    assert within_factor(A, major, 0, 1, 3, MESH) is None


def test_an_axis_serves_one_factor() -> None:
    tensor = project(layout((A2,), (B,)), ((0,), (1,)), (16, 16), MESH)
    assert across_factors(A, tensor, 1) == A1
    assert across_factors(B, tensor, 0) is None
    assert across_factors(B, tensor, 1) == B


def test_what_is_kept_ends_at_the_first_axis_that_is_cut() -> None:
    assert truncated((B, A, C), lambda axis, _: A1 if axis == A else axis, MESH, False) == (B, A1)
    assert truncated((B, A, C), lambda axis, _: A1 if axis == A else axis, MESH, True) == (B,)
    assert truncated((B, C), lambda axis, before: axis if before < 2 else None, MESH, False) == (B,)
