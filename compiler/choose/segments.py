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
from eggshard.choose.graph import FIXED, FOLD, FORBIDDEN, RECORDS, Graph
from eggshard.choose.problem import Problem


class Members(NamedTuple):
    """
    Original nodes that hold memory, by the root whose strategy decides.

    starts [roots + 1] into `held`; held [3, members]: a member's interval lo, hi in compressed steps, and where its
    numbers start in `usage`, one per strategy (index space of the root, dead ones included).
    """

    roots: Any
    starts: Any
    held: Any
    usage: Any


class Segments(NamedTuple):
    """
    Per segment its node (root), kept cells [lo, hi), where its usages start; `usage`; `capacity` per kept cell, and the
    step at which it begins.
    """

    node: Any
    lo: Any
    hi: Any
    where: Any
    usage: Any
    capacity: Any
    steps: Any


@entry
def find_roots(records: Any, count: int, root: Any, holder: Any) -> None:
    """
    `root` of every node (-1: eliminated with constant memory) and `holder`, the node in whose strategies its own are
    told (for root -1 the eliminated node itself). Both start as the identity.
    """
    for r in range(count):
        if records[r, 0] != FOLD:
            root[records[r, 1]] = -1
    for r in range(count - 1, -1, -1):
        if records[r, 0] == FOLD:
            j, i = records[r, 1], records[r, 2]
            holder[j] = holder[i]
            root[j] = root[i]


@entry
def follow(
    records: Any, count: int, maps: Any, size: Any, first: Any, cost: Any, holder: Any, start: Any, via: Any
) -> None:
    """via[start[v] + a]: the strategy of v when its holder has strategy a; -1 stays where that one is not alive."""
    for v in range(len(size)):
        if holder[v] == v:
            for a in range(size[v]):
                if cost[first[v] + a] < FORBIDDEN:
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
        least, most = FORBIDDEN, -FORBIDDEN
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
    roots: Any, starts: Any, held: Any, held_usage: Any, order: Any, size: Any, first: Any, cost: Any,
    base: Any, now: Any, out: Any, usage: Any,
) -> int:  # fmt: skip
    """
    Disjoint segments of every root, usages minus their minimum over alive strategies (which goes into `base`).

    `order` lists events 2x (member x begins) and 2x + 1 (it ends) by root, then time; `now` is scratch. Returns how
    many there are, (node, lo, hi, where) in columns of `out`; -1 where the room in `out` or `usage` did not suffice.
    """
    count, used = 0, 0
    for x in range(len(roots)):
        r = roots[x]
        f, k = first[r], size[r]
        last = -1
        t = 0
        for a in range(k):
            now[a] = 0
        for z in range(2 * starts[x], 2 * starts[x + 1]):
            event = order[z]
            t0 = t
            t = held[event & 1, event >> 1]
            if t > t0:
                least = FORBIDDEN
                most = -FORBIDDEN
                for a in range(k):
                    if cost[f + a] < FORBIDDEN:
                        least = min(least, now[a])
                        most = max(most, now[a])
                base[t0] += least
                base[t] -= least
                if most > least:
                    if count >= out.shape[1] or used + k > len(usage):
                        return -1
                    same = last >= 0 and out[2, last] == t0
                    for a in range(k):
                        usage[used + a] = now[a] - least if cost[f + a] < FORBIDDEN else 0
                        same = same and usage[used + a] == usage[out[3, last] + a]
                    if same:
                        out[2, last] = t
                    else:
                        out[0, count], out[1, count], out[2, count], out[3, count] = r, t0, t, used
                        last = count
                        count += 1
                        used += k
            at = held[2, event >> 1]
            for a in range(k):
                u = held_usage[at + a]
                now[a] += -u if event & 1 else u
    return count


@entry
def boundary_changes(
    size: Any, node: Any, lo: Any, hi: Any, where: Any, usage: Any, more: Any, less: Any
) -> None:  # fmt: skip
    """
    Per boundary b (between cells b - 1 and b), added up over nodes: how much more than before (`more`), and how much
    less (`less`), a node may hold. Segments of one node stand together, by time.
    """
    for s in range(len(node)):
        k = size[node[s]]
        top = 0
        for a in range(k):
            top = max(top, usage[where[s] + a])
        if s == 0 or node[s - 1] != node[s] or hi[s - 1] != lo[s]:
            more[lo[s]] += top
        if s + 1 < len(node) and node[s + 1] == node[s] and lo[s + 1] == hi[s]:
            up, down = 0, 0
            for a in range(k):
                d = usage[where[s + 1] + a] - usage[where[s] + a]
                up, down = max(up, d), max(down, -d)
            more[hi[s]] += up
            less[hi[s]] += down
        else:
            less[hi[s]] += top


