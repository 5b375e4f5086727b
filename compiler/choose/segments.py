"""
The memory of reduced nodes, as few rows as possible.

A node that has absorbed others holds, per strategy, a different amount in every piece of time. Each piece is a segment
[lo, hi) with one usage per strategy; the part common to all strategies goes into the base load. A step is kept as a
cell only if it can bind, and only if no neighbour implies it: c' implies c when
sum over nodes of max over strategies (u_c - u_c') <= capacity_c - capacity_c'.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from eggshard.choose.compiled import entry
from eggshard.choose.graph import FIXED, FOLD, RECORDS, Graph
from eggshard.choose.problem import Problem


class Members(NamedTuple):
    """
    Original nodes that hold memory, by the root whose strategy decides.

    starts [roots + 1] into the rest; node, lo, hi: the member and its interval in compressed steps;
    where: start in `usage`, which lists one number per strategy (index space of the root, dead ones included).
    """

    roots: Any
    starts: Any
    lo: Any
    hi: Any
    where: Any
    usage: Any


class Segments(NamedTuple):
    """Per segment its node (root), kept cells [lo, hi), where its usages start; `usage`; `capacity` per kept cell."""

    node: Any
    lo: Any
    hi: Any
    where: Any
    usage: Any
    capacity: Any


@entry
def follow_roots(records: Any, count: int, maps: Any, size: Any, first: Any, alive: Any) -> tuple[Any, Any, Any]:
    """
    For every node its root (-1: eliminated with constant memory), and its strategy per strategy of the root:
    via[start[v] + a]. For root -1, the strategies are those reachable from the alive ones of the eliminated node.
    """
    n = len(size)
    root = np.arange(n)
    holder = np.arange(n)
    total = 0
    for r in range(count):
        if records[r, 0] != FOLD:
            root[records[r, 1]] = -1
    for r in range(count - 1, -1, -1):
        if records[r, 0] == FOLD:
            j, i = records[r, 1], records[r, 2]
            holder[j] = holder[i]
            root[j] = root[i]
    start = np.zeros(n + 1, np.int64)
    for v in range(n):
        start[v] = total
        total += size[holder[v]]
    start[n] = total
    via = np.full(total, -1, np.int32)
    for v in range(n):
        if holder[v] == v:
            for a in range(size[v]):
                if alive[first[v] + a]:
                    via[start[v] + a] = a
    for r in range(count - 1, -1, -1):
        if records[r, 0] == FOLD:
            j, i, m = records[r, 1], records[r, 2], records[r, 4]
            for a in range(size[holder[j]]):
                s = via[start[i] + a]
                if s >= 0:
                    via[start[j] + a] = maps[m + s]
        elif records[r, 0] == FIXED:
            j = records[r, 1]
            for a in range(size[j]):
                via[start[j] + a] = maps[records[r, 4]]
    return root, start, via


@entry
def gather(
    root: Any, start: Any, via: Any, offsets: Any, usages: Any, lo: Any, hi: Any, base: Any, usage: Any, where: Any
) -> int:
    """Members' usages per root strategy into `usage`; what does not vary goes into `base` (differences) instead."""
    used = 0
    for v in range(len(root)):
        where[v] = -1
        if hi[v] <= lo[v]:
            continue
        least, most = np.int64(2**62), np.int64(-(2**62))
        for s in range(start[v], start[v + 1]):
            if via[s] >= 0:
                u = usages[offsets[v] + via[s]]
                least = min(least, u)
                most = max(most, u)
        if root[v] < 0 or least == most:
            base[lo[v]] += least
            base[hi[v]] -= least
            continue
        where[v] = used
        for s in range(start[v], start[v + 1]):
            usage[used] = usages[offsets[v] + via[s]] if via[s] >= 0 else least
            used += 1
    return used


