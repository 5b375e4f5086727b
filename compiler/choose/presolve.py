"""Presolve: reductions and memory rows in turns until neither finds anything more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eggshard.choose.core import Reduced, core_of
from eggshard.choose.edits import kill, queue_all
from eggshard.choose.graph import CHANGED, EMPTIED, LIVE, Graph, compacted, graph_of, grown, shift_of
from eggshard.choose.problem import Ints, Problem
from eggshard.choose.reduce import join_parallel, reduce_queued
from eggshard.choose.segments import segments_of

ROUNDS = 6
"""Turns at most; the instances that are known need three."""


@dataclass(frozen=True)
class Infeasible(Exception):
    """The problem has no solution, for this reason."""

    reason: str


def presolve(problem: Problem, follows: Ints | None = None) -> Reduced:
    """
    The core of a problem; raises `Infeasible` where there is nothing to choose from.

    With `follows`, that of choices in which node v takes the strategy of node `follows[v]`.
    """
    shift = shift_of(problem)
    graph = graph_of(problem, shift, follows)
    live = np.flatnonzero(graph.edges[LIVE])
    if len(live):
        ends = graph.edges[:2, live]
        join_parallel(graph, live[np.lexsort((ends.max(axis=0), ends.min(axis=0)))])
    if follows is not None:
        graph = compacted(graph)
    return alternated(problem, settled(graph), shift, ROUNDS)


def alternated(problem: Problem, graph: Graph, shift: int, rounds: int) -> Reduced:
    """The core after at most `rounds` turns of memory rows and reductions."""
    for _ in range(rounds):
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
    return core_of(graph, segments, shift)


def within(full: int, problem: Problem) -> None:
    if full >= 0:
        raise Infeasible(f"at step {full} the least usages exceed the limit {problem.limit}")


def settled(graph: Graph) -> Graph:
    """Every reduction applied until none applies."""
    queue_all(graph)
    while not reduce_queued(graph):
        graph = grown(graph)
    emptied = int(graph.counters[EMPTIED])
    if emptied:
        raise Infeasible(f"node {emptied - 1} has no strategy left that fits its neighbours and the limit")
    return graph
