"""
Arithmetic on axes and parts of axes.

An axis of size n is a product of digits; a sub-axis `(pre)size` is the run of digits after the first `pre`. So a part
is an interval [pre, pre * size) on the scale 1 .. n, major end first, and two parts meet where their intervals do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from eggshard.dialects.sharding.layout import Axis, Layout, Mesh


def interval(axis: Axis, mesh: Mesh) -> tuple[int, int]:
    """`"x":(2)4` is (2, 8); the whole of an axis of size n is (1, n)."""
    return (axis.pre, axis.pre * axis.size) if axis.size else (1, mesh.sizes[axis.name])


def part(name: str, start: int, end: int, mesh: Mesh) -> Axis:
    """The axis for an interval, written without parentheses where it is the whole axis."""
    return Axis(name) if (start, end) == (1, mesh.sizes[name]) else Axis(name, start, end // start)


def overlap(a: Axis, b: Axis) -> bool:
    """Whether some device coordinate belongs to both."""
    if a.name != b.name:
        return False
    if not a.size or not b.size:
        return True
    return max(a.pre, b.pre) < min(a.pre * a.size, b.pre * b.size)


def overlaps_any(axis: Axis, others: Iterable[Axis]) -> bool:
    return any(overlap(axis, other) for other in others)


def contains(outer: Axis, inner: Axis, mesh: Mesh) -> bool:
    """Whether `inner` is `outer` or a run of its digits."""
    if outer.name != inner.name:
        return False
    (start, end), (lo, hi) = interval(outer, mesh), interval(inner, mesh)
    return lo % start == 0 and end % hi == 0


def compatible(a: Axis, b: Axis, mesh: Mesh) -> bool:
    """Whether both can be cut into common digits: of two bounds of one axis the smaller divides the larger."""
    if a.name != b.name:
        return True
    bounds = sorted({*interval(a, mesh), *interval(b, mesh)})
    return all(large % small == 0 for small, large in pairwise(bounds))


def difference(axis: Axis, other: Axis, mesh: Mesh) -> tuple[Axis, ...]:
    """The parts of `axis` outside `other`, major to minor."""
    if not overlap(axis, other):
        return (axis,)
    (start, end), (lo, hi) = interval(axis, mesh), interval(other, mesh)
    pieces = ((start, max(start, lo)), (min(end, hi), end))
    return tuple(part(axis.name, a, b, mesh) for a, b in pieces if a < b)


def subtract(axes: Iterable[Axis], others: Sequence[Axis], mesh: Mesh) -> tuple[Axis, ...]:
    """The parts of `axes` outside all of `others`, in the order of `axes`."""
    rest = tuple(axes)
    for other in others:
        rest = tuple(piece for axis in rest for piece in difference(axis, other, mesh))
    return rest


def unused(layout: Layout, mesh: Mesh) -> tuple[Axis, ...]:
    """The parts of the mesh that `layout` neither shards over nor holds partial terms on, in mesh order."""
    return subtract((Axis(name) for name, _ in mesh.axes), used(layout), mesh)


def used(layout: Layout) -> tuple[Axis, ...]:
    """The axes of the dimensions and of the partial terms."""
    return (*(a for axes in layout.axes for a in axes), *(p.axis for p in layout.partial))


def merged(axes: Iterable[Axis], mesh: Mesh) -> tuple[Axis, ...]:
    """
    The shortest way to write `axes`: a part that continues its left neighbour is joined to it.

    `"x":(1)2, "x":(2)4` on an axis of size 8 is `"x"`; axes of size 1 stay.
    """
    result: list[Axis] = []
    for axis in axes:
        start, end = interval(axis, mesh)
        if result and result[-1].name == axis.name:
            lo, hi = interval(result[-1], mesh)
            if hi == start:
                result[-1] = part(axis.name, lo, end, mesh)
                continue
        result.append(part(axis.name, start, end, mesh))
    return tuple(result)


def digits(axes: Iterable[Axis], others: Iterable[Axis], mesh: Mesh) -> tuple[Axis, ...]:
    """`axes` cut at every bound of `others`, so that each piece lies inside or outside each of `others`."""
    bounds: dict[str, set[int]] = {}
    for axis in others:
        bounds.setdefault(axis.name, set()).update(interval(axis, mesh))
    pieces: list[Axis] = []
    for axis in axes:
        start, end = interval(axis, mesh)
        cuts = [start, *sorted(b for b in bounds.get(axis.name, ()) if start < b < end), end]
        pieces.extend(part(axis.name, a, b, mesh) for a, b in pairwise(cuts))
    return tuple(pieces)
