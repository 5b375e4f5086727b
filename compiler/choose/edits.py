"""The single steps that a `Graph` is rewritten by: queues, edges taken out, strategies removed, records."""

from __future__ import annotations

from typing import Any

from eggshard.choose.compiled import entry, inner
from eggshard.choose.graph import (
    CHAIN,
    CHANGED,
    COUNT,
    DEGREE,
    EDGE_COUNT,
    EDGE_HEAD,
    EMPTIED,
    FIRST,
    FIXED,
    FORBIDDEN,
    GONE,
    HEAD,
    LIVE,
    MAPS,
    NEXT,
    NODE_COUNT,
    NODE_HEAD,
    QUEUED,
    RECORDS,
    RING,
    ROOM,
    SIZE,
    TABLE,
)


@inner
def push_edge(g: Any, e: int) -> None:
    if g.edges[LIVE, e] and not g.edges[QUEUED, e]:
        g.edges[QUEUED, e] = 1
        c = g.counters
        g.edges[RING, (c[EDGE_HEAD] + c[EDGE_COUNT]) % g.edges.shape[1]] = e
        c[EDGE_COUNT] += 1


@inner
def push_node(g: Any, i: int) -> None:
    if not g.nodes[GONE, i] and not g.nodes[QUEUED, i]:
        g.nodes[QUEUED, i] = 1
        c = g.counters
        g.nodes[RING, (c[NODE_HEAD] + c[NODE_COUNT]) % g.nodes.shape[1]] = i
        c[NODE_COUNT] += 1


@entry
def queue_all(g: Any) -> None:
    for e in range(g.edges.shape[1]):
        push_edge(g, e)
    for i in range(g.nodes.shape[1]):
        push_node(g, i)


@entry
def kill(g: Any, i: int, a: int) -> None:
    """Removes strategy a of node i."""
    if g.cost[g.nodes[FIRST, i] + a] >= FORBIDDEN:
        return
    g.cost[g.nodes[FIRST, i] + a] = FORBIDDEN
    g.nodes[COUNT, i] -= 1
    g.counters[CHANGED] += 1
    if g.nodes[COUNT, i] == 0:
        g.counters[EMPTIED] = 1 + i
        return
    push_node(g, i)
    h = g.nodes[HEAD, i]
    while h >= 0:
        push_edge(g, h >> 1)
        h = g.edges[NEXT + (h & 1), h >> 1]


@inner
def drop_edge(g: Any, e: int) -> None:
    g.edges[LIVE, e] = 0
    g.counters[ROOM] += g.nodes[SIZE, g.edges[0, e]] * g.nodes[SIZE, g.edges[1, e]]
    for side in range(2):
        g.nodes[DEGREE, g.edges[side, e]] -= 1
        push_node(g, g.edges[side, e])


@inner
def edge_between(g: Any, i: int, k: int) -> int:
    """The live edge of i and k, or -1; dead half-edges met on the way are unlinked."""
    if g.nodes[DEGREE, k] < g.nodes[DEGREE, i]:
        i, k = k, i
    before = -1
    h = g.nodes[HEAD, i]
    while h >= 0:
        e = h >> 1
        if not g.edges[LIVE, e]:
            if before < 0:
                g.nodes[HEAD, i] = g.edges[NEXT + (h & 1), h >> 1]
            else:
                g.edges[NEXT + (before & 1), before >> 1] = g.edges[NEXT + (h & 1), h >> 1]
        elif g.edges[1 - (h & 1), e] == k:
            return int(e)
        else:
            before = h
        h = g.edges[NEXT + (h & 1), h >> 1]
    return -1


@inner
def strides(g: Any, e: int, i: int) -> tuple[int, int, int, int]:
    """(start, step of i's strategy, step of the other's, the other node) of edge e seen from node i."""
    if g.edges[0, e] == i:
        j = g.edges[1, e]
        return g.edges[TABLE, e], g.nodes[SIZE, j], 1, j
    return g.edges[TABLE, e], 1, g.nodes[SIZE, i], g.edges[0, e]


@inner
def record(g: Any, j: int, i: int, k: int, entries: int) -> int:
    """The record number of a node that goes; the caller writes its kind (constants as arguments compile it anew)."""
    c = g.counters
    r = c[RECORDS]
    g.records[r, 1], g.records[r, 2], g.records[r, 3], g.records[r, 4] = j, i, k, c[MAPS]
    c[RECORDS] += 1
    c[MAPS] += entries
    c[CHANGED] += 1
    g.nodes[GONE, j] = 1
    return int(r)


@entry
def decode(records: Any, count: int, maps: Any, size: Any, choice: Any) -> None:
    """Fills in the strategies of eliminated nodes, last eliminated first."""
    for r in range(count - 1, -1, -1):
        kind, j, i, k, start = records[r, 0], records[r, 1], records[r, 2], records[r, 3], records[r, 4]
        if kind == FIXED:
            choice[j] = maps[start]
        elif kind == CHAIN:
            choice[j] = maps[start + choice[i] * size[k] + choice[k]]
        else:
            choice[j] = maps[start + choice[i]]
