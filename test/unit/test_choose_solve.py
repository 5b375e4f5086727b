"""The solver against all choices tried, on tiny problems; and what it does on problems of special form."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from choose_support import EXAMPLE, dense, optimum, problem_of, tiny, write

from eggshard.choose.evaluate import evaluate
from eggshard.choose.problem import Problem, Result
from eggshard.choose.read import load_problem
from eggshard.choose.solve import solve

SECONDS = 20.0
"""More than any of these takes."""


def judged(problem: Problem, result: Result) -> None:
    """What must hold of any result."""
    best = optimum(problem)
    if result.infeasible:
        assert best is None and result.choice is None and result.reason
    if best is None:
        assert result.choice is None
        return
    assert result.bound is None or result.bound <= best
    if result.choice is not None:
        found = evaluate(problem, result.choice)
        assert found.feasible and found.cost == result.cost


@pytest.mark.parametrize("seed", range(250))
def test_tiny_problems(seed: int) -> None:
    problem = tiny(seed)
    result = solve(problem, time_limit=SECONDS, seed=seed, threads=1 + seed % 2)
    judged(problem, result)
    assert result.infeasible == (optimum(problem) is None)
    assert result.infeasible or (result.optimal and result.gap == 0)


@pytest.mark.parametrize("seed", range(25))
def test_dense_problems(seed: int) -> None:
    problem = dense(seed)
    result = solve(problem, time_limit=SECONDS, seed=1)
    judged(problem, result)
    assert result.infeasible == (optimum(problem) is None)
    assert result.infeasible or result.optimal


@pytest.mark.parametrize("seed", range(6))
def test_the_same_seed_gives_the_same_choice(seed: int) -> None:
    first, second = (solve(dense(seed), time_limit=SECONDS, seed=seed, threads=2) for _ in range(2))
    assert (first.cost, first.bound) == (second.cost, second.bound)
    if first.choice is None or second.choice is None:
        assert first.choice is second.choice is None
    else:
        assert np.array_equal(first.choice, second.choice)


def test_the_example(tmp_path_factory: pytest.TempPathFactory) -> None:
    problem = load_problem(write(tmp_path_factory.mktemp("solve") / "p.json", EXAMPLE))
    result = solve(problem, time_limit=SECONDS)
    assert (result.cost, result.bound, result.optimal) == (445, 445, True)


def test_no_nodes() -> None:
    result = solve(problem_of([], [], [], [], [], 0), time_limit=SECONDS)
    assert (result.cost, result.bound) == (0, 0)


def test_no_edges() -> None:
    result = solve(problem_of([2, 2], [5, 1, 7, 2], [1, 4, 1, 4], [(0, 9), (3, 5)], [], 5), time_limit=SECONDS)
    assert result.choice is not None
    assert (result.cost, result.optimal) == (7, True)


def test_memory_that_does_not_fit_is_proven() -> None:
    result = solve(problem_of([2, 1], [0, 0, 0], [3, 4, 3], [(0, 9), (3, 5)], [], 5), time_limit=SECONDS)
    assert result.infeasible and "5" in result.reason


def test_strategies_that_exclude_each_other() -> None:
    table = [10**18] * 4
    result = solve(problem_of([2, 2], [0] * 4, [0] * 4, [(0, 1)] * 2, [(0, 1, table)], 5), time_limit=SECONDS)
    assert result.infeasible and result.reason


def test_forbidden_strategies_only() -> None:
    result = solve(problem_of([1], [10**18], [0], [(0, 1)], [], 5), time_limit=SECONDS)
    assert result.infeasible


def test_an_empty_interval_holds_no_memory() -> None:
    result = solve(problem_of([2], [5, 1], [0, 100], [(3, 3)], [], 5), time_limit=SECONDS)
    assert (result.cost, result.optimal) == (1, True)


def test_usages_near_the_end_of_64_bits() -> None:
    large = 2**62
    problem = problem_of([2] * 3, [0, 9] * 3, [large, 1] * 3, [(0, 4)] * 3, [], 2**63 - 1)
    result = solve(problem, time_limit=SECONDS)
    judged(problem, result)
    assert result.optimal and result.cost == optimum(problem)


def test_costs_near_the_bound_of_infinity() -> None:
    large = 10**17 - 1
    problem = problem_of([2] * 3, [large, -large] * 3, [0, 5] * 3, [(0, 4)] * 3, [(0, 1, [large, 0, 0, -large])], 10)
    result = solve(problem, time_limit=SECONDS, enough=1e-15)
    judged(problem, result)
    # Such costs lose their last bits, so the proof is as exact as that.
    assert result.cost is not None and result.cost == optimum(problem)
    assert result.bound is not None and result.cost - result.bound < 100


@pytest.mark.parametrize("seed", range(60))
def test_nodes_that_follow_others_are_decided_with_them(seed: int) -> None:
    problem = (tiny if seed % 2 else dense)(seed)
    rng, sizes = np.random.default_rng(seed), np.diff(problem.offsets)
    follows = np.arange(problem.nodes)
    for v in range(problem.nodes):
        leaders = [u for u in range(v) if sizes[u] == sizes[v] and follows[u] == u]
        if leaders and rng.random() < 0.7:
            follows[v] = rng.choice(leaders)
    result = solve(problem, time_limit=SECONDS, seed=seed, follows=follows)
    choices = (np.array(each) for each in itertools.product(*map(range, sizes.tolist())))
    told = [evaluate(problem, each) for each in choices if (each[follows] == each).all()]
    best = min((each.cost for each in told if each.feasible and each.cost is not None), default=None)
    assert result.cost == best and result.infeasible == (best is None)
    if best is not None:
        assert result.optimal and result.choice is not None and (result.choice[follows] == result.choice).all()
