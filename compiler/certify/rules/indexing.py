"""Reads and writes at computed positions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from xdsl.dialects.builtin import IntegerType

from eggshard.certify.facts import Claim, Fact, Ints, Labels, Unknown, Window, join_labels, need, unify
from eggshard.certify.numbers import integer, is_neutral, is_zero, kind_of
from eggshard.certify.rules.contraction import chunks, terms_of
from eggshard.certify.site import Site, element_of, integers, same_properties
from eggshard.certify.terms import Node, regions_key

PROMISES = ("indices_are_sorted", "unique_indices")


@dataclass(frozen=True)
class Places:
    """
    The model's positions as a device counts them: clamped to [0, limit] where there is a limit, less its `bases`.

    `claim` is of the model's positions, which have one coordinate each.
    """

    claim: Claim
    above: bool = False
    limit: int | None = None
    bases: Ints | None = None


@dataclass(frozen=True)
class Within:
    """Where 0 <= place (if `low`) and place < `limit`; dimension i of the places is dims[i] of the value."""

    places: Places
    low: bool
    limit: int | None
    dims: tuple[int, ...]


@dataclass(frozen=True)
class Read:
    """What a gather finds at a device's places: right where a place is within `size`. `batch` are the places' dims."""

    claim: Claim
    places: Places
    size: int
    offsets: Ints
    batch: tuple[int, ...]


def places_of(fact: Fact) -> Iterator[Places]:
    """What a value may be as positions; as the device computes them, or as the model does."""
    computed = fact.extra if isinstance(fact.extra, Places) else None
    if computed is not None and (computed.above or computed.bases is not None):
        yield computed
    yield from (Places(claim) for claim in fact.claims if claim.labels is None and claim.term.shape)
    if computed is not None and not computed.above and computed.bases is None:
        yield computed


def at_least(site: Site) -> Iterator[Fact]:
    """max(place, 0)."""
    for places in places_of(site.facts[0]):
        if places.bases is None and places.limit is None and number_of(site.facts[1]) == 0:
            yield Fact(extra=Places(places.claim, True))


def at_most(site: Site) -> Iterator[Fact]:
    """min(max(place, 0), limit)."""
    limit = number_of(site.facts[1])
    for places in places_of(site.facts[0]):
        if places.above and places.limit is None and places.bases is None and limit is not None and limit >= 0:
            yield Fact(extra=Places(places.claim, True, limit))


def number_of(fact: Fact) -> int | None:
    return integer(fact.scalar[0]) if fact.scalar is not None and fact.scalar[1] is None else None


def less(site: Site) -> Iterator[Fact]:
    """Places less the device's own base."""
    base = site.facts[1].affine
    if base is None or any(base.strides) or not isinstance(element_of(site.op.results[0]), IntegerType):
        return
    for places in places_of(site.facts[0]):
        if places.bases is None:
            yield Fact(extra=Places(places.claim, places.above, places.limit, base.bases))


def compared(site: Site) -> Iterator[Fact]:
    """place >= 0, place < limit."""
    direction = cast(Any, site.op.properties["comparison_direction"]).data
    limit, places = number_of(site.facts[1]), site.facts[0].extra
    if isinstance(places, Places) and limit is not None:
        dims = tuple(range(len(site.shape())))
        if direction == "GE" and limit == 0:
            yield Fact(extra=Within(places, True, None, dims))
        elif direction == "LT":
            yield Fact(extra=Within(places, False, limit, dims))


def joined(site: Site) -> Iterator[Fact]:
    """Both bounds."""
    a, b = site.facts[0].extra, site.facts[1].extra
    if isinstance(a, Within) and isinstance(b, Within) and a.places == b.places and a.dims == b.dims:
        if a.limit is None or b.limit is None:
            yield Fact(extra=Within(a.places, a.low or b.low, b.limit if a.limit is None else a.limit, a.dims))


