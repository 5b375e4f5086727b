"""What is a tree of products and sums, and every form of every class of random ones computes it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from egraph_support import (
    M,
    Program,
    RandomTree,
    agrees,
    check_forms,
    check_pieces,
    integers,
    leaves_of,
    product,
    run_to,
)

from eggshard.dialects.assembly import parse_module
from eggshard.egraph.logic.islands import islands
from eggshard.egraph.logic.pieces import pieces
from eggshard.egraph.logic.saturate import saturate

BATCH = 60


@pytest.mark.parametrize("batch", range(6))
def test_every_form_of_random_trees_computes_them(batch: int) -> None:
    made = [(RandomTree(seed), seed) for seed in range(batch * BATCH, (batch + 1) * BATCH)]
    modules = [(tree.made(), integers(tree.arguments, seed)) for tree, seed in made]
    found = [(module, inputs, island) for module, inputs in modules for island in islands(module)]
    forms = saturate([island for _, _, island in found])
    assert sum(form is not None for form in forms) >= BATCH // 4
    for number, ((module, inputs, island), form) in enumerate(zip(found, forms, strict=True)):
        if form is None:
            continue
        leaves = leaves_of(module, island, form, inputs)
        wanted = run_to(module, island.root.results[0], inputs)
        np.testing.assert_array_equal(check_forms(island, form, leaves), wanted)
        if number % 3 == 0:
            np.testing.assert_array_equal(check_pieces(island, form, leaves), wanted)


def test_what_is_read_twice_is_made() -> None:
    """A product that another op reads too is no part of a tree."""
    p = Program()
    a, b, c = (p.argument(M) for _ in range(3))
    shared = product(p, a, b)
    assert agrees(p, p.binary("subtract", product(p, shared, c), shared, M)) is None


@pytest.mark.parametrize(("precision", "fires"), [("HIGHEST", True), ("DEFAULT", False)])
def test_products_of_one_precision(precision: str, fires: bool) -> None:
    """Other forms keep the precision that the program asks for; products that differ in it stay apart."""
    p = Program()
    result = product(p, product(p, p.argument(M), p.argument(M)), p.argument(M))
    for number, asked in enumerate(("HIGHEST", precision)):
        p.lines[number] = p.lines[number].replace(" : ", f", precision = [{asked}, {asked}] : ")
    found = agrees(p, result)
    assert (found is not None) == fires
    if found is not None:
        for piece in pieces(*found):
            for way in piece.ways:
                asked_for: Any = way.op.properties["precision_config"]
                assert [entry.data for entry in asked_for] == [precision] * 2


def test_integers_stay() -> None:
    """They wrap around, and other forms would not be faster anyhow."""
    p = Program()
    module = p.module(product(p, product(p, p.argument(M), p.argument(M)), p.argument(M)), M)
    assert len(islands(module)) == 1
    assert not islands(parse_module(str(module).replace("f64", "i64")))
