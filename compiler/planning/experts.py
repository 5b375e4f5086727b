"""What a plan made by annotations costs in the terms of the search: its strategies as the only ones allowed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from xdsl.dialects.builtin import IntAttr, ModuleOp

from eggshard.dialects.sharding import argument_layout
from eggshard.dialects.sharding.layout import Mesh
from eggshard.egraph.codes import code_of_layout, live_axes
from eggshard.partitioning.factors import Tiling
from eggshard.partitioning.program import main_function
from eggshard.partitioning.strategies import tiling_of
from eggshard.planning.narrow import Mask
from eggshard.planning.outline import Outline
from eggshard.planning.strategies import Choices, Space, key_of
from eggshard.planning.variables import Decision

NUMBER = "planning.site"


def numbered(outline: Outline) -> None:
    """Writes on each op which site it is, so that copies of the module can be held against the original."""
    for number, site in enumerate(outline.sites):
        site.op.attributes[NUMBER] = IntAttr(number)


def allowed(outline: Outline, space: Space, decision: Decision, annotated: ModuleOp, mesh: Mesh) -> list[Mask]:
    """
    The strategies of every variable that agree with what `annotated` says, a copy of the module after `numbered`.

    Propagation may merge ops or take them apart; what has lost its number stays open. Where partial sums are reduced
    stays open, as do homes of other tensors: so the optimum is at most what the annotated program costs. Strategies
    over parts of axes have no counterpart; such ops stay open.
    """
    masks = [np.ones(variable.strategies, np.bool_) for variable in decision.variables]
    for op in annotated.walk():
        attribute = op.attributes.get(NUMBER)
        if not isinstance(attribute, IntAttr):
            continue
        number = attribute.data
        alike = _alike(space.choices[space.of_site[number][0]], tiling_of(op), mesh)
        if alike.any():
            masks[decision.of_site[number]] = alike
    func = main_function(annotated)
    for index, tensor in enumerate(outline.tensors):
        home = decision.home[index]
        if tensor.argument < 0 or home < 0:
            continue
        layout = argument_layout(func, tensor.argument)
        kind = space.kinds[key_of(outline, index)]
        code = (0,) * (len(live_axes(mesh)) + 1) if layout is None else code_of_layout(layout, mesh)
        lies = np.equal(decision.variables[home].places, -1 if code is None else kind.index.get(code, -1))
        if code in kind.index and lies.any():
            masks[home] = lies
    return masks


def _alike(choices: Choices, tiling: Tiling, mesh: Mesh) -> npt.NDArray[np.bool_]:
    """The strategies that tile the same factors by the same axes, whatever partial sums they pass on."""
    alike = np.zeros(len(choices.chosen), np.bool_)
    if any(axis.size for axes in tiling.values() for axis in axes):
        return alike
    names = [name for name, _ in live_axes(mesh)]
    for number, (*rows, order) in enumerate(choices.chosen):
        live = list(zip(names, (choices.table.rows[row].factor for row in rows), strict=True))
        if order:
            live.reverse()
        found: dict[int, list[str]] = {}
        for name, factor in live:
            if factor >= 0:
                found.setdefault(factor, []).append(name)
        alike[number] = found == {f: [a.name for a in axes if a.name in names] for f, axes in tiling.items()}
    return alike
