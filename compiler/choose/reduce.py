"""
Compiled presolve of a `Graph`: tries every reduction on every node and edge whose surroundings changed.

Those of `eliminate.py`, and
  join      tables of one pair are summed
  support   a strategy without an allowed partner on some edge goes (arc consistency)
"""

from __future__ import annotations

from typing import Any

from eggshard.choose.compiled import entry, inner
from eggshard.choose.edits import (
    drop_edge,
    kill,
    push_edge,
    push_node,
    strides,
)
from eggshard.choose.eliminate import fix, fold, may_fold, min_out_chain, min_out_leaf, separate
from eggshard.choose.graph import (
    COLUMN,
    COUNT,
    DEGREE,
    EDGE_COUNT,
    EDGE_HEAD,
    EMPTIED,
    FIRST,
    FORBIDDEN,
    GONE,
    HEAD,
    LIVE,
    MAPS,
    NEXT,
    NODE_COUNT,
    NODE_HEAD,
    POOL,
    QUEUED,
    RING,
    ROOM,
    ROW,
    SEEN,
    SIZE,
    STILL,
    TABLE,
)


@inner
def inspect_edge(g: Any, e: int) -> bool:
    """Support, fold and separation on one edge; False if the pool is too small."""
    i, j = g.edges[0, e], g.edges[1, e]
    fi, fj, ni, nj = g.nodes[FIRST, i], g.nodes[FIRST, j], g.nodes[SIZE, i], g.nodes[SIZE, j]
    base = g.edges[TABLE, e]
    for b in range(nj):
        g.scratch[SEEN, b] = 0
    one_per_row, full, lost = True, True, False
    for a in range(ni):
        g.scratch[ROW, a] = 0
        if g.cost[fi + a] >= FORBIDDEN:
            continue
        hits = 0
        for b in range(nj):
            if g.cost[fj + b] < FORBIDDEN and g.pool[base + a * nj + b] < FORBIDDEN:
                hits += 1
                g.scratch[ROW, a] = b
                g.scratch[SEEN, b] += 1
                g.scratch[COLUMN, b] = a
        if hits == 0:
            kill(g, i, a)
            lost = True
        one_per_row = one_per_row and hits == 1
        full = full and hits == g.nodes[COUNT, j]
    one_per_column = True
    for b in range(nj):
        if g.cost[fj + b] < FORBIDDEN:
            if g.scratch[SEEN, b] == 0:
                kill(g, j, b)
                lost = True
            one_per_column = one_per_column and g.scratch[SEEN, b] == 1
        else:
            g.scratch[COLUMN, b] = 0
    if lost or g.counters[EMPTIED]:
        return True
    if one_per_row and one_per_column and g.nodes[DEGREE, i] < g.nodes[DEGREE, j]:
        one_per_row = False
    by_row = one_per_row and may_fold(g, i, j)
    if by_row or (one_per_column and may_fold(g, j, i)):
        # One call, as each would be compiled for itself.
        if not by_row:
            i, j = j, i
        return fold(g, i, j, e, ROW if by_row else COLUMN)
    if full:
        separate(g, e)
    return True


@inner
def inspect_node(g: Any, i: int) -> bool:
    """Absorbs or minimises out node i if it may be; False if the pool is too small."""
    c = g.counters
    if c[MAPS] + g.nodes[SIZE, i] + 1 > len(g.maps):
        return False
    if g.nodes[COUNT, i] == 1 or (g.nodes[DEGREE, i] == 0 and g.nodes[STILL, i]):
        best, arg = FORBIDDEN, g.nodes[SIZE, i]
        for a in range(g.nodes[SIZE, i]):
            if g.cost[g.nodes[FIRST, i] + a] < FORBIDDEN and g.cost[g.nodes[FIRST, i] + a] < best:
                best, arg = g.cost[g.nodes[FIRST, i] + a], a
        fix(g, i, arg)
        return True
    if not g.nodes[STILL, i] or g.nodes[DEGREE, i] > 2:
        return True
    e1, e2 = -1, -1
    h = g.nodes[HEAD, i]
    while h >= 0:
        if g.edges[LIVE, h >> 1]:
            if e1 < 0:
                e1 = h >> 1
            else:
                e2 = h >> 1
        h = g.edges[NEXT + (h & 1), h >> 1]
    p = g.edges[0, e1] + g.edges[1, e1] - i
    if e2 < 0:
        if c[MAPS] + g.nodes[SIZE, p] > len(g.maps):
            return False
        min_out_leaf(g, i, e1)
        return True
    q = g.edges[0, e2] + g.edges[1, e2] - i
    entries = g.nodes[SIZE, p] * g.nodes[SIZE, q]
    if entries > c[ROOM] or entries > 4 * g.nodes[SIZE, i] * (g.nodes[SIZE, p] + g.nodes[SIZE, q]) + 1024:
        return True
    if c[POOL] + 2 * entries > len(g.pool) or c[MAPS] + entries > len(g.maps):
        return False
    return min_out_chain(g, i, e1, e2)


@entry
def join_parallel(g: Any, order: Any) -> None:
    """Sums tables of one pair; `order` lists the edges so that those of a pair stand together."""
    first = order[0]
    for e in order:
        i, j = g.edges[0, e], g.edges[1, e]
        if (
            e != first
            and min(i, j) == min(g.edges[0, first], g.edges[1, first])
            and max(i, j) == max(g.edges[0, first], g.edges[1, first])
        ):
            base, si, sj, _ = strides(g, first, i)
            for a in range(g.nodes[SIZE, i]):
                for b in range(g.nodes[SIZE, j]):
                    value = g.pool[g.edges[TABLE, e] + a * g.nodes[SIZE, j] + b]
                    at = base + a * si + b * sj
                    had = g.pool[at]
                    g.pool[at] = FORBIDDEN if had >= FORBIDDEN or value >= FORBIDDEN else had + value
            drop_edge(g, e)
        else:
            first = e


@entry
def reduce_queued(g: Any) -> bool:
    """Works off both queues, edges first; False as soon as the pool must grow (then call again)."""
    c = g.counters
    while c[EMPTIED] == 0:
        if c[EDGE_COUNT] > 0:
            e = g.edges[RING, c[EDGE_HEAD]]
            g.edges[QUEUED, e] = 0
            c[EDGE_HEAD] = (c[EDGE_HEAD] + 1) % g.edges.shape[1]
            c[EDGE_COUNT] -= 1
            if g.edges[LIVE, e] and not inspect_edge(g, e):
                push_edge(g, e)
                return False
        elif c[NODE_COUNT] > 0:
            i = g.nodes[RING, c[NODE_HEAD]]
            g.nodes[QUEUED, i] = 0
            c[NODE_HEAD] = (c[NODE_HEAD] + 1) % g.nodes.shape[1]
            c[NODE_COUNT] -= 1
            if not g.nodes[GONE, i] and not inspect_node(g, i):
                push_node(g, i)
                return False
        else:
            break
    return True
