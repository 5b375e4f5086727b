"""a b + a c = a (b + c): where it fires, and where it must not."""

from __future__ import annotations

from egraph_support import M, Program, agrees, kinds, product


def test_an_index_that_is_summed_inside_two_factors_is_not_one() -> None:
    """Terms of a sum share the names of what they sum; a product of two of them must not."""
    p = Program()
    a, b, c, u, v, w, e, f = (p.argument(M) for _ in range(8))
    first = product(p, product(p, a, b), c)
    inner = p.binary("add", product(p, u, v), w, M)
    second = product(p, inner, product(p, e, f))
    agrees(p, p.binary("add", first, second, M))


def test_sums_of_products_with_a_common_factor() -> None:
    p = Program()
    a, b, c = (p.argument(M) for _ in range(3))
    found = agrees(p, p.binary("add", product(p, a, b), product(p, a, c)), rulesets=["distribute"])
    assert kinds(found) == ["add", "product"]
    p = Program()
    a, b, c, d = (p.argument(M) for _ in range(4))
    assert agrees(p, p.binary("add", product(p, a, b), product(p, d, c)), rulesets=["distribute"]) is None


def test_common_factors_that_stand_behind() -> None:
    p = Program()
    a, b, c = (p.argument(M) for _ in range(3))
    result = p.binary("add", product(p, a, c), product(p, b, c))
    assert kinds(agrees(p, result, rulesets=["distribute", "commute"])) == ["add", "product"]


def test_no_common_factor_where_it_is_summed_with_another_dimension() -> None:
    """A B + A^T C reads A twice, but not alike."""
    p = Program()
    a, b, c = (p.argument(M) for _ in range(3))
    turned = p.transpose(a, M, [1, 0])
    assert agrees(p, p.binary("add", product(p, a, b), product(p, turned, c))) is None


def test_products_of_sums() -> None:
    p = Program()
    a, b, c = (p.argument(M) for _ in range(3))
    found = agrees(p, product(p, a, p.binary("add", b, c)), rulesets=["distribute"])
    assert kinds(found) == ["add", "product"]
