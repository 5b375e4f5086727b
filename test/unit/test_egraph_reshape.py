"""Reshapes that split or merge dimensions vanish in a tree: where, and where not."""

from __future__ import annotations

import pytest
from egraph_support import Program, Shape, agrees, kinds

from eggshard.egraph.logic.dims import Splits
from eggshard.egraph.rulesets import LOGICAL


def heads(p: Program, split: Shape) -> str:
    """q . (c W), where c W is reshaped from a dimension to heads and features: latent attention's keys."""
    latent, up = p.argument((5, 3)), p.argument((3, 6))
    keys = p.reshape(p.dot(latent, up, ((5, 3), (3, 6), (5, 6))), (5, 6), (5, *split))
    keys = p.transpose(keys, (5, *split), [1, 2, 0])
    queries = p.argument((split[0], split[1]))
    return p.dot(queries, keys, (split, (*split, 5), (split[0], 5)), batch=1)


def test_products_associate_through_a_reshape() -> None:
    """q (c W) = (q W) c, by head."""
    p = Program()
    found = agrees(p, heads(p, (2, 3)), (2, 5))
    assert kinds(found) == ["product", "product"]


def test_not_without_the_ruleset() -> None:
    p = Program()
    assert agrees(p, heads(p, (2, 3)), (2, 5), [name for name in LOGICAL if name != "reshape"]) is None


def test_merged_dimensions() -> None:
    """(a b as one dimension) C D"""
    p = Program()
    a, b = p.argument((4, 3)), p.argument((3, 6))
    merged = p.reshape(p.dot(a, b, ((4, 3), (3, 6), (4, 6))), (4, 6), (2, 2, 6))
    found = agrees(p, p.dot(merged, p.argument((6, 2)), ((2, 2, 6), (6, 2), (2, 2, 2))), (2, 2, 2))
    assert kinds(found) == ["product", "product"]


def test_dimensions_of_one_element() -> None:
    p = Program()
    a, b = p.argument((4, 3)), p.argument((3, 6))
    merged = p.reshape(p.dot(a, b, ((4, 3), (3, 6), (4, 6))), (4, 6), (4, 1, 6))
    found = agrees(p, p.dot(merged, p.argument((6, 2)), ((4, 1, 6), (6, 2), (4, 1, 2))), (4, 1, 2))
    assert kinds(found) == ["product", "product"]


def test_borders_that_do_not_match_stay_outside() -> None:
    """(2, 6) as (3, 4): no group of indices is both."""
    p = Program()
    a, b = p.argument((2, 3)), p.argument((3, 6))
    turned = p.reshape(p.dot(a, b, ((2, 3), (3, 6), (2, 6))), (2, 6), (3, 4))
    assert agrees(p, p.dot(turned, p.argument((4, 2)), ((3, 4), (4, 2), (3, 2))), (3, 2)) is None


def test_a_reshape_of_an_argument_stays_outside() -> None:
    """There is nothing behind it."""
    p = Program()
    wide = p.reshape(p.argument((12,)), (12,), (4, 3))
    found = agrees(
        p,
        p.dot(p.dot(wide, p.argument((3, 6)), ((4, 3), (3, 6), (4, 6))), p.argument((6, 2)), ((4, 6), (6, 2), (4, 2))),
        (4, 2),
    )
    assert found is not None and {len(leaf.dims) for leaf in found[1].leaves if leaf is not None} == {2}


@pytest.mark.parametrize(
    ("source", "target", "fits"),
    [
        ((12,), (4, 3), True),
        ((4, 3), (12,), True),
        ((4, 6), (2, 12), True),
        ((2, 12), (4, 6), True),
        ((1, 12, 1), (12,), True),
        ((2, 6), (3, 4), False),
        ((6, 4), (4, 6), False),
    ],
)
def test_groups_of_indices(source: Shape, target: Shape, fits: bool) -> None:
    splits = Splits()
    dims = tuple((splits.new(size),) if size > 1 else () for size in source)
    found = splits.regrouped(dims, target)
    assert (found is not None) == fits
    if found is not None:
        sizes = [1] * len(target)
        for place, group in enumerate(found):
            for index in group:
                sizes[place] *= splits.sizes[index]
        assert tuple(sizes) == target
