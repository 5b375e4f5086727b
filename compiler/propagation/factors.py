"""
One step through one op: axes spread along each factor to the tensors that have it.

Two strategies differ in how they settle a quarrel of two factors over an axis. `basic` gives it to neither: an axis
spreads along a factor only if all tensors take it. `aggressive` lets each tensor take what it can, the factor with the
largest source first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from eggshard.dialects.sharding.layout import Axis, Layout, Mesh
from eggshard.propagation.conflicts import across_factors, common_axes, truncated, within_factor
from eggshard.propagation.prefixes import Axes, is_strict_prefix
from eggshard.propagation.projection import Projection, project, to_layout
from eggshard.rules.rule import Rule

Layouts = Sequence[Layout | None]
Ways = Sequence[int]


@dataclass(frozen=True)
class Step:
    """The settings of one step; `aggressive` names the strategy, `conservative` refuses to cut an axis."""

    aggressive: bool = True
    conservative: bool = False


@dataclass(frozen=True)
class Crossing:
    """An op as a step crosses it: `ways[f]` says which way factor f may spread."""

    rule: Rule
    ways: Ways
    mesh_name: str
    mesh: Mesh
    elementwise: bool
    step: Step


def propagate_op(at: Crossing, operands: Layouts, results: Layouts) -> list[tuple[int, Layout]]:
    """The layouts that change when axes spread through one op: (position, new layout), operands before results."""
    rule = at.rule
    dims = (*rule.operands, *rule.results)
    layouts = (*operands, *results)
    tensors = [project(lay, d, rule.sizes, at.mesh) for lay, d in zip(layouts, dims, strict=True)]
    touched = (_aggressive if at.step.aggressive else _basic)(at, tensors, len(operands))
    changes: list[tuple[int, Layout]] = []
    for place in sorted(touched):
        old = layouts[place]
        new = to_layout(tensors[place], dims[place], rule.sizes, at.mesh_name, at.mesh)
        unchanged = new == old if old else not any(new.axes)
        if not unchanged:
            changes.append((place, new))
    return changes


def _wish(at: Crossing, tensors: list[Projection], split: int, factor: int) -> Axes:
    """The axes that the tensors agree on along a factor, conflicts with other factors aside."""
    way = at.ways[factor]
    return common_axes(tensors[:split], tensors[split:], factor, way) if way else ()


def _basic(at: Crossing, tensors: list[Projection], split: int) -> set[int]:
    """Factor by factor; each sees what the ones before it did."""
    touched: set[int] = set()
    for factor, size in enumerate(at.rule.sizes):
        axes = _wish(at, tensors, split, factor)
        if not axes:
            continue

        def keep(axis: Axis, before: int, factor: int = factor, size: int = size) -> Axis | None:
            return _accepted_by_all(axis, tensors, factor, before, size, at.mesh)

        granted = truncated(axes, keep, at.mesh, at.step.conservative)
        for place, tensor in enumerate(tensors):
            if _expand(tensor, factor, granted):
                touched.add(place)
    return touched


def _accepted_by_all(
    axis: Axis, tensors: list[Projection], factor: int, before: int, size: int, mesh: Mesh
) -> Axis | None:
    """The major part of `axis` that every tensor accepts along the factor, and has not elsewhere."""
    for tensor in tensors:
        kept = across_factors(axis, tensor, factor)
        if kept is not None and factor in tensor.factors:
            kept = within_factor(kept, tensor, factor, before, size, mesh)
        if kept is None:
            return None
        axis = kept
    return axis


def _aggressive(at: Crossing, tensors: list[Projection], split: int) -> set[int]:
    """Factors in order of preference, results before operands; each tensor takes what it can of a factor's axes."""
    wishes = [_wish(at, tensors, split, factor) for factor in range(len(at.rule.sizes))]
    touched: set[int] = set()
    if not any(wishes):
        return touched
    for factor in _by_preference(at, tensors, wishes):
        if not wishes[factor]:
            continue
        for place in (*range(split, len(tensors)), *range(split)):
            axes = _taken(at, tensors[place], factor, wishes[factor])
            if axes and at.elementwise and place < split:
                axes = _not_sideways(tensors[split:], factor, axes)
            if _expand(tensors[place], factor, axes):
                touched.add(place)
    return touched


def _by_preference(at: Crossing, tensors: list[Projection], wishes: list[Axes]) -> list[int]:
    """Factors with the largest source first; then, through elementwise ops, those that are cut into most tiles."""
    sources = _sources(at.rule, tensors, wishes)
    tiles = [at.mesh.span(wish) if at.elementwise else 0 for wish in wishes]
    return sorted(range(len(wishes)), key=lambda f: (-sources[f][0], -tiles[f], sources[f][1], f))


def _sources(rule: Rule, tensors: list[Projection], wishes: list[Axes]) -> list[tuple[int, int]]:
    """Per factor the size and place of the largest tensor that already has all of its axes."""
    found = [(-1, -1)] * len(wishes)
    for place, tensor in enumerate(tensors):
        size = prod(rule.sizes[factor] for factor in tensor.factors)
        for factor, tiling in tensor.factors.items():
            wish = wishes[factor]
            has = wish and (wish == tiling.axes or is_strict_prefix(wish, tiling.axes))
            if has and size > found[factor][0]:
                found[factor] = (size, place)
    return found


def _taken(at: Crossing, tensor: Projection, factor: int, wish: Axes) -> Axes:
    """What one tensor takes of the axes that a factor wishes for; () if that is no more than it has."""
    tiling = tensor.factors.get(factor)
    if tiling is None:
        return ()

    def accepts(axis: Axis, before: int) -> Axis | None:
        return within_factor(axis, tensor, factor, before, at.rule.sizes[factor], at.mesh)

    axes = truncated(wish, accepts, at.mesh, at.step.conservative)
    if not is_strict_prefix(tiling.axes, axes):
        return ()
    return truncated(axes, lambda axis, _: across_factors(axis, tensor, factor), at.mesh, at.step.conservative)


def _not_sideways(results: list[Projection], factor: int, axes: Axes) -> Axes:
    """
    Cuts `axes` down to those that the results have too.

    What a result refuses would only be gathered again if it spread from one operand to another.
    """
    for result in results:
        tiling = result.factors.get(factor)
        if tiling is not None and is_strict_prefix(tiling.axes, axes):
            axes = tiling.axes
    return axes


def _expand(tensor: Projection, factor: int, axes: Axes) -> bool:
    """Gives a factor its axes if its own are a proper major part of them."""
    tiling = tensor.factors.get(factor)
    if tiling is None or not is_strict_prefix(tiling.axes, axes):
        return False
    tiling.axes = axes
    return True