@entry
def cut(
    members: Members, order: Any, size: Any, first: Any, alive: Any, base: Any, room: int
) -> tuple[int, Any, Any, Any, Any, Any]:
    """
    Disjoint segments of every root, usages minus their minimum over alive strategies (which goes into `base`).

    `order` lists events 2x (member x begins) and 2x + 1 (it ends) by root, then time.
    Returns (count, node, lo, hi, where, usage); count is -1 where `room` segments or usages did not suffice.
    """
    node = np.empty(room, np.int64)
    lo, hi, where = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    usage = np.empty(8 * room, np.int64)
    count, used = 0, 0
    for x in range(len(members.roots)):
        r = members.roots[x]
        k = size[r]
        begin, end = members.starts[x], members.starts[x + 1]
        now = np.zeros(k, np.int64)
        last = -1
        t = np.int64(-1)
        for z in range(2 * begin, 2 * end):
            event = order[z]
            t0 = t
            t = members.hi[event >> 1] if event & 1 else members.lo[event >> 1]
            if z > 2 * begin and t > t0:
                least = np.int64(2**62)
                for a in range(k):
                    if alive[first[r] + a]:
                        least = min(least, now[a])
                varies = False
                for a in range(k):
                    varies = varies or (alive[first[r] + a] and now[a] != least)
                base[t0] += least
                base[t] -= least
                if varies:
                    if count >= room or used + k > len(usage):
                        return -1, node, lo, hi, where, usage
                    same = last >= 0 and hi[last] == t0
                    for a in range(k):
                        usage[used + a] = now[a] - least if alive[first[r] + a] else 0
                        same = same and usage[used + a] == usage[where[last] + a]
                    if same:
                        hi[last] = t
                    else:
                        node[count], lo[count], hi[count], where[count] = r, t0, t, used
                        last = count
                        count += 1
                        used += k
            sign = 1 - 2 * (event & 1)
            at = members.where[event >> 1]
            for a in range(k):
                now[a] += sign * members.usage[at + a]
    return count, node[:count], lo[:count], hi[:count], where[:count], usage[:used]


@entry
def boundary_changes(size: Any, node: Any, lo: Any, hi: Any, where: Any, usage: Any, cells: int) -> tuple[Any, Any]:
    """
    Per boundary b (between cells b - 1 and b): sums over nodes of how much more than before (`more`), and how much
    less (`less`), a node may hold. Segments of one node stand together, by time.
    """
    more, less = np.zeros(cells + 1, np.int64), np.zeros(cells + 1, np.int64)
    for s in range(len(node)):
        k = size[node[s]]
        top = np.int64(0)
        for a in range(k):
            top = max(top, usage[where[s] + a])
        if s == 0 or node[s - 1] != node[s] or hi[s - 1] != lo[s]:
            more[lo[s]] += top
        if s + 1 < len(node) and node[s + 1] == node[s] and lo[s + 1] == hi[s]:
            up, down = np.int64(0), np.int64(0)
            for a in range(k):
                d = usage[where[s + 1] + a] - usage[where[s] + a]
                up, down = max(up, d), max(down, -d)
            more[hi[s]] += up
            less[hi[s]] += down
        else:
            less[hi[s]] += top
    return more, less


@entry
def undominated(keep: Any, capacity: Any, more: Any, less: Any) -> None:
    """Clears `keep` of every kept cell that an adjacent kept cell implies (a stack over time, transitively)."""
    cells = len(capacity)
    stack = np.empty(cells, np.int64)
    up_to, down_to = np.empty(cells, np.int64), np.empty(cells, np.int64)
    depth = 0
    up, down = np.int64(0), np.int64(0)
    for c in range(cells):
        up += more[c]
        down += less[c]
        if not keep[c]:
            continue
        while depth > 0 and down <= capacity[stack[depth - 1]] - capacity[c]:
            depth -= 1
            keep[stack[depth]] = False
            up += up_to[depth]
            down += down_to[depth]
        if depth > 0 and up <= capacity[c] - capacity[stack[depth - 1]]:
            keep[c] = False
            continue
        stack[depth], up_to[depth], down_to[depth] = c, up, down
        depth += 1
        up, down = np.int64(0), np.int64(0)


def compressed(problem: Problem) -> tuple[Any, Any, Any]:
    """(lo, hi, points): intervals in ranks of the points where some interval begins or ends."""
    starts, ends = problem.intervals[:, 0], problem.intervals[:, 1]
    points = np.unique(problem.intervals[ends > starts])
    lo, hi = np.searchsorted(points, starts), np.searchsorted(points, ends)
    empty = ends <= starts
    lo[empty] = hi[empty] = 0
    return lo.astype(np.int64), hi.astype(np.int64), points


