"""
When and how the exact search joins in.

It runs beside the primal, on the dual's thread, from the first moment that what the bound leaves open is small enough;
nothing flows from the others into it once it runs, so its course does not depend on the clock.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from eggshard.choose.certificate import edgewise
from eggshard.choose.core import Reduced
from eggshard.choose.dual import Dual
from eggshard.choose.exact import FIT_PENALTY, Closing, Search
from eggshard.choose.graph import FORBIDDEN
from eggshard.choose.messages import price
from eggshard.choose.primal import Primal

FROM_EPOCH = 2
"""The dual is near enough to its limit to start from."""

LOST = 12
"""After so many rounds of the primal without a choice that fits, one is looked for at once."""

LARGE, LATER = 6_000, 4
"""With this many strategies it waits for a later epoch: narrowing the core and polishing get further at first."""

LARGEST = 120_000
"""Columns of the linear program."""

STRATEGIES = 40_000
"""With more strategies than this in the core, no program is even tried."""


class Stopped(Exception):
    """The result is no longer wanted."""


class Stoppable(Search):
    """An exact search that ends at the next linear program once `unwanted`."""

    unwanted = False

    def _visit(self, *args: Any) -> int | None:
        if self.unwanted:
            raise Stopped
        return super()._visit(*args)


class Exact:
    """
    `choice` of the core and `bound` (without the constant) as far as they are; `nothing`: proven that none fits.

    It is started once per epoch of the dual until it takes hold.
    """

    def __init__(self, reduced: Reduced):
        self.reduced = reduced
        self.choice: Any = None
        self.bound: int | None = None
        self.nothing = False
        self.future: Future[None] | None = None
        self.tried = -1
        self.over = False
        self.search: Stoppable | None = None

    def running(self) -> bool:
        return self.future is not None and not self.future.done()

    def start(self, pool: ThreadPoolExecutor, dual: Dual, primal: Primal, seconds: float) -> None:
        """Starts if it is time to; surfaces what went wrong in an earlier run."""
        if self.future is not None and self.future.done():
            self.future.result()
        small = len(self.reduced.core.cost) <= STRATEGIES
        early = LATER if len(self.reduced.core.cost) > LARGE else FROM_EPOCH
        if primal.best is None:
            early = 0 if primal.turn >= LOST else FROM_EPOCH
        if self.over or not small or dual.epoch < early or dual.epoch == self.tried or seconds <= 0:
            return
        self.tried = dual.epoch
        fitting = primal.best is None
        if fitting:
            self.search = self.any_that_fits()
        else:
            self.search = self.cheaper_than(round(primal.cost), dual)
        self.future = pool.submit(self.run, self.search, seconds, fitting)

    def stop(self) -> None:
        if self.search is not None:
            self.search.unwanted = True

    def cheaper_than(self, cost: int, dual: Dual) -> Stoppable:
        """Starts from the dual's best point, which decides most strategies already."""
        reduced, core = self.reduced, self.reduced.core
        theta, point = core.cost.copy(), np.zeros(int(core.msg[-1]))
        price(core, dual.prices, theta)
        edgewise(core, theta, dual.messages, point)
        return Stoppable(
            core, reduced.exact_cost, reduced.exact_entries, point, dual.prices.copy(), cost, self.improved
        )

    def any_that_fits(self) -> Stoppable:
        """All that is not forbidden costs nothing, so whatever fits will do."""
        core, reduced = self.reduced.core, self.reduced
        cost = np.where(reduced.exact_cost >= FORBIDDEN, FORBIDDEN, 0)
        entries = np.where(reduced.exact_entries >= FORBIDDEN, FORBIDDEN, 0)
        return Stoppable(
            core, cost, entries, np.zeros(int(core.msg[-1])), np.zeros(len(core.capacity)), 1, penalty=FIT_PENALTY
        )

    def improved(self, state: Closing) -> None:
        if state.choice is not None:
            self.choice = state.choice
        self.bound = state.bound

    def run(self, search: Stoppable, seconds: float, fitting: bool) -> None:
        try:
            closing = search.run(seconds, LARGEST)
        except Stopped:
            return
        if fitting:
            self.nothing = closing.done and closing.choice is None
            if closing.choice is not None:
                self.choice = closing.choice
            return
        self.improved(closing)
        self.over = closing.done
