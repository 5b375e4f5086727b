"""
Compiled eliminations of a `Graph`: each takes a node or an edge out, keeps the optimum and records how to decode.

  absorb    a node of one strategy goes into its neighbours' costs
  separate  T[a, b] = u[a] + v[b] everywhere: the edge goes into costs
  fold      every row of T(i, j) allows exactly one column: j is a function of i, its costs, edges and memory become i's
  min out   a node whose memory does not matter and that has at most two neighbours is minimised over
"""

from __future__ import annotations

from typing import Any

from eggshard.choose.compiled import inner
from eggshard.choose.edits import (
    drop_edge,
    edge_between,
    kill,
    push_edge,
    push_node,
    record,
    strides,
)
from eggshard.choose.graph import (
    CHAIN,
    CHANGED,
    CONSTANT,
    COUNT,
    DEGREE,
    FIRST,
    FIXED,
    FOLD,
    FORBIDDEN,
    HEAD,
    LEAF,
    LIVE,
    MAPS,
    NEXT,
    POOL,
    ROOM,
    SIZE,
    STILL,
    TABLE,
)


@inner
def fold(g: Any, i: int, j: int, edge: int, follow: int) -> bool:
    """Folds j = scratch[follow, i's strategy] into i; False if the pool is too small, then nothing has changed."""
    c = g.counters
    need = 0
    h = g.nodes[HEAD, j]
    while h >= 0:
        e = h >> 1
        if g.edges[LIVE, e] and e != edge:
            need += g.nodes[SIZE, i] * g.nodes[SIZE, g.edges[1 - (h & 1), e]]
        h = g.edges[NEXT + (h & 1), h >> 1]
    if c[POOL] + need > len(g.pool) or c[MAPS] + g.nodes[SIZE, i] > len(g.maps):
        return False
    r = record(g, j, i, i, g.nodes[SIZE, i])
    g.records[r, 0] = FOLD
    start = g.records[r, 4]
    base, si, sj, _ = strides(g, edge, i)
    for a in range(g.nodes[SIZE, i]):
        if g.cost[g.nodes[FIRST, i] + a] < FORBIDDEN:
            b = g.scratch[follow, a]
            g.maps[start + a] = b
            g.cost[g.nodes[FIRST, i] + a] += g.cost[g.nodes[FIRST, j] + b] + g.pool[base + a * si + b * sj]
        else:
            g.maps[start + a] = 0
    g.nodes[STILL, i] &= g.nodes[STILL, j]
    drop_edge(g, edge)
    h = g.nodes[HEAD, j]
    while h >= 0:
        e = h >> 1
        after = g.edges[NEXT + (h & 1), h >> 1]
        if g.edges[LIVE, e]:
            old, tj, tk, k = strides(g, e, j)
            other = edge_between(g, i, k)
            if other >= 0:
                new, ni, nk, _ = strides(g, other, i)
            else:
                new, ni, nk = c[POOL], g.nodes[SIZE, k], 1
                if g.edges[1, e] == j:
                    ni, nk = 1, g.nodes[SIZE, i]
                c[POOL] += g.nodes[SIZE, i] * g.nodes[SIZE, k]
                c[ROOM] += g.nodes[SIZE, j] * g.nodes[SIZE, k] - g.nodes[SIZE, i] * g.nodes[SIZE, k]
            for a in range(g.nodes[SIZE, i]):
                allowed = g.cost[g.nodes[FIRST, i] + a] < FORBIDDEN
                for d in range(g.nodes[SIZE, k]):
                    value = g.pool[old + g.scratch[follow, a] * tj + d * tk] if allowed else FORBIDDEN
                    at = new + a * ni + d * nk
                    if other >= 0:
                        had = g.pool[at]
                        value = FORBIDDEN if had >= FORBIDDEN or value >= FORBIDDEN else had + value
                    g.pool[at] = value
            if other >= 0:
                g.edges[LIVE, e] = 0
                c[ROOM] += g.nodes[SIZE, j] * g.nodes[SIZE, k]
                g.nodes[DEGREE, k] -= 1
                push_node(g, k)
                push_edge(g, other)
            else:
                g.edges[h & 1, e] = i
                g.edges[TABLE, e] = new
                g.edges[NEXT + (h & 1), h >> 1] = g.nodes[HEAD, i]
                g.nodes[HEAD, i] = h
                g.nodes[DEGREE, i] += 1
                push_edge(g, e)
        h = after
    push_node(g, i)
    return True


