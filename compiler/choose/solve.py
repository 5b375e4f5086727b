"""
Solves a choice problem: presolve, then bounds and choices side by side until they meet or time is up.

Two tasks run in rounds, on two threads where there are two: the dual advances by a fixed amount of work, the primal
repairs and polishes for about as much; then they exchange prices and choices. What happens depends on the seed and on
the number of rounds alone, never on the clock, which only ends the last round.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from eggshard.choose.bound import proven_bound
from eggshard.choose.branching import ENTRIES
from eggshard.choose.buckets import eliminate, plan
from eggshard.choose.carry import Known, carried
from eggshard.choose.closing import PORTION, Exact
from eggshard.choose.core import Reduced
from eggshard.choose.dual import Dual
from eggshard.choose.evaluate import Evaluator
from eggshard.choose.narrow import exact_cost, narrowed, point_of
from eggshard.choose.neighbourhoods import Neighbourhoods
from eggshard.choose.pace import Budget
from eggshard.choose.prepare import prepare
from eggshard.choose.presolve import Infeasible, presolve
from eggshard.choose.primal import Primal
from eggshard.choose.problem import Ints, Problem, Progress, Result

NARROW_FROM = 1
"""The epoch of the dual from which on it is worth to see what its bound excludes."""

SETTLED = 30
"""Rounds after which parts are tried even if the dual is still in its first epoch."""

BETTER = 0.1
"""Parts exclude by a new dual point when it closes this part of the gap."""

CLOSER = 0.95
"""Within an epoch it is tried again when the gap has shrunk to this part."""

SEEDS = 1_000_003

ROUND = 30_000_000
"""Table entries that the dual reads in a round: about a tenth of a second."""

STEPS, FORESTS = 200, 40
"""Steps of the dual and forests of the primal in a round, at most."""


def solve(
    problem: Problem,
    *,
    time_limit: float,
    seed: int = 0,
    threads: int = 2,
    on_progress: Callable[[Progress], None] | None = None,
    deadline_start: float | None = None,
    starts: Sequence[Ints] = (),
    enough: float = 0.0,
    follows: Ints | None = None,
    known: Known | None = None,
) -> Result:
    """
    The best choice found in `time_limit` seconds, with a proven bound.

    The search begins from `starts` where there are some, and ends once the gap is at most `enough`. Seconds count from
    `deadline_start` (a `time.monotonic()`), by default from the call. Ctrl-C returns what there is.

    With `follows`, node v takes the strategy that node `follows[v]` takes (which follows itself): the result is about
    such choices alone. `known` is that of an earlier result, with the same steps: the bound goes on from there.
    """
    if threads > 1:
        prepare()
    search = Search(problem, time_limit, seed, threads, on_progress, deadline_start)
    search.starts, search.enough, search.follows = list(starts), enough, follows
    search.known = known
    try:
        search.run()
    except KeyboardInterrupt:
        pass
    except Infeasible as infeasible:
        if search.choice is not None:
            return search.result()
        return Result(None, None, None, infeasible=True, reason=infeasible.reason, seconds=search.seconds())
    return search.result()


class Search:
    """One run: the clock, the incumbent in original strategies, and the proven bound."""

    def __init__(
        self,
        problem: Problem,
        time_limit: float,
        seed: int,
        threads: int,
        on_progress: Callable[[Progress], None] | None,
        start: float | None,
    ):
        self.problem = problem
        self.start = time.monotonic() if start is None else start
        self.limit = time_limit
        self.seed = seed
        self.threads = threads
        self.on_progress = on_progress
        self.evaluator = Evaluator(problem)
        self.choice: Ints | None = None
        self.cost: int | None = None
        self.bound: int | None = None
        self.violation: int | None = None
        self.taken: Ints | None = None
        self.first: float | None = None
        self.latest: float | None = None
        self.starts: list[Ints] = []
        self.enough = 0.0
        self.follows: Ints | None = None
        self.known: Known | None = None
        """Prices to go on from; in the end, those of the last core."""
        self.settled = False
        """Whether a narrowed core left nothing to choose."""
        self.parts: Neighbourhoods | None = None
        self.budget = Budget(0)
        self.ceiling: int | None = None
        """What is proven of a narrowed core is so of choices that cost less than this."""

    def seconds(self) -> float:
        return time.monotonic() - self.start

    def report(self, phase: str) -> None:
        if self.on_progress is not None:
            self.on_progress(Progress(self.seconds(), self.cost, self.bound, phase))

    def optimal(self) -> bool:
        """Whether the bound is near enough to the cost."""
        if self.cost is None or self.bound is None:
            return False
        return self.cost - self.bound <= self.enough * abs(self.cost)

    def run(self) -> None:
        self.report("presolve")
        reduced = presolve(self.problem, self.follows)
        if len(reduced.nodes) == 0:
            self.accept(reduced, np.zeros(0, np.int64), "presolve")
            self.bound = reduced.constant << reduced.shift
            return
        if not len(reduced.core.capacity) and self.eliminated(reduced):
            return
        primal = Primal(reduced.core, self.seed)
        for start in self.starts:
            self.begin(reduced, primal, start)
        with ThreadPoolExecutor(2) as pool:
            following: tuple[Reduced, Primal] | None = reduced, primal
            while following is not None:
                following = self.core(*following, pool)

    def eliminated(self, reduced: Reduced) -> bool:
        """Whether bucket elimination settles a core without memory: it does where the width is small."""
        order = plan(reduced.core)
        if order is None:
            return False
        found = eliminate(reduced.core, reduced.exact_cost, reduced.exact_entries, order)
        if found is None:
            raise Infeasible("bucket elimination proves that no choice avoids what is forbidden")
        choice, cost = found
        self.accept(reduced, choice, "elimination")
        self.raise_bound((cost + reduced.constant) << reduced.shift, "elimination")
        return self.optimal()

    def core(self, reduced: Reduced, primal: Primal, pool: ThreadPoolExecutor) -> tuple[Reduced, Primal] | None:
        """Searches one core; the narrower one to go on with, if it comes to that."""
        exact = Exact(self.problem, reduced, pool, self.start + self.limit)
        try:
            return self.rounds(reduced, Dual(reduced.core), primal, exact, pool)
        finally:
            exact.stop()

    def rounds(
        self, reduced: Reduced, dual: Dual, primal: Primal, exact: Exact, pool: ThreadPoolExecutor
    ) -> tuple[Reduced, Primal] | None:
        """Rounds until the bound meets the cost, time is up, or a good part of the core turns out to be hopeless."""
        entries = max(1, len(reduced.core.entries) + 4 * len(reduced.core.cost))
        steps = int(np.clip(ROUND // (2 * entries), 1, STEPS))
        judged, open_gap = NARROW_FROM - 1, np.inf
        self.begun(reduced, dual)
        self.prove(reduced, dual, "bound")
        while not self.optimal() and self.seconds() < self.limit:
            labels, prices = dual.labels.copy(), dual.prices.copy()
            busy = exact.running()
            if busy:
                exact.grant()
                other = None
            else:
                other = pool.submit(dual.advance, steps)
            if self.threads == 1:
                self.meet(exact, other)
            primal.round(labels, prices, min(steps, FORESTS))
            self.explore(reduced, dual, primal, PORTION if busy else ROUND // ENTRIES)
            self.meet(exact, other)
            if primal.best is not None:
                self.accept(reduced, primal.best, "search")
            elif primal.closest is not None:
                self.miss(reduced, primal.closest)
            if busy:
                self.learn(reduced, primal, exact)
                continue
            self.prove(reduced, dual, "search")
            gap = primal.cost - dual.bound
            closer = dual.epoch > judged or (dual.epoch >= NARROW_FROM and gap < CLOSER * open_gap)
            if closer and primal.best is not None and not self.optimal():
                judged, open_gap = dual.epoch, gap
                narrower = self.narrow(reduced, dual, primal)
                if narrower is not None or self.settled:
                    return narrower
            exact.start(dual, primal)
        self.note(reduced, dual)
        return None

    def note(self, reduced: Reduced, dual: Dual) -> None:
        """For later searches."""
        if dual.prices.any():
            self.known = Known(reduced.steps, dual.prices.copy())

    def begun(self, reduced: Reduced, dual: Dual) -> None:
        """
        The dual goes on from the prices that are known.

        Not from those of a core that this one was narrowed from: these come from steps that were still large.
        """
        prices = None if self.known is None else carried(self.known, reduced)
        self.known = None
        if prices is None or not prices.any():
            dual.start()
        else:
            dual.go_on(prices)

    def meet(self, exact: Exact, other: Future[None] | None) -> None:
        """Waits for what runs beside."""
        exact.wait()
        if other is not None:
            other.result()

    def explore(self, reduced: Reduced, dual: Dual, primal: Primal, work: int) -> None:
        """Parts of the core solved exactly, once there is a choice to improve and a dual point to exclude by."""
        if primal.best is None or (dual.epoch == 0 and primal.turn < SETTLED):
            return
        if self.parts is None or self.parts.reduced is not reduced:
            self.parts = Neighbourhoods(reduced, dual, self.seed)
        elif dual.bound - self.parts.bound > BETTER * (primal.cost - self.parts.bound):
            self.parts.aim(dual)
        # A part may take more than is left; what it took too much, later rounds are without.
        budget = self.budget
        budget.left = min(budget.left, 0) + work
        while budget.left > 0 and self.seconds() < self.limit:
            cost = exact_cost(reduced, primal.best)
            if cost is None:
                return
            others = [choice for _, choice in primal.kept]
            better = self.parts.improve(primal.best, cost, others, budget.count, self.limit - self.seconds())
            if better is not None:
                primal.keep(better)

    def narrow(self, reduced: Reduced, dual: Dual, primal: Primal) -> tuple[Reduced, Primal] | None:
        """The core of choices that cost at most the incumbent, with the choices to go on from."""
        cost = exact_cost(reduced, primal.best)
        if cost is None:
            return None
        point = point_of(reduced.core, dual.prices, dual.messages)
        narrower = narrowed(self.problem, reduced, point, cost + 1)
        if narrower is None:
            return None
        self.ceiling = (cost + 1 + reduced.constant) << reduced.shift
        if len(narrower.nodes) == 0:
            self.accept(narrower, np.zeros(0, np.int64), "narrow")
            self.raise_bound(narrower.constant << narrower.shift, "narrow")
            self.settled = True
            return None
        self.report("narrow")
        return narrower, self.moved(reduced, primal, narrower)

    def moved(self, reduced: Reduced, primal: Primal, narrower: Reduced) -> Primal:
        """The choices of a core, in a narrower one."""
        following = Primal(narrower.core, self.seed + SEEDS * len(narrower.nodes))
        for _, choice in primal.kept:
            encoded = narrower.encoded(reduced.original(choice))
            if following.repair(encoded, np.zeros(len(narrower.core.capacity)), 8):
                following.keep(encoded)
        return following

    def begin(self, reduced: Reduced, primal: Primal, start: Ints) -> None:
        """Takes a given choice as one to go on from."""
        judged = self.evaluator(start)
        if judged.feasible and judged.cost is not None and (self.cost is None or judged.cost < self.cost):
            self.choice, self.cost = np.asarray(start, np.int64).copy(), judged.cost
            self.latest = self.seconds()
            self.first = self.latest if self.first is None else self.first
            self.report("start")
        choice = reduced.encoded(start)
        if primal.repair(choice, np.zeros(len(reduced.core.capacity)), 8):
            primal.keep(choice)

    def learn(self, reduced: Reduced, primal: Primal, exact: Exact) -> None:
        """Exchanges with the exact search: what it has found and proven, and what has been found beside it."""
        if exact.choice is not None:
            primal.keep(exact.choice)
            exact.choice = None
        if exact.nothing:
            raise Infeasible("the exact search proves that no choice fits")
        tree = exact.tree
        if tree is None:
            return
        if tree.choice is not None:
            choice, tree.choice = tree.choice, None
            self.take(choice, "exact")
            encoded = reduced.encoded(choice)
            if exact_cost(reduced, encoded) is not None:
                primal.keep(encoded)
        if tree.bound is not None:
            self.raise_bound(tree.bound << reduced.shift, "exact")
        cost = exact_cost(reduced, primal.best)
        if cost is not None and not tree.done:
            tree.cutoff = min(tree.cutoff, cost + reduced.constant)

    def accept(self, reduced: Reduced, choice: Ints, phase: str) -> None:
        """Takes a choice of the core as the incumbent if its exact cost on the original problem is lower."""
        if self.taken is not choice:
            self.taken = choice
            self.take(reduced.original(choice), phase)

    def take(self, original: Ints, phase: str) -> None:
        judged = self.evaluator(original)
        if not judged.feasible or judged.cost is None or (self.cost is not None and judged.cost >= self.cost):
            return
        self.choice, self.cost = original, judged.cost
        self.latest = self.seconds()
        self.first = self.latest if self.first is None else self.first
        self.report(phase)

    def miss(self, reduced: Reduced, choice: Ints) -> None:
        """Notes by how much a choice that does not fit exceeds the limit."""
        violation = self.evaluator(reduced.original(choice)).violation
        self.violation = violation if self.violation is None else min(self.violation, violation)

    def prove(self, reduced: Reduced, dual: Dual, phase: str) -> None:
        """Proves the dual's bound in integers."""
        reference = abs(dual.bound) if self.cost is None else max(abs(dual.bound), abs(float(self.cost)))
        bound = proven_bound(reduced, dual.prices, dual.messages, reference)
        if bound is not None:
            self.raise_bound(bound, phase)
            if self.cost is None and bound > reduced.dearest():
                raise Infeasible("the dual bound exceeds the cost of every choice")

    def raise_bound(self, bound: int, phase: str) -> None:
        if self.ceiling is not None:
            bound = min(bound, self.ceiling)
        if self.bound is None or bound > self.bound:
            self.bound = bound
            self.report(phase)

    def result(self) -> Result:
        reason = "" if self.choice is not None else "none found"
        return Result(
            self.choice, self.cost, self.bound, False, reason, None if self.choice is not None else self.violation,
            self.seconds(), self.first, self.latest, self.known,
        )  # fmt: skip
