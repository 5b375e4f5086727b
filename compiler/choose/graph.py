"""
The problem as a graph that presolve rewrites in place.

Flat arrays only, so that compiled loops read them. Strategies keep their index throughout (a removed one is marked),
so maps recorded early stay valid. Every edge stands in the lists of both its nodes as half-edges 2e and 2e + 1.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from eggshard.choose.compiled import entry
from eggshard.choose.problem import INFINITE, Ints, Problem

FORBIDDEN = 2**62
"""What a forbidden table entry holds; sums of allowed costs stay below `LARGEST` in size."""

LARGEST = 2.0**56
"""So that proofs have bits left for prices and messages."""

POOL, MAPS, RECORDS, EDGE_HEAD, EDGE_COUNT, NODE_HEAD, NODE_COUNT, CONSTANT, EMPTIED, ROOM, CHANGED = range(11)
"""Slots of `Graph.counters`: used table entries, used map entries, records, two ring buffers, the cost of what is gone,
1 + a node that has no strategy left, table entries that may still be added, changes made."""

FOLD, LEAF, CHAIN, FIXED = range(4)
"""Kinds of records: j follows i and its memory is i's; j is the best for i; j is the best for (i, k); j is fixed."""


SIZE, FIRST, COUNT, STILL, HEAD, DEGREE, QUEUED, RING, GONE = range(9)
"""Rows of `Graph.nodes`: strategies and where they start in `cost`; how many are alive; whether the node's memory does
not depend on its strategy, or never matters; first half-edge; live edges; waits in the ring buffer; the buffer; whether
it is eliminated."""

TABLE, LIVE, NEXT = 2, 3, 4
"""Rows of `Graph.edges`: 0 and 1 the nodes; where the row-major entries start in `pool`; live; NEXT + side the next
half-edge in the list of that node (-1: none); QUEUED and RING as for nodes."""

ROW, COLUMN, SEEN = range(3)
"""Rows of `Graph.scratch`."""


class Graph(NamedTuple):
    """
    Few arrays, as each of them costs compile time in every loop.

    nodes, edges  [.., n], [.., m]  by row, see above;   cost [strategies] FORBIDDEN where it is not alive any more
    records       [n, 5]  (kind, j, i, k, start in `maps`), in order of elimination
    scratch       [.., max size]
    """

    nodes: Any
    edges: Any
    cost: Any
    pool: Any
    maps: Any
    records: Any
    scratch: Any
    counters: Any

    @property
    def size(self) -> Any:
        return self.nodes[SIZE]

    @property
    def first(self) -> Any:
        return self.nodes[FIRST]

    @property
    def count(self) -> Any:
        return self.nodes[COUNT]

    @property
    def still(self) -> Any:
        return self.nodes[STILL]

    @property
    def gone(self) -> Any:
        return self.nodes[GONE] != 0

    @property
    def live(self) -> Any:
        return self.edges[LIVE] != 0


def shift_of(problem: Problem) -> int:
    """How many low bits costs lose (rounded down) so that no sum of them can overflow; 0 on any sane problem."""
    total = largest_total(problem.costs, problem.offsets) + largest_total(problem.edge_costs, problem.edge_offsets)
    shift = 0
    while total / 2.0**shift > LARGEST:
        shift += 1
    return shift


@entry
def largest_total(values: Any, offsets: Any) -> float:
    """The sum over parts of the largest finite size in each."""
    total = 0.0
    for v in range(len(offsets) - 1):
        largest = 0
        for a in range(offsets[v], offsets[v + 1]):
            if values[a] < INFINITE:
                largest = max(largest, abs(values[a]))
        total += largest
    return total


def allowed(problem: Problem) -> Any:
    """Which strategies neither cost nor hold too much by themselves."""
    held = np.repeat(problem.intervals[:, 1] > problem.intervals[:, 0], np.diff(problem.offsets))
    fine = (problem.costs < INFINITE) & (problem.usages < INFINITE)
    # Negative usages elsewhere could make room; without any, what exceeds the limit alone never fits.
    if not bool((problem.usages[held] < 0).any()):
        fine &= ~held | (problem.usages <= problem.limit)
    return fine


