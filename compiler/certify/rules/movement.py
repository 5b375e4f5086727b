"""Ops that move elements: the same tensor through another window, or another tensor of the same elements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from eggshard.certify.facts import NEUTRAL, NOWHERE, Claim, Fact, Ints, Labels, Unknown, Window, fixed, need
from eggshard.certify.numbers import is_neutral
from eggshard.certify.rules.positions import scalar_bases
from eggshard.certify.site import Site, integers, same_properties
from eggshard.certify.terms import Term

NEUTRALS = ("sum", "max", "min", "prod", "and", "or")
"""Kinds of reduction that a select may leave terms of."""


def uniform(site: Site) -> Iterator[Fact]:
    """A tensor of one number stays one."""
    if site.facts[0].scalar is not None:
        yield Fact(scalar=site.facts[0].scalar)


# -- other windows of the same tensor ----------------------------------------------------------------------------------


def slice_window(site: Site) -> Iterator[Fact]:
    """A stretch of the window."""
    if any(step != 1 for step in site.integers("strides")):
        return
    starts = [(start,) * site.devices for start in site.integers("start_indices")]
    for claim in site.facts[0].claims:
        yield Fact((shifted(claim, starts, site.result_shape()),))


def dynamic_slice_window(site: Site) -> Iterator[Fact]:
    """A stretch that begins where the device computes it."""
    shape, sizes = site.shape(), site.result_shape()
    begins: list[Ints] = []
    for fact, whole, size in zip(site.facts[1:], shape, sizes, strict=True):
        bases = scalar_bases(fact)
        if bases is None and whole != size:
            return
        begins.append(tuple(min(max(b, 0), whole - size) for b in bases or (0,) * site.devices))
    for claim in site.facts[0].claims:
        yield Fact((shifted(claim, begins, sizes),))


def shifted(claim: Claim, starts: Sequence[Ints], sizes: Sequence[int]) -> Claim:
    windows = []
    for window, begin, size in zip(claim.windows, starts, sizes, strict=True):
        if window.offsets is None:
            windows.append(window._replace(size=size))
        else:
            at = tuple(a if a == NOWHERE else a + b for a, b in zip(window.offsets, begin, strict=True))
            windows.append(Window(size, at, window.fill))
    return claim._replace(windows=tuple(windows))


def pad_window(site: Site) -> Iterator[Fact]:
    """A window that reaches further, beyond the tensor, or less far where padding is negative."""
    if any(site.integers("interior_padding")):
        return
    lows, highs = site.integers("edge_padding_low"), site.integers("edge_padding_high")
    fill = site.facts[1].scalar
    fill = None if fill is None or fill[1] is not None else fill
    for claim in site.facts[0].claims:
        windows = list(claim.windows)
        try:
            for low, high in zip(lows, highs, strict=True):
                if low > 0 or high > 0:
                    windows = [w._replace(fill=w.fill if fill and w.fill is fill[0] else None) for w in windows]
            for dim, (low, high) in enumerate(zip(lows, highs, strict=True)):
                if low or high:
                    windows[dim] = _wider(claim, dim, low, high, fill[0] if fill else None)
        except Unknown:
            continue
        yield Fact((claim._replace(windows=tuple(windows)),))


def _wider(claim: Claim, dim: int, low: int, high: int, fill: Term | None) -> Window:
    window, size = fixed(claim, dim), claim.term.shape[dim]
    offsets = window.offsets or (0,) * len(claim.windows)
    need(window.offsets is not None, "where it lies is not known")
    for at in offsets:
        need(at == NOWHERE or low <= 0 or at <= 0 or at >= size + low, "padding would stand for elements")
        need(at == NOWHERE or high <= 0 or at + window.size >= size or at + window.size + high <= 0, "padding inside")
    had = window.fill is fill or window.inside(size)
    moved = tuple(at if at == NOWHERE else at - low for at in offsets)
    return Window(window.size + low + high, moved, fill if had else None)


def concatenate_window(site: Site) -> Iterator[Fact]:
    """Windows of one tensor that follow each other on every device."""
    dim = site.integer("dimension")
    first = site.facts[0]
    for claim in first.claims:
        pieces = [claim]
        for fact in site.facts[1:]:
            found = [c for c in fact.claims if c.term is claim.term and c.labels == claim.labels]
            if not found:
                break
            pieces.append(found[0])
        else:
            try:
                yield Fact((_chained(pieces, dim, site.devices),))
            except Unknown:
                continue


def _chained(pieces: Sequence[Claim], dim: int, devices: int) -> Claim:
    windows = list(pieces[0].windows)
    for other in range(len(windows)):
        if other != dim:
            windows[other] = _same_or_idle([piece.windows[other] for piece in pieces])
    size = pieces[0].term.shape[dim]
    parts = [fixed(piece, dim) for piece in pieces]
    total = sum(part.size for part in parts)
    starts = []
    for device in range(devices):
        before, begin = 0, None
        for piece, part in zip(pieces, parts, strict=True):
            at = _place(piece, device, dim)
            if at != NOWHERE:
                need(begin is None or begin == at - before, "the parts do not follow each other")
                begin = at - before
            before += part.size
        start = NOWHERE if begin is None else begin
        before = 0
        for piece, part in zip(pieces, parts, strict=True):
            if _place(piece, device, dim) == NOWHERE and start != NOWHERE:
                here = start + before
                need(here >= size or here + part.size <= 0, "zeros stand where elements are due")
            before += part.size
        starts.append(start)
    fills = {part.fill for part in parts}
    windows[dim] = Window(total, tuple(starts), parts[0].fill if len(fills) == 1 else None)
    return pieces[0]._replace(windows=tuple(windows))


def _place(piece: Claim, device: int, dim: int) -> int:
    """Where the piece begins, or NOWHERE if it holds no element of the tensor in any dimension."""
    if any(w.offsets is not None and w.offsets[device] == NOWHERE for w in piece.windows):
        return NOWHERE
    offsets = piece.windows[dim].offsets
    return 0 if offsets is None else offsets[device]


def _same_or_idle(windows: Sequence[Window]) -> Window:
    """The window that all pieces have, those apart that hold nothing on a device."""
    known = [w for w in windows if w.offsets is not None]
    if not known:
        return windows[0]._replace(fill=None)
    devices = range(len(known[0].offsets or ()))
    offsets = []
    for device in devices:
        held = {w.offsets[device] for w in known if w.offsets is not None} - {NOWHERE}
        need(len(held) <= 1, "the parts differ in another dimension")
        offsets.append(held.pop() if held else NOWHERE)
    return Window(known[0].size, tuple(offsets), None)


def select_window(site: Site) -> Iterator[Fact]:
    """
    A mask of positions: what lies beyond the tensor is replaced, or all of it on some devices.

    Where the whole is replaced by what changes nothing, the other devices hold the only term.
    """
    box, kept, other = site.facts[0].box, site.facts[1], site.facts[2].scalar
    if box is None or other is None or other[1] is not None:
        return
    for claim in kept.claims:
        found = _masked(claim, box.on, box.intervals, other[0])
        if found is not None:
            yield Fact((found,))
    if kept.scalar is not None and kept.scalar[1] is None and not any(box.intervals):
        labels = first_only(box.on, other[0])
        if labels is not None:
            yield Fact(scalar=(kept.scalar[0], labels))


def first_only(on: Sequence[bool], other: Term) -> Labels | None:
    kind = next((kind for kind in NEUTRALS if is_neutral(kind, other)), None)
    if kind is None or not any(on):
        return None
    return Labels(kind, tuple(0 if yes else NEUTRAL for yes in on), 1)


def _masked(
    claim: Claim,
    on: Sequence[bool],
    intervals: Sequence[tuple[tuple[int, int], ...] | None],
    other: Term,
) -> Claim | None:
    if not any(intervals):
        labels = first_only(on, other)
        if all(on):
            return claim
        if claim.labels is not None or labels is None:
            return None
        plain = tuple(w if w.fill is other else w._replace(fill=None) for w in claim.windows)
        return claim._replace(windows=plain, labels=labels)
    if not all(on) or (claim.labels is not None and not is_neutral(claim.labels.kind, other)):
        return None
    windows: list[Window] = []
    for window, interval, size in zip(claim.windows, intervals, claim.term.shape, strict=True):
        if interval is None:
            windows.append(window if window.fill is other else window._replace(fill=None))
            continue
        if window.offsets is None:
            return None
        exact = True
        for at, (lo, hi) in zip(window.offsets, interval, strict=True):
            low, high = max(0, -at), max(0, min(window.size, size - at))
            lo, hi = max(0, lo), min(window.size, hi)
            if low < high and not (lo <= low and high <= hi):
                return None
            exact = exact and (lo >= hi if low >= high else (lo, hi) == (low, high))
        windows.append(window._replace(fill=other if exact or window.fill is other else None))
    return claim._replace(windows=tuple(windows))


# -- other tensors -----------------------------------------------------------------------------------------------------


def transpose(site: Site) -> Iterator[Fact]:
    """Dimensions in another order."""
    order = site.integers("permutation")
    for node in site.nodes():
        if same_properties(site.op, node.op):
            for (claim,) in site.readings(node):
                windows = tuple(claim.windows[dim] for dim in order)
                yield Fact((Claim(node.results[0], windows, claim.labels),))


def broadcast(site: Site) -> Iterator[Fact]:
    """New dimensions, along which the tensor is constant."""
    dims, shape = site.integers("broadcast_dimensions"), site.result_shape()
    for node in site.nodes():
        if not same_properties(site.op, node.op):
            continue
        term = node.results[0]
        for (claim,) in site.readings(node):
            windows = [Window(size, None) for size in shape]
            for place, dim in enumerate(dims):
                whole = claim.term.shape[place]
                if whole == 1 and term.shape[dim] != 1:
                    need(claim.windows[place].covers(1), "a dimension of size 1 reaches beyond the tensor")
                elif site.shape()[place] == shape[dim]:
                    windows[dim] = claim.windows[place]
                else:
                    break  # one element of several is repeated
            else:
                yield Fact((Claim(term, tuple(windows), claim.labels),))


def slice_tensor(site: Site) -> Iterator[Fact]:
    """A slice of the whole tensor is a window of it, with another origin."""
    starts, strides = site.integers("start_indices"), site.integers("strides")
    for node in site.nodes():
        if not same_properties(site.op, node.op, "start_indices", "limit_indices"):
            continue
        origin = [int(x) for x in node.op.properties["start_indices"].get_values()]  # type: ignore[attr-defined]
        for (claim,) in site.readings(node):
            windows = []
            for dim, window in enumerate(claim.windows):
                size, begin, stride = site.result_shape()[dim], starts[dim], strides[dim]
                if window.offsets is None:
                    windows.append(Window(size, None))
                    continue
                at = [a if a == NOWHERE else a + begin - origin[dim] for a in window.offsets]
                if any(a != NOWHERE and a % stride for a in at):
                    break
                windows.append(Window(size, tuple(a if a == NOWHERE else a // stride for a in at)))
            else:
                yield Fact((Claim(node.results[0], tuple(windows), claim.labels),))


def padded_tensors(site: Site, claim: Claim) -> Iterator[Claim]:
    """A window that reaches beyond T and holds c there is one of T padded with c."""
    for node in site.terms.uses.get(("stablehlo.pad", 0, claim.term), ()):
        lows, highs, inner = (
            integers(node.op, name) for name in ("edge_padding_low", "edge_padding_high", "interior_padding")
        )
        fill = node.operands[1]
        if any(inner) or (claim.labels is not None and not is_neutral(claim.labels.kind, fill)):
            continue
        windows = []
        for window, low, high in zip(claim.windows, lows, highs, strict=True):
            if not low and not high:
                windows.append(window)
            elif (
                window.offsets is None
                or NOWHERE in window.offsets
                or ((low > 0 or high > 0) and window.fill is not fill)
            ):
                break
            else:
                windows.append(Window(window.size, tuple(at + low for at in window.offsets)))
        else:
            yield Claim(node.results[0], tuple(w._replace(fill=None) for w in windows), claim.labels)


def pad_tensor(site: Site) -> Iterator[Fact]:
    """Padding of the whole tensor, in dimensions that every device holds whole; the others are as they were."""
    sizes = ("edge_padding_low", "edge_padding_high", "interior_padding")
    for node in site.nodes():
        if not same_properties(site.op, node.op):
            continue
        moved = [any(row) for row in zip(*(site.integers(name) for name in sizes), strict=True)]
        for claim, fill in site.readings(node):
            if claim.labels is not None and not is_neutral(claim.labels.kind, fill.term):
                continue
            if fill.labels is not None:
                continue
            windows = []
            for dim, window in enumerate(claim.windows):
                if moved[dim] and not window.covers(claim.term.shape[dim]):
                    break
                windows.append(Window(site.result_shape()[dim], (0,) * site.devices) if moved[dim] else window)
            else:
                yield Fact((Claim(node.results[0], tuple(w._replace(fill=None) for w in windows), claim.labels),))


def concatenate_tensor(site: Site) -> Iterator[Fact]:
    """Tensors joined along a dimension that every device holds whole."""
    dim = site.integer("dimension")
    for node in site.nodes():
        if not same_properties(site.op, node.op):
            continue
        for claims in site.readings(node):
            if any(c.labels != claims[0].labels for c in claims):
                continue
            if not all(c.windows[dim].covers(c.term.shape[dim]) for c in claims):
                continue
            windows = []
            for place in range(len(claims[0].windows)):
                if place == dim:
                    windows.append(Window(site.result_shape()[dim], (0,) * site.devices))
                else:
                    known = [c.windows[place] for c in claims if c.windows[place].offsets is not None]
                    if known and any(w.offsets != known[0].offsets for w in known):
                        break
                    windows.append((known or [claims[0].windows[place]])[0]._replace(fill=None))
            else:
                yield Fact((Claim(node.results[0], tuple(windows), claims[0].labels),))


def reverse(site: Site) -> Iterator[Fact]:
    """Position p becomes size - 1 - p."""
    dims = site.integers("dimensions")
    for node in site.nodes():
        if not same_properties(site.op, node.op):
            continue
        for (claim,) in site.readings(node):
            windows = list(claim.windows)
            for dim in dims:
                window, size = windows[dim], claim.term.shape[dim]
                if window.offsets is not None:
                    at = tuple(a if a == NOWHERE else size - a - window.size for a in window.offsets)
                    windows[dim] = Window(window.size, at, window.fill)
            yield Fact((Claim(node.results[0], tuple(windows), claim.labels),))


def reshape(site: Site) -> Iterator[Fact]:
    """Dimensions merged or split: a stretch of the flat order stays that stretch."""
    if site.shape() == site.result_shape():
        yield site.facts[0]
    for node in site.nodes():
        for (claim,) in site.readings(node):
            try:
                windows = reshaped(claim, node.results[0].shape, site.result_shape(), site.devices)
            except Unknown:
                continue
            yield Fact((Claim(node.results[0], windows, claim.labels),))


def reshaped(claim: Claim, whole: tuple[int, ...], local: tuple[int, ...], devices: int) -> tuple[Window, ...]:
    """The windows of a tensor of shape `whole` of which each device holds the shape `local`."""
    windows: list[Window] = []
    for sources, targets in dimension_groups(claim.term.shape, whole):
        held = [claim.windows[d] for d in sources]
        shape = [claim.term.shape[d] for d in sources]
        if len(sources) == len(targets) == 1:
            need(held[0].size == local[targets[0]], "its dimensions do not correspond")
            windows.append(held[0])
            continue
        if all(window.offsets is None for window in held) and held:
            need(_constant_along(held, shape, [local[d] for d in targets]), "its dimensions do not correspond")
            windows += [Window(local[d], None) for d in targets]
            continue
        flat = _flatten([fixed(claim, d) for d in sources], shape, devices)
        windows += _split(flat, [whole[d] for d in targets], [local[d] for d in targets], devices)
    return tuple(windows)


def _constant_along(held: Sequence[Window], shape: Sequence[int], local: Sequence[int]) -> bool:
    return prod(window.size for window in held) == prod(local)


def dimension_groups(a: Sequence[int], b: Sequence[int]) -> Iterator[tuple[list[int], list[int]]]:
    """Runs of dimensions of both shapes with equal products, as short as may be."""
    need(prod(a) == prod(b) and prod(a) > 0, "it has no elements")
    i = j = 0
    while i < len(a) or j < len(b):
        left: list[int] = []
        right: list[int] = []
        m = n = 1
        if i < len(a) and j < len(b):
            left, right, m, n, i, j = [i], [j], a[i], b[j], i + 1, j + 1
        while m != n or not (left or right):
            if (m < n and i < len(a)) or j >= len(b):
                left, m, i = [*left, i], m * a[i], i + 1
            else:
                right, n, j = [*right, j], n * b[j], j + 1
        while i == len(a) and j < len(b):
            right, j = [*right, j], j + 1
        while j == len(b) and i < len(a):
            left, i = [*left, i], i + 1
        yield left, right


def _flatten(windows: Sequence[Window], shape: Sequence[int], devices: int) -> tuple[Ints, int, Term | None]:
    """The stretch of the flat order that windows of these dimensions are: single rows, one cut, then whole ones."""
    cut = next((k for k in range(len(windows)) if windows[k].size != 1), len(windows) - 1)
    for window, size in zip(windows[cut + 1 :], shape[cut + 1 :], strict=True):
        need(window.covers(size), "it cuts dimensions that are merged")
    for window, size in zip(windows[:cut], shape[:cut], strict=True):
        need(window.inside(size), "it reaches beyond a dimension that is merged")
    inner = [prod(shape[k + 1 :]) for k in range(len(shape))]
    if windows and any(shape[:cut]) and cut and any(n > 1 for n in shape[:cut]):
        need(windows[cut].inside(shape[cut]), "it reaches beyond a dimension that is merged")
    offsets = tuple(
        sum((w.offsets or (0,) * devices)[d] * inner[k] for k, w in enumerate(windows[: cut + 1]))
        for d in range(devices)
    )
    length = (windows[cut].size * inner[cut]) if windows else 1
    return (offsets or (0,) * devices), length, windows[cut].fill if windows else None


def _split(
    flat: tuple[Ints, int, Term | None], shape: Sequence[int], local: Sequence[int], devices: int
) -> list[Window]:
    """The windows that a stretch of the flat order is of these dimensions."""
    offsets, length, fill = flat
    need(prod(local) == length, "its dimensions do not correspond")
    if not shape:
        need(not any(offsets), "it holds no element")
        return []
    cut = next((k for k, size in enumerate(local) if size != 1), len(local) - 1)
    inner = [prod(shape[k + 1 :]) for k in range(len(shape))]
    need(list(local[cut + 1 :]) == list(shape[cut + 1 :]), "its dimensions do not correspond")
    need(all(at % inner[cut] == 0 for at in offsets), "it cuts dimensions that are merged")
    leading = any(n > 1 for n in shape[:cut])
    windows: list[list[int]] = [[] for _ in shape]
    for at in offsets:
        need(at < NOWHERE, "it holds no element")
        rest = at
        if leading:
            need(0 <= at and at + length <= prod(shape), "it reaches beyond the tensor")
        for k in range(cut + 1):
            index = rest // inner[k]
            rest -= index * inner[k]
            if k < cut and shape[k] == 1 and not leading:
                rest, index = at, 0
            windows[k].append(index)
        if leading:
            need(windows[cut][-1] + local[cut] <= shape[cut], "it reaches around a dimension")
        for k in range(cut + 1, len(shape)):
            windows[k].append(0)
    kept = fill if cut == 0 or not leading else None
    return [
        Window(n, tuple(at), kept if k == cut else None) for k, (n, at) in enumerate(zip(local, windows, strict=True))
    ]
