"""
Choices improved by solving parts of the core exactly.

A few hundred undecided nodes are freed, the rest is held, and the branch and bound looks for anything cheaper. What the
dual bound excludes from every cheaper choice is left out, so parts of many nodes stay small programs. Parts that share
no edge still share memory: trades between distant nodes are what forests cannot see.

The size of a kind's parts follows what the last ones took (compare adaptive large neighbourhood search, Ropke and
Pisinger, 2006).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from eggshard.choose.certificate import Point, add_rises
from eggshard.choose.core import Reduced
from eggshard.choose.dual import Dual
from eggshard.choose.exact import Search
from eggshard.choose.messages import loads, price
from eggshard.choose.narrow import point_of
from eggshard.choose.pace import Budget, Spend
from eggshard.choose.subcore import Part, cost_within, part_of

KINDS = ("region", "regions", "scattered", "crossing")
"""One ball; four balls; single nodes; where two good choices differ, with what is around."""

SIZE, SMALLEST = 200.0, 20.0
GROW, SHRINK = 1.4, 0.6

WORK = 1_500_000
"""What one part may take, in microseconds; parts that take less than a fifth of it were too small."""

LARGEST = 60_000
"""Columns of a part's linear program."""

SWEEPS = 40
"""Of message passing within a part."""

OVERHEAD, STRATEGIES = 4_000, 20
"""Work of a part beside that, in microseconds: a base, and one for so many strategies of the core."""


class Neighbourhoods:
    """Parts of one core."""

    def __init__(self, reduced: Reduced, dual: Dual, seed: int):
        self.reduced = reduced
        self.random = np.random.default_rng([seed, 11])
        self.sizes = dict.fromkeys(KINDS, SIZE)
        self.turn = 0
        self.aim(dual)

    def aim(self, dual: Dual) -> None:
        """Takes the dual's best point to exclude strategies by."""
        core = self.reduced.core
        self.point = point_of(core, dual.prices, dual.messages)
        theta = core.cost.copy()
        price(core, dual.prices, theta)
        self.rise, self.bound = np.zeros(len(theta)), dual.bound
        add_rises(
            core.first, core.nbr, core.other, core.twin, core.msg, core.table, core.entries, theta,
            self.point.messages, self.rise,
        )  # fmt: skip

    def improve(self, choice: Any, cost: int, others: list[Any], spend: Spend, seconds: float) -> Any | None:
        """
        One part: a choice that costs less than `choice` (which costs `cost`), if there is one.

        `others` are good choices to cross with.
        """
        core = self.reduced.core
        spend(OVERHEAD + len(core.cost) // STRATEGIES)
        allowed = self.rise <= cost - self.bound
        counts = np.add.reduceat(allowed.astype(np.int64), core.first[:-1])
        undecided = np.flatnonzero(counts > 1)
        kind = KINDS[self.turn % len(KINDS)]
        self.turn += 1
        if not len(undecided):
            return None
        inside = np.zeros(len(counts), bool)
        inside[self._nodes(kind, undecided, counts > 1, choice, others)] = True
        load = np.zeros(len(core.capacity))
        loads(core, choice, load)
        part = part_of(self.reduced, allowed, inside, choice, load)
        now = choice[part.nodes]
        chosen = np.searchsorted(part.strategies, core.first[part.nodes] + now) - part.core.first[:-1]
        budget = Budget(WORK)

        def within(work: int) -> None:
            spend(work)
            budget(work)

        point = self._aimed(part)
        search = Search(part.core, part.exact_cost, part.exact_entries, point, cost_within(part, chosen), spend=within)
        found = search.run(seconds, LARGEST)
        if not found.done:
            self.sizes[kind] = max(SMALLEST, self.sizes[kind] * SHRINK)
        elif budget.left > 0.8 * WORK:
            self.sizes[kind] = min(GROW * self.sizes[kind], float(len(counts)))
        if found.choice is None:
            return None
        better = choice.copy()
        better[part.nodes] = part.strategies[part.core.first[:-1] + found.choice] - core.first[part.nodes]
        return better

    def _aimed(self, part: Part) -> Point:
        """The whole's dual point, moved on a little now that the rest is held."""
        dual = Dual(part.core)
        dual.now[:] = self.point.prices
        price(part.core, dual.now, dual.theta)
        for _ in range(SWEEPS):
            dual.pass_messages()
        return point_of(part.core, dual.prices, dual.messages)

    def _nodes(self, kind: str, undecided: Any, free: Any, choice: Any, others: list[Any]) -> Any:
        size = max(1, min(int(self.sizes[kind]), len(undecided)))
        if kind == "scattered":
            return self.random.choice(undecided, size, replace=False)
        if kind == "regions":
            return self._balls(self.random.choice(undecided, min(4, size), replace=False), size, free)
        if kind == "crossing" and others:
            other = others[int(self.random.integers(len(others)))]
            different = np.flatnonzero((other != choice) & free)
            if len(different) > size:
                different = self.random.choice(different, size, replace=False)
            if len(different):
                return self._balls(different, size, free)
        return self._balls(self.random.choice(undecided, 1), size, free)

    def _balls(self, seeds: Any, size: int, free: Any) -> Any:
        """`size` free nodes around the seeds; fewer where that is all that hangs together."""
        core = self.reduced.core
        seen = set(seeds.tolist())
        frontier = list(seeds.tolist())
        picks = self.random.random(4 * size + len(frontier))
        for pick in picks.tolist():
            if not frontier or len(seen) >= size:
                break
            at = int(pick * len(frontier))
            node = frontier[at]
            frontier[at] = frontier[-1]
            frontier.pop()
            for other in core.other[core.nbr[node] : core.nbr[node + 1]].tolist():
                if free[other] and other not in seen and len(seen) < size:
                    seen.add(other)
                    frontier.append(other)
        return np.array(sorted(seen), np.int64)
