"""
Branch and bound on a small core, with bounds that are proofs.

Every node of the tree is a set of allowed strategies. HiGHS solves the local polytope over it, `certificate` proves in
whole numbers what the duals are worth, and strategies that can be in no cheaper choice go. The tree is searched by
diving: the child that fixes the largest fraction first, then the open node with the least bound. HiGHS does not branch,
for what it calls optimal it knows to a tolerance only.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from eggshard.choose.certificate import Certificate, Certifier
from eggshard.choose.graph import FORBIDDEN
from eggshard.choose.polytope import Polytope
from eggshard.choose.problem import Ints

FRACTION = 1e-6
"""An x nearer than this to 0 or 1 is taken for it."""

PENALTY = 1e4
"""What exceeding a cell by its whole capacity costs the relaxation, in gaps between bound and incumbent."""


@dataclass
class Closing:
    """
    The state of a search: the best choice of core strategies and its cost (both None: none yet), and the proven bound.

    `bound` is of every choice that fits and costs less than the cutoff that was given: with an incumbent of that
    cost, min(cutoff, bound) holds for all. It is None while there is no bound. `nodes` counts relaxations solved.
    """

    choice: Ints | None
    cost: int | None
    bound: int | None
    nodes: int = 0


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
        messages: Any,
        prices: Any,
        cutoff: int | None,
        improved: Callable[[Closing], None] | None = None,
    ):
        """
        `messages` (edge-wise, see `certificate.edgewise`) and `prices` are the dual point to start from, the better the
        fewer columns HiGHS sees. Only choices that cost less than `cutoff` are looked for, all in costs of the core.
        """
        self.core = core
        self.certifier = Certifier(core, exact_cost, exact_entries)
        self.state = Closing(None, None, None)
        self.improved = improved
        self.cutoff = cutoff
        self.allowed = exact_cost < FORBIDDEN
        self.heap: list[Open] = []
        self._count = 0
        self.root = self.certifier(messages, prices, self.allowed)
        self.prices = prices

    def run(self, seconds: float, largest: int = 60_000) -> Closing:
        """Searches, unless the program would have more than `largest` columns; what is known in the end."""
        deadline = time.monotonic() + seconds
        if self.root is None:
            return self.state
        self._reduce(self.allowed, self.root)
        self._prove(self.root.bound)
        if self._closed():
            return self.state
        while True:
            polytope = self._polytope()
            if polytope.highs.getNumCol() > largest:
                return self.state
            before = int(self.allowed.sum())
            bound = self._visit(polytope, self.allowed, self.state.bound, deadline)
            self._prove(bound)
            # A far smaller program is worth to be made anew.
            if self._closed() or time.monotonic() > deadline or self.allowed.sum() > 0.8 * before:
                break
        if self._closed():
            return self.state
        self._push(self.state.bound, self.allowed)
        self._branch(polytope, deadline)
        return self.state

    def _polytope(self) -> Polytope:
        assert self.state.bound is not None
        gap = 1.0 + abs((self.cutoff if self.cutoff is not None else 2 * abs(self.state.bound)) - self.state.bound)
        sizes = np.abs(self.certifier.cost[self.allowed])
        unit = max(1.0, float(sizes.max(initial=1)) * 1e-6)
        polytope = Polytope(self.certifier, self.allowed, unit, PENALTY * gap)
        if len(self.prices):
            order = np.argsort(-self.prices)[:20]
            for cell in order[self.prices[order] > 1e-6 * self.prices[order[0]]]:
                polytope.add_cell(int(cell))
        return polytope

    def _push(self, bound: int | None, allowed: Any) -> None:
        assert bound is not None
        self._count += 1
        heapq.heappush(self.heap, Open(bound, self._count, allowed))

    def _branch(self, polytope: Polytope, deadline: float) -> None:
        """Takes open nodes until none is left that can hold a cheaper choice."""
        dive: tuple[int, Any] | None = None
        while dive is not None or self.heap:
            if dive is None:
                node = heapq.heappop(self.heap)
                if self.cutoff is not None and node.bound >= self.cutoff:
                    self.heap.clear()
                    break
                dive = node.bound, node.allowed
            bound, allowed = dive
            if time.monotonic() > deadline:
                self._push(bound, allowed)
                break
            dive = None
            allowed = allowed & self.allowed
            found = self._visit(polytope, allowed, bound, deadline)
            if found is not None and (self.cutoff is None or found < self.cutoff):
                dive = self._split(allowed, found)
            self._prove(min([each.bound for each in self.heap[:1]] + ([dive[0]] if dive else []), default=None))

    def _visit(self, polytope: Polytope, allowed: Any, bound: int | None, deadline: float) -> int | None:
        """
        Solves one relaxation, takes strategies out of `allowed` in place, and tries the choice it suggests.

        Returns the node's bound; None where it holds no choice that is cheaper than the cutoff.
        """
        self.state.nodes += 1
        self._x = None
        if not _consistent(self.certifier, allowed):
            return None
        relaxed = polytope.relax(allowed, deadline - time.monotonic())
        if relaxed is None:
            return bound
        self._x = relaxed.x
        self._try(relaxed.x, allowed)
        proof = self.certifier(relaxed.messages, relaxed.prices, allowed)
        if proof is None:
            return bound
        if proof.bound is None:
            return None
        self._reduce(allowed, proof)
        if not _consistent(self.certifier, allowed):
            return None
        if self.cutoff is not None and proof.bound >= self.cutoff:
            return None
        return proof.bound if bound is None else max(bound, proof.bound)

    def _split(self, allowed: Any, bound: int) -> tuple[int, Any] | None:
        """Pushes one child of a node and returns the other; None where every node has one strategy left."""
        first, owner = self.core.first, self.certifier.owner
        counts = np.add.reduceat(allowed.astype(np.int64), first[:-1])
        undecided = counts > 1
        if not undecided.any():
            return None  # it was tried, exactly
        x = np.where(allowed, self._x if self._x is not None else 0.0, 0.0)
        x = np.where(allowed, x + 1e-12 / counts[owner], 0.0)
        top = np.maximum.reduceat(x, first[:-1])
        # The node that is split most evenly, and of those that are not split the one with most strategies.
        score = np.where(undecided, np.minimum(top, 1.0 - top) + 1e-9 * counts, -1.0)
        node = int(np.argmax(score))
        low, high = int(first[node]), int(first[node + 1])
        best = low + int(np.argmax(x[low:high]))
        with_best, without = allowed.copy(), allowed.copy()
        with_best[low:high] = False
        with_best[best] = True
        without[best] = False
        self._push(bound, without)
        return bound, with_best

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

    def _closed(self) -> bool:
        return not self.heap and self.cutoff is not None and self.state.bound == self.cutoff

    def _prove(self, bound: int | None) -> None:
        """Raises the bound of the whole; None: nothing cheaper than the cutoff is left."""
        if self.cutoff is not None:
            bound = self.cutoff if bound is None else min(bound, self.cutoff)
        if bound is None or (self.state.bound is not None and bound <= self.state.bound):
            return
        self.state.bound = bound
        if self.improved is not None:
            self.improved(self.state)


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
