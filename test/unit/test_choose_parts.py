"""Searches of parts of a core and over narrowed cores, against all choices tried; and how they take turns."""

from __future__ import annotations

import dataclasses
import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from choose_support import dense, optimum

from eggshard.choose.branching import Tree
from eggshard.choose.carry import Known, carried
from eggshard.choose.certificate import Certifier, add_rises
from eggshard.choose.core import Reduced
from eggshard.choose.dual import Dual
from eggshard.choose.evaluate import evaluate
from eggshard.choose.messages import loads, price
from eggshard.choose.narrow import exact_cost, point_of
from eggshard.choose.neighbourhoods import KINDS, Neighbourhoods
from eggshard.choose.pace import Budget, Paced, Spend, Stopped, freely
from eggshard.choose.presolve import Infeasible, presolve
from eggshard.choose.solve import solve
from eggshard.choose.subcore import cost_within, part_of

SEEDS = range(40)


def cores() -> list[tuple[int, Reduced]]:
    """What presolve leaves of the problems that it does not settle."""
    found = []
    for seed in SEEDS:
        try:
            reduced = presolve(dense(seed))
        except Infeasible:
            continue
        if len(reduced.nodes) > 1:
            found.append((seed, reduced))
    return found


CORES = cores()


def choices(reduced: Reduced) -> list[Any]:
    """All that fit."""
    sizes = np.diff(reduced.core.first).tolist()
    every = (np.array(each, np.int64) for each in itertools.product(*map(range, sizes)))
    return [each for each in every if exact_cost(reduced, each) is not None]


def test_there_is_enough_to_test_on() -> None:
    assert len(CORES) >= 10
    assert sum(len(choices(reduced)) > 10 for _, reduced in CORES) >= 10


@pytest.mark.parametrize(("seed", "reduced"), CORES)
def test_a_part_costs_and_holds_what_it_does_in_the_whole(seed: int, reduced: Reduced) -> None:
    rng = np.random.default_rng(seed)
    fitting = choices(reduced)
    if not fitting:
        return
    core = reduced.core
    held = fitting[int(rng.integers(len(fitting)))]
    inside = rng.random(len(reduced.nodes)) < 0.6
    allowed = rng.random(len(core.cost)) < 0.8
    load = np.zeros(len(core.capacity))
    loads(core, held, load)
    part = part_of(reduced, allowed, inside, held, load)
    whole_cost = exact_cost(reduced, held)
    assert whole_cost is not None
    now = np.searchsorted(part.strategies, core.first[part.nodes] + held[part.nodes]) - part.core.first[:-1]
    apart = whole_cost - cost_within(part, now)
    for each in itertools.product(*(range(k) for k in np.diff(part.core.first).tolist())):
        picked = np.array(each, np.int64)
        whole = held.copy()
        whole[part.nodes] = part.strategies[part.core.first[:-1] + picked] - core.first[part.nodes]
        used = np.zeros(len(core.capacity))
        loads(part.core, picked, used)
        cost = exact_cost(reduced, whole)
        barred = part.exact_cost[part.core.first[:-1] + picked].max(initial=0) >= 2**62
        if cost is None:
            assert barred or (used > part.core.capacity).any() or cost_within(part, picked) >= 2**61
        else:
            assert not barred and (used <= part.core.capacity).all()
            assert cost_within(part, picked) + apart == cost


def converged(reduced: Reduced) -> Dual:
    dual = Dual(reduced.core)
    dual.start()
    dual.advance(50)
    return dual


@pytest.mark.parametrize(("seed", "reduced"), CORES)
def test_rises_are_those_of_the_certificate(seed: int, reduced: Reduced) -> None:
    core, dual = reduced.core, converged(reduced)
    point = point_of(core, dual.prices, dual.messages)
    theta, rise = core.cost.copy(), np.zeros(len(core.cost))
    price(core, dual.prices, theta)
    add_rises(core.first, core.nbr, core.other, core.twin, core.msg, core.table, core.entries, theta,
              point.messages, rise)  # fmt: skip
    proof = Certifier(core, reduced.exact_cost, reduced.exact_entries)(point.messages, point.prices)
    assert proof is not None and proof.bound is not None
    proven = proof.excess / 2.0**proof.bits
    near = (rise < 1e6) | (proven < 1e6)
    assert near.any()
    assert np.allclose(rise[near], proven[near], atol=1e-3)