@entry
def undominated(keep: Any, capacity: Any, more: Any, less: Any, stack: Any) -> None:
    """
    Clears `keep` of every kept cell that an adjacent kept cell implies (a stack over time, transitively).

    `stack` [3, cells] is scratch: a cell, and the changes since the one below it.
    """
    depth = 0
    up, down = 0, 0
    for c in range(len(capacity)):
        up += more[c]
        down += less[c]
        if not keep[c]:
            continue
        while depth > 0 and down <= capacity[stack[0, depth - 1]] - capacity[c]:
            depth -= 1
            keep[stack[0, depth]] = False
            up += stack[1, depth]
            down += stack[2, depth]
        if depth > 0 and up <= capacity[c] - capacity[stack[0, depth - 1]]:
            keep[c] = False
            continue
        stack[0, depth], stack[1, depth], stack[2, depth] = c, up, down
        depth += 1
        up, down = 0, 0


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
    root, holder = np.arange(problem.nodes), np.arange(problem.nodes)
    count = int(graph.counters[RECORDS])
    find_roots(graph.records, count, root, holder)
    start = np.concatenate(([0], np.cumsum(graph.size[holder])))
    via = np.full(int(start[-1]), -1, np.int32)
    follow(graph.records, count, graph.maps, graph.size, graph.first, graph.cost, holder, start, via)
    usage = np.empty(len(via), np.int64)
    where = np.empty(problem.nodes, np.int64)
    used = gather(root, start, via, problem.offsets, problem.usages, lo, hi, base, usage, where)
    nodes = np.flatnonzero(where >= 0)
    nodes = nodes[np.argsort(root[nodes], kind="stable")]
    roots, starts = np.unique(root[nodes], return_index=True)
    return Members(roots, np.append(starts, len(nodes)), np.stack((lo[nodes], hi[nodes], where[nodes])), usage[:used])


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
        return Segments(*[empty] * 7), nothing, -1
    base = np.zeros(steps + 1, np.int64)
    members = members_of(problem, graph, lo, hi, base)
    room = 2 * members.held.shape[1] + 16
    times = members.held[:2].T.ravel()
    order = np.lexsort((times, np.repeat(np.arange(len(members.roots)), 2 * np.diff(members.starts))))
    while True:
        trial = base.copy()
        out, usage = np.empty((4, room), np.int64), np.empty(8 * room, np.int64)
        count = cut(*members, order, graph.size, graph.first, graph.cost, trial, graph.scratch[0], out, usage)
        if count >= 0:
            break
        room *= 2
    capacity = problem.limit - np.cumsum(trial)[:steps]
    if int(capacity.min()) < 0:
        return Segments(*[empty] * 7), nothing, int(points[np.argmin(capacity)])
    if count == 0:
        return Segments(*[empty] * 7), nothing, -1
    node, s_lo, s_hi, where = out[:, :count]
    usage = usage[: where[-1] + graph.size[node[-1]]]
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
    begins = points[:steps]
    for _ in range(2):
        more, less = np.zeros((2, len(capacity) + 1), np.int64)
        boundary_changes(graph.size, node, s_lo, s_hi, where, usage, more, less)
        undominated(keep, capacity, more, less, np.empty((3, len(capacity)), np.int64))
        rank = np.concatenate(([0], np.cumsum(keep)))
        s_lo, s_hi = rank[s_lo], rank[s_hi]
        lasting = s_hi > s_lo
        node, s_lo, s_hi, where = node[lasting], s_lo[lasting], s_hi[lasting], where[lasting]
        capacity, begins = capacity[keep], begins[keep]
        keep = np.ones(len(capacity), np.bool_)
    return (
        Segments(node, s_lo, s_hi, where, usage, capacity, begins),
        np.array(dead, np.int64).reshape(-1, 2),
        -1,
    )
