"""
Branch and bound on a small core, with bounds that are proofs.

Every node of the tree is a set of allowed strategies. HiGHS solves the local polytope over it, `certificate` proves in
whole numbers what the duals are worth, and strategies that can be in no cheaper choice go. The tree is searched by
diving: the child that fixes the largest fraction first, then the open node with the least bound. HiGHS does not branch,
for what it calls optimal it knows to a tolerance only.
"""

from __future__ import annotations

import contextlib
import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from eggshard.choose.certificate import Certificate, Certifier, Point
from eggshard.choose.graph import FORBIDDEN
from eggshard.choose.pace import Spend, Stopped, freely
from eggshard.choose.polytope import Polytope, Relaxed
from eggshard.choose.problem import Ints

FRACTION = 1e-6
"""An x nearer than this to 0 or 1 is taken for it."""

PENALTY = 1e4
"""What exceeding a cell by its whole capacity costs the relaxation, in gaps between bound and incumbent."""


CUTS_AT_ONCE = 10
PATIENCE = 5
GAIN = 0.01
"""Rounds of cuts go on until so many in turn each close less than this part of the gap."""

MOST_CUTS = 300
"""In the tree none is added beyond these."""

TRIED = 6
"""Splits tried at every node of the tree."""

SMALLER = 0.8
"""A program of less than this part of the strategies is worth to be made anew."""


FIT_PENALTY = 1e7
"""The same for choices that only have to fit: exceeding a cell by a ten-millionth of it costs 1."""


@dataclass
class Closing:
    """
    The state of a search: the best choice of core strategies and its cost (both None: none yet), and the proven bound.

    `bound` is of every choice that fits and costs less than the cutoff that was given: with an incumbent of that
    cost, min(cutoff, bound) holds for all. It is None while there is no bound. `nodes` counts relaxations solved.
    `done` says that the search is over: no choice that fits costs less than `cost` (without one, than the cutoff; where
    there was no cutoff, none fits).
    """

    choice: Ints | None
    cost: int | None
    bound: int | None
    nodes: int = 0
    done: bool = False


@dataclass(order=True)
class Open:
    """A set of allowed strategies whose choices cost at least `bound`."""

    bound: int
    number: int
    allowed: Any = field(compare=False)


