"""
Compiled reductions of a `Graph`: each keeps the optimum and records how to decode.

  join      tables of one pair are summed
  support   a strategy without an allowed partner on some edge goes (arc consistency)
  absorb    a node of one strategy goes into its neighbours' costs
  separate  T[a, b] = u[a] + v[b] everywhere: the edge goes into costs
  fold      every row of T(i, j) allows exactly one column: j is a function of i, its costs, edges and memory become i's
  min out   a node whose memory does not matter and that has at most two neighbours is minimised over
"""

from __future__ import annotations

from typing import Any

from eggshard.choose.compiled import entry, inner
from eggshard.choose.graph import (
    CHAIN,
    CHANGED,
    COLUMN,
    CONSTANT,
    COUNT,
    DEGREE,
    EDGE_COUNT,
    EDGE_HEAD,
    EMPTIED,
    FIRST,
    FIXED,
    FOLD,
    FORBIDDEN,
    GONE,
    HEAD,
    LEAF,
    LIVE,
    MAPS,
    NEXT,
    NODE_COUNT,
    NODE_HEAD,
    POOL,
    QUEUED,
    RECORDS,
    RING,
    ROOM,
    ROW,
    SEEN,
    SIZE,
    STILL,
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


@entry
def queue_all(g: Any) -> None:
    for e in range(g.edges.shape[1]):
        push_edge(g, e)
    for i in range(g.nodes.shape[1]):
        push_node(g, i)


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
