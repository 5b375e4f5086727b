"""
Prefixes of axes: how two axes, or two lists of axes major to minor, can agree on their major part.

A sub-axis `"x":(2)4` starts after a part of size 2; of two parts of one axis with the same start the smaller is a
prefix of the larger.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from eggshard.dialects.sharding.axes import overlap
from eggshard.dialects.sharding.layout import Axis, Mesh

Axes = tuple[Axis, ...]


def start(axis: Axis) -> int:
    return axis.pre or 1


def holds(outer: Axis, inner: Axis) -> bool:
    """Whether `inner` is `outer` or a part of it."""
    if outer.name != inner.name:
        return False
    if not outer.size:
        return True
    if not inner.size:
        return False
    return outer.pre <= inner.pre and outer.pre * outer.size >= inner.pre * inner.size


def is_prefix(axis: Axis, of: Axis) -> bool:
    """Whether `axis` is the major part of `of`, or all of it."""
    return holds(of, axis) and start(axis) == start(of)


def coexist(a: Axis, b: Axis) -> bool:
    """Whether one tensor may use both: of the bounds of two parts of an axis the smaller divides the larger."""
    if a.name != b.name or not a.size or not b.size:
        return True
    bounds = sorted((a.pre, a.pre * a.size, b.pre, b.pre * b.size))
    return all(large % small == 0 for small, large in pairwise(bounds))


def prefix_outside(axis: Axis, others: Iterable[Axis]) -> Axis | None:
    """The largest major part of `axis` that can be used beside `others`; None if there is none."""
    for other in others:
        if axis.name != other.name:
            continue
        if not coexist(axis, other):
            return None
        if overlap(axis, other):
            if start(axis) >= start(other):
                return None
            axis = Axis(axis.name, start(axis), start(other) // start(axis))
    return axis


def is_strict_prefix(axes: Axes, of: Axes) -> bool:
    """Whether `axes` is a proper major part of the list `of`; the last axis may be a part of its counterpart."""
    if not axes:
        return bool(of)
    last = len(axes) - 1
    if last >= len(of) or axes[:last] != of[:last]:
        return False
    return axes != of and is_prefix(axes[last], of[last])


def appended(axes: Axes, more: Axes, mesh: Mesh) -> Axes:
    """`axes` followed by `more`; where the parts at the seam continue each other they become one."""
    if not axes or not more:
        return axes + more
    return axes[:-1] + joined(axes[-1], more[0], mesh) + more[1:]


def joined(left: Axis, right: Axis, mesh: Mesh) -> Axes:
    """One axis if `right` continues `left`, else both."""
    if left.name != right.name or not left.size or not right.size or left.pre * left.size != right.pre:
        return (left, right)
    size = left.size * right.size
    if left.pre == 1 and size == mesh.sizes[left.name]:
        return (Axis(left.name),)
    return (Axis(left.name, left.pre, size),)
