"""
One step through one op: axes spread along each factor to every tensor that has it.

Two strategies differ in how they treat an axis that tiles another factor. `basic` gives it up if any tensor has it
elsewhere. `aggressive` gives it up only in tensors that have both factors, but then also if the other factor is only
about to get it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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


def propagate_op(
    rule: Rule, operands: Layouts, results: Layouts, mesh_name: str, mesh: Mesh, ways: Ways, step: Step
) -> list[tuple[int, Layout]]:
    """
    The layouts that change when axes spread through one op: (position, new layout), results after operands.

    `ways` says for each factor which way it may spread.
    """
    dims = (*rule.operands, *rule.results)
    layouts = (*operands, *results)
    tensors = [project(lay, d, rule.sizes, mesh) for lay, d in zip(layouts, dims, strict=True)]
    split = len(rule.operands)
    spread = _aggressive if step.aggressive else _basic
    touched = spread(rule, tensors, split, mesh, ways, step.conservative)
    changes: list[tuple[int, Layout]] = []
    for place in sorted(touched):
        old = layouts[place]
        new = to_layout(tensors[place], dims[place], rule.sizes, mesh_name, mesh)
        unchanged = new == old if old else not any(new.axes)
        if not unchanged:
            changes.append((place, new))
    return changes


def _basic(rule: Rule, tensors: list[Projection], split: int, mesh: Mesh, ways: Ways, whole_axes: bool) -> set[int]:
    """Factor by factor; each sees what the ones before it did."""
    touched: set[int] = set()
    for factor, size in enumerate(rule.sizes):
        way = ways[factor]
        axes = common_axes(tensors[:split], tensors[split:], factor, way) if way else ()
        if not axes:
            continue

        def keep(axis: Axis, span: int, factor: int = factor, size: int = size) -> Axis | None:
            return _accepted_by_all(axis, tensors, factor, span, size)

        touched |= _assign(tensors, factor, truncated(axes, keep, mesh, whole_axes))
    return touched


def _accepted_by_all(axis: Axis, tensors: list[Projection], factor: int, span: int, size: int) -> Axis | None:
    """The major part of `axis` that every tensor accepts along the factor, and has not elsewhere."""
    for tensor in tensors:
        kept = across_factors(axis, tensor, factor)
        tiling = tensor.factors.get(factor)
        if kept is not None and tiling is not None:
            kept = within_factor(kept, tensor, tiling, span, size)
        if kept is None:
            return None
        axis = kept
    return axis


def _aggressive(
    rule: Rule, tensors: list[Projection], split: int, mesh: Mesh, ways: Ways, whole_axes: bool
) -> set[int]:
    """All factors at once: first each on its own, then against the wishes of all others."""
    wishes: list[Axes] = []
    for factor in range(len(rule.sizes)):
        way = ways[factor]
        wishes.append(common_axes(tensors[:split], tensors[split:], factor, way) if way else ())
    for tensor in tensors:
        for factor in tensor.factors:
            if wishes[factor]:

                def accepts(axis: Axis, span: int, tensor: Projection = tensor, factor: int = factor) -> Axis | None:
                    return within_factor(axis, tensor, tensor.factors[factor], span, rule.sizes[factor])

                wishes[factor] = truncated(wishes[factor], accepts, mesh, whole_axes)
    granted = list(wishes)
    for tensor in tensors:
        for factor in tensor.factors:
            if granted[factor]:

                def free(axis: Axis, span: int, tensor: Projection = tensor, factor: int = factor) -> Axis | None:
                    return across_factors(axis, tensor, factor, wishes)

                granted[factor] = truncated(granted[factor], free, mesh, whole_axes)
    touched: set[int] = set()
    for factor, axes in enumerate(granted):
        touched |= _assign(tensors, factor, axes)
    return touched


def _assign(tensors: list[Projection], factor: int, axes: Axes) -> set[int]:
    """Gives a factor its axes in every tensor whose own axes are a proper major part of them; says which."""
    touched: set[int] = set()
    for place, tensor in enumerate(tensors):
        tiling = tensor.factors.get(factor)
        if tiling is not None and is_strict_prefix(tiling.axes, axes):
            tiling.axes = axes
            touched.add(place)
    return touched