def graph_of(problem: Problem, shift: int, follows: Ints | None = None) -> Graph:
    """
    The graph before any reduction; parallel edges are joined by the first pass of presolve.

    Node v takes the strategy that node `follows[v]` takes, which follows itself; by default all do.
    """
    n, m = problem.nodes, problem.edges
    size = np.diff(problem.offsets)
    alive = allowed(problem)
    cost = np.where(alive, problem.costs >> shift, FORBIDDEN)
    leader = np.arange(n) if follows is None else follows
    followers = np.flatnonzero(leader != np.arange(n))
    ends = leader[problem.edge_nodes] if m else problem.edge_nodes
    live = ends[:, 0] != ends[:, 1]
    if len(followers):
        _lead(problem, cost, leader, followers, np.flatnonzero(~live), shift)
    count = np.add.reduceat((cost < FORBIDDEN).astype(np.int64), problem.offsets[:-1]) if n else np.zeros(0, np.int64)
    count[followers] = 1
    pool = np.empty(len(problem.edge_costs) + 65536, np.int64)
    used = len(problem.edge_costs)
    np.right_shift(problem.edge_costs, shift, out=pool[:used])
    pool[:used][problem.edge_costs >= INFINITE] = FORBIDDEN
    counters = np.zeros(16, np.int64)
    counters[POOL] = used
    counters[ROOM] = 3 * used + 1_000_000
    if n and int(count.min()) == 0:
        counters[EMPTIED] = 1 + int(np.argmin(count))
    nodes, edges = np.zeros((GONE + 1, n), np.int64), np.zeros((RING + 1, m), np.int64)
    nodes[SIZE], nodes[FIRST], nodes[COUNT] = size, problem.offsets[:-1], count
    nodes[DEGREE] = np.bincount(ends[live].ravel(), minlength=n)
    nodes[HEAD], nxt = linked(n, ends)
    edges[:2], edges[TABLE], edges[LIVE] = ends.T, problem.edge_offsets[:-1], live
    edges[NEXT : NEXT + 2] = nxt.reshape(-1, 2).T
    maps = np.empty(4 * len(cost) + 65536, np.int32)
    records = np.zeros((n + 1, 5), np.int64)
    at = 0
    for r, v in enumerate(followers.tolist()):
        records[r] = FOLD, v, leader[v], leader[v], at
        maps[at : at + size[v]] = np.arange(size[v])
        at += int(size[v])
    counters[RECORDS], counters[MAPS], nodes[GONE, followers] = len(followers), at, 1
    return Graph(
        nodes=nodes, edges=edges, cost=cost, pool=pool, maps=maps, records=records,
        scratch=np.zeros((3, int(size.max(initial=1))), np.int64), counters=counters,
    )  # fmt: skip


def _lead(problem: Problem, cost: Any, leader: Ints, followers: Ints, loops: Ints, shift: int) -> None:
    """Adds to the costs of leaders what their followers cost, and what tables between nodes with one leader do."""
    sizes = np.diff(problem.offsets)
    first = problem.offsets[:-1]
    within = ranges(np.zeros(len(followers), np.int64), sizes[followers])
    own = np.repeat(first[followers], sizes[followers]) + within
    led = [np.repeat(first[leader[followers]], sizes[followers]) + within]
    values = [cost[own]]
    starts = leader[problem.edge_nodes[loops, 0]]
    width = sizes[starts]
    diagonal = ranges(np.zeros(len(loops), np.int64), width)
    at_diagonal = np.repeat(problem.edge_offsets[loops], width) + diagonal * (np.repeat(width, width) + 1)
    entries = problem.edge_costs[at_diagonal]
    led.append(np.repeat(first[starts], width) + diagonal)
    values.append(np.where(entries >= INFINITE, FORBIDDEN, entries >> shift))
    at, added = np.concatenate(led), np.concatenate(values)
    barred = added >= FORBIDDEN
    cost[at[barred & (cost[at] < FORBIDDEN)]] = FORBIDDEN
    fine = ~barred & (cost[at] < FORBIDDEN)
    np.add.at(cost, at[fine], added[fine])
    cost[own] = FORBIDDEN


def ranges(starts: Any, lengths: Any) -> Any:
    """starts[i] .. starts[i] + lengths[i] - 1 of all i, one after the other."""
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(int(np.sum(lengths)))


def linked(nodes: int, ends: Any) -> tuple[Any, Any]:
    """Half-edge lists: `head` [nodes] and `nxt` [2m], each node's half-edges in order."""
    owner = ends.ravel()
    order = np.argsort(owner, kind="stable")
    head = np.full(nodes, -1, np.int64)
    nxt = np.full(len(owner), -1, np.int64)
    sorted_owner = owner[order]
    same = sorted_owner[1:] == sorted_owner[:-1]
    nxt[order[:-1][same]] = order[1:][same]
    if len(owner):
        starts = np.concatenate(([True], ~same))
        head[sorted_owner[starts]] = order[starts]
    return head, nxt


def grown(graph: Graph) -> Graph:
    """The same graph with more room: what tables that are gone held, or where that is none, twice as much."""
    smaller = compacted(graph)
    if smaller.counters[POOL] < graph.counters[POOL] // 2:
        pool = np.empty(len(graph.pool), np.int64)
    else:
        pool = np.empty(2 * len(graph.pool), np.int64)
    pool[: smaller.counters[POOL]] = smaller.pool[: smaller.counters[POOL]]
    maps = np.empty(2 * len(graph.maps), np.int32)
    used = graph.counters[MAPS]
    maps[:used] = graph.maps[:used]
    return smaller._replace(pool=pool, maps=maps)


def compacted(graph: Graph) -> Graph:
    """A copy without the tables of edges that are gone, and with as much room again."""
    live = np.flatnonzero(graph.edges[LIVE])
    lengths = graph.size[graph.edges[0, live]] * graph.size[graph.edges[1, live]]
    starts = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    used = int(starts[-1])
    pool = np.empty(2 * used + 65536, np.int64)
    pool[:used] = graph.pool[np.repeat(graph.edges[TABLE, live] - starts[:-1], lengths) + np.arange(used)]
    copied = Graph(*(part if part is graph.pool else part.copy() for part in graph))._replace(pool=pool)
    copied.edges[TABLE, live] = starts[:-1]
    copied.counters[POOL] = used
    return copied
