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
    CONSTANT,
    EDGE_COUNT,
    EDGE_HEAD,
    EMPTIED,
    FIXED,
    FOLD,
    FORBIDDEN,
    LEAF,
    MAPS,
    NODE_COUNT,
    NODE_HEAD,
    POOL,
    RECORDS,
    ROOM,
)


@inner
def push_edge(g: Any, e: int) -> None:
    if g.live[e] and not g.edge_queued[e]:
        g.edge_queued[e] = True
        c = g.counters
        g.edge_ring[(c[EDGE_HEAD] + c[EDGE_COUNT]) % len(g.edge_ring)] = e
        c[EDGE_COUNT] += 1


@inner
def push_node(g: Any, i: int) -> None:
    if not g.gone[i] and not g.node_queued[i]:
        g.node_queued[i] = True
        c = g.counters
        g.node_ring[(c[NODE_HEAD] + c[NODE_COUNT]) % len(g.node_ring)] = i
        c[NODE_COUNT] += 1


@entry
def kill(g: Any, i: int, a: int) -> None:
    """Removes strategy a of node i."""
    if not g.alive[g.first[i] + a]:
        return
    g.alive[g.first[i] + a] = False
    g.count[i] -= 1
    g.counters[CHANGED] += 1
    if g.count[i] == 0:
        g.counters[EMPTIED] = 1 + i
        return
    push_node(g, i)
    h = g.head[i]
    while h >= 0:
        push_edge(g, h >> 1)
        h = g.nxt[h]


@inner
def drop_edge(g: Any, e: int) -> None:
    g.live[e] = False
    g.counters[ROOM] += g.size[g.ends[e, 0]] * g.size[g.ends[e, 1]]
    for side in range(2):
        g.degree[g.ends[e, side]] -= 1
        push_node(g, g.ends[e, side])


@inner
def edge_between(g: Any, i: int, k: int) -> int:
    """The live edge of i and k, or -1; dead half-edges met on the way are unlinked."""
    if g.degree[k] < g.degree[i]:
        i, k = k, i
    before = -1
    h = g.head[i]
    while h >= 0:
        e = h >> 1
        if not g.live[e]:
            if before < 0:
                g.head[i] = g.nxt[h]
            else:
                g.nxt[before] = g.nxt[h]
        elif g.ends[e, 1 - (h & 1)] == k:
            return int(e)
        else:
            before = h
        h = g.nxt[h]
    return -1


@inner
def strides(g: Any, e: int, i: int) -> tuple[int, int, int, int]:
    """(start, step of i's strategy, step of the other's, the other node) of edge e seen from node i."""
    if g.ends[e, 0] == i:
        j = g.ends[e, 1]
        return g.table[e], g.size[j], 1, j
    return g.table[e], 1, g.size[i], g.ends[e, 0]


@inner
def record(g: Any, kind: int, j: int, i: int, k: int, entries: int) -> int:
    c = g.counters
    r = g.records[c[RECORDS]]
    r[0], r[1], r[2], r[3], r[4] = kind, j, i, k, c[MAPS]
    c[RECORDS] += 1
    c[MAPS] += entries
    c[CHANGED] += 1
    g.gone[j] = True
    return int(r[4])


