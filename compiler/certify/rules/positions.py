"""Integers and masks that a device computes from its own number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, cast

from xdsl.dialects.builtin import IntegerType

from eggshard.certify.facts import Affine, Box, Fact
from eggshard.certify.numbers import is_signed
from eggshard.certify.site import Site, element_of


def affine_of(site: Site, place: int) -> Affine | None:
    return site.facts[place].affine


def known(site: Site, affine: Affine) -> Iterator[Fact]:
    """The fact, if the integers fit their type at every index; strides are at most sizes of tensors."""
    element = element_of(site.op.results[0])
    shape = site.result_shape()
    if not isinstance(element, IntegerType) or element.width.data < 8:
        return
    width = element.width.data
    low, high = (-(1 << (width - 1)), (1 << (width - 1)) - 1) if is_signed(element) else (0, (1 << width) - 1)
    ends = [stride * max(0, size - 1) for stride, size in zip(affine.strides, shape, strict=True)]
    least, most = sum(min(0, end) for end in ends), sum(max(0, end) for end in ends)
    if low <= min(affine.bases) + least and max(affine.bases) + most <= high:
        yield Fact(affine=affine)


def partition_id(site: Site) -> Iterator[Fact]:
    """The device's number."""
    yield Fact(affine=Affine(tuple(range(site.devices)), ()))


def device_index(site: Site) -> Iterator[Fact]:
    """The device's place along the axes."""
    axes = cast(Any, site.op.properties["axes"]).data
    found = [0] * site.devices
    for group in site.mesh.groups(axes):
        for place, device in enumerate(group):
            found[device] = place
    yield Fact(affine=Affine(tuple(found), ()))


def iota(site: Site) -> Iterator[Fact]:
    """Element i is i."""
    dim = site.integer("iota_dimension")
    strides = tuple(int(d == dim) for d in range(len(site.result_shape())))
    yield Fact(affine=Affine((0,) * site.devices, strides))


def _on_bases(function: Callable[[int, int], int | None]) -> Callable[[Site], Iterator[Fact]]:
    """Of integers that do not depend on the index."""

    def rule(site: Site) -> Iterator[Fact]:
        a, b = affine_of(site, 0), affine_of(site, 1)
        if a is None or b is None or any(a.strides) or any(b.strides):
            return
        found = [function(x, y) for x, y in zip(a.bases, b.bases, strict=True)]
        if all(x is not None for x in found):
            yield from known(site, Affine(tuple(cast("list[int]", found)), a.strides))

    return rule


def _linear(sign: int) -> Callable[[Site], Iterator[Fact]]:
    def rule(site: Site) -> Iterator[Fact]:
        a, b = affine_of(site, 0), affine_of(site, 1)
        if a is not None and b is not None:
            bases = tuple(x + sign * y for x, y in zip(a.bases, b.bases, strict=True))
            yield from known(
                site, Affine(bases, tuple(x + sign * y for x, y in zip(a.strides, b.strides, strict=True)))
            )

    return rule


def convert(site: Site) -> Iterator[Fact]:
    """An integer stays the integer that it is; as a float it is that integer, rounded, as an iota's elements are."""
    affine = affine_of(site, 0)
    if affine is None or not isinstance(element_of(site.op.operands[0]), IntegerType):
        return
    if isinstance(element_of(site.op.results[0]), IntegerType):
        yield from known(site, affine)
    else:
        yield Fact(affine=affine)


def broadcast(site: Site) -> Iterator[Fact]:
    """Integers and masks do not depend on new dimensions."""
    dims, shape, rank = site.integers("broadcast_dimensions"), site.shape(), len(site.result_shape())
    affine, box = site.facts[0].affine, site.facts[0].box
    if affine is not None:
        strides = [0] * rank
        for place, dim in enumerate(dims):
            strides[dim] = affine.strides[place] if shape[place] > 1 else 0
        yield Fact(affine=Affine(affine.bases, tuple(strides)))
    if box is not None:
        on = list(box.on)
        intervals: list[tuple[tuple[int, int], ...] | None] = [None] * rank
        for place, dim in enumerate(dims):
            interval = box.intervals[place]
            if interval is None:
                continue
            if shape[place] == 1:
                on = [was and lo <= 0 < hi for was, (lo, hi) in zip(on, interval, strict=True)]
            else:
                intervals[dim] = interval
        yield Fact(box=Box(tuple(on), tuple(intervals)))


