"""Broadcasts and sums exchanged: where that fires, and where it must not."""

from __future__ import annotations

from egraph_support import Program, agrees, kinds

RULES = ("broadcast", "reduce", "commute", "associate", "distribute")


def projected(p: Program, tokens: int = 4) -> str:
    """x W + b for each token."""
    x, w = p.argument((tokens, 3)), p.argument((3, 2))
    bias = p.broadcast(p.argument((2,)), (2,), [1], (tokens, 2))
    return p.binary("add", p.dot(x, w, ((tokens, 3), (3, 2), (tokens, 2))), bias, (tokens, 2))


def test_a_broadcast_term_is_counted() -> None:
    """sum_t (x W + b) = (sum_t x) W + n b"""
    p = Program()
    found = agrees(p, p.sum(projected(p), (4, 2), 0), (2,), RULES)
    assert found is not None
    island, forms = found
    assert "add" in kinds(found)
    summed = [c for c, made in enumerate(forms.forms) if any(form.kind == "sum" for form in made)]
    assert any(island.elements(forms.masks[c]) == 3 for c in summed), "tokens are summed before the product"


def test_without_the_rule_the_terms_are_made() -> None:
    p = Program()
    found = agrees(p, p.sum(projected(p), (4, 2), 0), (2,), [name for name in RULES if name != "broadcast"])
    assert found is None or all(leaf is None or leaf.value is not None for leaf in found[1].leaves)


def test_a_product_of_a_broadcast_is_broadcast_afterwards() -> None:
    """(1 x) W = 1 (x W)"""
    p = Program()
    wide = p.broadcast(p.dot(p.argument((2, 3)), p.argument((3,)), ((2, 3), (3,), (2,))), (2,), [1], (5, 2))
    found = agrees(p, p.dot(wide, p.argument((2, 4)), ((5, 2), (2, 4), (5, 4))), (5, 4), RULES)
    assert found is not None
    island, forms = found
    assert any(island.elements(mask) == 4 and made for mask, made in zip(forms.masks, forms.forms, strict=True))


def test_what_is_broadcast_along_a_summed_dimension_is_summed() -> None:
    """sum_k 1_k x_i W_kj = x_i sum_k W_kj"""
    p = Program()
    wide = p.broadcast(p.dot(p.argument((2, 3)), p.argument((3,)), ((2, 3), (3,), (2,))), (2,), [0], (2, 4))
    found = agrees(p, p.dot(wide, p.argument((4, 3)), ((2, 4), (4, 3), (2, 3))), (2, 3), RULES)
    assert found is not None and any(form.kind == "sum" for made in found[1].forms for form in made)


def test_a_number_that_a_float_does_not_hold_is_not_used() -> None:
    """257 in bf16 is 256."""
    from eggshard.dialects.assembly import parse_module
    from eggshard.egraph.logic.islands import islands
    from eggshard.egraph.logic.saturate import saturate

    def counted(tokens: int) -> bool:
        p = Program()
        text = str(p.module(p.sum(projected(p, tokens), (tokens, 2), 0), (2,))).replace("f64", "bf16")
        (island,) = islands(parse_module(text))
        (forms,) = saturate([island])
        assert forms is not None
        return any(leaf is not None and not leaf.indices for leaf in forms.leaves)

    assert counted(256) and not counted(257)
