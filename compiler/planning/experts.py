"""What a plan made by annotations costs in the terms of the search: its strategies as restrictions of the problem."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from xdsl.dialects.builtin import ModuleOp

from eggshard.choose.problem import Problem
from eggshard.dialects.sharding import argument_layout
from eggshard.dialects.sharding.layout import Mesh
from eggshard.egraph.codes import code_of_layout, live_axes
from eggshard.partitioning.program import main_function
from eggshard.partitioning.strategies import tiling_of
from eggshard.planning.outline import Outline
from eggshard.planning.problem import FORBIDDEN
from eggshard.planning.strategies import Choices, Space, key_of
from eggshard.planning.variables import Decision


def restricted(
    problem: Problem, outline: Outline, space: Space, decision: Decision, annotated: ModuleOp, mesh: Mesh
) -> Problem:
    """
    The problem with every op and argument held to what `annotated` says, a module of the same model.

    Where partial sums are reduced stays open, as do homes of other tensors: so the optimum is at most what the
    annotated program costs. Strategies over parts of axes have no counterpart; such ops stay open.
    """
    from eggshard.planning.outline import outline as read

    theirs = read(annotated)
    costs = problem.costs.copy()
    for number, site in enumerate(theirs.sites):
        choices = space.choices[space.of_site[number]]
        allowed = _alike(choices, tiling_of(site.op), mesh)
        variable = decision.of_site[number]
        if allowed.any():
            costs[problem.offsets[variable] : problem.offsets[variable + 1]][~allowed] = FORBIDDEN
    func = main_function(annotated)
    for index, tensor in enumerate(outline.tensors):
        layout = argument_layout(func, tensor.argument) if tensor.argument >= 0 else None
        home = decision.home[index]
        if tensor.argument < 0 or home < 0:
            continue
        kind = space.kinds[key_of(outline, index)]
        code = (0,) * (len(live_axes(mesh)) + 1) if layout is None else code_of_layout(layout, mesh)
        if code in kind.index:
            other = decision.variables[home].places != kind.index[code]
            if not other.all():
                costs[problem.offsets[home] : problem.offsets[home + 1]][other] = FORBIDDEN
    return replace(problem, costs=costs)


def _alike(
    choices: Choices, tiling: dict[int, tuple[object, ...]], mesh: Mesh
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """The strategies that tile the same factors by the same axes, whatever partial sums they pass on."""
    names = [name for name, _ in live_axes(mesh)]
    wanted = {axis.name: factor for factor, axes in tiling.items() for axis in axes}  # type: ignore[attr-defined]
    sub = any(axis.size for axes in tiling.values() for axis in axes)  # type: ignore[attr-defined]
    alike = np.zeros(len(choices.chosen), np.bool_)
    if sub:
        return alike
    for number, (*rows, order) in enumerate(choices.chosen):
        tiled = {n: choices.table.rows[row].factor for n, row in zip(names, rows, strict=True)}
        if all((f if f >= 0 else None) == wanted.get(n) for n, f in tiled.items()):
            listed = [a.name for axes in tiling.values() if len(axes) > 1 for a in axes if a.name in names]  # type: ignore[attr-defined]
            alike[number] = order == (0 if listed == sorted(listed, key=names.index) else 1) or len(listed) < 2
    return alike
