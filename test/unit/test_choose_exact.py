"""Proven bounds and the exact search, against all choices tried."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from choose_support import dense, optimum, tiny

from eggshard.choose.buckets import eliminate, plan
from eggshard.choose.certificate import Certifier, Point, edgewise
from eggshard.choose.core import Reduced
from eggshard.choose.core import core_of as core_of_graph
from eggshard.choose.cuts import rounded
from eggshard.choose.evaluate import evaluate
from eggshard.choose.exact import Search, fit
from eggshard.choose.graph import graph_of
from eggshard.choose.messages import price, sweep
from eggshard.choose.presolve import Infeasible, presolve
from eggshard.choose.problem import Problem
from eggshard.choose.segments import Segments

SEEDS = range(25)


def core_of(problem: Problem) -> Reduced | None:
    """What presolve leaves; None where it leaves nothing to choose."""
    try:
        reduced = presolve(problem)
    except Infeasible:
        return None
    return reduced if len(reduced.nodes) else None


def nowhere(reduced: Reduced) -> Point:
    """A dual point that says nothing."""
    return Point(np.zeros(int(reduced.core.msg[-1])), np.zeros(len(reduced.core.capacity)))


@pytest.mark.parametrize("seed", SEEDS)
def test_any_dual_point_gives_a_bound(seed: int) -> None:
    problem = dense(seed)
    reduced, best = core_of(problem), optimum(problem)
    if reduced is None or best is None:
        return
    core = reduced.core
    certifier = Certifier(core, reduced.exact_cost, reduced.exact_entries)
    rng = np.random.default_rng(seed)
    for scale in (0.0, 1.0, 100.0, 1e9):
        messages = rng.normal(size=int(core.msg[-1])) * scale
        prices = rng.random(len(core.capacity)) * scale / core.capacity.max(initial=1)
        proof = certifier(messages, prices)
        assert proof is not None and proof.bound is not None
        assert proof.bound + reduced.constant <= best


@pytest.mark.parametrize("seed", SEEDS)
def test_a_sweep_passes_through_its_dual_point(seed: int) -> None:
    reduced = core_of(dense(seed))
    if reduced is None:
        return
    core = reduced.core
    prices = np.full(len(core.capacity), 10.0 / core.capacity.max(initial=1))
    theta, point = core.cost.copy(), np.zeros(int(core.msg[-1]))
    price(core, prices, theta)
    messages, labels = np.zeros(len(point)), np.zeros(len(reduced.nodes), np.int64)
    for _ in range(5):
        sweep(core, theta, messages, labels, True)
        sweep(core, theta, messages, labels, False)
    edgewise(core, theta, messages, point)
    told = sweep(core, theta, messages, labels, True) - float(prices @ core.capacity)
    proof = Certifier(core, reduced.exact_cost, reduced.exact_entries)(point, prices)
    assert proof is not None
    assert proof.base / 2**proof.bits == pytest.approx(told, abs=1e-3)


@pytest.mark.parametrize("seed", SEEDS)
def test_finds_and_proves_the_optimum(seed: int) -> None:
    problem = dense(seed)
    reduced, best = core_of(problem), optimum(problem)
    if reduced is None or best is None:
        return
    goal = best - reduced.constant
    for cutoff in (None, goal, goal + 1):
        search = Search(reduced.core, reduced.exact_cost, reduced.exact_entries, nowhere(reduced), cutoff)
        found = search.run(60.0)
        assert found.done and found.bound == goal
        if cutoff == goal:
            assert found.choice is None
        else:
            assert found.choice is not None and found.cost == goal
            judged = evaluate(problem, reduced.original(found.choice))
            assert judged.feasible and judged.cost == best


@pytest.mark.parametrize("seed", [*SEEDS, 71, 73, 125])
def test_a_choice_fits_or_it_is_proven_that_none_does(seed: int) -> None:
    problem = dense(seed)
    reduced = core_of(problem)
    if reduced is None:
        return
    found = fit(reduced.core, reduced.exact_cost, reduced.exact_entries).run(60.0)
    assert found.done
    assert (found.choice is None) == (optimum(problem) is None)
    if found.choice is not None:
        assert evaluate(problem, reduced.original(found.choice)).feasible


@pytest.mark.parametrize("seed", SEEDS)
def test_elimination_finds_the_optimum(seed: int) -> None:
    problem = dataclasses.replace(dense(seed), limit=10**12)
    graph = graph_of(problem, 0)
    nothing = np.zeros(0, np.int64)
    whole = core_of_graph(graph, Segments(*[nothing] * 7), 0)
    order = plan(whole.core)
    assert order is not None
    found = eliminate(whole.core, whole.exact_cost, whole.exact_entries, order)
    best = optimum(problem)
    if best is None:
        assert found is None
        return
    assert found is not None and found[1] == best
    assert evaluate(problem, found[0]).cost == best


def test_elimination_declines_a_large_table() -> None:
    problem = dense(0)
    whole = core_of_graph(graph_of(problem, 0), Segments(*[np.zeros(0, np.int64)] * 7), 0)
    assert plan(whole.core, budget=3) is None


@pytest.mark.parametrize("seed", range(100))
def test_presolve_keeps_the_optimum(seed: int) -> None:
    problem = tiny(seed)
    best = optimum(problem)
    try:
        reduced = presolve(problem)
    except Infeasible:
        assert best is None
        return
    if not len(reduced.nodes):
        judged = evaluate(problem, reduced.original(np.zeros(0, np.int64)))
        assert judged.feasible and judged.cost == best == reduced.constant


@pytest.mark.parametrize("seed", range(50))
def test_rounded_rows_hold_for_every_choice_that_fits(seed: int) -> None:
    rng = np.random.default_rng(seed)
    usages = [rng.integers(-50, 50, rng.integers(1, 5)) for _ in range(4)]
    room, divisor = int(rng.integers(-100, 100)), int(rng.integers(2, 60))
    weights = [rounded(each, room, divisor)[0] for each in usages]
    most = rounded(usages[0], room, divisor)[1]
    for choice in itertools.product(*(range(len(each)) for each in usages)):
        if sum(int(u[c]) for u, c in zip(usages, choice, strict=True)) <= room:
            assert sum(int(w[c]) for w, c in zip(weights, choice, strict=True)) <= most