def reshaped(site: Site) -> Iterator[Fact]:
    """A coordinate dimension of size 1 comes or goes."""
    extra, before, after = site.facts[0].extra, site.shape(), site.result_shape()
    if isinstance(extra, Places | Within) and (before[:-1] == after or before == after[:-1]):
        if (before if len(before) > len(after) else after)[-1:] != (1,):
            return
        if isinstance(extra, Places):
            yield Fact(extra=extra)
        elif len(before) > len(after):
            yield Fact(extra=Within(extra.places, extra.low, extra.limit, extra.dims[:-1]))
    elif site.facts[0].claims and before == after[:-1] and after[-1] == 1:
        for places in places_of(site.facts[0]):
            yield Fact(extra=places)


def spread(site: Site) -> Iterator[Fact]:
    """A mask of places over the elements read there."""
    extra, dims = site.facts[0].extra, site.integers("broadcast_dimensions")
    shape = site.result_shape()
    if isinstance(extra, Within) and all(shape[dim] == n for dim, n in zip(dims, site.shape(), strict=True)):
        yield Fact(extra=Within(extra.places, extra.low, extra.limit, tuple(dims[dim] for dim in extra.dims)))


def kept(site: Site) -> Iterator[Fact]:
    """What was read where the place is the device's own, zero elsewhere: terms of a sum."""
    mask, read, other = site.facts[0].extra, site.facts[1].extra, site.facts[2].scalar
    if not isinstance(mask, Within) or not isinstance(read, Read) or other is None or not is_zero(other[0]):
        return
    if mask.places != read.places or not mask.low or mask.limit != read.size or mask.dims != read.batch:
        return
    limit = read.places.limit
    assert limit is not None
    kind = "or" if element_of(site.op.results[0]) == IntegerType(1) else "sum"
    zero = other[0]
    parts = chunks(Window(read.size, read.offsets, zero), limit + 1, kind)
    yield Fact((read.claim._replace(labels=terms_of([parts], read.claim.labels, kind)),))


def promises_kept(site: Site, node: Node) -> bool:
    """Whether the op promises no more of its positions than the model's does."""
    return all(site.op.properties.get(n) in (None, node.op.properties.get(n)) for n in PROMISES)


def gather(site: Site) -> Iterator[Fact]:
    """Slices at positions: whole or untouched dimensions are windows, one may be cut and read in part."""
    numbers: Any = cast(Any, site.op.properties["dimension_numbers"]).data
    sizes = site.integers("slice_sizes")
    for node in site.terms.uses_of("stablehlo.gather", [c.term for c in site.facts[0].claims]):
        if not same_properties(site.op, node.op, "slice_sizes", *PROMISES) or not promises_kept(site, node):
            continue
        whole_sizes = integers(node.op, "slice_sizes")
        for claim in site.facts[0].claims:
            if claim.term is not node.operands[0]:
                continue
            for places in places_of(site.facts[1]):
                if places.claim.term is node.operands[1]:
                    try:
                        yield _gathered(site, node, numbers, claim, places, sizes, whole_sizes)
                    except Unknown:
                        continue


