"""
The ladder of conflicts on which a wish for axes along a factor is cut down.

1. Tensors that disagree keep the axes they have in common (`common_axes`).
2. A tensor may refuse axes along the factor itself: used otherwise, closed, or not dividing (`within_factor`).
3. An axis may tile another factor already (`across_factors`).
Each rung keeps the longest major part that it can.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import gcd

from eggshard.dialects.sharding.layout import Axis, Mesh
from eggshard.propagation.prefixes import Axes, holds, is_prefix, prefix_outside, start
from eggshard.propagation.projection import Projection

FORWARD, BACKWARD = 1, 2
BOTH = FORWARD | BACKWARD
"""Directions of propagation: bits, so that union is | and intersection is &; 0 is none."""


def common_axes(operands: Sequence[Projection], results: Sequence[Projection], factor: int, direction: int) -> Axes:
    """
    The axes that all tensors can agree on along `factor`, looking at nothing else.

    Only the side that propagation comes from may add axes; the other is heard where it disagrees.
    """
    first, second = (results, operands) if direction == BACKWARD else (operands, results)
    axes: Axes = ()
    grows = True
    for side in (first, second):
        for tensor in side:
            tiling = tensor.factors.get(factor)
            if tiling is not None:
                axes, grows = _agree(axes, tiling.axes, grows)
        grows = grows and direction == BOTH
    return axes


def _agree(old: Axes, new: Axes, grows: bool) -> tuple[Axes, bool]:
    """The axes common to both lists, and whether more may still be added; if `grows`, the longer list where one
    is a major part of the other."""
    result: list[Axis] = []
    for place in range(min(len(old), len(new))):
        a, b = old[place], new[place]
        if a == b:
            result.append(b)
        elif is_prefix(b, a):
            if place + 1 < len(new):
                return (*result, b), False
            result.append(a)
        elif is_prefix(a, b):
            if not grows or place + 1 < len(old):
                return (*result, a), False
            result.append(b)
        else:
            return tuple(result), False
    result.extend(old[len(new) :])
    if grows:
        result.extend(new[len(old) :])
    return tuple(result), grows


def within_factor(axis: Axis, tensor: Projection, factor: int, before: int, size: int, mesh: Mesh) -> Axis | None:
    """
    The major part of `axis` that one tensor accepts along a factor that it has.

    `before` is the number of tiles that the axes before it make, `size` that of the factor.
    """
    tiling = tensor.factors[factor]
    kept = prefix_outside(axis, tensor.reserved)
    if kept is None:
        return None
    if any(holds(mine, kept) for mine in tiling.axes):
        return kept
    if not tiling.closed and not tiling.overflow:
        if tiling.minor:
            return kept
        part = _fitting_part(kept, before, size, mesh)
        if part is not None:
            return part
    if tiling.axes and is_prefix(tiling.axes[-1], kept):
        return tiling.axes[-1]
    return None


def _fitting_part(axis: Axis, before: int, size: int, mesh: Mesh) -> Axis | None:
    """The major part of `axis` that cuts what `before` tiles leave of a factor evenly."""
    if size % before:
        return None
    whole = mesh.size(axis)
    common = gcd(size // before, whole)
    if common == whole:
        return axis
    return Axis(axis.name, start(axis), common) if common > 1 else None


def across_factors(axis: Axis, tensor: Projection, factor: int) -> Axis | None:
    """The major part of `axis` that tiles no other factor of the tensor."""
    for other, tiling in tensor.factors.items():
        if other == factor:
            continue
        for taken in (tiling.overflow, tiling.axes):
            kept = prefix_outside(axis, taken)
            if kept is None:
                return None
            axis = kept
    return axis


def truncated(axes: Axes, keep: Callable[[Axis, int], Axis | None], mesh: Mesh, whole_axes: bool) -> Axes:
    """
    `axes` up to the first one of which `keep` keeps only a part, or nothing.

    `keep` gets an axis and the number of tiles before it; with `whole_axes` a sub-axis is not kept.
    """
    before = 1
    for place, axis in enumerate(axes):
        kept = keep(axis, before)
        if kept is None or (whole_axes and kept.size):
            return axes[:place]
        if kept != axis:
            return (*axes[:place], kept)
        before *= mesh.size(axis)
    return axes
