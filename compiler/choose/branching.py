"""
Branch and bound over cores: every node of the tree is presolved anew.

What the bound excludes from any choice cheaper than the incumbent goes, presolve makes a smaller core of the rest,
message passing finds its dual point in a fraction of the time, a linear program with cuts raises the bound, and that
excludes more. Only where this comes to rest is a node of the core split. So one split often decides hundreds of nodes:
where branching on strategies of one program would take thousands of linear programs, a dozen cores are enough.

All proofs are those of `certificate.py`. What is proven holds for choices cheaper than the cutoff.
"""

from __future__ import annotations

import heapq
import time
from typing import Any

import numpy as np

from eggshard.choose.certificate import Point
from eggshard.choose.core import Reduced
from eggshard.choose.dual import Dual
from eggshard.choose.exact import Closing, Search
from eggshard.choose.narrow import LEAST, exact_cost, narrowed, point_of
from eggshard.choose.pace import Spend
from eggshard.choose.presolve import Infeasible
from eggshard.choose.problem import Ints, Problem

LARGEST = 300_000
"""Columns of a linear program."""

SQUEEZES = 8
"""Times that one node of the tree is presolved anew, at most."""

STEPS, MOST_STEPS, STALLED = 40, 640, 0.01
"""Message passing goes on until so many steps close less than this part of the gap."""

ENTRIES = 300
"""Table entries that the dual reads in a microsecond of work."""


class Unproven(Exception):
    """A core whose program is too large, or whose numbers leave 64 bits: what is in it stays open."""


class Node:
    """Choices of `allowed` strategies of a core, all of which cost at least `bound`."""

    def __init__(self, bound: int, number: int, reduced: Reduced, point: Point, allowed: Any):
        self.bound, self.number = bound, number
        self.reduced, self.point, self.allowed = reduced, point, allowed

    def __lt__(self, other: Node) -> bool:
        return (self.bound, self.number) < (other.bound, other.number)


class Tree:
    """
    One search. Costs are those of cores with their constants.

    `choice` is the best of original strategies that it found itself; `cutoff` what has to be undercut, which may be
    lowered from outside; `bound` is proven for all choices cheaper than the cutoff, so that min(cutoff, bound) holds
    for all; `done`: nothing cheaper than the cutoff is left. `given_up`: some core could not be judged.
    """

    def __init__(self, problem: Problem, reduced: Reduced, point: Point, cutoff: int, deadline: float):
        self.problem = problem
        self.cutoff = cutoff
        self.deadline = deadline
        self.bound: int | None = None
        self.choice: Ints | None = None
        self.done = self.given_up = False
        self.heap: list[Node] = []
        self._begin = reduced, point
        self._numbers = 0
        self._spend: Spend | None = None

    def run(self, spend: Spend) -> None:
        """Searches until it is done, gives up, or the deadline; `spend` may stop it."""
        self._spend = spend
        try:
            self._search()
        except Unproven:
            self.given_up = True

    def _search(self) -> None:
        whole = self._squeezed(*self._begin, is_root=True)
        following = self._split(*whole) if whole is not None else None
        while following is not None or self.heap:
            if time.monotonic() > self.deadline:
                return
            node = following if following is not None else heapq.heappop(self.heap)
            following = None
            if node.bound < self.cutoff:
                following = self._visit(node)
            self._prove(following)
        self.done = True
        self.bound = self.cutoff

    def _prove(self, following: Node | None) -> None:
        """The bound of the whole is the least of what is open."""
        bounds = [each.bound for each in (*self.heap[:1], *([following] if following is not None else []))]
        self._raise(min(bounds, default=self.cutoff))

    def _raise(self, bound: int) -> None:
        bound = min(bound, self.cutoff)
        if self.bound is None or bound > self.bound:
            self.bound = bound

    def _visit(self, node: Node) -> Node | None:
        """Squeezes and splits one node; the half to go on with."""
        try:
            reduced = narrowed(
                self.problem, node.reduced, node.point, self.cutoff - node.reduced.constant, node.allowed, least=0.0
            )
        except Infeasible:
            return None
        assert reduced is not None
        squeezed = self._squeezed(reduced, None)
        return None if squeezed is None else self._split(*squeezed)

    def _split(self, reduced: Reduced, search: Search) -> Node | None:
        children = []
        for half in search.split(self.deadline):
            self._numbers += 1
            children.append(Node(half.bound + reduced.constant, self._numbers, reduced, search.point, half.allowed))
        if search.state.choice is not None:
            self._found(reduced, search.state.choice)
        for child in children[1:]:
            heapq.heappush(self.heap, child)
        return children[0] if children else None

    def _squeezed(self, reduced: Reduced, point: Point | None, is_root: bool = False) -> tuple[Reduced, Search] | None:
        """Dual point, linear program and presolve in turns until they come to rest; None where nothing is left."""
        assert self._spend is not None
        for turn in range(SQUEEZES):
            if not len(reduced.nodes):
                self._found(reduced, np.zeros(0, np.int64))
                return None
            if point is None:
                point = self._dual_point(reduced)
            cutoff = self.cutoff - reduced.constant
            constant = reduced.constant

            def improved(closing: Closing, constant: int = constant) -> None:
                if is_root and closing.bound is not None:
                    self._raise(closing.bound + constant)

            search = Search(
                reduced.core, reduced.exact_cost, reduced.exact_entries, point, cutoff, improved=improved,
                spend=self._spend,
            )  # fmt: skip
            if search.root is None:
                raise Unproven
            if not search.begin():
                return None
            solved = search.columns() <= LARGEST or not is_root
            if solved and not search.tighten(self.deadline):
                if search.state.choice is not None:
                    self._found(reduced, search.state.choice)
                return None
            if search.state.choice is not None:
                self._found(reduced, search.state.choice)
            if turn == SQUEEZES - 1 or search.allowed.sum() > (1.0 - LEAST) * len(search.allowed):
                if not solved:
                    raise Unproven
                return reduced, search
            try:
                smaller = narrowed(self.problem, reduced, search.point, cutoff, search.allowed, least=0.0)
            except Infeasible:
                return None
            assert smaller is not None
            reduced, point = smaller, None
        raise AssertionError("the last turn returns")

    def _dual_point(self, reduced: Reduced) -> Point:
        """By message passing, until it stalls or nothing cheaper is left."""
        assert self._spend is not None
        dual = Dual(reduced.core)
        work = STEPS * 2 * (len(reduced.core.entries) + 4 * len(reduced.core.cost)) // ENTRIES
        self._spend(work // 2)
        dual.start()
        cutoff = self.cutoff - reduced.constant
        for _ in range(MOST_STEPS // STEPS):
            before = dual.bound
            self._spend(work)
            dual.advance(STEPS)
            if dual.bound >= cutoff or dual.bound - before < STALLED * (cutoff - dual.bound):
                break
        return point_of(reduced.core, dual.prices, dual.messages)

    def _found(self, reduced: Reduced, choice: Any) -> None:
        """Notes a choice of a core that is cheaper than the cutoff."""
        cost = exact_cost(reduced, choice)
        if cost is not None and cost + reduced.constant < self.cutoff:
            self.cutoff = cost + reduced.constant
            self.choice = reduced.original(choice)
