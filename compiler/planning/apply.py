"""Writes what was chosen into the program: a strategy on each op, a layout on each value, argument and result."""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp, UnitAttr
from xdsl.ir import BlockArgument

from eggshard.choose.problem import Ints
from eggshard.dialects.sharding import StrategyAttr, set_layout
from eggshard.dialects.sharding.access import STRATEGY, set_argument_layouts, set_result_layouts
from eggshard.dialects.sharding.layout import Layout, Mesh
from eggshard.egraph.codes import layout_of_code
from eggshard.partitioning.program import main_function
from eggshard.partitioning.strategies import CHOSEN, PLANNED
from eggshard.planning.outline import Outline, Tensor
from eggshard.planning.rewriting import noted, rebuild
from eggshard.planning.strategies import Space, key_of
from eggshard.planning.variables import Decision


def apply_choice(
    module: ModuleOp,
    outline: Outline,
    space: Space,
    decision: Decision,
    choice: Ints,
    mesh_name: str,
    mesh: Mesh,
) -> list[str]:
    """
    `choice[v]` is the strategy of each variable; the module is changed in place.

    Returns what was done to the trees of ops that it could rewrite, for `rewriting.apply_notes`.
    """
    func = main_function(module)
    func.attributes[CHOSEN] = UnitAttr()
    func.attributes[PLANNED] = UnitAttr()
    places: list[int] = []
    for index, tensor in enumerate(outline.tensors):
        places.append(_place(index, tensor, outline, space, decision, choice))
    ways = [[way_of(site, space, decision, choice) for site in rewritten.sites] for rewritten in outline.islands]
    rebuild(outline, ways)
    for number, site in enumerate(outline.sites):
        states, state = space.states(number), int(choice[decision.of_site[number]])
        way = int(states.way[state])
        if way < 0:
            continue
        strategy = states.choices[way].strategy(int(states.index[state]), mesh_name, mesh)
        op = site.ways[way].op
        op.attributes.pop(STRATEGY, None)
        if strategy.tiles or strategy.carries:
            op.attributes[STRATEGY] = StrategyAttr(strategy)
    arguments: dict[int, Layout] = {}
    for index, tensor in enumerate(outline.tensors):
        kind = space.kinds[key_of(outline, index)]
        layout = layout_of_code(kind.codes[places[index]], len(tensor.shape), mesh_name, mesh)
        if tensor.argument >= 0:
            arguments[tensor.argument] = layout
        elif tensor.result < 0:
            for value in tensor.values:
                if not isinstance(value, BlockArgument):
                    set_layout(value, layout)
    set_argument_layouts(func, arguments)
    results: dict[int, Layout] = {}
    for index, tensor in enumerate(outline.tensors):
        if tensor.result >= 0:
            kind = space.kinds[key_of(outline, index)]
            results[tensor.result] = layout_of_code(kind.codes[places[index]], len(tensor.shape), mesh_name, mesh)
    for index, home in outline.linked_results:
        kind = space.kinds[key_of(outline, home)]
        results[index] = layout_of_code(kind.codes[places[home]], len(outline.tensors[home].shape), mesh_name, mesh)
    set_result_layouts(func, results)
    return [noted(rewritten, taken) for rewritten, taken in zip(outline.islands, ways, strict=True)]


def way_of(site: int, space: Space, decision: Decision, choice: Ints) -> int:
    """The way that a site is taken, -1 if it does nothing."""
    return int(space.states(site).way[choice[decision.of_site[site]]])


def _place(index: int, tensor: Tensor, outline: Outline, space: Space, decision: Decision, choice: Ints) -> int:
    """The layout in which a tensor is kept; one without a home goes where its only reader wants it."""
    home = decision.home[index]
    if home >= 0:
        return int(decision.variables[home].places[choice[home]])
    if tensor.uses and tensor.uses[0].site >= 0:
        use = tensor.uses[0]
        read = int(space.states(use.site).reads(use.way, use.operand)[choice[decision.of_site[use.site]]])
        if read >= 0:
            return read  # not where its reader is one of other forms
    elif tensor.uses:
        home = decision.home[tensor.uses[0].feeds]
        return int(decision.variables[home].places[choice[home]])
    assert tensor.maker is not None
    site, result = tensor.maker
    return int(space.states(site).makes[choice[decision.of_site[site]], result])