@pytest.mark.parametrize(("seed", "reduced"), CORES)
def test_parts_lead_to_the_optimum(seed: int, reduced: Reduced) -> None:
    fitting = choices(reduced)
    if not fitting:
        return
    costs = [exact_cost(reduced, each) for each in fitting]
    best = fitting[int(np.argmax([cost or 0 for cost in costs]))]
    cost = exact_cost(reduced, best)
    parts = Neighbourhoods(reduced, converged(reduced), seed)
    for _ in range(3 * len(KINDS)):
        assert cost is not None
        better = parts.improve(best, cost, fitting[:3], freely, 10.0)
        if better is not None:
            told = exact_cost(reduced, better)
            assert told is not None and told < cost
            best, cost = better, told
    assert cost == min(each for each in costs if each is not None)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_tree_finds_and_proves_the_optimum(seed: int) -> None:
    problem = dense(seed)
    best = optimum(problem)
    try:
        reduced = presolve(problem)
    except Infeasible:
        assert best is None
        return
    if best is None or not len(reduced.nodes):
        return
    for above in (0, 1, 10**6):
        dual = converged(reduced)
        point = point_of(reduced.core, dual.prices, dual.messages)
        tree = Tree(problem, reduced, point, best + above, time.monotonic() + 60)
        tree.run(freely)
        assert tree.done and tree.bound == best == tree.cutoff
        if not above:
            assert tree.choice is None
        else:
            assert tree.choice is not None
            judged = evaluate(problem, tree.choice)
            assert judged.feasible and judged.cost == best


def test_a_search_beside_stands_still_between_portions() -> None:
    done: list[int] = []

    def search(spend: Spend) -> None:
        for step in range(10):
            spend(3)
            done.append(step)

    with ThreadPoolExecutor(1) as pool:
        paced = Paced(pool, search)
        seen = []
        while not paced.ended():
            paced.grant(6)
            paced.wait()
            seen.append(len(done))
        paced.grant(6)
        paced.wait()
    assert seen == sorted(seen) and seen[-1] == 10
    assert len(seen) >= 5 and max(np.diff(seen)) <= 3


def test_a_search_beside_can_be_stopped_and_its_errors_surface() -> None:
    def endless(spend: Spend) -> None:
        while True:
            spend(1)

    def wrong(spend: Spend) -> None:
        spend(1)
        raise ValueError("wrong")

    with ThreadPoolExecutor(2) as pool:
        paced = Paced(pool, endless)
        paced.grant(100)
        paced.wait()
        assert not paced.ended()
        paced.stop()
        other = Paced(pool, wrong)
        with pytest.raises(ValueError, match="wrong"):
            for _ in range(3):
                other.grant(10)
                other.wait()
    assert paced.ended()


def test_a_budget_stops_once_it_is_used_up() -> None:
    budget = Budget(5)
    budget(5)
    with pytest.raises(Stopped):
        budget(1)
    budget.count(100)
    assert budget.left == -101


def test_prices_go_to_the_cells_of_their_steps() -> None:
    reduced = dataclasses.replace(CORES[0][1], steps=np.array([0, 4, 9]))
    known = Known(np.array([0, 3, 4, 8, 20]), np.array([1.0, 2.0, 4.0, 8.0, 16.0]))
    assert carried(known, reduced).tolist() == [3.0, 12.0, 16.0]


@pytest.mark.parametrize("seed", range(20))
def test_a_search_goes_on_from_prices(seed: int) -> None:
    problem = dense(seed)
    first = solve(problem, time_limit=10, seed=seed)
    again = solve(problem, time_limit=10, seed=seed, known=first.known or Known(np.arange(3), np.array([1.0, 0, 5])))
    assert (again.cost, again.infeasible) == (first.cost, first.infeasible)
    assert again.infeasible or again.optimal


@pytest.mark.parametrize("seed", range(6))
def test_what_cannot_be_judged_stays_open(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A core that no certificate is made for, anywhere in the tree, ends the search without a claim."""
    reduced = CORES[seed][1]
    problem, best = dense(CORES[seed][0]), optimum(dense(CORES[seed][0]))
    if best is None:
        return
    whole = Certifier.__call__
    left = 0

    def failing(self: Certifier, *args: Any) -> Any:
        nonlocal left
        left -= 1
        return None if left < 0 else whole(self, *args)

    monkeypatch.setattr(Certifier, "__call__", failing)
    for calls in range(0, 12, 2):
        dual = converged(reduced)
        point = point_of(reduced.core, dual.prices, dual.messages)
        left = calls
        tree = Tree(problem, reduced, point, best + 10, time.monotonic() + 9)
        tree.run(freely)
        assert tree.bound is None or tree.bound <= best
        assert not tree.done or tree.cutoff == best