@inner
def fold(g: Any, i: int, j: int, edge: int, follow: Any) -> bool:
    """Folds j = follow[i's strategy] into i; False if the pool is too small, then nothing has changed."""
    c = g.counters
    need = 0
    h = g.head[j]
    while h >= 0:
        e = h >> 1
        if g.live[e] and e != edge:
            need += g.size[i] * g.size[g.ends[e, 1 - (h & 1)]]
        h = g.nxt[h]
    if c[POOL] + need > len(g.pool) or c[MAPS] + g.size[i] > len(g.maps):
        return False
    start = record(g, FOLD, j, i, -1, g.size[i])
    base, si, sj, _ = strides(g, edge, i)
    for a in range(g.size[i]):
        if g.alive[g.first[i] + a]:
            b = follow[a]
            g.maps[start + a] = b
            g.cost[g.first[i] + a] += g.cost[g.first[j] + b] + g.pool[base + a * si + b * sj]
        else:
            g.maps[start + a] = 0
    g.still[i] = g.still[i] and g.still[j]
    drop_edge(g, edge)
    h = g.head[j]
    while h >= 0:
        e = h >> 1
        after = g.nxt[h]
        if g.live[e]:
            old, tj, tk, k = strides(g, e, j)
            other = edge_between(g, i, k)
            if other >= 0:
                new, ni, nk, _ = strides(g, other, i)
            else:
                new, ni, nk = c[POOL], g.size[k], 1
                if g.ends[e, 1] == j:
                    ni, nk = 1, g.size[i]
                c[POOL] += g.size[i] * g.size[k]
                c[ROOM] += g.size[j] * g.size[k] - g.size[i] * g.size[k]
            for a in range(g.size[i]):
                allowed = g.alive[g.first[i] + a]
                for d in range(g.size[k]):
                    value = g.pool[old + follow[a] * tj + d * tk] if allowed else FORBIDDEN
                    at = new + a * ni + d * nk
                    if other >= 0:
                        had = g.pool[at]
                        value = FORBIDDEN if had >= FORBIDDEN or value >= FORBIDDEN else had + value
                    g.pool[at] = value
            if other >= 0:
                g.live[e] = False
                c[ROOM] += g.size[j] * g.size[k]
                g.degree[k] -= 1
                push_node(g, k)
                push_edge(g, other)
            else:
                g.ends[e, h & 1] = i
                g.table[e] = new
                g.nxt[h] = g.head[i]
                g.head[i] = h
                g.degree[i] += 1
                push_edge(g, e)
        h = after
    push_node(g, i)
    return True


@inner
def may_fold(g: Any, i: int, j: int) -> bool:
    """Folding j into i must not spread a hub's edges over many small nodes, nor make tables explode."""
    if g.degree[j] > max(4, g.degree[i]):
        return False
    growth = 0
    if g.size[i] > g.size[j]:
        h = g.head[j]
        while h >= 0:
            if g.live[h >> 1]:
                growth += (g.size[i] - g.size[j]) * g.size[g.ends[h >> 1, 1 - (h & 1)]]
            h = g.nxt[h]
    return bool(growth <= g.counters[ROOM])


@inner
def inspect_edge(g: Any, e: int) -> bool:
    """Support, fold and separation on one edge; False if the pool is too small."""
    i, j = g.ends[e, 0], g.ends[e, 1]
    fi, fj, ni, nj = g.first[i], g.first[j], g.size[i], g.size[j]
    base = g.table[e]
    row, column, seen = g.scratch[0], g.scratch[1], g.scratch[2]
    seen[:nj] = 0
    one_per_row, full, lost = True, True, False
    for a in range(ni):
        row[a] = 0
        if not g.alive[fi + a]:
            continue
        hits = 0
        for b in range(nj):
            if g.alive[fj + b] and g.pool[base + a * nj + b] < FORBIDDEN:
                hits += 1
                row[a] = b
                seen[b] += 1
                column[b] = a
        if hits == 0:
            kill(g, i, a)
            lost = True
        one_per_row = one_per_row and hits == 1
        full = full and hits == g.count[j]
    one_per_column = True
    for b in range(nj):
        if g.alive[fj + b]:
            if seen[b] == 0:
                kill(g, j, b)
                lost = True
            one_per_column = one_per_column and seen[b] == 1
        else:
            column[b] = 0
    if lost or g.counters[EMPTIED]:
        return True
    if one_per_row and one_per_column and g.degree[i] < g.degree[j]:
        one_per_row = False
    if one_per_row and may_fold(g, i, j):
        return fold(g, i, j, e, row)
    if one_per_column and may_fold(g, j, i):
        return fold(g, j, i, e, column)
    if full:
        separate(g, e)
    return True


