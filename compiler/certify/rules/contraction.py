"""Sums over an index: products of matrices and reductions. Cut along that index they leave terms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from eggshard.certify.facts import NEUTRAL, Claim, Fact, Labels, Unknown, Window, canonical, need, unify
from eggshard.certify.numbers import is_neutral, is_zero, kind_of
from eggshard.certify.site import Site, same_properties
from eggshard.certify.terms import UNEQUAL, Term, regions_key


def chunks(window: Window, size: int, kind: str) -> tuple[int, ...] | None:
    """
    Which stretch of a dimension each device reduces; None if all reduce the whole.

    The stretches must be the whole dimension, each position once, and what lies beyond must change nothing.
    """
    need(window.inside(size) or is_neutral(kind, window.fill), "what lies beyond the tensor is not masked")
    offsets = window.offsets or (0,)
    parts = {(max(0, at), min(size, at + window.size)) for at in offsets}
    parts = {(lo, hi) for lo, hi in parts if lo < hi}
    if parts == {(0, size)} and all(at <= 0 and at + window.size >= size for at in offsets):
        return None
    end = 0
    for lo, hi in sorted(parts):
        need(lo == end, "the devices' parts of the reduced dimension overlap or leave a gap")
        end = hi
    need(end == size, "the devices' parts of the reduced dimension are not all of it")
    return tuple(max(0, at) if max(0, at) < min(size, at + window.size) else NEUTRAL - 1 for at in offsets)


def terms_of(parts: Sequence[tuple[int, ...] | None], given: Labels | None, kind: str) -> Labels | None:
    """Labels where indices are cut into those parts, all combinations of which must be held somewhere."""
    cut = [part for part in parts if part is not None]
    if not cut:
        return given
    need(given is None or given.kind == kind, "it reduces in another way than its terms combine")
    rows: list[Any] = list(zip(*cut, strict=True))
    if given is not None:
        rows = [(NEUTRAL if label == NEUTRAL else (row, label)) for row, label in zip(rows, given.of, strict=True)]
    idle = NEUTRAL - 1
    rows = [NEUTRAL if row != NEUTRAL and idle in (row[0] if given is not None else row) else row for row in rows]
    held = {row for row in rows if row != NEUTRAL}
    count = 1
    for column in cut:
        count *= len(set(column) - {idle})
    need(len(held) == count * (1 if given is None else given.terms), "a part of the reduced index is held by no device")
    return canonical(rows, kind)


def dot_general(site: Site) -> Iterator[Fact]:
    """Batch and free dimensions as they are; a contracted dimension cut alike on both sides leaves terms of a sum."""
    numbers: Any = cast(Any, site.op.properties["dot_dimension_numbers"]).data
    for node in site.nodes():
        if not same_properties(site.op, node.op):
            continue
        for lhs, rhs in site.readings(node):
            try:
                yield Fact((_dot(node.results[0], lhs, rhs, numbers),))
            except Unknown:
                continue


def _dot(term: Term, lhs: Claim, rhs: Claim, numbers: Any) -> Claim:
    need(lhs.labels is None or rhs.labels is None, "both operands are partial")
    given = lhs.labels or rhs.labels
    need(given is None or given.kind == "sum", "an operand's terms are not of a sum")
    left_batch, right_batch = numbers.lhs_batching_dimensions, numbers.rhs_batching_dimensions
    left_sum, right_sum = numbers.lhs_contracting_dimensions, numbers.rhs_contracting_dimensions
    parts = []
    for i, j in zip(left_sum, right_sum, strict=True):
        a, b = lhs.windows[i], rhs.windows[j]
        size = lhs.term.shape[i]
        window = unify([a, b])
        if window.offsets is None:
            need(window.size == size, "which part of the contracted dimension it holds is not known")
        beyond = a.fill if is_zero(a.fill) and is_zero(b.fill) else None
        parts.append(chunks(window._replace(fill=beyond), size, "sum"))
    windows = [unify([lhs.windows[i], rhs.windows[j]]) for i, j in zip(left_batch, right_batch, strict=True)]
    windows += [w._replace(fill=None) for i, w in enumerate(lhs.windows) if i not in (*left_batch, *left_sum)]
    windows += [w._replace(fill=None) for j, w in enumerate(rhs.windows) if j not in (*right_batch, *right_sum)]
    return Claim(term, tuple(windows), terms_of(parts, given, "sum"))


def reduce(site: Site) -> Iterator[Fact]:
    """Dimensions reduced in part leave terms, if the starting value changes nothing."""
    dims, count = site.integers("dimensions"), len(site.op.results)
    kind = kind_of(site.op.regions[0]) if count == 1 else None
    for node in site.nodes():
        if not same_properties(site.op, node.op) or regions_key(site.op) != regions_key(node.op):
            continue
        for claims in site.readings(node):
            try:
                windows, labels = _reduced(claims, count, dims, kind)
            except Unknown:
                continue
            yield from (_at(result, Claim(term, windows, labels), count) for result, term in enumerate(node.results))


def _at(result: int, claim: Claim, count: int) -> Any:
    """A fact for one of several results."""
    return Fact((claim,)) if count == 1 else (result, Fact((claim,)))


def _reduced(
    claims: Sequence[Claim], count: int, dims: Sequence[int], kind: str | None
) -> tuple[tuple[Window, ...], Labels | None]:
    given = claims[0].labels
    need(all(c.labels is None for c in claims[1:]), "a starting value is partial")
    neutral = kind is not None and is_neutral(kind, claims[count].term.scalar)
    need(given is None or (neutral and given.kind == kind), "it does not commute with the sum of its terms")
    parts: list[tuple[int, ...] | None] = []
    for dim in dims:
        window = unify([claim.windows[dim] for claim in claims[:count]])
        size = claims[0].term.shape[dim]
        if window.offsets is None:
            need(window.size == size, "which part of the reduced dimension it holds is not known")
        if count == 1:
            window = window._replace(fill=claims[0].windows[dim].fill)
        if window.covers(size):
            parts.append(None)
            continue
        need(neutral and kind is not None, "its starting value would count on every device")
        parts.append(chunks(window, size, str(kind)))
    kept = [dim for dim in range(len(claims[0].windows)) if dim not in dims]
    windows = tuple(unify([claim.windows[dim] for claim in claims[:count]]) for dim in kept)
    return windows, terms_of(parts, given, str(kind))


def whole(claim: Claim) -> bool:
    """Whether every device holds all of the tensor, complete."""
    return claim.labels is None and all(w.covers(n) for w, n in zip(claim.windows, claim.term.shape, strict=True))


def anything(site: Site) -> Iterator[Any]:
    """An op of which nothing is known but that it is the same: of whole operands it makes whole results."""
    kinds = [result.type for result in site.op.results]
    if site.op.name in UNEQUAL - {"stablehlo.custom_call"}:
        return
    for node in site.nodes():
        if not same_properties(site.op, node.op) or [term.type for term in node.results] != kinds:
            continue
        if regions_key(site.op) != regions_key(node.op):
            continue
        for claims in site.readings(node):
            if all(whole(claim) for claim in claims):
                for result, term in enumerate(node.results):
                    windows = tuple(Window(n, (0,) * site.devices) for n in term.shape)
                    yield result, Fact((Claim(term, windows),))
                break


def along_one(site: Site) -> Iterator[Any]:
    """Ops that work along one dimension, whole on every device, and repeat that for all others: sort, top_k."""
    rank = len(site.shape())
    dim = site.integer("dimension") if "dimension" in site.op.properties else rank - 1
    dim = dim + rank if dim < 0 else dim
    for node in site.nodes():
        if not same_properties(site.op, node.op) or regions_key(site.op) != regions_key(node.op):
            continue
        for claims in site.readings(node):
            try:
                need(all(claim.labels is None for claim in claims), "it is partial")
                need(all(c.windows[dim].covers(c.term.shape[dim]) for c in claims), "it is cut")
                kept = [unify([claim.windows[d] for claim in claims]) for d in range(rank)]
            except Unknown:
                continue
            for result, term in enumerate(node.results):
                windows = list(kept)
                windows[dim] = Window(term.shape[dim], (0,) * site.devices)
                yield result, Fact((Claim(term, tuple(windows)),))
