"""
When and how the exact searches join in.

They run on the dual's thread, in portions of work: the tree from the moment that there is a choice and a fair dual
point; where the primal finds none that fits, a branch and bound that looks for any.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from eggshard.choose.branching import Tree
from eggshard.choose.core import Reduced
from eggshard.choose.dual import Dual
from eggshard.choose.exact import fit
from eggshard.choose.narrow import exact_cost, point_of
from eggshard.choose.pace import Paced, Spend
from eggshard.choose.primal import Primal
from eggshard.choose.problem import Ints, Problem

FROM_EPOCH = 2
"""The dual is near enough to its limit to start from."""

LOST = 12
"""After so many rounds of the primal without a choice that fits, one is looked for at once."""

LARGEST = 120_000
"""Columns of the program that looks for any choice."""

STRATEGIES = 60_000
"""With more strategies than this in the core, no program is even tried."""

PORTION = 400_000
"""Work between two exchanges, in microseconds."""


class Exact:
    """The exact search of one core; started once per epoch of the dual until it takes hold."""

    def __init__(self, problem: Problem, reduced: Reduced, pool: ThreadPoolExecutor, deadline: float):
        self.problem, self.reduced, self.pool, self.deadline = problem, reduced, pool, deadline
        self.tree: Tree | None = None
        self.choice: Ints | None = None
        """Of core strategies: one that fits."""
        self.nothing = False
        """Proven that none fits."""
        self.paced: Paced | None = None
        self.tried = -1

    def running(self) -> bool:
        return self.paced is not None and not self.paced.ended()

    def start(self, dual: Dual, primal: Primal) -> None:
        """Starts if it is time to."""
        small = len(self.reduced.core.cost) <= STRATEGIES
        lost = primal.best is None and primal.turn >= LOST
        early = 0 if lost else FROM_EPOCH
        over = self.tree is not None and self.tree.done
        if over or not small or dual.epoch < early or dual.epoch == self.tried or time.monotonic() > self.deadline:
            return
        self.tried = dual.epoch
        if primal.best is None:
            self.paced = Paced(self.pool, self.look_for_any)
            return
        cost = exact_cost(self.reduced, primal.best)
        if cost is not None:
            point = point_of(self.reduced.core, dual.prices, dual.messages)
            cutoff = cost + self.reduced.constant
            self.tree = Tree(self.problem, self.reduced, point, cutoff, self.deadline)
            self.paced = Paced(self.pool, self.tree.run)

    def grant(self) -> None:
        if self.paced is not None:
            self.paced.grant(PORTION)

    def wait(self) -> None:
        if self.paced is not None:
            self.paced.wait()

    def stop(self) -> None:
        if self.paced is not None:
            self.paced.stop()

    def look_for_any(self, spend: Spend) -> None:
        """All that is not forbidden costs nothing, so whatever fits will do."""
        reduced = self.reduced
        search = fit(reduced.core, reduced.exact_cost, reduced.exact_entries, spend)
        found = search.run(self.deadline - time.monotonic(), LARGEST)
        self.choice = found.choice
        self.nothing = found.done and found.choice is None
