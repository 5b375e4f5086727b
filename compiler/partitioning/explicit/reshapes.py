"""
The axes of a reshape whose layouts have axes that do not divide the factors of their dimension.

`tensor<8x8xf32>` on `[{"x"}, {}]` with 3 devices along "x" cannot become `tensor<2x32xf32>` as it lies: the dimension
of 8 is a factor of 2 and one of 4. The axes are dealt out anew, each to the first factors with room for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from math import gcd

from eggshard.dialects.sharding.layout import Axis, Mesh
from eggshard.propagation.prefixes import Axes, appended, is_prefix
from eggshard.propagation.projection import FactorAxes, Projection, project, to_layout
from eggshard.rules.rule import Rule


def overflows(tensors: Sequence[Projection]) -> bool:
    return any(tiling.overflow for tensor in tensors for tiling in tensor.factors.values())


def dealt_out(rule: Rule, tensors: Sequence[Projection], mesh_name: str, mesh: Mesh) -> list[Axes]:
    """
    The axes of each factor: those of the side with more tiles, as far as both sides can have them.

    Shardy does not see the factors of a dimension that come two after one with overflow, and neither do we.
    """
    sides = [_axes(tensor, len(rule.sizes)) for tensor in tensors]
    axes = sides[0] if mesh.span(sides[0]) >= mesh.span(sides[1]) else sides[1]
    tilings = []
    for tensor, dims in zip(tensors, (*rule.operands, *rule.results), strict=True):
        factors = [factor for dim in dims for factor in dim]
        dealt = _deal(axes, [factor for factor in factors if factor in tensor.factors], rule.sizes, mesh)
        view = Projection({factor: FactorAxes(dealt.get(factor, ()), True) for factor in factors}, tensor.layout)
        layout = to_layout(view, dims, rule.sizes, mesh_name, mesh)
        tilings.append(project(layout, dims, rule.sizes, mesh).factors)
    return [
        _common_prefix([factors[factor].axes for factors in tilings if factor in factors])
        for factor in range(len(rule.sizes))
    ]


def _axes(tensor: Projection, count: int) -> Axes:
    found = [tensor.factors[factor] for factor in range(count) if factor in tensor.factors]
    return tuple(axis for tiling in found for axis in (*tiling.axes, *tiling.overflow))


def _deal(axes: Axes, factors: Sequence[int], sizes: Sequence[int], mesh: Mesh) -> dict[int, Axes]:
    """Every axis goes to the first factors that it, or what is left of it, divides; once one does not, to the last."""
    dealt: dict[int, Axes] = dict.fromkeys(factors, ())
    room = {factor: sizes[factor] for factor in factors}
    stuck = False
    for axis in axes:
        rest: Axis | None = axis
        for factor in () if stuck else factors:
            if rest is None:
                break
            size = mesh.size(rest)
            common = gcd(room[factor], size)
            if common == 1:
                continue
            pre = rest.pre or 1
            part = rest if common == size else Axis(rest.name, pre, common)
            dealt[factor] = appended(dealt[factor], (part,), mesh)
            room[factor] //= common
            rest = None if common == size else Axis(rest.name, pre * common, size // common)
        stuck = rest is not None
        if rest is not None and factors:
            dealt[factors[-1]] = appended(dealt[factors[-1]], (rest,), mesh)
    return dealt


def _common_prefix(lists: Sequence[Axes]) -> Axes:
    """The longest list of axes that is a major part of all of `lists`."""
    prefix = lists[0] if lists else ()
    for other in lists[1:]:
        pairs = list(zip(prefix, other, strict=False))
        same = [a for a, _ in takewhile(lambda pair: pair[0] == pair[1], pairs)]
        for a, b in pairs[len(same) : len(same) + 1]:
            same += [a] if is_prefix(a, b) else [b] if is_prefix(b, a) else []
        prefix = tuple(same)
    return prefix
