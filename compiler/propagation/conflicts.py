"""
The ladder of conflicts on which a wish for axes along a factor is cut down.

1. Tensors that disagree keep the axes they have in common (`common_axes`).
2. A tensor may refuse axes along the factor itself: replicated, closed, or not dividing (`within_factor`).
3. An axis may tile another factor already (`across_factors`).
Each rung keeps the longest major part that it can.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from eggshard.dialects.sharding.layout import Axis, Mesh
from eggshard.propagation.prefixes import Axes, holds, is_prefix, prefix_outside
from eggshard.propagation.projection import FactorAxes, Projection

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


def within_factor(axis: Axis, tensor: Projection, tiling: FactorAxes, span: int, size: int) -> Axis | None:
    """
    The major part of `axis` that one tensor accepts along a factor that it has.

    `span` is the number of tiles with this axis and those before it, `size` that of the factor.
    """
    kept = prefix_outside(axis, tensor.replicated)
    if kept is None:
        return None
    if any(holds(mine, kept) for mine in tiling.axes):
        return kept
    if not tiling.closed and not tiling.overflow and (tiling.minor or size % span == 0):
        return kept
    if tiling.axes and is_prefix(tiling.axes[-1], kept):
        return tiling.axes[-1]
    return None


def across_factors(axis: Axis, tensor: Projection, factor: int, wishes: Sequence[Axes] | None = None) -> Axis | None:
    """The major part of `axis` that tiles no other factor of the tensor, nor is wished for by one."""
    for other, tiling in tensor.factors.items():
        if other == factor:
            continue
        for taken in (tiling.overflow, tiling.axes, wishes[other] if wishes else ()):
            kept = prefix_outside(axis, taken)
            if kept is None:
                return None
            axis = kept
    return axis


def truncated(axes: Axes, keep: Callable[[Axis, int], Axis | None], mesh: Mesh, whole_axes: bool) -> Axes:
    """
    `axes` up to the first one of which `keep` keeps only a part, or nothing.

    `keep` gets an axis and the number of tiles so far; with `whole_axes` a sub-axis is not kept.
    """
    span = 1
    for place, axis in enumerate(axes):
        span *= mesh.size(axis)
        kept = keep(axis, span)
        if kept is None or (whole_axes and kept.size):
            return axes[:place]
        if kept != axis:
            return (*axes[:place], kept)
    return axes
