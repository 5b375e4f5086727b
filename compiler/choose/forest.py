"""
Moves that re-choose an induced forest of the core exactly, everything else held.

A random order of a region's nodes is taken greedily: a node joins unless it would close a cycle. Messages go from the
leaves up, choices from the roots down. `decode_forest` minimises the priced energy, memory aside; `polish` keeps a
choice feasible: going down, a node takes the best strategy that fits into the memory left.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from eggshard.choose.compiled import entry, inner
from eggshard.choose.core import BARRED, Core
from eggshard.choose.slack import hold, least_slack


class Work(NamedTuple):
    """Scratch of one thread. `state` is its random state; `stamp` marks nodes by round, which `meter` counts."""

    order: Any
    rank: Any
    joined: Any
    parent: Any
    up: Any
    old: Any
    state: Any
    stamp: Any
    meter: Any


def new_work(core: Core, seed: int) -> Work:
    n = len(core.first) - 1
    state = np.array([(seed * 0x9E3779B97F4A7C15 + 0x1234567) % 2**64 | 1], np.uint64)
    return Work(
        np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64),
        np.zeros(len(core.cost)), np.zeros(n, np.int64), state, np.zeros((2, n), np.int64), np.zeros(4, np.int64),
    )  # fmt: skip


@inner
def draw(state: Any, below: int) -> int:
    """A random number in 0 .. below - 1 (xorshift64)."""
    x = state[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    state[0] = x
    return int(np.int64((x >> np.uint64(11)) % np.uint64(below)))


@inner
def root_of(joined: Any, v: int) -> int:
    while joined[v] != v:
        joined[v] = joined[joined[v]]
        v = joined[v]
    return v


@inner
def pick_region(core: Any, w: Any, target: int) -> int:
    """`order[:count]`: `target` nodes, a ball around a random node (several where it runs out), shuffled."""
    n = len(core.first) - 1
    w.meter[0] += 1
    mark = w.meter[0]
    stamp = w.stamp[0]
    count, done = 0, 0
    if target >= n:
        for v in range(n):
            w.order[v] = v
            stamp[v] = mark
        count = n
    while count < target and count < n:
        if done == count:
            v = draw(w.state, n)
            tries = 0
            while stamp[v] == mark and tries < n:
                v = (v + 1) % n
                tries += 1
            stamp[v] = mark
            w.order[count] = v
            count += 1
        # A random frontier node is expanded, so balls differ in shape.
        pick = done + draw(w.state, count - done)
        v = w.order[pick]
        w.order[pick] = w.order[done]
        w.order[done] = v
        done += 1
        for h in range(core.nbr[v], core.nbr[v + 1]):
            x = core.other[h]
            if stamp[x] != mark and count < target:
                stamp[x] = mark
                w.order[count] = x
                count += 1
    for i in range(count - 1, 0, -1):
        j = draw(w.state, i + 1)
        w.order[i], w.order[j] = w.order[j], w.order[i]
    return count


@inner
def grow_forest(core: Any, w: Any, count: int) -> int:
    """Turns `order[:count]` into an induced forest in top-down order with `parent` half-edges (-1: root)."""
    mark = w.meter[0]
    inside = w.stamp[1]
    kept = 0
    for i in range(count):
        v = w.order[i]
        w.joined[v] = v
        cycle = False
        for h in range(core.nbr[v], core.nbr[v + 1]):
            x = core.other[h]
            if inside[x] == mark:
                r = root_of(w.joined, x)
                if w.joined[v] == v and r == v:
                    cycle = True
                    break
                # Mark the tree as reached by hanging it under v; undone below if v closes a cycle.
                w.joined[r] = v
        if cycle:
            for h in range(core.nbr[v], core.nbr[v + 1]):
                x = core.other[h]
                if inside[x] == mark:
                    r = x
                    while w.joined[r] != v and w.joined[r] != r:
                        r = w.joined[r]
                    w.joined[r] = r
            continue
        inside[v] = mark
        w.order[kept] = v
        kept += 1
    # Breadth first from each tree's first node; `rank` serves as the queue.
    reached = w.joined
    for i in range(kept):
        reached[w.order[i]] = -1
    tail = 0
    for i in range(kept):
        r = w.order[i]
        if reached[r] >= 0:
            continue
        reached[r] = 0
        w.parent[r] = -1
        w.rank[tail] = r
        head = tail
        tail += 1
        while head < tail:
            v = w.rank[head]
            head += 1
            for h in range(core.nbr[v], core.nbr[v + 1]):
                x = core.other[h]
                if inside[x] == mark and reached[x] < 0:
                    reached[x] = 0
                    w.parent[x] = core.twin[h]
                    w.rank[tail] = x
                    tail += 1
    for i in range(kept):
        w.order[i] = w.rank[i]
    return kept


@inner
def send_up(core: Any, theta: Any, choice: Any, w: Any, kept: int) -> None:
    """`up[v]` = theta, tables to nodes outside the forest at their choice, and the minima of the subtrees below."""
    mark = w.meter[0]
    inside = w.stamp[1]
    for i in range(kept):
        v = w.order[i]
        f = core.first[v]
        k = core.first[v + 1] - f
        for a in range(k):
            w.up[f + a] = theta[f + a]
        for h in range(core.nbr[v], core.nbr[v + 1]):
            x = core.other[h]
            if inside[x] != mark:
                column = core.table[core.twin[h]] + choice[x] * k
                for a in range(k):
                    w.up[f + a] += core.entries[column + a]
    for i in range(kept - 1, -1, -1):
        v = w.order[i]
        h = w.parent[v]
        if h < 0:
            continue
        p = core.other[h]
        f, g = core.first[v], core.first[p]
        k = core.first[v + 1] - f
        for b in range(core.first[p + 1] - g):
            column = core.table[core.twin[h]] + b * k
            least = w.up[f] + core.entries[column]
            for a in range(1, k):
                least = min(least, w.up[f + a] + core.entries[column + a])
            w.up[g + b] += least


@entry
def decode_forest(core: Any, theta: Any, choice: Any, w: Any, rounds: int) -> None:
    """Lowers the priced energy of `choice` by `rounds` random forests over the whole core; memory is not looked at."""
    for _ in range(rounds):
        kept = grow_forest(core, w, pick_region(core, w, len(choice)))
        send_up(core, theta, choice, w, kept)
        for i in range(kept):
            v = w.order[i]
            f = core.first[v]
            k = core.first[v + 1] - f
            h = w.parent[v]
            column = core.table[core.twin[h]] + choice[core.other[h]] * k if h >= 0 else 0
            best, arg = 1e300, 0
            for a in range(k):
                value = w.up[f + a] + (core.entries[column + a] if h >= 0 else 0.0)
                if value < best:
                    best, arg = value, a
            choice[v] = arg


@inner
def local_cost(core: Any, goal: Any, choice: Any, w: Any, kept: int) -> float:
    """`goal` of the forest's nodes and all tables that touch it."""
    mark = w.meter[0]
    inside = w.stamp[1]
    total = 0.0
    for i in range(kept):
        v = w.order[i]
        total += goal[core.first[v] + choice[v]]
        for h in range(core.nbr[v], core.nbr[v + 1]):
            x = core.other[h]
            if inside[x] != mark or x > v:
                total += core.entries[core.table[h] + choice[v] * (core.first[x + 1] - core.first[x]) + choice[x]]
    return total


