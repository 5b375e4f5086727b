"""
The core again, without what can be in no choice that is cheaper than the best one known.

A certificate says which strategies and which table entries those are. Presolve, run on what is left, finds new forced
choices and functions; the loops then have several times less to read. What is proven of a narrowed core holds for
choices below the cutoff: together with a choice of that cost, min(cutoff, bound) holds for all.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from eggshard.choose.certificate import Certifier, edgewise
from eggshard.choose.compiled import entry
from eggshard.choose.core import Reduced, core_of
from eggshard.choose.graph import CHANGED, FORBIDDEN, TABLE, Graph
from eggshard.choose.messages import price
from eggshard.choose.presolve import Infeasible, settled, within
from eggshard.choose.problem import Problem
from eggshard.choose.reduce import kill
from eggshard.choose.segments import segments_of

LEAST = 0.03
"""The part of the strategies that has to go for a core to be made anew."""

ROUNDS = 3
"""Turns of reductions and memory rows."""


def point_of(reduced: Reduced, prices: Any, messages: Any) -> Any:
    """The edge-wise dual point of messages of a sweep, see `certificate.edgewise`."""
    core = reduced.core
    theta, point = core.cost.copy(), np.zeros(int(core.msg[-1]))
    price(core, prices, theta)
    edgewise(core, theta, messages, point)
    return point


def exact_cost(reduced: Reduced, choice: Any) -> int | None:
    """The core's cost of a choice in whole numbers, without the constant; None where it does not fit."""
    return Certifier(reduced.core, reduced.exact_cost, reduced.exact_entries).cost_of(choice)


def narrowed(problem: Problem, reduced: Reduced, prices: Any, messages: Any, cutoff: int) -> Reduced | None:
    """
    The core of choices below `cutoff` (in costs of the core, without the constant), as a dual point proves it.

    None where less than a part `LEAST` of the strategies would go. Raises `Infeasible` where nothing is left.
    """
    certifier = Certifier(reduced.core, reduced.exact_cost, reduced.exact_entries)
    proof = certifier(point_of(reduced, prices, messages), prices)
    if proof is None or proof.bound is None:
        return None
    hopeless = proof.hopeless(cutoff)
    if hopeless.sum() < LEAST * len(hopeless):
        return None
    certifier.forbid_pairs(proof, cutoff)
    graph = Graph(*(part.copy() for part in reduced.graph))
    core = reduced.core
    forbid(reduced.nodes, core.first, reduced.strategies, core.nbr, core.other, edges_of(graph, reduced),
           core.table, certifier.entries, graph.edges, graph.size, graph.pool)  # fmt: skip
    holder = reduced.nodes[certifier.owner[hopeless]]
    graph.cost[graph.first[holder] + reduced.strategies[hopeless]] = FORBIDDEN
    graph.count[:] -= np.bincount(holder, minlength=len(graph.count))
    if (graph.count[reduced.nodes] == 0).any():
        raise Infeasible("nothing is cheaper")
    graph = settled(graph)
    for _ in range(ROUNDS):
        segments, dead, full = segments_of(problem, graph)
        within(full, problem)
        graph.still[:] = True
        graph.still[segments.node] = False
        for node, strategy in dead:
            kill(graph, node, strategy)
        before = int(graph.counters[CHANGED])
        graph = settled(graph)
        if int(graph.counters[CHANGED]) == before and not len(dead):
            break
    segments, _, full = segments_of(problem, graph)
    within(full, problem)
    return core_of(graph, segments, reduced.shift)


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