@inner
def may_fold(g: Any, i: int, j: int) -> bool:
    """Folding j into i must not spread a hub's edges over many small nodes, nor make tables explode."""
    if g.nodes[DEGREE, j] > max(4, g.nodes[DEGREE, i]):
        return False
    growth = 0
    if g.nodes[SIZE, i] > g.nodes[SIZE, j]:
        h = g.nodes[HEAD, j]
        while h >= 0:
            if g.edges[LIVE, h >> 1]:
                growth += (g.nodes[SIZE, i] - g.nodes[SIZE, j]) * g.nodes[SIZE, g.edges[1 - (h & 1), h >> 1]]
            h = g.edges[NEXT + (h & 1), h >> 1]
    return bool(growth <= g.counters[ROOM])


@inner
def separate(g: Any, e: int) -> None:
    """Drops a table that is a sum of a column and a row."""
    i, j = g.edges[0, e], g.edges[1, e]
    fi, fj, nj = g.nodes[FIRST, i], g.nodes[FIRST, j], g.nodes[SIZE, j]
    base = g.edges[TABLE, e]
    a0, b0 = 0, 0
    while g.cost[fi + a0] >= FORBIDDEN:
        a0 += 1
    while g.cost[fj + b0] >= FORBIDDEN:
        b0 += 1
    corner = g.pool[base + a0 * nj + b0]
    for a in range(a0 + 1, g.nodes[SIZE, i]):
        if g.cost[fi + a] < FORBIDDEN:
            rest = g.pool[base + a * nj + b0] - corner
            for b in range(b0 + 1, nj):
                if g.cost[fj + b] < FORBIDDEN and g.pool[base + a * nj + b] - g.pool[base + a0 * nj + b] != rest:
                    return
    for a in range(g.nodes[SIZE, i]):
        if g.cost[fi + a] < FORBIDDEN:
            g.cost[fi + a] += g.pool[base + a * nj + b0]
    for b in range(nj):
        if g.cost[fj + b] < FORBIDDEN:
            g.cost[fj + b] += g.pool[base + a0 * nj + b] - corner
    g.counters[CHANGED] += 1
    drop_edge(g, e)


@inner
def fix(g: Any, i: int, a: int) -> None:
    """Gives node i strategy a and moves its tables into its neighbours' costs."""
    if g.nodes[COUNT, i] > 1:
        for other in range(g.nodes[SIZE, i]):
            if other != a and g.cost[g.nodes[FIRST, i] + other] < FORBIDDEN:
                kill(g, i, other)
    g.counters[CONSTANT] += g.cost[g.nodes[FIRST, i] + a]
    r = record(g, i, i, i, g.nodes[COUNT, i])
    g.records[r, 0] = FIXED
    g.maps[g.records[r, 4]] = a
    h = g.nodes[HEAD, i]
    while h >= 0:
        e = h >> 1
        if g.edges[LIVE, e]:
            base, si, sk, k = strides(g, e, i)
            drop_edge(g, e)
            for d in range(g.nodes[SIZE, k]):
                if g.cost[g.nodes[FIRST, k] + d] < FORBIDDEN:
                    value = g.pool[base + a * si + d * sk]
                    if value >= FORBIDDEN:
                        kill(g, k, d)
                    else:
                        g.cost[g.nodes[FIRST, k] + d] += value
        h = g.edges[NEXT + (h & 1), h >> 1]


