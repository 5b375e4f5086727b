"""
Bucket elimination: the exact optimum where the graph has small width (Dechter, "Bucket elimination", 1999).

Nodes are minimised over one by one; each leaves a table over its neighbours, which become joined, and the strategy that
is best for each of their combinations. The order takes the node whose elimination joins the fewest pairs (min-fill),
then the smallest table. Tables of more than a budget are not made: then there is no answer.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any

import numpy as np

from eggshard.choose.graph import FORBIDDEN
from eggshard.choose.problem import Ints

BUDGET = 1 << 22
"""Entries of the largest table that may be made."""

ALL_TABLES = 1 << 25
"""Entries of all tables together: each keeps a best strategy for decoding."""

BARRED, LARGEST = 2**61, 2**60
"""What a forbidden entry counts, so that two can be added; sums of allowed ones stay below `LARGEST`."""


@dataclass(frozen=True)
class Plan:
    """An order of elimination, and for each node in it the nodes that its table ranges over."""

    order: list[int]
    scopes: list[tuple[int, ...]]


def plan(core: Any, budget: int = BUDGET) -> Plan | None:
    """An order in which no table has more than `budget` entries; None if min-fill knows none."""
    sizes = np.diff(core.first).tolist()
    n = len(sizes)
    joined: list[set[int]] = [set(core.other[core.nbr[v] : core.nbr[v + 1]].tolist()) for v in range(n)]
    heap = [(*_price(v, joined, sizes), v) for v in range(n)]
    heapq.heapify(heap)
    result = Plan([], [])
    gone = [False] * n
    total = 0
    while heap:
        fill, entries, v = heapq.heappop(heap)
        if gone[v]:
            continue
        if (fill, entries) != (now := _price(v, joined, sizes)):
            heapq.heappush(heap, (*now, v))
            continue
        total += entries
        if entries > budget or total > ALL_TABLES:
            return None
        scope = tuple(sorted(joined[v]))
        result.order.append(v)
        result.scopes.append(scope)
        gone[v] = True
        for w in scope:
            joined[w].discard(v)
            joined[w].update(x for x in scope if x != w)
        for w in scope:
            heapq.heappush(heap, (*_price(w, joined, sizes), w))
    return result


def _price(v: int, joined: list[set[int]], sizes: list[int]) -> tuple[int, int]:
    """(pairs that eliminating v joins, entries of the table)."""
    around = joined[v]
    entries = sizes[v]
    for w in around:
        entries *= sizes[w]
        if entries > ALL_TABLES:
            return len(around) ** 2, entries
    missing = sum(len(around) - 1 - len(around & joined[w]) for w in around)
    return missing // 2, entries


def eliminate(core: Any, cost: Ints, entries: Ints, order: Plan) -> tuple[Ints, int] | None:
    """
    (the choice of least cost, that cost), memory apart; None if every choice takes something forbidden.

    `cost` and `entries` are whole numbers in the layout of the core; with memory priced into `cost`, the cost found is
    that of the relaxation under these prices, exactly.
    """
    place = {v: i for i, v in enumerate(order.order)}
    sizes = np.diff(core.first).tolist()
    buckets: list[list[tuple[tuple[int, ...], Any]]] = [[] for _ in order.order]
    barred_cost = np.where(cost >= FORBIDDEN, BARRED, cost)
    for v in range(len(sizes)):
        buckets[place[v]].append(((v,), barred_cost[core.first[v] : core.first[v + 1]]))
        for h in range(core.nbr[v], core.nbr[v + 1]):
            w = int(core.other[h])
            if v < w:
                table = entries[core.table[h] : core.table[h] + sizes[v] * sizes[w]].reshape(sizes[v], sizes[w])
                buckets[min(place[v], place[w])].append(((v, w), np.where(table >= FORBIDDEN, BARRED, table)))
    best: list[Any] = []
    constant = 0
    for i, (v, scope) in enumerate(zip(order.order, order.scopes, strict=True)):
        axes = (*scope, v)
        total = np.zeros([sizes[w] for w in axes], np.int64)
        for nodes, table in buckets[i]:
            total += _spread(nodes, table, axes, sizes)
            total[total >= LARGEST] = BARRED
        buckets[i] = []
        best.append(np.argmin(total, axis=-1).astype(np.int32))
        left = total.min(axis=-1)
        if scope:
            buckets[min(place[w] for w in scope)].append((scope, left))
        elif int(left) >= LARGEST:
            return None
        else:
            constant += int(left)
    choice = np.zeros(len(sizes), np.int64)
    for v, scope, table in zip(reversed(order.order), reversed(order.scopes), reversed(best), strict=True):
        choice[v] = table[tuple(choice[list(scope)])] if scope else table
    return choice, constant


def _spread(nodes: tuple[int, ...], table: Any, axes: tuple[int, ...], sizes: list[int]) -> Any:
    """A table over `nodes`, as one over `axes` that does not depend on the others."""
    where = [axes.index(w) for w in nodes]
    order = np.argsort(where)
    shape = [1] * len(axes)
    for w, axis in zip(nodes, where, strict=True):
        shape[axis] = sizes[w]
    return np.transpose(table, order).reshape(shape)
