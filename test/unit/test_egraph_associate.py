"""(a b) c = a (b c): where it fires, and where it must not."""

from __future__ import annotations

import pytest
from egraph_support import M, Program, agrees, kinds, product

from eggshard.egraph.logic.saturate import GROWTH


def test_products_associate() -> None:
    p = Program()
    result = product(p, product(p, p.argument(M), p.argument(M)), p.argument(M))
    assert kinds(agrees(p, result, rulesets=["associate"])) == ["product", "product"]


def test_products_on_the_right_associate_once_they_commute() -> None:
    p = Program()
    result = product(p, p.argument(M), product(p, p.argument(M), p.argument(M)))
    assert agrees(p, result, rulesets=["associate"]) is None
    assert kinds(agrees(p, result, rulesets=["associate", "commute"])) == ["product", "product"]


def test_a_tensor_times_its_transpose_times_a_vector() -> None:
    """One value under two names of its dimensions."""
    p = Program()
    a = p.argument((3, 2))
    turned = p.transpose(a, (3, 2), [1, 0])
    square = p.dot(a, turned, ((3, 2), (2, 3), (3, 3)))
    found = agrees(p, p.dot(square, p.argument((3,)), ((3, 3), (3,), (3,))), (3,))
    assert kinds(found) == ["product", "product"]


def test_no_product_becomes_an_outer_one() -> None:
    """(A v) w^T = A (v w^T), but not through v w^T where nothing is summed."""
    p = Program()
    a, v, s = p.argument((3, 2)), p.argument((2,)), p.argument((3,))
    scaled = p.binary("multiply", p.dot(a, v, ((3, 2), (2,), (3,))), s, (3,))
    found = agrees(p, scaled, (3,))
    assert found is not None
    forms = found[1]
    made = {mask for mask, leaf in zip(forms.masks, forms.leaves, strict=True) if leaf is None}
    assert made == {0b01, 0b11}, "(A v) s = (A s) v, and v s would be an outer product"


@pytest.mark.parametrize(("size", "fires"), [(4 * GROWTH, True), (4 * GROWTH + 1, False)])
def test_no_form_makes_a_much_larger_tensor(size: int, fires: bool) -> None:
    """A (B v), where A B has as many times the elements of A as it has rows over columns."""
    p = Program()
    a, b, v = p.argument((size, 4)), p.argument((4, size)), p.argument((size,))
    right = p.dot(b, v, ((4, size), (size,), (4,)))
    found = agrees(p, p.dot(a, right, ((size, 4), (4,), (size,))), (size,))
    assert (found is not None) == fires
