"""A matrix product whose result had better be moved than its operands."""

from __future__ import annotations

from collections.abc import Sequence

from eggshard.partitioning.explicit.common_axes import Tiling
from eggshard.propagation.prefixes import Axes, prefix_outside
from eggshard.rules.rule import Rule


def result_axes(rule: Rule, tensors: Sequence[Tiling], sizes: Sequence[int]) -> tuple[int, Axes] | None:
    """
    The one factor along which the result is to be tiled by the axes of an operand, and these axes.

    `[{}, {"x"}] . [{"x"}, {"y"}] -> [{}, {"x"}]`: computed on `[{}, {"y"}]` and summed over "x" the result takes fewer
    steps, and moving it afterwards costs less than moving an operand that is larger. None where the operands contradict
    each other, or the axes of the result's dimension are not those that are summed over.
    """
    result, operands = tensors[2], tensors[:2]
    found: tuple[int, Axes] | None = None
    summed: Axes = ()
    seen: Axes = ()
    for factor in range(len(rule.sizes)):
        have = [place for place in (0, 1) if factor in operands[place]]
        axes = operands[have[0]][factor]
        if len(have) == 2 and operands[1][factor] != axes:
            return None
        if factor in rule.reduction:
            summed += axes
            continue
        if len(have) == 1:
            if any(prefix_outside(axis, seen) != axis for axis in axes):
                return None
            seen += axes
        if result[factor] != axes:
            if not axes or found is not None or sizes[2] > max(sizes[place] for place in have):
                return None
            found = factor, axes
    if found is None or not result[found[0]] or result[found[0]] != summed:
        return None
    return found