def _gathered(
    site: Site, node: Node, numbers: Any, claim: Claim, places: Places, sizes: Ints, whole_sizes: Ints
) -> Fact:
    shape, result = claim.term.shape, site.result_shape()
    cut: int | None = None
    taken: list[Window] = []
    batching = dict(zip(numbers.operand_batching_dims, numbers.start_indices_batching_dims, strict=True))
    index = _index_windows(places.claim, numbers.index_vector_dim)
    for dim, window in enumerate(claim.windows):
        if dim in batching:
            place = batching[dim]
            index[place] = unify([index[place], window])
        elif whole_sizes[dim] == shape[dim] and sizes[dim] == window.size and dim not in numbers.collapsed_slice_dims:
            taken.append(window._replace(fill=None))
        elif window.covers(shape[dim]) and sizes[dim] == whole_sizes[dim]:
            if dim not in numbers.collapsed_slice_dims:
                taken.append(Window(sizes[dim], (0,) * site.devices))
        else:
            need(numbers.start_index_map == (dim,) and cut is None and sizes[dim] == whole_sizes[dim] == 1, "it is cut")
            need(window.offsets is not None and window.offsets == places.bases, "places are not those of the part")
            need(places.limit == shape[dim] - 1, "places are not clamped to the tensor")
            cut = dim
            if dim not in numbers.collapsed_slice_dims:
                taken.append(Window(1, (0,) * site.devices))
    need(cut is not None or (places.bases is None and not places.above), "places are moved")
    batch = tuple(dim for dim in range(len(result)) if dim not in numbers.offset_dims)
    index.pop(numbers.index_vector_dim, None)
    found: list[Window] = []
    windows, kept_index = iter(taken), iter(index[k] for k in sorted(index))
    for dim in range(len(result)):
        found.append(next(windows) if dim in numbers.offset_dims else next(kept_index)._replace(fill=None))
    need(tuple(w.size for w in found) == result, "sizes differ")
    made = Claim(node.results[0], tuple(found), claim.labels)
    if cut is None:
        return Fact((made,))
    window = claim.windows[cut]
    return Fact(extra=Read(made, places, window.size, window.offsets or (), batch))


def _index_windows(claim: Claim, vector_dim: int) -> dict[int, Window]:
    need(claim.labels is None, "positions are partial")
    if vector_dim < len(claim.windows):
        need(claim.windows[vector_dim].covers(claim.term.shape[vector_dim]), "coordinates are cut")
    return dict(enumerate(claim.windows))


def scatter(site: Site) -> Iterator[Fact]:
    """Updates at positions; updates cut by position leave terms, positions elsewhere fall out of the device's part."""
    if len(site.op.results) != 1:
        return
    numbers: Any = cast(Any, site.op.properties["scatter_dimension_numbers"]).data
    terms = [c.term for fact in site.facts[1:] for c in fact.claims]
    places_found = list(places_of(site.facts[1]))
    terms += [p.claim.term for p in places_found]
    for node in site.terms.uses_of("stablehlo.scatter", terms):
        if not same_properties(site.op, node.op, *PROMISES) or not promises_kept(site, node):
            continue
        if regions_key(site.op) != regions_key(node.op) or len(node.operands) != 3:
            continue
        for places in places_found:
            if places.claim.term is not node.operands[1] or places.above:
                continue
            for operand in site.claims(0, node):
                for update in site.claims(2, node):
                    try:
                        yield _scattered(site, node, numbers, operand, places, update)
                    except Unknown:
                        continue


def _scattered(site: Site, node: Node, numbers: Any, operand: Claim, places: Places, update: Claim) -> Fact:
    kind = kind_of(site.op.regions[0])
    index = _index_windows(places.claim, numbers.index_vector_dim)
    batching = dict(zip(numbers.input_batching_dims, numbers.scatter_indices_batching_dims, strict=True))
    scattered = [d for d in range(len(update.windows)) if d not in numbers.update_window_dims]
    index_dims = [d for d in sorted(index) if d != numbers.index_vector_dim]
    need(len(scattered) == len(index_dims), "dimensions do not correspond")
    target = dict(zip(index_dims, scattered, strict=True))
    update_dims = iter(numbers.update_window_dims)
    windows: list[Window] = []
    cut = False
    for dim, window in enumerate(operand.windows):
        size = operand.term.shape[dim]
        if dim in batching:
            windows.append(unify([window, index[batching[dim]], update.windows[target[batching[dim]]]]))
            continue
        if dim in numbers.inserted_window_dims:
            place = None
        else:
            place = next(update_dims)
            if update.term.shape[place] == size:
                windows.append(unify([window, update.windows[place]]))
                continue
            need(update.windows[place].covers(update.term.shape[place]), "an update is cut")
        if window.offsets is not None and window.offsets == places.bases and not cut:
            one = place is None or update.term.shape[place] == 1
            need(numbers.scatter_dims_to_operand_dims == (dim,) and one, "places are not those of the part")
            cut = True
            windows.append(window._replace(fill=None))
        elif window.offsets is None and places.bases is not None and not cut and place is None:
            need(numbers.scatter_dims_to_operand_dims == (dim,), "places are not those of the part")
            cut = True
            windows.append(Window(window.size, places.bases))
        else:
            need(window.covers(size), "the operand is cut where places are not")
            windows.append(Window(size, (0,) * site.devices))
    need(cut or places.bases is None, "places are moved")
    parts: list[Ints | None] = []
    for at, dim in target.items():
        window = unify([index[at], update.windows[dim]])
        if at in batching.values():
            continue
        size = update.term.shape[dim]
        if window.covers(size):
            parts.append(None)
            continue
        need(kind is not None and window.offsets is not None, "updates are cut")
        parts.append(chunks(window._replace(fill=update.windows[dim].fill), size, str(kind)))
    labels = terms_of(parts, update.labels, str(kind)) if any(parts) else update.labels
    need(labels is None or labels.kind == kind, "terms combine in another way")
    return Fact((Claim(node.results[0], tuple(windows), _with_operand(operand, labels, kind)),))


