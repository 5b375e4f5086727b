"""Sums move through products: where that fires, and where it must not."""

from __future__ import annotations

import pytest
from egraph_support import M, Program, agrees, kinds, product


def test_sums_of_products_are_summed_in_them() -> None:
    """sum_j (A B)_ij = A (sum_j B_kj)"""
    p = Program()
    result = p.sum(product(p, p.argument(M), p.argument(M)), M, 1)
    found = agrees(p, result, (2,), rulesets=["reduce", "commute"])
    assert found is not None and kinds(found) == ["product", "sum"]
    assert any(form.kind == "sum" for forms in found[1].forms[:-1] for form in forms)


def test_sums_of_broadcast_products_count_them() -> None:
    """sum_j u_i v_i is not u_i v_i: neither factor knows how many j there are."""
    p = Program()
    u, v, w = p.argument((2,)), p.argument((2,)), p.argument(M)
    wide = [p.broadcast(x, (2,), [0], M) for x in (u, v)]
    both = p.binary("multiply", wide[0], wide[1])
    agrees(p, p.sum(product(p, both, w), M, 1), (2,))
    p = Program()
    wide = [p.broadcast(p.argument((2,)), (2,), [0], M) for _ in range(2)]
    both = p.binary("multiply", wide[0], wide[1])
    assert agrees(p, p.sum(both, M, 1), (2,)) is None


def test_sums_of_sums_and_of_other_tensors_stay() -> None:
    """Nothing is summed but products: there is nothing to gain."""
    p = Program()
    both = p.binary("add", p.argument(M), p.argument(M))
    assert agrees(p, p.sum(both, M, 1), (2,)) is None


@pytest.mark.parametrize(("init", "fires"), [("0.0", True), ("1.0", False)])
def test_only_sums_from_zero(init: str, fires: bool) -> None:
    p = Program()
    made = product(p, p.argument(M), p.argument(M))
    assert (agrees(p, p.sum(made, M, 1, init), (2,)) is not None) == fires
