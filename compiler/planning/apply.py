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
) -> None:
    """`choice[v]` is the strategy of each variable; the module is changed in place."""
    func = main_function(module)
    func.attributes[CHOSEN] = UnitAttr()
    func.attributes[PLANNED] = UnitAttr()
    places: list[int] = []
    for index, tensor in enumerate(outline.tensors):
        places.append(_place(index, tensor, outline, space, decision, choice))
    for number, site in enumerate(outline.sites):
        variable = decision.of_site[number]
        strategy = space.choices[space.of_site[number]].strategy(int(choice[variable]), mesh_name, mesh)
        site.op.attributes.pop(STRATEGY, None)
        if strategy.tiles or strategy.carries:
            site.op.attributes[STRATEGY] = StrategyAttr(strategy)
    arguments: dict[int, Layout] = {}
    for index, tensor in enumerate(outline.tensors):
        kind = space.kinds[key_of(outline, index)]
        layout = layout_of_code(kind.codes[places[index]], len(tensor.shape), mesh_name, mesh)
        if tensor.argument >= 0:
            arguments[tensor.argument] = layout
        elif not tensor.result:
            for value in tensor.values:
                if not isinstance(value, BlockArgument):
                    set_layout(value, layout)
    set_argument_layouts(func, arguments)
    last = func.body.block.last_op
    assert last is not None
    results: dict[int, Layout] = {}
    for index, tensor in enumerate(outline.tensors):
        if tensor.result:
            kind = space.kinds[key_of(outline, index)]
            layout = layout_of_code(kind.codes[places[index]], len(tensor.shape), mesh_name, mesh)
            results.update((i, layout) for i, v in enumerate(last.operands) if v is tensor.values[0])
    for index, home in outline.linked_results:
        kind = space.kinds[key_of(outline, home)]
        results[index] = layout_of_code(kind.codes[places[home]], len(outline.tensors[home].shape), mesh_name, mesh)
    set_result_layouts(func, results)


def _place(index: int, tensor: Tensor, outline: Outline, space: Space, decision: Decision, choice: Ints) -> int:
    """The layout in which a tensor is kept; one without a home goes where its only reader wants it."""
    home = decision.home[index]
    if home >= 0:
        return int(decision.variables[home].places[choice[home]])
    if tensor.uses and tensor.uses[0].op >= 0:
        use = tensor.uses[0]
        return int(space.choices[space.of_site[use.op]].reads[choice[decision.of_site[use.op]], use.operand])
    if tensor.uses:
        home = decision.home[tensor.uses[0].feeds]
        return int(decision.variables[home].places[choice[home]])
    assert tensor.maker is not None
    site, result = tensor.maker
    return int(space.choices[space.of_site[site]].makes[choice[decision.of_site[site]], result])