@inner
def separate(g: Any, e: int) -> None:
    """Drops a table that is a sum of a column and a row."""
    i, j = g.ends[e, 0], g.ends[e, 1]
    fi, fj, nj = g.first[i], g.first[j], g.size[j]
    base = g.table[e]
    a0, b0 = 0, 0
    while not g.alive[fi + a0]:
        a0 += 1
    while not g.alive[fj + b0]:
        b0 += 1
    corner = g.pool[base + a0 * nj + b0]
    for a in range(a0 + 1, g.size[i]):
        if g.alive[fi + a]:
            rest = g.pool[base + a * nj + b0] - corner
            for b in range(b0 + 1, nj):
                if g.alive[fj + b] and g.pool[base + a * nj + b] - g.pool[base + a0 * nj + b] != rest:
                    return
    for a in range(g.size[i]):
        if g.alive[fi + a]:
            g.cost[fi + a] += g.pool[base + a * nj + b0]
    for b in range(nj):
        if g.alive[fj + b]:
            g.cost[fj + b] += g.pool[base + a0 * nj + b] - corner
    g.counters[CHANGED] += 1
    drop_edge(g, e)


@inner
def fix(g: Any, i: int, a: int) -> None:
    """Gives node i strategy a and moves its tables into its neighbours' costs."""
    if g.count[i] > 1:
        for other in range(g.size[i]):
            if other != a and g.alive[g.first[i] + other]:
                kill(g, i, other)
    g.counters[CONSTANT] += g.cost[g.first[i] + a]
    g.maps[record(g, FIXED, i, -1, -1, 1)] = a
    h = g.head[i]
    while h >= 0:
        e = h >> 1
        if g.live[e]:
            base, si, sk, k = strides(g, e, i)
            drop_edge(g, e)
            for d in range(g.size[k]):
                if g.alive[g.first[k] + d]:
                    value = g.pool[base + a * si + d * sk]
                    if value >= FORBIDDEN:
                        kill(g, k, d)
                    else:
                        g.cost[g.first[k] + d] += value
        h = g.nxt[h]


@inner
def min_out_leaf(g: Any, i: int, e: int) -> None:
    """Node i hangs on one edge and has no memory that matters."""
    base, si, sk, k = strides(g, e, i)
    start = record(g, LEAF, i, k, -1, g.size[k])
    drop_edge(g, e)
    for d in range(g.size[k]):
        g.maps[start + d] = 0
        if not g.alive[g.first[k] + d]:
            continue
        best = FORBIDDEN
        for a in range(g.size[i]):
            value = g.pool[base + a * si + d * sk]
            if g.alive[g.first[i] + a] and value < FORBIDDEN and value + g.cost[g.first[i] + a] < best:
                best = value + g.cost[g.first[i] + a]
                g.maps[start + d] = a
        if best >= FORBIDDEN:
            kill(g, k, d)
        else:
            g.cost[g.first[k] + d] += best


@inner
def min_out_chain(g: Any, i: int, e1: int, e2: int) -> bool:
    """Node i joins two others: their new table is min over a of cost[a] + T1[a, b] + T2[a, d]. False: no room."""
    c = g.counters
    base1, s1, t1, p = strides(g, e1, i)
    base2, s2, t2, q = strides(g, e2, i)
    entries = g.size[p] * g.size[q]
    if c[POOL] + entries > len(g.pool) or c[MAPS] + entries > len(g.maps):
        return False
    start = record(g, CHAIN, i, p, q, entries)
    other = edge_between(g, p, q)
    drop_edge(g, e1)
    drop_edge(g, e2)
    new, np_, nq = c[POOL], g.size[q], 1
    if other >= 0:
        new, np_, nq, _ = strides(g, other, p)
    else:
        c[POOL] += entries
        c[ROOM] -= entries
    for b in range(g.size[p]):
        for d in range(g.size[q]):
            best = FORBIDDEN
            arg = 0
            if g.alive[g.first[p] + b] and g.alive[g.first[q] + d]:
                for a in range(g.size[i]):
                    if g.alive[g.first[i] + a]:
                        x, y = g.pool[base1 + a * s1 + b * t1], g.pool[base2 + a * s2 + d * t2]
                        if x < FORBIDDEN and y < FORBIDDEN and x + y + g.cost[g.first[i] + a] < best:
                            best = x + y + g.cost[g.first[i] + a]
                            arg = a
            g.maps[start + b * g.size[q] + d] = arg
            at = new + b * np_ + d * nq
            if other >= 0:
                had = g.pool[at]
                best = FORBIDDEN if had >= FORBIDDEN or best >= FORBIDDEN else had + best
            g.pool[at] = best
    if other < 0:
        # The half-edge that p held for e1 now leads to q; q's half-edge of e2 is dead, so i's half of e1 moves to q.
        other = e1
        side = 0 if g.ends[e1, 0] == i else 1
        g.ends[e1, side] = q
        half = 2 * e1 + side
        g.nxt[half] = g.head[q]
        g.head[q] = half
        g.head[i] = -1
        if side == 0:
            for b in range(g.size[p]):
                for d in range(g.size[q]):
                    g.pool[c[POOL] + d * g.size[p] + b] = g.pool[new + b * g.size[q] + d]
            new = c[POOL]
            c[POOL] += entries
        g.table[e1] = new
        g.live[e1] = True
        g.degree[p] += 1
        g.degree[q] += 1
    push_edge(g, other)
    return True


