"""
The core again, without what can be in no choice that is cheaper than the best one known.

A certificate says which strategies and which table entries those are. Presolve, run on what is left, finds new forced
choices and functions; the loops then have several times less to read. What is proven of a narrowed core holds for
choices below the cutoff: together with a choice of that cost, min(cutoff, bound) holds for all.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from eggshard.choose.certificate import Certifier, Point, edgewise
from eggshard.choose.compiled import entry
from eggshard.choose.core import Core, Reduced
from eggshard.choose.graph import FORBIDDEN, TABLE, Graph, compacted
from eggshard.choose.messages import price
from eggshard.choose.presolve import Infeasible, alternated, settled
from eggshard.choose.problem import Problem

LEAST = 0.03
"""The part of the strategies that has to go for a core to be made anew."""

ROUNDS = 3
"""Turns of reductions and memory rows."""


def point_of(core: Core, prices: Any, messages: Any) -> Point:
    """The edge-wise dual point of messages of a sweep, see `certificate.edgewise`."""
    theta, told = core.cost.copy(), np.zeros(int(core.msg[-1]))
    price(core, prices, theta)
    edgewise(core, theta, messages, told)
    return Point(told, prices.copy())


def exact_cost(reduced: Reduced, choice: Any) -> int | None:
    """The core's cost of a choice in whole numbers, without the constant; None where it does not fit."""
    core = reduced.core
    holder = np.repeat(np.arange(len(choice)), np.diff(core.seg))
    held = core.usage[core.where[:-1] + choice[holder]].astype(np.int64)
    change = np.zeros(len(core.capacity) + 1, np.int64)
    np.add.at(change, core.lo, held)
    np.subtract.at(change, core.hi, held)
    if (np.cumsum(change)[:-1] > reduced.exact_capacity).any():
        return None
    sizes = np.diff(core.first)
    owner = np.repeat(np.arange(len(sizes)), np.diff(core.nbr))
    half = np.flatnonzero(core.other > owner)
    a, b = owner[half], core.other[half]
    entries = reduced.exact_entries[core.table[half] + choice[a] * sizes[b] + choice[b]]
    chosen = np.concatenate((reduced.exact_cost[core.first[:-1] + choice], entries))
    if len(chosen) and int(chosen.max()) >= FORBIDDEN:
        return None
    total: int = sum(chosen.tolist())
    return total


def narrowed(
    problem: Problem, reduced: Reduced, point: Point, cutoff: int, allowed: Any = None, least: float = LEAST
) -> Reduced | None:
    """
    The core of choices below `cutoff` (in costs of the core, without the constant) among the `allowed` strategies.

    None where less than a part `least` of the strategies would go. Raises `Infeasible` where nothing is left.
    """
    certifier = Certifier(reduced.core, reduced.exact_cost, reduced.exact_entries)
    proof = certifier(point.messages, point.prices, allowed, point.cuts, point.cut_prices)
    gone = np.zeros(len(reduced.exact_cost), bool) if allowed is None else ~allowed
    if proof is not None:
        if proof.bound is None or proof.bound >= cutoff:
            raise Infeasible("nothing is cheaper")
        gone |= proof.hopeless(cutoff)
        certifier.forbid_pairs(proof, cutoff)
    if gone.sum() < least * len(gone):
        return None
    graph, core = compacted(reduced.graph), reduced.core
    forbid(reduced.nodes, core.first, reduced.strategies, core.nbr, core.other, edges_of(graph, reduced),
           core.table, certifier.entries, graph.edges, graph.size, graph.pool)  # fmt: skip
    gone &= reduced.exact_cost < FORBIDDEN
    holder = reduced.nodes[certifier.owner[gone]]
    graph.cost[graph.first[holder] + reduced.strategies[gone]] = FORBIDDEN
    graph.count[:] -= np.bincount(holder, minlength=len(graph.count))
    if (graph.count[reduced.nodes] == 0).any():
        raise Infeasible("nothing is cheaper")
    return alternated(problem, settled(graph), reduced.shift, ROUNDS)


def edges_of(graph: Graph, reduced: Reduced) -> Any:
    """The edge of every half-edge of the core; a pair of nodes has one at most."""
    live = np.flatnonzero(graph.live)
    rank = np.full(len(graph.gone), -1, np.int64)
    rank[reduced.nodes] = np.arange(len(reduced.nodes))
    a, b = rank[graph.edges[0, live]], rank[graph.edges[1, live]]
    order = np.lexsort((np.concatenate((b, a)), np.concatenate((a, b))))
    edges: Any = np.concatenate((live, live))[order]
    return edges


@entry
def forbid(
    nodes: Any, first: Any, strategies: Any, nbr: Any, other: Any, edge: Any, table: Any,
    entries: Any, edges: Any, size: Any, pool: Any,
) -> None:  # fmt: skip
    """Writes the forbidden entries of the core's tables into those of the graph."""
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
                    if entries[at] >= FORBIDDEN:
                        pool[start + strategies[x] * si + strategies[y] * sj] = FORBIDDEN
                    at += 1
