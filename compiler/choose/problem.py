"""
The choice problem: one strategy per node, pairwise costs, memory over time.

This is the problem of the IOPDDL contest (ASPLOS / EuroSys 2025), and the one that the planner poses: nodes are
operations, strategies their partitionings, edge tables the costs of resharding, usages bytes of memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

INFINITE = 10**17
"""A cost or a usage of at least this much forbids what it stands on."""


@dataclass(frozen=True)
class Problem:
    """
    Everything as flat int64 arrays, so that compiled loops read it without copies.

    With n nodes, m edges and S strategies in all:
      offsets       [n + 1]  node v has the strategies offsets[v] .. offsets[v + 1]; every node has at least one
      costs         [S]      cost of a strategy
      usages        [S]      memory that a strategy holds during the node's interval
      intervals     [n, 2]   half-open, in steps; an empty one holds no memory
      edge_nodes    [m, 2]   two different nodes; several edges may join one pair, in either direction
      edge_offsets  [m + 1]
      edge_costs    [..]     edge e has the table edge_costs[edge_offsets[e] : edge_offsets[e + 1]], row-major over
                             (strategies of its first node) x (strategies of its second)
      limit                  at every step the usages of the nodes whose interval covers it sum to at most this

    Costs may be negative or at least `INFINITE`. What is minimised is the sum of all chosen costs and table entries.
    """

    name: str
    offsets: Ints
    costs: Ints
    usages: Ints
    intervals: Ints
    edge_nodes: Ints
    edge_offsets: Ints
    edge_costs: Ints
    limit: int

    @property
    def nodes(self) -> int:
        return len(self.offsets) - 1

    @property
    def edges(self) -> int:
        return len(self.edge_nodes)

    def strategies(self, node: int) -> int:
        """How many strategies a node has."""
        return int(self.offsets[node + 1] - self.offsets[node])


@dataclass(frozen=True)
class Progress:
    """Where a solver stands: the least cost and the best bound so far (None: none yet), and what it is at."""

    seconds: float
    cost: int | None
    bound: int | None
    phase: str


@dataclass(frozen=True)
class Result:
    """
    What a solver found, and how good it is known to be.

    `choice` [n] is a strategy index per node, or None if none was found that fits memory.
    `cost` is that choice's exact cost; `bound` is at most the cost of every choice that fits, or None.
    `infeasible` says that it is proven that no choice fits; then `choice` is None.
    `violation` is the least excess over the limit that was seen where no choice was found.
    `seconds_to_first` and `seconds_to_best` count from the call of `solve`.
    """

    choice: Ints | None
    cost: int | None
    bound: int | None
    infeasible: bool = False
    reason: str = ""
    violation: int | None = None
    seconds: float = 0.0
    seconds_to_first: float | None = None
    seconds_to_best: float | None = None
    known: Any = field(default=None, repr=False, compare=False)
    """What a later search of the problem may go on from: `solve(known=...)`."""

    @property
    def gap(self) -> float | None:
        """(cost - bound) / |cost|, 0 where they are equal; None while one of them is unknown."""
        if self.cost is None or self.bound is None:
            return None
        return 0.0 if self.cost <= self.bound else (self.cost - self.bound) / max(1, abs(self.cost))

    @property
    def optimal(self) -> bool:
        return self.cost is not None and self.bound is not None and self.bound >= self.cost
