"""
The choices' side of the search: candidates are repaired until they fit memory, then polished.

Repair: cells may hold what they hold now where that exceeds their capacity, but never more; prices of overfull cells
rise, forests lower the priced energy, and what was gained is locked in. Polish: forests under prices scaled at random.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from eggshard.choose.core import BARRED, Core
from eggshard.choose.forest import new_work, polish
from eggshard.choose.messages import energy, loads, price
from eggshard.choose.slack import new_slack, set_slack

REGIONS = (60, 120, 300, 1000)
KEPT = 6
"""Choices that are polished in turns."""

FRESH = 6
"""Every so many rounds a choice of the dual is repaired and competes."""

WALK = 24
"""Rounds of one annealed walk."""

HOTTEST = 1e-5
"""Leeway at the start of a walk, as a part of the cost; it falls to nothing with the square of what is left."""

NOISE = 0.1
"""The most that is added at random to a strategy's cost where forests are decoded, as a part of the leeway."""


def modest_price(core: Core) -> float:
    """A hundredth of what an average cost is worth per average usage: where prices of overfull cells start."""
    entries = core.entries[core.entries < BARRED / 2]
    costs = float(np.abs(core.cost).mean()) + (float(np.abs(entries).mean()) if len(entries) else 0.0)
    held = float(core.usage.mean()) if len(core.usage) else 0.0
    return 0.01 * max(costs, 1e-3) / max(held, 1e-3)


class Primal:
    """`best` is the cheapest choice of the core that fits, `cost` its cost without the constant."""

    def __init__(self, core: Core, seed: int):
        self.core = core
        self.nodes = len(core.first) - 1
        self.work = new_work(core, 2 * seed + 2)
        self.random = np.random.default_rng([seed, 7])
        self.slack = new_slack(len(core.capacity))
        self.free = np.zeros(int(np.diff(core.seg).max(initial=0)) + 1)
        self.theta = core.cost.copy()
        self.load = np.zeros(len(core.capacity))
        self.unit = modest_price(core)
        self.best: Any = None
        self.cost = np.inf
        self.closest: Any = None
        self.excess = np.inf
        self.kept: list[tuple[float, Any]] = []
        self.turn = 0
        self.walker: Any = None
        self.walked, self.walks = 0, 0

    def forests(self, choice: Any, goal: Any, region: int, share: float, leeway: float) -> float:
        """Forests that together touch `share` of the nodes."""
        region = min(region, self.nodes)
        rounds = max(1, round(share * self.nodes / region))
        return polish(self.core, self.theta, goal, choice, self.slack, self.work, self.free, region, rounds, leeway)

    def repair(self, choice: Any, prices: Any, rounds: int) -> bool:
        """Makes `choice` fit, in place; False if `rounds` did not suffice."""
        core = self.core
        prices = prices.copy()
        floor = max(float(prices.max(initial=0.0)) * 1e-3, self.unit)
        for _ in range(rounds):
            loads(core, choice, self.load)
            over = self.load > core.capacity
            excess = float((self.load - core.capacity).max(initial=0.0))
            if excess < self.excess and self.best is None:
                self.excess, self.closest = excess, choice.copy()
            if not over.any():
                return True
            prices[over] = np.maximum(prices[over] * self.random.uniform(1.1, 1.6), floor)
            price(core, prices, self.theta)
            set_slack(self.slack, np.maximum(core.capacity - self.load, 0.0))
            self.forests(choice, self.theta, int(self.random.choice(REGIONS)), 1.0, 0.0)
        loads(core, choice, self.load)
        return bool((self.load <= core.capacity).all())

    def round(self, labels: Any, prices: Any, work: int) -> None:
        """A share of work: a fresh candidate where it is time for one, else a kept choice is polished."""
        self.turn += 1
        if self.best is None or self.turn % FRESH == 0:
            if self.repair(labels, prices, 2 * work):
                self.improve(labels, prices, work)
                self.keep(labels)
        else:
            if self.walked == 0:
                self.walks += 1
                self.walker = self.beginning(labels, prices, work)
            left = 1.0 - self.walked / WALK
            self.improve(self.walker, prices, work, HOTTEST * abs(self.cost) * left * left)
            self.walked = (self.walked + 1) % WALK
            if self.walked == 0 or energy(self.core, self.core.cost, self.walker) < self.cost:
                self.keep(self.walker.copy())

    def beginning(self, labels: Any, prices: Any, work: int) -> Any:
        """Where a walk starts: the best, any kept one, or the dual's choice, in turns."""
        kind = self.walks % 3
        if kind == 0 and self.repair(labels, prices, 2 * work):
            return labels
        return self.kept[0 if kind == 1 else int(self.random.integers(len(self.kept)))][1].copy()

    def keep(self, choice: Any) -> None:
        """Keeps a choice among the `KEPT` cheapest, no cost twice."""
        cost = energy(self.core, self.core.cost, choice)
        if all(cost != other for other, _ in self.kept):
            self.kept.append((cost, choice))
            self.kept.sort(key=lambda each: each[0])
            del self.kept[KEPT:]
        if cost < min(self.cost, 1e29):
            self.cost, self.best = cost, choice.copy()

    def improve(self, choice: Any, prices: Any, rounds: int, leeway: float = 0.0) -> None:
        """Polishes a choice that fits, in place; a forest may raise the cost by up to `leeway`."""
        core = self.core
        loads(core, choice, self.load)
        set_slack(self.slack, core.capacity - self.load)
        for _ in range(rounds):
            price(core, prices * self.random.uniform(0.0, 1.3), self.theta)
            if leeway > 0:
                self.theta += self.random.random(len(self.theta)) * (NOISE * leeway * self.random.random())
            self.forests(choice, core.cost, int(self.random.choice(REGIONS)), 1.0, leeway * self.random.random())
