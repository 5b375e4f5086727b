"""
Every trusted rule against the interpreter: what it says of random ops on random windows is what devices hold.

An op is made with its operands cut at random; whatever claims the checker derives for its result must be true of the
numbers. The last tests plant wrong rules, and see this fail.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from certify_support import FAMILIES, Case, check_case, random_case

from eggshard.certify.facts import Claim, Fact, Window
from eggshard.certify.rules import collectives, contraction, movement, table

CASES = 80
"""Random cases of each family."""


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_what_a_rule_says_is_true(family: str) -> None:
    """Some of the cases must lead to a claim, or nothing would be tested."""
    claimed = sum(check_case(random_case(family, seed)) for seed in range(CASES))
    assert claimed >= 4, f"{family}: only {claimed} of {CASES} cases lead to a claim"


def broken(name: str, rule: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    rules = tuple(rule if old.__name__ == rule.__name__ else old for old in table.RULES[name])
    assert rules != table.RULES[name]
    monkeypatch.setitem(table.RULES, name, rules)


def fails(family: str) -> bool:
    for seed in range(CASES):
        try:
            check_case(random_case(family, seed))
        except AssertionError:
            return True
    return False


def test_a_sum_that_forgets_its_terms_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def dot_general(site: Any) -> Any:
        for fact in contraction.dot_general(site):
            yield Fact(tuple(claim._replace(labels=None) for claim in fact.claims))

    broken("stablehlo.dot_general", dot_general, monkeypatch)
    assert fails("dot")


def test_parts_out_of_order_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def joined(claim: Claim, groups: Any, dim: int) -> Claim:
        window = claim.windows[dim]
        at = list(window.offsets or ())
        for group in groups:
            for device in group:
                at[device] = min(at[d] for d in group)
        wide = Window(window.size * len(groups[0]), tuple(at), window.fill)
        return collectives.with_window(claim, dim, wide)

    monkeypatch.setattr(collectives, "joined", joined)
    assert fails("all_gather")


def test_a_shift_the_wrong_way_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = movement.shifted

    def shifted(claim: Claim, starts: Any, sizes: Any) -> Claim:
        return right(claim, [tuple(-x for x in at) for at in starts], sizes)

    monkeypatch.setattr(movement, "shifted", shifted)
    assert fails("slice")


def test_a_mask_too_wide_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def masked(claim: Claim, on: Any, intervals: Any, other: Any) -> Claim:
        return claim

    monkeypatch.setattr(movement, "_masked", masked)
    assert fails("mask") or fails("first")


def test_terms_summed_twice_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def reduced(site: Any, claim: Claim, groups: Any) -> Claim:
        return claim._replace(labels=None)

    monkeypatch.setattr(collectives, "reduced", reduced)
    assert fails("all_reduce")


def test_cases_are_the_same_for_the_same_seed() -> None:
    one, other = random_case("dot", 3), random_case("dot", 3)
    assert isinstance(one, Case)
    assert all(np.array_equal(a, b) for a, b in zip(one.wholes, other.wholes, strict=True))