@inner
def min_out_leaf(g: Any, i: int, e: int) -> None:
    """Node i hangs on one edge and has no memory that matters."""
    base, si, sk, k = strides(g, e, i)
    r = record(g, i, k, k, g.nodes[SIZE, k])
    g.records[r, 0] = LEAF
    start = g.records[r, 4]
    drop_edge(g, e)
    for d in range(g.nodes[SIZE, k]):
        g.maps[start + d] = 0
        if g.cost[g.nodes[FIRST, k] + d] >= FORBIDDEN:
            continue
        best = FORBIDDEN
        for a in range(g.nodes[SIZE, i]):
            value, alone = g.pool[base + a * si + d * sk], g.cost[g.nodes[FIRST, i] + a]
            if alone < FORBIDDEN and value < FORBIDDEN and value + alone < best:
                best = value + alone
                g.maps[start + d] = a
        if best >= FORBIDDEN:
            kill(g, k, d)
        else:
            g.cost[g.nodes[FIRST, k] + d] += best


@inner
def min_out_chain(g: Any, i: int, e1: int, e2: int) -> bool:
    """Node i joins two others: their new table is min over a of cost[a] + T1[a, b] + T2[a, d]. False: no room."""
    c = g.counters
    base1, s1, t1, p = strides(g, e1, i)
    base2, s2, t2, q = strides(g, e2, i)
    entries = g.nodes[SIZE, p] * g.nodes[SIZE, q]
    if c[POOL] + entries > len(g.pool) or c[MAPS] + entries > len(g.maps):
        return False
    r = record(g, i, p, q, entries)
    g.records[r, 0] = CHAIN
    start = g.records[r, 4]
    other = edge_between(g, p, q)
    drop_edge(g, e1)
    drop_edge(g, e2)
    new, np_, nq = c[POOL], g.nodes[SIZE, q], 1
    if other >= 0:
        new, np_, nq, _ = strides(g, other, p)
    else:
        c[POOL] += entries
        c[ROOM] -= entries
    for b in range(g.nodes[SIZE, p]):
        for d in range(g.nodes[SIZE, q]):
            best = FORBIDDEN
            arg = 0
            if g.cost[g.nodes[FIRST, p] + b] < FORBIDDEN and g.cost[g.nodes[FIRST, q] + d] < FORBIDDEN:
                for a in range(g.nodes[SIZE, i]):
                    if g.cost[g.nodes[FIRST, i] + a] < FORBIDDEN:
                        x, y = g.pool[base1 + a * s1 + b * t1], g.pool[base2 + a * s2 + d * t2]
                        if x < FORBIDDEN and y < FORBIDDEN and x + y + g.cost[g.nodes[FIRST, i] + a] < best:
                            best = x + y + g.cost[g.nodes[FIRST, i] + a]
                            arg = a
            g.maps[start + b * g.nodes[SIZE, q] + d] = arg
            at = new + b * np_ + d * nq
            if other >= 0:
                had = g.pool[at]
                best = FORBIDDEN if had >= FORBIDDEN or best >= FORBIDDEN else had + best
            g.pool[at] = best
    if other < 0:
        # The half-edge that p held for e1 now leads to q; q's half-edge of e2 is dead, so i's half of e1 moves to q.
        other = e1
        side = 0 if g.edges[0, e1] == i else 1
        g.edges[side, e1] = q
        half = 2 * e1 + side
        g.edges[NEXT + (half & 1), half >> 1] = g.nodes[HEAD, q]
        g.nodes[HEAD, q] = half
        g.nodes[HEAD, i] = -1
        if side == 0:
            for b in range(g.nodes[SIZE, p]):
                for d in range(g.nodes[SIZE, q]):
                    g.pool[c[POOL] + d * g.nodes[SIZE, p] + b] = g.pool[new + b * g.nodes[SIZE, q] + d]
            new = c[POOL]
            c[POOL] += entries
        g.edges[TABLE, e1] = new
        g.edges[LIVE, e1] = 1
        g.nodes[DEGREE, p] += 1
        g.nodes[DEGREE, q] += 1
    push_edge(g, other)
    return True