@inner
def best_fitting(core: Any, slack: Any, v: int, w: Any, column: int, free: Any) -> int:
    """The cheapest strategy whose memory fits into what is left, or -1."""
    f = core.first[v]
    k = core.first[v + 1] - f
    begin, end = core.seg[v], core.seg[v + 1]
    for s in range(begin, end):
        free[s - begin] = least_slack(slack, core.lo[s], core.hi[s])
    best, arg = BARRED / 2, -1
    for a in range(k):
        value = w.up[f + a] + (core.entries[column + a] if column >= 0 else 0.0)
        if value < best:
            fits = True
            for s in range(begin, end):
                if core.usage[core.where[s] + a] > free[s - begin]:
                    fits = False
                    break
            if fits:
                best, arg = value, a
    return arg


@entry
def polish(
    core: Any,
    theta: Any,
    goal: Any,
    choice: Any,
    slack: Any,
    w: Any,
    free: Any,
    region: int,
    rounds: int,
    leeway: float,
) -> float:
    """
    Improves a choice that fits by `rounds` forests over regions of about `region` nodes; returns the change of `goal`.

    Forests are decoded by `theta` (costs and priced memory) and judged by `goal`, both per strategy.

    Half of the rounds give back the memory of the whole forest before choosing, the others one node's at a time (then
    staying always fits). A round is undone if it does not fit or raises the goal by more than `leeway`.
    """
    gained = 0.0
    for _ in range(rounds):
        kept = grow_forest(core, w, pick_region(core, w, region))
        send_up(core, theta, choice, w, kept)
        before = local_cost(core, goal, choice, w, kept)
        together = draw(w.state, 2) == 0
        for i in range(kept):
            v = w.order[i]
            w.old[i] = choice[v]
            if together:
                hold(core, slack, v, choice[v], -1.0)
        done = 0
        while done < kept:
            v = w.order[done]
            if not together:
                hold(core, slack, v, choice[v], -1.0)
            h = w.parent[v]
            k = core.first[v + 1] - core.first[v]
            column = core.table[core.twin[h]] + choice[core.other[h]] * k if h >= 0 else -1
            a = best_fitting(core, slack, v, w, column, free)
            if a < 0:
                if not together:
                    hold(core, slack, v, choice[v], 1.0)
                break
            choice[v] = a
            hold(core, slack, v, a, 1.0)
            done += 1
        change = local_cost(core, goal, choice, w, kept) - before if done == kept else 1e300
        if change > leeway:
            for i in range(kept):
                v = w.order[i]
                if i < done:
                    if choice[v] != w.old[i]:
                        hold(core, slack, v, choice[v], -1.0)
                        hold(core, slack, v, w.old[i], 1.0)
                elif together:
                    hold(core, slack, v, w.old[i], 1.0)
                choice[v] = w.old[i]
        else:
            gained += change
    return gained