def _with_operand(operand: Claim, labels: Labels | None, kind: str | None) -> Labels | None:
    if labels is None and operand.labels is None:
        return None
    need(kind is not None, "terms of no sum")
    if labels is None:
        # Every device would add all updates to its own term.
        raise Unknown("the operand is partial, its updates are complete")
    if operand.labels is None:
        neutral = operand.term.scouted or is_neutral(str(kind), operand.term.scalar)
        need(neutral, "the operand would count on every device")
        return labels
    return join_labels(operand.labels, labels)


def dynamic_slice(site: Site) -> Iterator[Fact]:
    """Dimensions that are sliced are whole on every device, the others are taken as they are."""
    sizes = site.integers("slice_sizes")
    for node in site.nodes():
        whole = integers(node.op, "slice_sizes")
        for claims in site.readings(node):
            if any(claim.labels is not None for claim in claims[1:]):
                continue
            windows = []
            for dim, window in enumerate(claims[0].windows):
                size = claims[0].term.shape[dim]
                if whole[dim] == size and sizes[dim] == window.size:
                    windows.append(window)
                elif window.covers(size) and sizes[dim] == whole[dim]:
                    windows.append(Window(sizes[dim], (0,) * site.devices))
                else:
                    break
            else:
                yield Fact((Claim(node.results[0], tuple(w._replace(fill=None) for w in windows), claims[0].labels),))


def dynamic_update_slice(site: Site) -> Iterator[Fact]:
    """As dynamic_slice; operand and update hold the same part of the other dimensions."""
    for node in site.nodes():
        for claims in site.readings(node):
            operand, update = claims[:2]
            if any(claim.labels is not None for claim in claims[2:]):
                continue
            try:
                windows = tuple(_updated(operand, update, dim, site.devices) for dim in range(len(operand.windows)))
                labels = _both(operand, update)
            except Unknown:
                continue
            yield Fact((Claim(node.results[0], windows, labels),))


def _updated(operand: Claim, update: Claim, dim: int, devices: int) -> Window:
    size, part = operand.term.shape[dim], update.term.shape[dim]
    if size == part:
        return unify([operand.windows[dim], update.windows[dim]])
    need(operand.windows[dim].covers(size) and update.windows[dim].covers(part), "the dimension is cut")
    return Window(size, (0,) * devices)


def _both(operand: Claim, update: Claim) -> Labels | None:
    """Linear in both, so a zero counts as terms."""
    if operand.labels == update.labels:
        return operand.labels
    for one, other in ((operand, update), (update, operand)):
        if one.labels is None and other.labels is not None:
            need(one.term.scouted or is_neutral(other.labels.kind, one.term.scalar), "one of them is complete")
            return other.labels
    raise Unknown("terms differ")