class Search:
    """One branch and bound; `run` until it is done or the time is up."""

    def __init__(
        self,
        core: Any,
        exact_cost: Ints,
        exact_entries: Ints,
        point: Point,
        cutoff: int | None,
        *,
        improved: Callable[[Closing], None] | None = None,
        penalty: float | None = None,
        spend: Spend = freely,
    ):
        """
        `point` is the dual point to start from, the better the less HiGHS has to do. Only choices that cost less than
        `cutoff` are looked for, in costs of the core. `penalty` is that of exceeding a cell by its whole capacity in
        the relaxation; by default many times the gap. `spend` hears of work before it is done, and may stop it.
        """
        self.core = core
        self.certifier = Certifier(core, exact_cost, exact_entries)
        self.state = Closing(None, None, None)
        self.improved = improved
        self.cutoff = cutoff
        self.penalty = penalty
        self.spend = spend
        self.allowed = exact_cost < FORBIDDEN
        self.heap: list[Open] = []
        self._count = 0
        self.root = self.certifier(point.messages, point.prices, self.allowed, point.cuts, point.cut_prices)
        self.point = point
        self.polytope: Polytope | None = None
        self._x: Any = None
        self._relaxed: Relaxed | None = None
        self._price: Any = np.zeros(len(exact_cost))

    def run(self, seconds: float, largest: int = 60_000) -> Closing:
        """Searches, unless the program would have more than `largest` columns; what is known in the end."""
        deadline = time.monotonic() + seconds
        if self.root is not None:
            with contextlib.suppress(Stopped):
                self._search(deadline, largest)
        return self.state

    def _search(self, deadline: float, largest: int) -> None:
        before = self.begin()
        if before and self.columns() > largest:
            return
        alive = before > 0 and self.tighten(deadline)
        if alive and self.allowed.sum() < SMALLER * before and time.monotonic() < deadline:
            alive = self.tighten(deadline)
        if alive:
            self.heap.append(self._open(self.allowed))
            self._branch(deadline)
        if not self.heap:
            self._finish()

    def begin(self) -> int:
        """Takes out what the point that was given excludes; how many strategies are left, 0 if the search is over."""
        assert self.root is not None
        self._reduce(self.allowed, self.root)
        if self.root.bound is None or not _consistent(self.certifier, self.allowed):
            self._finish()
            return 0
        if self.cutoff is not None:
            self.certifier.forbid_pairs(self.root, self.cutoff)
        self._prove(self.root.bound)
        return int(self.allowed.sum())

    def columns(self) -> int:
        """Of the linear program."""
        certifier = self.certifier
        fine = (certifier.entries < FORBIDDEN) & self.allowed[certifier.entry_column]
        fine &= self.allowed[certifier.slot_strategy[certifier.entry_row]]
        return int(self.allowed.sum()) + int(fine.sum()) // 2

    def tighten(self, deadline: float) -> bool:
        """
        Raises the bound of the whole by a linear program and cuts, until they bring little.

        Whether anything cheaper can be left; `point` is the best dual point then, `allowed` what is left to choose.
        """
        cuts = self.polytope.cuts if self.polytope is not None else []
        polytope = self.polytope = self._polytope()
        for cut in cuts:
            polytope.add_cut(cut)
        poor = 0
        while True:
            before = self.state.bound
            found = self._visit(polytope, self.allowed, before, deadline)
            if self._relaxed is not None:
                self.point = self._relaxed.point
            if found is None:
                return False
            self._prove(found)
            if poor == PATIENCE or time.monotonic() > deadline or self._relaxed is None:
                return True
            if not polytope.add_violated_cuts(self._relaxed, self.allowed, CUTS_AT_ONCE):
                return True
            gained = before is None or self.cutoff is None or found - before > GAIN * (self.cutoff - before)
            poor = 0 if gained else poor + 1

    def split(self, deadline: float) -> list[Open]:
        """What is left after `tighten`, in two parts (or one, or none), least bound first."""
        return sorted(self._children(self._open(self.allowed), deadline))

    def _open(self, allowed: Any) -> Open:
        assert self.state.bound is not None
        self._count += 1
        return Open(self.state.bound, self._count, allowed)

    def _finish(self) -> None:
        """Nothing cheaper is left."""
        self.state.done = True
        self._prove(None)

    def _polytope(self) -> Polytope:
        assert self.state.bound is not None
        gap = 1.0 + abs((self.cutoff if self.cutoff is not None else 2 * abs(self.state.bound)) - self.state.bound)
        sizes = np.abs(self.certifier.cost[self.allowed])
        unit = max(1.0, float(sizes.max(initial=1)) * 1e-6)
        penalty = PENALTY * gap if self.penalty is None else self.penalty
        polytope = Polytope(self.certifier, self.allowed, unit, penalty, self.point.messages, self.spend)
        prices = self.point.prices
        if len(prices):
            order = np.argsort(-prices)[:20]
            for cell in order[prices[order] > 1e-6 * prices[order[0]]]:
                polytope.add_cell(int(cell))
        return polytope

    def _branch(self, deadline: float) -> None:
        """Takes open nodes until none is left that can hold a cheaper choice."""
        assert self.polytope is not None
        polytope = self.polytope
        dive: Open | None = None
        while dive is not None or self.heap:
            node = dive if dive is not None else heapq.heappop(self.heap)
            dive = None
            if self.cutoff is not None and node.bound >= self.cutoff:
                continue
            if time.monotonic() > deadline:
                heapq.heappush(self.heap, node)
                break
            node.allowed &= self.allowed
            found = self._visit(polytope, node.allowed, node.bound, deadline)
            if found is not None and self._relaxed is not None and len(polytope.cuts) < MOST_CUTS:
                if polytope.add_violated_cuts(self._relaxed, node.allowed, CUTS_AT_ONCE):
                    found = self._visit(polytope, node.allowed, found, deadline)
            if found is not None:
                node.bound = found
                children = sorted(self._children(node, deadline))
                for child in children[1:]:
                    heapq.heappush(self.heap, child)
                dive = children[0] if children else None
            lowest = [each.bound for each in (*self.heap[:1], *([dive] if dive else []))]
            self._prove(min(lowest, default=None))

    def _children(self, node: Open, deadline: float) -> list[Open]:
        """
        Two halves of a node (or what is left of them): of the splits that look best, the one that raises bounds most.

        A node of the core is split where its x is, between strategies of low and of high price; if a half turns out to
        hold nothing, the other one is all there is.
        """
        assert self.polytope is not None
        allowed = node.allowed
        best: tuple[float, list[Open]] | None = None
        for part in self._splits(allowed)[: 1 if time.monotonic() > deadline else TRIED]:
            alive = []
            for keep in (allowed & ~part, allowed & (part | ~self._same_node(part))):
                bound = self._visit(self.polytope, keep, node.bound, deadline)
                if bound is not None:
                    self._count += 1
                    alive.append(Open(bound, self._count, keep))
            if len(alive) < 2:
                return alive
            gains = [half.bound - node.bound + 1e-3 for half in alive]
            score = min(gains) * max(gains)
            if best is None or score > best[0]:
                best = score, alive
        if best is None:  # Every node has one strategy left: a single choice.
            self._try(allowed.astype(np.float64), allowed)
            return []
        return best[1]

    def _same_node(self, part: Any) -> Any:
        """The strategies of the core's node that `part` belongs to."""
        return self.certifier.owner == self.certifier.owner[int(np.argmax(part))]

    def _splits(self, allowed: Any) -> list[Any]:
        """Parts of one node's strategies each, most promising first."""
        first, owner = self.core.first, self.certifier.owner
        counts = np.add.reduceat(allowed.astype(np.int64), first[:-1])
        x = self._x if self._x is not None else np.zeros(len(owner))
        x = np.where(allowed, x, 0.0)
        top = np.maximum.reduceat(x, first[:-1])
        undecided = np.flatnonzero((counts > 1) & (top < 1 - FRACTION))
        if not len(undecided):
            undecided = np.flatnonzero(counts > 1)
        parts = []
        for node in undecided.tolist():
            low, high = int(first[node]), int(first[node + 1])
            alive = low + np.flatnonzero(allowed[low:high])
            alive = alive[np.lexsort((x[alive], self._price[alive]))]
            mass = np.cumsum(x[alive])[:-1]
            at = int(np.argmin(np.abs(mass - 0.5)))
            part = np.zeros(len(owner), bool)
            part[alive[: at + 1]] = True
            paid = self._price[alive] * x[alive]
            spread = float(paid[at + 1 :].sum() - paid[: at + 1].sum())
            parts.append(((min(mass[at], 1 - mass[at]) + 1e-6) * (abs(spread) + 1.0), part))
        parts.sort(key=lambda each: -each[0])
        return [part for _, part in parts]

    def _visit(self, polytope: Polytope, allowed: Any, bound: int | None, deadline: float) -> int | None:
        """
        Solves one relaxation, takes strategies out of `allowed` in place, and tries the choice it suggests.

        Returns the node's bound; None where it holds no choice that is cheaper than the cutoff.
        """
        self.state.nodes += 1
        self._x, self._relaxed = None, None
        if not _consistent(self.certifier, allowed):
            return None
        relaxed = polytope.relax(allowed, deadline - time.monotonic())
        if relaxed is not None:
            self._x, self._relaxed = relaxed.x, relaxed
            self._price = polytope.priced(relaxed)
            self._try(relaxed.x, allowed)
            point = relaxed.point
            proof = self.certifier(point.messages, point.prices, allowed, point.cuts, point.cut_prices)
            if proof is not None:
                if proof.bound is None:
                    return None
                self._reduce(allowed, proof)
                if not _consistent(self.certifier, allowed):
                    return None
                bound = proof.bound if bound is None else max(bound, proof.bound)
        return None if bound is None or (self.cutoff is not None and bound >= self.cutoff) else bound

    def _try(self, x: Any, allowed: Any) -> None:
        """Rounds x, and keeps the choice if it fits and is cheaper."""
        masked = np.where(allowed, x, -1.0)
        top = np.maximum.reduceat(masked, self.core.first[:-1])
        strategies = np.flatnonzero(masked == top[self.certifier.owner])
        strategies = strategies[np.unique(self.certifier.owner[strategies], return_index=True)[1]]
        choice = strategies - self.core.first[:-1]
        cost = self.certifier.cost_of(choice)
        if cost is None or (self.cutoff is not None and cost >= self.cutoff):
            return
        self.state.choice, self.state.cost, self.cutoff = choice, cost, cost
        if self.improved is not None:
            self.improved(self.state)

    def _reduce(self, allowed: Any, proof: Certificate) -> None:
        """Takes out what can be in no cheaper choice."""
        if self.cutoff is not None and proof.bound is not None:
            allowed &= ~proof.hopeless(self.cutoff)

    def _prove(self, bound: int | None) -> None:
        """Raises the bound of the whole; None: nothing cheaper than the cutoff is left."""
        if self.cutoff is not None:
            bound = self.cutoff if bound is None else min(bound, self.cutoff)
        if bound is None or (self.state.bound is not None and bound <= self.state.bound):
            return
        self.state.bound = bound
        if self.improved is not None:
            self.improved(self.state)


def fit(core: Any, exact_cost: Ints, exact_entries: Ints, spend: Spend = freely) -> Search:
    """
    A search for any choice that fits memory and takes nothing forbidden: all else costs nothing.

    Run, it is `done` with a choice, or `done` without one, which proves that none fits, or the time was up.
    """
    cost = np.where(exact_cost >= FORBIDDEN, FORBIDDEN, 0)
    entries = np.where(exact_entries >= FORBIDDEN, FORBIDDEN, 0)
    nothing = Point(np.zeros(int(core.msg[-1])), np.zeros(len(core.capacity)))
    return Search(core, cost, entries, nothing, 1, penalty=FIT_PENALTY, spend=spend)


def _consistent(certifier: Certifier, allowed: Any) -> bool:
    """Takes out strategies without an allowed partner on some edge; whether every node has one left."""
    core = certifier.core
    finite = certifier.entries < FORBIDDEN
    while True:
        if not np.logical_or.reduceat(allowed, core.first[:-1]).all():
            return False
        if not len(finite):
            return True
        supported = np.logical_or.reduceat(finite & allowed[certifier.entry_column], certifier.row_start)
        lost = certifier.slot_strategy[~supported]
        if not allowed[lost].any():
            return True
        allowed[lost] = False
