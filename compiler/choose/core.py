"""
What presolve leaves, laid out for the loops that run for minutes.

Nodes are renumbered in their original order (which follows the program, a good order for message passing), strategies
are compacted, every table is stored in both orientations, and memory is one row per kept cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from eggshard.choose.compiled import entry
from eggshard.choose.edits import decode
from eggshard.choose.graph import CONSTANT, FORBIDDEN, RECORDS, TABLE, Graph
from eggshard.choose.segments import Segments

BARRED = 1e30
"""A forbidden entry as a float: finite, so that no NaN can come from differences."""


class Core(NamedTuple):
    """
    first [n + 1]   strategies of node v: first[v] .. first[v + 1] in `cost` (float64)
    nbr [n + 1]     half-edges of v: nbr[v] .. nbr[v + 1] in what follows, sorted by neighbour
    other [2m]      the neighbour;  twin [2m] the same edge seen from there
    msg [2m + 1]    where messages into v along this half-edge stand (one number per strategy of v)
    table [2m]      where T[a * K(other) + b] starts in `entries`, a of v, b of the neighbour
    entries         float64, both orientations
    seg [n + 1]     segments of v;  lo, hi: cells;  where: usages (one per strategy) in `usage` (float64)
    capacity [cells]
    """

    first: Any
    cost: Any
    nbr: Any
    other: Any
    twin: Any
    msg: Any
    table: Any
    entries: Any
    seg: Any
    lo: Any
    hi: Any
    where: Any
    usage: Any
    capacity: Any


@dataclass(frozen=True)
class Reduced:
    """The core with the way back: node v of the core is `nodes[v]`, its strategies are `strategies` of that node."""

    core: Core
    exact_cost: Any
    exact_entries: Any
    exact_capacity: Any
    constant: int
    shift: int
    nodes: Any
    strategies: Any
    graph: Graph
    steps: Any
    """Where each memory cell begins, in steps of the problem."""

    def dearest(self) -> int:
        """No choice costs more, in costs of the original problem."""
        core = self.core
        total = int(np.maximum.reduceat(self.exact_cost, core.first[:-1]).sum())
        forward = np.flatnonzero(core.other > np.repeat(np.arange(len(self.nodes)), np.diff(core.nbr)))
        allowed = np.where(self.exact_entries >= FORBIDDEN, -FORBIDDEN, self.exact_entries)
        if len(forward):
            total += int(np.maximum.reduceat(allowed, core.table[:-1])[forward].sum())
        return (total + self.constant + len(self.graph.size) + len(self.graph.live)) << self.shift

    def encoded(self, whole: Any) -> Any:
        """A choice of original strategies as core strategies; where presolve dropped one, the cheapest stands in."""
        core, choice = self.core, np.zeros(len(self.nodes), np.int64)
        for v, node in enumerate(self.nodes):
            kept = self.strategies[core.first[v] : core.first[v + 1]]
            found = np.flatnonzero(kept == whole[node])
            costs = self.exact_cost[core.first[v] : core.first[v + 1]]
            choice[v] = found[0] if len(found) else np.argmin(costs)
        return choice

    def original(self, choice: Any) -> Any:
        """A choice of core strategies, as a choice of original strategies."""
        whole = np.zeros(len(self.graph.size), np.int64)
        whole[self.nodes] = self.strategies[self.core.first[:-1] + choice]
        decode(self.graph.records, int(self.graph.counters[RECORDS]), self.graph.maps, self.graph.size, whole)
        return whole


@entry
def fill(
    nodes: Any, first: Any, strategies: Any, nbr: Any, other: Any, edge: Any, table: Any,
    out: Any, edges: Any, size: Any, pool: Any,
) -> None:  # fmt: skip
    """Copies the tables of alive strategies, seen from every half-edge's own node."""
    for v in range(len(nodes)):
        for h in range(nbr[v], nbr[v + 1]):
            w = other[h]
            e = edge[h]
            start, si, sj = edges[TABLE, e], size[edges[1, e]], 1
            if edges[0, e] != nodes[v]:
                si, sj = 1, si
            at = table[h]
            for x in range(first[v], first[v + 1]):
                for y in range(first[w], first[w + 1]):
                    out[at] = pool[start + strategies[x] * si + strategies[y] * sj]
                    at += 1


def ordered(graph: Graph) -> Any:
    """The nodes that are left, in original order."""
    return np.flatnonzero(~graph.gone)


def core_of(graph: Graph, segments: Segments, shift: int) -> Reduced:
    """Compacts what is left of the graph."""
    nodes = ordered(graph)
    n = len(nodes)
    rank = np.full(len(graph.gone), -1, np.int64)
    rank[nodes] = np.arange(n)
    owner = np.repeat(np.arange(len(graph.size)), graph.size)
    left = np.flatnonzero((graph.cost < FORBIDDEN) & ~graph.gone[owner])
    left = left[np.argsort(rank[owner[left]], kind="stable")]
    strategies = left - graph.first[owner[left]]
    first = np.concatenate(([0], np.cumsum(graph.count[nodes]))).astype(np.int64)

    live = np.flatnonzero(graph.live)
    a, b = rank[graph.edges[0, live]], rank[graph.edges[1, live]]
    m = len(live)
    source, target = np.concatenate((a, b)), np.concatenate((b, a))
    order = np.lexsort((target, source))
    place = np.empty(2 * m, np.int64)
    place[order] = np.arange(2 * m)
    twin = place[(order + m) % (2 * m)] if m else order
    source, other, edge = source[order], target[order], np.concatenate((live, live))[order]
    nbr = np.searchsorted(source, np.arange(n + 1)).astype(np.int64)
    size = np.diff(first)
    msg = np.concatenate(([0], np.cumsum(size[source]))).astype(np.int64)
    table = np.concatenate(([0], np.cumsum(size[source] * size[other]))).astype(np.int64)
    exact = np.empty(table[-1], np.int64)
    fill(nodes, first, strategies, nbr, other, edge, table, exact, graph.edges, graph.size, graph.pool)

    at = np.flatnonzero(rank[segments.node] >= 0) if len(segments.node) else np.zeros(0, np.int64)
    at = at[np.argsort(rank[segments.node[at]], kind="stable")]
    holder = rank[segments.node[at]]
    lengths = size[holder]
    where = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    usage = np.empty(where[-1], np.float64)
    for s, v in enumerate(holder):
        local = strategies[first[v] : first[v + 1]]
        usage[where[s] : where[s + 1]] = segments.usage[segments.where[at[s]] + local]
    cost = graph.cost[left]
    entries = np.where(exact >= FORBIDDEN, BARRED, exact.astype(np.float64))
    core = Core(
        first=first, cost=cost.astype(np.float64), nbr=nbr, other=other, twin=twin, msg=msg, table=table,
        entries=entries, seg=np.searchsorted(holder, np.arange(n + 1)).astype(np.int64), lo=segments.lo[at],
        hi=segments.hi[at], where=where, usage=usage, capacity=segments.capacity.astype(np.float64),
    )  # fmt: skip
    constant = int(graph.counters[CONSTANT])
    return Reduced(core, cost, exact, segments.capacity, constant, shift, nodes, strategies, graph, segments.steps)
