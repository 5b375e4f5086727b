"""Constants: one number everywhere, or the same tensor as in the whole program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from eggshard.certify.facts import Affine, Claim, Fact, Window
from eggshard.certify.numbers import integer
from eggshard.certify.site import Site


def constant(site: Site) -> Iterator[Fact]:
    value: Any = cast(Any, site.op.properties["value"])
    if value.is_splat:
        term = site.terms.scalar(site.op, ())
        number = integer(term)
        shape = site.result_shape()
        affine = None if number is None else Affine((number,) * site.devices, (0,) * len(shape))
        yield Fact(scalar=(term, None), affine=affine)
        return
    (term,) = site.terms.node(site.op, ())
    yield Fact((Claim(term, tuple(Window(n, (0,) * site.devices) for n in term.shape)),))