def reshape(site: Site) -> Iterator[Fact]:
    """One number stays that number."""
    affine, size = site.facts[0].affine, 1
    for n in site.shape():
        size *= n
    if affine is not None and (size == 1 or not any(affine.strides)):
        yield Fact(affine=Affine(affine.bases, (0,) * len(site.result_shape())))


def compare(site: Site) -> Iterator[Fact]:
    """Where a - b < 0, and so on: an interval of the only index that a - b depends on."""
    a, b = affine_of(site, 0), affine_of(site, 1)
    if a is None or b is None or not isinstance(element_of(site.op.operands[0]), IntegerType):
        return
    direction = cast(Any, site.op.properties["comparison_direction"]).data
    bases = [x - y for x, y in zip(a.bases, b.bases, strict=True)]
    strides = [x - y for x, y in zip(a.strides, b.strides, strict=True)]
    moving = [dim for dim, stride in enumerate(strides) if stride]
    shape = site.shape()
    if len(moving) > 1:
        return
    stride, size = (strides[moving[0]], shape[moving[0]]) if moving else (1, 1)
    found = [_interval(base, stride, size, direction) for base in bases]
    if any(interval is None for interval in found):
        return
    intervals = cast("list[tuple[int, int]]", found)
    everywhere: list[tuple[tuple[int, int], ...] | None] = [None] * len(shape)
    if moving:
        everywhere[moving[0]] = tuple(intervals)
        yield Fact(box=Box((True,) * site.devices, tuple(everywhere)))
    else:
        yield Fact(box=Box(tuple(lo < hi for lo, hi in intervals), tuple(everywhere)))


HOLDS: dict[str, Callable[[int], bool]] = {
    "LT": lambda x: x < 0,
    "LE": lambda x: x <= 0,
    "GT": lambda x: x > 0,
    "GE": lambda x: x >= 0,
    "EQ": lambda x: x == 0,
}


def _interval(base: int, stride: int, size: int, direction: str) -> tuple[int, int] | None:
    """The indices below `size` at which base + stride x index compares so to 0, if they are an interval."""
    holds = HOLDS.get(direction)
    if holds is None or size == 0:
        return None
    turn = -base // stride  # the sign of base + stride * index changes near here
    points = sorted({0, size, *(min(max(turn + k, 0), size) for k in (-1, 0, 1, 2))})
    true = [(lo, hi) for lo, hi in pairwise(points) if lo < hi and holds(base + stride * lo)]
    if not true:
        return (0, 0)
    return (true[0][0], true[-1][1]) if all(x[1] == y[0] for x, y in pairwise(true)) else None


def both(site: Site) -> Iterator[Fact]:
    """Where two masks hold."""
    a, b = site.facts[0].box, site.facts[1].box
    if a is None or b is None:
        return
    intervals: list[tuple[tuple[int, int], ...] | None] = []
    for x, y in zip(a.intervals, b.intervals, strict=True):
        if x is None or y is None:
            intervals.append(x if y is None else y)
        else:
            intervals.append(tuple((max(p, r), min(q, s)) for (p, q), (r, s) in zip(x, y, strict=True)))
    yield Fact(box=Box(tuple(p and q for p, q in zip(a.on, b.on, strict=True)), tuple(intervals)))


def scalar_bases(fact: Fact) -> tuple[int, ...] | None:
    """A number of the device's own that is known."""
    return fact.affine.bases if fact.affine is not None and not any(fact.affine.strides) else None


add, subtract = _linear(1), _linear(-1)
multiply = _on_bases(lambda x, y: x * y)
divide = _on_bases(lambda x, y: x // y if x >= 0 and y > 0 else None)
remainder = _on_bases(lambda x, y: x % y if x >= 0 and y > 0 else None)
maximum, minimum = _on_bases(max), _on_bases(min)
