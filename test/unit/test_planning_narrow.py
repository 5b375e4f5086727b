"""Narrower spaces: what stays of a decision, choices of it as choices of the whole, and what is sought in them."""

from __future__ import annotations

import time

import numpy as np
from planning_support import CHAIN, LOOP, PLENTY, STATE, model, problem, read
from xdsl.dialects.builtin import ModuleOp

from eggshard.choose.evaluate import Evaluator
from eggshard.choose.solve import solve
from eggshard.egraph.rulesets import DEFAULT
from eggshard.fold import fold
from eggshard.mesh import Mesh
from eggshard.partitioning.program import main_function
from eggshard.planning.exclusive import Exclusive, forms
from eggshard.planning.moves import Found, Moves, too_large
from eggshard.planning.narrow import around, columns, entries, grouped, groupings, narrowed
from eggshard.planning.problem import problem_of
from eggshard.planning.search import Search, explored
from eggshard.planning.start import replicated
from eggshard.planning.strategies import key_of

ALTERNATIVES = """
func.func @main(%a: tensor<64x8xf32>, %b: tensor<8x64xf32>, %v: tensor<64x8xf32>) -> tensor<64x8xf32> {
  %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0]
    : (tensor<64x8xf32>, tensor<8x64xf32>) -> tensor<64x64xf32>
  %1 = stablehlo.dot_general %0, %v, contracting_dims = [1] x [0]
    : (tensor<64x64xf32>, tensor<64x8xf32>) -> tensor<64x8xf32>
  return %1 : tensor<64x8xf32>
}
"""


def everything(text: str, sizes: dict[str, int], memory: int = PLENTY) -> tuple[ModuleOp, Search]:
    module = read(text, sizes)
    return module, explored(module, model(Mesh(sizes)), memory, DEFAULT)


def moves(made: Search, sizes: dict[str, int], seconds: float = 60.0) -> Moves:
    until = time.monotonic() + seconds
    return Moves(
        made.outline,
        made.space,
        made.decision,
        Mesh(sizes).value,
        made.problem.limit,
        lambda: until - time.monotonic(),
    )


def deeds(made: Search, axes: int) -> list[np.ndarray]:
    numbers = {key: number for number, key in enumerate(made.space.kinds)}
    of_tensor = [numbers[key_of(made.outline, tensor)] for tensor in range(len(made.outline.tensors))]
    return columns(made.decision, made.space, of_tensor, axes)


def test_nothing_partitioned_is_a_choice() -> None:
    for text in (CHAIN, LOOP, STATE, ALTERNATIVES):
        _, made = everything(text, {"a": 2, "b": 2})
        choice = replicated(made.outline, made.space, made.decision)
        judged = Evaluator(made.problem)(choice)
        assert judged.feasible, text


def test_a_narrow_choice_costs_what_it_costs_as_a_whole_one() -> None:
    _, made = everything(LOOP, {"a": 2, "b": 2})
    found = deeds(made, 2)
    part = narrowed(made.decision, grouped(found, (0, 0)))
    posed = problem_of(part.decision, list(made.space.kinds.values()), made.outline.steps, PLENTY, "part")
    result = solve(posed, time_limit=10.0)
    assert result.choice is not None
    whole = part.whole(result.choice)
    assert Evaluator(made.problem)(whole).cost == result.cost
    assert (part.part(whole) == result.choice).all()
    assert all((row[s] == row[s][0]).all() for row, s in zip(found, whole, strict=True)), "both axes do the same"
    assert entries(part.decision) == len(posed.edge_costs) < entries(made.decision) == len(made.problem.edge_costs)


def test_what_is_around_a_choice_differs_in_one_axis() -> None:
    _, made = everything(CHAIN, {"a": 2, "b": 2, "c": 2})
    found = deeds(made, 3)
    choice = replicated(made.outline, made.space, made.decision)
    for row, mask in zip(found, around(found, [choice]), strict=True):
        assert mask.any() and ((row[mask] != 0).sum(axis=1) <= 1).all()


def test_axes_in_two_groups() -> None:
    assert list(groupings(3)) == [(0, 0, 1), (0, 1, 0), (0, 1, 1)]
    assert list(groupings(2)) == [(0, 1)]


def test_steps_lead_to_what_fits() -> None:
    """Whole, the program takes several times the limit."""
    sizes = {"a": 4, "b": 2}
    _, roomy = everything(CHAIN, sizes)
    whole = Evaluator(roomy.problem)(replicated(roomy.outline, roomy.space, roomy.decision)).peak
    _, made = everything(CHAIN, sizes, whole // 3)
    found = moves(made, sizes).descended()
    assert found is not None
    judged = Evaluator(made.problem)(found.choice)
    assert judged.feasible and judged.cost == found.cost


def test_steps_never_cost_more() -> None:
    sizes = {"a": 2, "b": 2}
    _, made = everything(LOOP, sizes)
    choice = replicated(made.outline, made.space, made.decision)
    cost = Evaluator(made.problem)(choice).cost
    assert cost is not None
    better = moves(made, sizes).improved(Found(cost, choice))
    assert better.cost <= cost and Evaluator(made.problem)(better.choice).cost == better.cost


def test_without_the_whole_problem() -> None:
    """What is found in narrow spaces alone fits, and costs no less than the optimum and the bound."""
    sizes = {"a": 2, "b": 2, "c": 2}
    module, made = everything(CHAIN, sizes, 150)
    assert not too_large(made.decision, Mesh(sizes).value)
    best = solve(made.problem, time_limit=30.0)
    found = moves(made, sizes).without_whole(fold(main_function(module)))
    assert found.choice is not None and found.cost is not None and found.bound is not None and best.bound is not None
    assert Evaluator(made.problem)(found.choice).feasible
    assert found.bound <= best.bound <= found.cost


def test_forms_of_an_island_are_listed() -> None:
    """(A B) V or A (B V): the product of A and B, and that of B and V, never both."""
    _, made = everything(ALTERNATIVES, {"a": 2})
    (rewritten,) = made.outline.islands
    listed = forms(rewritten)
    assert listed is not None and len(listed) >= 2 and (listed[:, -1] >= 0).all()
    optional = [number for number, piece in enumerate(rewritten.pieces) if piece.optional]
    assert any((listed[:, number] < 0).any() for number in optional)
    exclusive = Exclusive(made.outline)
    readers = [use for tensor in made.outline.tensors for use in tensor.uses if use.site in rewritten.sites]
    for group in exclusive.groups(readers):
        pieces = [rewritten.sites.index(use.site) for use in group]
        for form in listed:
            assert sum(form[p] == use.way for p, use in zip(pieces, group, strict=True)) <= 1


def test_as_written_a_program_has_no_forms() -> None:
    module = read(CHAIN, {"a": 2})
    assert problem(module, {"a": 2}).nodes == len(everything(CHAIN, {"a": 2})[1].decision.variables)
