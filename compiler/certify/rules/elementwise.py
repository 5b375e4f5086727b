"""Ops that work element by element: operands that hold the same part make that part of the result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from xdsl.dialects.builtin import AnyFloat, ComplexType

from eggshard.certify.facts import Claim, Fact, Labels, Unknown, join_labels, unify
from eggshard.certify.numbers import KINDS, is_neutral
from eggshard.certify.site import Site, element_of, same_properties, shape_of
from eggshard.certify.terms import Term, same_widths

Held = tuple[Term, Labels | None]
"""What an operand is, as far as sums of terms care."""


def elementwise(site: Site) -> Iterator[Fact]:
    """The op on windows that agree."""
    if not same_widths(site.op):
        return
    if site.facts and all(fact.scalar is not None for fact in site.facts):
        scalars = [cast(Held, fact.scalar) for fact in site.facts]
        term = site.terms.scalar(site.op, tuple(scalar for scalar, _ in scalars))
        yield Fact(scalar=(term, labels_of(site, scalars)))
        return
    rank = len(site.result_shape())
    for node in site.nodes():
        if not same_properties(site.op, node.op):
            continue
        for claims in site.readings(node):
            try:
                labels = labels_of(site, [(claim.term, claim.labels) for claim in claims])
                full = [c for c, v in zip(claims, site.op.operands, strict=True) if len(shape_of(v)) == rank]
                windows = tuple(unify([claim.windows[dim] for claim in full]) for dim in range(rank))
            except Unknown:
                continue
            yield Fact((Claim(node.results[0], windows, labels),))


def labels_of(site: Site, held: Sequence[Held]) -> Labels | None:
    """
    The terms of the result; an op that does not commute with the combination of terms may have none.

    Zero is a sum of zeros, however many.
    """
    given = [labels for _, labels in held]
    partial = [labels for labels in given if labels is not None]
    if not partial:
        return None
    name, kind = site.op.name.partition(".")[2], partial[0].kind
    if (name in ("add", "subtract") and kind == "sum") or (
        KINDS.get(name) == kind and kind in ("max", "min", "or", "and")
    ):
        return _all_of(held, kind)
    if name == "select" and given[0] is None:
        return _all_of(held[1:], kind)
    if kind == "sum" and _is_linear(site, name, given):
        return partial[0]
    raise Unknown(f"{name} of a {kind} whose terms lie on several devices")


def _all_of(held: Sequence[Held], kind: str) -> Labels:
    found: Labels | None = None
    for term, labels in held:
        if labels is None:
            if not (term.scouted or is_neutral(kind, term.scalar)):
                raise Unknown(f"one operand is a {kind} whose terms lie on several devices, another is complete")
        else:
            found = labels if found is None else join_labels(found, labels)
    assert found is not None and found.kind == kind
    return found


def _is_linear(site: Site, name: str, given: Sequence[Labels | None]) -> bool:
    """Whether f(a + b) = f(a) + f(b), rounding apart, in the one operand that has terms."""
    if name in ("negate", "real", "imag"):
        return True
    if name == "multiply":
        return sum(labels is not None for labels in given) == 1
    if name == "divide":
        return given[1] is None and isinstance(element_of(site.op.results[0]), AnyFloat | ComplexType)
    if name == "convert":
        return all(isinstance(element_of(v), AnyFloat) for v in (*site.op.operands, *site.op.results))
    return False