def members_of(problem: Problem, graph: Graph, lo: Any, hi: Any, base: Any) -> Members:
    """Who holds memory under which root; constant memory is added to `base`."""
    root, start, via = follow_roots(
        graph.records, int(graph.counters[RECORDS]), graph.maps, graph.size, graph.first, graph.alive
    )
    usage = np.empty(len(via), np.int64)
    where = np.empty(problem.nodes, np.int64)
    used = gather(root, start, via, problem.offsets, problem.usages, lo, hi, base, usage, where)
    nodes = np.flatnonzero(where >= 0)
    nodes = nodes[np.argsort(root[nodes], kind="stable")]
    roots, starts = np.unique(root[nodes], return_index=True)
    return Members(
        roots, np.append(starts, len(nodes)).astype(np.int64), lo[nodes], hi[nodes], where[nodes], usage[:used]
    )


def least_over(values: Any, lo: Any, hi: Any) -> Any:
    """min of values[lo : hi] for many non-empty ranges, by doubling (two overlapping blocks cover a range)."""
    levels = [values]
    while 2 ** len(levels) <= len(values):
        half = 2 ** (len(levels) - 1)
        levels.append(np.minimum(levels[-1][:-half], levels[-1][half:]))
    depth = np.frexp((hi - lo).astype(np.float64))[1] - 1
    result = np.empty(len(lo), np.int64)
    for level, table in enumerate(levels):
        at = np.flatnonzero(depth == level)
        result[at] = np.minimum(table[lo[at]], table[hi[at] - 2**level])
    return result


def segments_of(problem: Problem, graph: Graph) -> tuple[Segments, Any, int]:
    """
    (segments over kept cells, strategies that can never fit as [x, 2] of (node, strategy), a full original step or -1).

    `full` is a step at which even the least usages exceed the limit: the problem is infeasible.
    Usages are judged by Python integers' rules only here: one at or above the limit is cut off first.
    """
    lo, hi, points = compressed(problem)
    steps = len(points) - 1
    nothing = np.zeros((0, 2), np.int64)
    empty = np.zeros(0, np.int64)
    if steps <= 0:
        return Segments(empty, empty, empty, empty, empty, empty), nothing, -1
    base = np.zeros(steps + 1, np.int64)
    members = members_of(problem, graph, lo, hi, base)
    room = 2 * len(members.lo) + 16
    times = np.column_stack((members.lo, members.hi)).ravel()
    order = np.lexsort((times, np.repeat(np.arange(len(members.roots)), 2 * np.diff(members.starts))))
    while True:
        trial = base.copy()
        count, node, s_lo, s_hi, where, usage = cut(members, order, graph.size, graph.first, graph.alive, trial, room)
        if count >= 0:
            break
        room *= 2
    capacity = problem.limit - np.cumsum(trial)[:steps]
    if int(capacity.min()) < 0:
        return Segments(empty, empty, empty, empty, empty, empty), nothing, int(points[np.argmin(capacity)])
    if count == 0:
        return Segments(empty, empty, empty, empty, empty, empty), nothing, -1
    # `where` rises, and the usages of segment s end where those of s + 1 begin.
    top = np.maximum.reduceat(usage, where)
    least = least_over(capacity, s_lo, s_hi)
    dead = [
        (node[s], a)
        for s in np.flatnonzero(top > least)
        for a in np.flatnonzero(usage[where[s] : where[s] + graph.size[node[s]]] > least[s])
    ]
    load = np.zeros(steps + 1, np.int64)
    np.add.at(load, s_lo, top)
    np.subtract.at(load, s_hi, top)
    keep = np.cumsum(load)[:steps] > capacity
    for _ in range(2):
        more, less = boundary_changes(graph.size, node, s_lo, s_hi, where, usage, len(capacity))
        undominated(keep, capacity, more, less)
        rank = np.concatenate(([0], np.cumsum(keep)))
        s_lo, s_hi = rank[s_lo], rank[s_hi]
        lasting = s_hi > s_lo
        node, s_lo, s_hi, where = node[lasting], s_lo[lasting], s_hi[lasting], where[lasting]
        capacity = capacity[keep]
        keep = np.ones(len(capacity), np.bool_)
    return (
        Segments(node, s_lo, s_hi, where, usage, capacity),
        np.array(dead, np.int64).reshape(-1, 2),
        -1,
    )