@inner
def inspect_node(g: Any, i: int) -> bool:
    """Absorbs or minimises out node i if it may be; False if the pool is too small."""
    c = g.counters
    if c[MAPS] + g.size[i] + 1 > len(g.maps):
        return False
    if g.count[i] == 1 or (g.degree[i] == 0 and g.still[i]):
        best, arg = FORBIDDEN, -1
        for a in range(g.size[i]):
            if g.alive[g.first[i] + a] and g.cost[g.first[i] + a] < best:
                best, arg = g.cost[g.first[i] + a], a
        fix(g, i, arg)
        return True
    if not g.still[i] or g.degree[i] > 2:
        return True
    e1, e2 = -1, -1
    h = g.head[i]
    while h >= 0:
        if g.live[h >> 1]:
            if e1 < 0:
                e1 = h >> 1
            else:
                e2 = h >> 1
        h = g.nxt[h]
    p = g.ends[e1, 0] + g.ends[e1, 1] - i
    if e2 < 0:
        if c[MAPS] + g.size[p] > len(g.maps):
            return False
        min_out_leaf(g, i, e1)
        return True
    q = g.ends[e2, 0] + g.ends[e2, 1] - i
    entries = g.size[p] * g.size[q]
    if entries > c[ROOM] or entries > 4 * g.size[i] * (g.size[p] + g.size[q]) + 1024:
        return True
    if c[POOL] + 2 * entries > len(g.pool) or c[MAPS] + entries > len(g.maps):
        return False
    return min_out_chain(g, i, e1, e2)


@entry
def join_parallel(g: Any, order: Any) -> None:
    """Sums tables of one pair; `order` lists the edges so that those of a pair stand together."""
    first = -1
    for e in order:
        i, j = g.ends[e, 0], g.ends[e, 1]
        if (
            first >= 0
            and min(i, j) == min(g.ends[first, 0], g.ends[first, 1])
            and max(i, j) == max(g.ends[first, 0], g.ends[first, 1])
        ):
            base, si, sj, _ = strides(g, first, i)
            for a in range(g.size[i]):
                for b in range(g.size[j]):
                    value = g.pool[g.table[e] + a * g.size[j] + b]
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
            e = g.edge_ring[c[EDGE_HEAD]]
            g.edge_queued[e] = False
            c[EDGE_HEAD] = (c[EDGE_HEAD] + 1) % len(g.edge_ring)
            c[EDGE_COUNT] -= 1
            if g.live[e] and not inspect_edge(g, e):
                push_edge(g, e)
                return False
        elif c[NODE_COUNT] > 0:
            i = g.node_ring[c[NODE_HEAD]]
            g.node_queued[i] = False
            c[NODE_HEAD] = (c[NODE_HEAD] + 1) % len(g.node_ring)
            c[NODE_COUNT] -= 1
            if not g.gone[i] and not inspect_node(g, i):
                push_node(g, i)
                return False
        else:
            break
    return True


@entry
def queue_all(g: Any) -> None:
    for e in range(len(g.live)):
        push_edge(g, e)
    for i in range(len(g.gone)):
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
