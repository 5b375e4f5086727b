"""What devices hold after an exchange, from the groups of the collective alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from eggshard.certify.facts import NEUTRAL, NOWHERE, Claim, Fact, Ints, Labels, Window, canonical, need
from eggshard.certify.numbers import is_neutral, is_zero, kind_of
from eggshard.certify.site import Site, rows

Groups = Sequence[Sequence[int]]


def groups_of(site: Site) -> Groups:
    """Device ids in groups, of which each device is in one; all groups are equally large."""
    axes = site.op.properties.get("axes")
    if axes is not None:
        return site.mesh.groups(cast(Any, axes).data)
    attribute: Any = site.op.properties["replica_groups"]
    flat, width = rows(attribute), attribute.type.get_shape()[1]
    _between_devices(site)
    if site.op.name != "stablehlo.all_to_all":
        need("use_global_device_ids" in site.op.properties, "its groups are not of device ids")
    need(sorted(flat) == list(range(site.devices)), "its groups leave a device out, or name one twice")
    return [flat[i : i + width] for i in range(0, len(flat), width)]


def _between_devices(site: Site) -> None:
    channel: Any = site.op.properties.get("channel_handle")
    need(channel is not None and channel.data.handle > 0, "it has no channel, so it does not run between devices")


def dim_of(site: Site, *names: str) -> int:
    return next(site.integer(name) for name in names if name in site.op.properties)


def kind(site: Site) -> str:
    given = site.op.properties.get("kind")
    found = kind_of(site.op.regions[0]) if given is None else cast(Any, given).data
    need(found, "its body is no known reduction")
    return str(found)


def same_in_groups(values: Sequence[object], groups: Groups) -> bool:
    return all(values[d] == values[group[0]] for group in groups for d in group)


def need_same_windows(claim: Claim, groups: Groups, but: tuple[int, ...] = ()) -> None:
    for dim, window in enumerate(claim.windows):
        if dim not in but and window.offsets is not None:
            need(same_in_groups(window.offsets, groups), f"devices of a group hold different parts of dimension {dim}")


def combined(labels: Labels, groups: Groups) -> Labels | None:
    """The terms after those of each group are combined."""
    sums: dict[int, tuple[int, ...]] = {}
    for group in groups:
        held = [labels.of[d] for d in group if labels.of[d] != NEUTRAL]
        need(len(set(held)) == len(held), "a term is held by two devices of a group")
        sums.update(dict.fromkeys(group, tuple(sorted(held))))
    distinct = set(sums.values()) - {()}
    need(sum(map(len, distinct)) == labels.terms, "the groups do not hold each term once")
    need(len({label for held in distinct for label in held}) == labels.terms, "the groups overlap in their terms")
    return canonical([sums[d] or NEUTRAL for d in range(len(labels.of))], labels.kind)


def reduced(site: Site, claim: Claim, groups: Groups) -> Claim:
    """The claim after a sum over each group."""
    need(claim.labels is not None, "its operand is complete, and would be counted several times")
    assert claim.labels is not None
    found = kind(site)
    need(claim.labels.kind == found, f"its operand's terms combine by {claim.labels.kind}, it combines by {found}")
    need_same_windows(claim, groups)
    windows = tuple(w if w.fill is None or is_neutral(found, w.fill) else w._replace(fill=None) for w in claim.windows)
    return Claim(claim.term, windows, combined(claim.labels, groups))


def all_reduce(site: Site) -> Iterator[Fact]:
    """Sums of the terms in each group, one result per operand."""
    groups = groups_of(site)
    fact = site.facts[0]
    for claim in fact.claims:
        yield Fact((reduced(site, claim, groups),))
    if fact.scalar is not None and fact.scalar[1] is not None:
        claim = reduced(site, Claim(fact.scalar[0], (), fact.scalar[1]), groups)
        yield Fact(scalar=(claim.term, claim.labels))


def reduce_scatter(site: Site) -> Iterator[Fact]:
    """As all_reduce, then each device of a group keeps a part by its place in the group."""
    groups, dim = groups_of(site), dim_of(site, "dim", "scatter_dimension")
    for claim in site.facts[0].claims:
        yield Fact((part(reduced(site, claim, groups), groups, dim, site.result_shape()[dim]),))


def part(claim: Claim, groups: Groups, dim: int, size: int) -> Claim:
    """The i-th device of a group keeps its i-th `size` elements of a dimension."""
    window = claim.windows[dim]
    if window.offsets is None:
        return with_window(claim, dim, window._replace(size=size))
    offsets = list(window.offsets)
    for group in groups:
        for place, device in enumerate(group):
            offsets[device] += place * size
    return with_window(claim, dim, Window(size, tuple(offsets), window.fill))


def with_window(claim: Claim, dim: int, window: Window) -> Claim:
    return claim._replace(windows=(*claim.windows[:dim], window, *claim.windows[dim + 1 :]))


def slice_own(site: Site) -> Iterator[Fact]:
    """Each device keeps the part of its place."""
    dim = site.integer("dim")
    for claim in site.facts[0].claims:
        yield Fact((part(claim, groups_of(site), dim, site.result_shape()[dim]),))
    if site.facts[0].scalar is not None:
        yield Fact(scalar=site.facts[0].scalar)


def joined(claim: Claim, groups: Groups, dim: int) -> Claim:
    """The devices of a group hold parts of a dimension that follow each other; all get the whole of that."""
    if claim.labels is not None:
        need(same_in_groups(claim.labels.of, groups), "devices of a group hold different terms")
    window, width = claim.windows[dim], len(groups[0])
    if window.offsets is None:
        return with_window(claim, dim, window._replace(size=window.size * width))
    offsets = list(window.offsets)
    for group in groups:
        first = window.offsets[group[0]]
        for place, device in enumerate(group):
            need(
                window.offsets[device] == first + place * window.size,
                f"parts of dimension {dim} do not follow each other in a group",
            )
            offsets[device] = first
    return with_window(claim, dim, Window(window.size * width, tuple(offsets), window.fill))


def all_gather(site: Site) -> Iterator[Fact]:
    """The parts of a group, joined in its order."""
    groups, dim = groups_of(site), dim_of(site, "dim", "all_gather_dim")
    for claim in site.facts[0].claims:
        need_same_windows(claim, groups, (dim,))
        yield Fact((joined(claim, groups, dim),))
    if site.facts[0].scalar is not None and site.facts[0].scalar[1] is None:
        yield Fact(scalar=site.facts[0].scalar)


def all_to_all(site: Site) -> Iterator[Fact]:
    """Each device gets its part of one dimension, of all parts of another."""
    groups = groups_of(site)
    split, concat = dim_of(site, "split_dim", "split_dimension"), dim_of(site, "concat_dim", "concat_dimension")
    if "split_count" in site.op.properties:
        need(site.integer("split_count") == len(groups[0]), "it splits into more parts than a group has devices")
    for claim in site.facts[0].claims:
        need_same_windows(claim, groups, (concat,))
        yield Fact((part(joined(claim, groups, concat), groups, split, site.result_shape()[split]),))
    if site.facts[0].scalar is not None and site.facts[0].scalar[1] is None:
        yield Fact(scalar=site.facts[0].scalar)


def collective_permute(site: Site) -> Iterator[Fact]:
    """Each target holds what its source held; who is no target holds zeros, as if it stood beyond the tensor."""
    pairs = site.op.properties.get("pairs")
    if pairs is None:
        _between_devices(site)
    flat = site.integers("pairs" if pairs is not None else "source_target_pairs")
    source = dict(zip(flat[1::2], flat[::2], strict=True))
    need(len(source) * 2 == len(flat), "a device receives twice")
    for claim in site.facts[0].claims:
        if claim.labels is not None:
            need(len(source) == site.devices, "a term is dropped")
        shape = claim.term.shape
        idle = len(source) < site.devices
        windows = tuple(_moved(w, source, site.devices, n, idle) for w, n in zip(claim.windows, shape, strict=True))
        labels = claim.labels
        if labels is not None:
            labels = Labels(labels.kind, tuple(labels.of[source[d]] for d in range(site.devices)), labels.terms)
            need(set(claim.labels.of if claim.labels else ()) == set(labels.of), "a term is dropped")
        yield Fact((Claim(claim.term, windows, labels),))


def _moved(window: Window, source: dict[int, int], devices: int, size: int, idle: bool) -> Window:
    if not idle and window.offsets is None:
        return window
    if window.offsets is None:
        need(window.size == size, "who holds which part of a constant dimension is not known")
    held: Ints = window.offsets or (0,) * devices
    offsets = tuple(held[source[d]] if d in source else NOWHERE for d in range(devices))
    fill = window.fill if is_zero(window.fill) or not idle else None
    return Window(window.size, offsets, fill)
