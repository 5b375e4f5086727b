"""What a choice costs and holds, against sums in Python's integers."""

from __future__ import annotations

import numpy as np
import pytest
from choose_support import problem_of, tiny

from eggshard.choose.evaluate import Evaluator, evaluate, exact_sum
from eggshard.choose.problem import INFINITE, Problem


def slowly(problem: Problem, choice: list[int]) -> tuple[int | None, dict[int, int]]:
    """(cost, memory by step), straight from the definition."""
    costs = [int(problem.costs[problem.offsets[v] + c]) for v, c in enumerate(choice)]
    for e, (a, b) in enumerate(problem.edge_nodes.tolist()):
        costs.append(int(problem.edge_costs[problem.edge_offsets[e] + choice[a] * problem.strategies(b) + choice[b]]))
    held: dict[int, int] = {}
    for v, (start, end) in enumerate(problem.intervals.tolist()):
        for step in range(start, end):
            held[step] = held.get(step, 0) + int(problem.usages[problem.offsets[v] + choice[v]])
    return (None if max(costs) >= INFINITE else sum(costs)), held


@pytest.mark.parametrize("seed", range(100))
def test_agrees_with_the_definition(seed: int) -> None:
    problem = tiny(seed)
    rng = np.random.default_rng(seed)
    choice = [int(rng.integers(problem.strategies(v))) for v in range(problem.nodes)]
    cost, held = slowly(problem, choice)
    judged = evaluate(problem, np.array(choice, np.int64))
    assert judged.cost == cost
    assert (judged.forbidden == "") == (cost is not None)
    assert judged.peak == max(held.values(), default=0)
    over = {step: use - problem.limit for step, use in held.items() if use > problem.limit}
    assert judged.fits == (not over)
    if over:
        assert (judged.first_step, judged.first_excess) == min(over.items())
        assert judged.violation == max(over.values())
        assert judged.worst_step == min(step for step, excess in over.items() if excess == judged.violation)


def test_a_cost_beyond_64_bits_is_none() -> None:
    problem = problem_of([1] * 200, [INFINITE - 1] * 200, [0] * 200, [(0, 1)] * 200, [], 1)
    judged = evaluate(problem, np.zeros(200, np.int64))
    assert judged.cost is None
    assert "does not fit 64 bits" in judged.forbidden
    assert not judged.feasible


def test_memory_beyond_64_bits_is_exact() -> None:
    problem = problem_of([1] * 5, [0] * 5, [2**62] * 5, [(0, 4)] * 5, [], 2**63 - 1)
    assert Evaluator(problem)(np.zeros(5, np.int64)).peak == 5 * 2**62


def test_names_what_is_forbidden() -> None:
    problem = problem_of([2, 1], [0, 0, 0], [0, 0, 0], [(0, 1), (0, 1)], [(1, 0, [5, 10**18])], 1)
    judged = evaluate(problem, np.array([1, 0]))
    assert (
        judged.forbidden
        == "edge 0: strategies 0 of node 1 and 1 of node 0 exclude each other (cost 1000000000000000000)"
    )


def test_a_gap_between_intervals_holds_nothing() -> None:
    problem = problem_of([1, 1], [0, 0], [7, 7], [(0, 2), (5, 9)], [], 7)
    judge = Evaluator(problem)
    assert judge.steps.tolist() == [0, 2, 5, 9]
    assert judge.profile(np.zeros(2, np.int64)).tolist() == [7, 0, 7, 0]
    assert judge(np.zeros(2, np.int64)).feasible


def test_sums_are_exact() -> None:
    values = np.array([2**63 - 1, 2**63 - 1, -(2**63), -5, 3], np.int64)
    assert exact_sum(values) == sum(values.tolist())
