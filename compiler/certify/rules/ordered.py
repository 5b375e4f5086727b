"""
Extremes of floating-point numbers found among integers.

Bits as an integer, those but the sign flipped where it is negative, and NaN beyond all: this is monotone, so the
extreme of the integers stands for that of the numbers. Each step is recognised by its form.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from xdsl.dialects.builtin import AnyFloat, IntegerType
from xdsl.ir import SSAValue

from eggshard.certify.facts import Fact, Unknown
from eggshard.certify.rules import collectives
from eggshard.certify.rules.indexing import number_of
from eggshard.certify.site import Site, element_of


@dataclass(frozen=True)
class Form:
    """What a value is of `source`: bits, flipped, positive, number, half, ordered, found or back."""

    step: str
    source: SSAValue | None = None
    kind: str = ""
    fact: Fact | None = None


def _form(fact: Fact, *steps: str) -> Form | None:
    return fact.extra if isinstance(fact.extra, Form) and fact.extra.step in steps else None


def bitcast(site: Site) -> Iterator[Fact]:
    value, result = site.op.operands[0], site.op.results[0]
    back = _form(site.facts[0], "back")
    if back is not None and back.fact is not None and isinstance(element_of(result), AnyFloat):
        yield from (f for f in (back.fact,) if all(c.term.element == element_of(result) for c in f.claims))
    elif isinstance(element_of(value), AnyFloat) and site.shape() == site.result_shape():
        if any(c.labels is not None for c in site.facts[0].claims) or site.facts[0].scalar is not None:
            yield Fact(extra=Form("bits", value))


def most(site: Site) -> int:
    element = element_of(site.op.results[0])
    return int((1 << (element.width.data - 1)) - 1) if isinstance(element, IntegerType) else -1


def xor(site: Site) -> Iterator[Fact]:
    if _form(site.facts[0], "bits", "found") and number_of(site.facts[1]) == most(site):
        yield Fact(extra=Form("flipped", site.op.operands[0]))


def compare(site: Site) -> Iterator[Fact]:
    lhs, rhs = site.op.operands
    direction = cast(Any, site.op.properties["comparison_direction"]).data
    if lhs is rhs and direction == "EQ" and isinstance(element_of(lhs), AnyFloat):
        yield Fact(extra=Form("number", lhs))
    if _form(site.facts[0], "bits", "found") and direction == "GE" and number_of(site.facts[1]) == 0:
        if cast(Any, site.op.properties.get("compare_type")).data == "SIGNED":
            yield Fact(extra=Form("positive", lhs))


def select(site: Site) -> Iterator[Fact]:
    test, yes, no = site.facts
    value = site.op.operands[1]
    positive, flipped = _form(test, "positive"), _form(no, "flipped")
    if positive and flipped and positive.source is value and flipped.source is value:
        bits = _form(yes, "bits", "found")
        if bits is not None:
            yield Fact(extra=Form("half" if bits.step == "bits" else "back", bits.source, bits.kind, bits.fact))
    number, half = _form(test, "number"), _form(yes, "half")
    if number and half and number.source is half.source:
        last, top = number_of(no), most(site)
        kind = "max" if last == top else "min" if last == -top - 1 else None
        if kind is not None:
            yield Fact(extra=Form("ordered", half.source, kind))


def reduced(site: Site) -> Iterator[Fact]:
    """The collective on the integers is the one on the numbers."""
    form = _form(site.facts[0], "ordered")
    if form is None or form.source is None:
        return
    inner = Site(site.op, [site.known[form.source]], site.terms, site.mesh, site.known)
    if collectives.kind(site) != form.kind:
        raise Unknown(f"it combines by {collectives.kind(site)} what is ordered for {form.kind}")
    rule = collectives.all_reduce if site.op.name.endswith("all_reduce") else collectives.reduce_scatter
    for fact in rule(inner):
        yield Fact(extra=Form("found", None, form.kind, fact))
