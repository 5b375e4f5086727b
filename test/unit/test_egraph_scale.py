"""Scalars move through products and sums, and quotients by powers of two are products: where, and where not."""

from __future__ import annotations

import pytest
from egraph_support import M, Program, Shape, agrees, kinds, product

from eggshard.egraph.logic.islands import Island
from eggshard.egraph.logic.saturate import Forms

RULES = ("scale", "commute")


def scaled(found: tuple[Island, Forms] | None, elements: int) -> bool:
    """Whether some form multiplies a tensor of so many elements by a scalar."""
    assert found is not None
    island, forms = found
    return any(
        form.kind == "product" and forms.masks[form.operands[1]] == 0 and island.elements(mask) == elements
        for made, mask in zip(forms.forms, forms.masks, strict=True)
        for form in made
    )


def logits(p: Program, op: str = "multiply", factor: float = 0.5) -> str:
    """s (Q K): eight queries, eight keys, two features."""
    q, k = p.argument((8, 2)), p.argument((2, 8))
    return p.scalar(op, p.dot(q, k, ((8, 2), (2, 8), (8, 8))), factor, (8, 8))


def test_a_product_is_scaled_by_its_factors() -> None:
    p = Program()
    found = agrees(p, logits(p), (8, 8), RULES)
    assert kinds(found).count("product") >= 2 and scaled(found, 16)


def test_scaled_factors_are_scaled_afterwards() -> None:
    p = Program()
    wide = p.scalar("multiply", p.argument((2, 8)), 0.5, (2, 8))
    found = agrees(p, p.dot(wide, p.argument((8, 2)), ((2, 8), (8, 2), M)), M, RULES)
    assert scaled(found, 4)


def test_what_has_an_index_is_no_scalar() -> None:
    """(v_ij A) B with v in the place of the scalar: another ruleset's, if anyone's."""
    p = Program()
    grown = p.binary("multiply", p.argument(M), p.argument(M))
    assert agrees(p, product(p, grown, p.argument(M)), M, RULES) is None


def test_sums_are_scaled_once() -> None:
    """sum(s (A B)) = s sum(A B)"""
    p = Program()
    shape: Shape = (8,)
    found = agrees(p, p.sum(logits(p), (8, 8), 1), shape, ("scale", "reduce", "commute"))
    assert scaled(found, 8)


@pytest.mark.parametrize(("divisor", "fires"), [(8.0, True), (0.25, True), (3.0, False), (0.0, False)])
def test_quotients_by_powers_of_two(divisor: float, fires: bool) -> None:
    p = Program()
    result = logits(p, "divide", divisor)
    if divisor == 0.0:
        result = p.binary("add", p.argument((8, 8)), result, (8, 8))
    assert (agrees(p, result, (8, 8), RULES) is not None) == fires
