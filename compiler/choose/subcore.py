"""
A part of a core on its own: what is left to choose where most nodes are held.

Held nodes go: their costs into a constant, their tables into the costs of their neighbours, their memory out of the
capacities. So what a part costs to search does not depend on the size of the whole.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from eggshard.choose.core import BARRED, Core, Reduced
from eggshard.choose.graph import FORBIDDEN, ranges
from eggshard.choose.problem import Ints


class Part(NamedTuple):
    """`core` with its exact costs; its node v is node `nodes[v]` of the whole, strategy x there is `strategies[x]`."""

    core: Core
    exact_cost: Ints
    exact_entries: Ints
    nodes: Ints
    strategies: Ints
    kept: Ints
    """Message slots of the whole, one for each of the part's."""


def part_of(reduced: Reduced, allowed: Any, inside: Any, choice: Ints, load: Any) -> Part:
    """
    The core of the nodes `inside` [nodes] with their `allowed` strategies [strategies]; the others are as chosen.

    `load` is the memory that the choice holds, [cells]. The choice's own strategies always stay.
    """
    core = reduced.core
    first, sizes = core.first, np.diff(core.first)
    owner = np.repeat(np.arange(len(sizes)), sizes)
    stays = allowed & inside[owner]
    stays[first[:-1][inside] + choice[inside]] = True
    strategies = np.flatnonzero(stays)
    nodes = np.flatnonzero(inside)
    rank = np.full(len(sizes), -1, np.int64)
    rank[nodes] = np.arange(len(nodes))
    at = np.full(len(owner), -1, np.int64)
    at[strategies] = np.arange(len(strategies))
    new_sizes = np.bincount(rank[owner[strategies]], minlength=len(nodes))
    new_first = np.concatenate(([0], np.cumsum(new_sizes)))

    halves = ranges(core.nbr[nodes], np.diff(core.nbr)[nodes])
    source = np.repeat(nodes, np.diff(core.nbr)[nodes])
    target = core.other[halves]
    joined = inside[target]
    cost = reduced.exact_cost[strategies].copy()
    # Tables to held neighbours: the column of what the neighbour has chosen.
    cut, at_cut = halves[~joined], source[~joined]
    rows = ranges(new_first[rank[at_cut]], new_sizes[rank[at_cut]])
    edge = np.repeat(np.arange(len(cut)), new_sizes[rank[at_cut]])
    held = target[~joined][edge]
    own = strategies[rows] - first[at_cut][edge]
    added = reduced.exact_entries[core.table[cut][edge] + own * sizes[held] + choice[held]]
    forbidden = np.zeros(len(cost), bool)
    forbidden[rows[added >= FORBIDDEN]] = True
    np.add.at(cost, rows, np.where(added >= FORBIDDEN, 0, added))
    cost[forbidden] = FORBIDDEN

    inner, a, b = halves[joined], rank[source[joined]], rank[target[joined]]
    place = np.full(len(core.other), -1, np.int64)
    place[inner] = np.arange(len(inner))
    nbr = np.searchsorted(a, np.arange(len(nodes) + 1))
    lengths = new_sizes[a]
    msg = np.concatenate(([0], np.cumsum(lengths)))
    slot_half = np.repeat(np.arange(len(inner)), lengths)
    slot_row = strategies[ranges(new_first[a], lengths)] - first[nodes[a]][slot_half]
    kept = core.msg[inner][slot_half] + slot_row
    table = np.concatenate(([0], np.cumsum(lengths * new_sizes[b])))
    widths = new_sizes[b][slot_half]
    columns = strategies[ranges(new_first[b][slot_half], widths)]
    entry_slot = np.repeat(np.arange(len(slot_half)), widths)
    start = core.table[inner][slot_half] + slot_row * sizes[nodes[b]][slot_half]
    entries = reduced.exact_entries[start[entry_slot] + columns - first[nodes[b]][slot_half][entry_slot]]

    segments = ranges(core.seg[nodes], np.diff(core.seg)[nodes])
    holder = np.repeat(np.arange(len(nodes)), np.diff(core.seg)[nodes])
    held_sizes = new_sizes[holder]
    where = np.concatenate(([0], np.cumsum(held_sizes)))
    of = strategies[ranges(new_first[holder], held_sizes)] - np.repeat(first[nodes[holder]], held_sizes)
    usage = core.usage[np.repeat(core.where[segments], held_sizes) + of]
    freed = np.zeros(len(core.capacity) + 1)
    now = core.usage[core.where[segments] + choice[nodes[holder]]]
    np.add.at(freed, core.lo[segments], now)
    np.subtract.at(freed, core.hi[segments], now)
    capacity = core.capacity - load + np.cumsum(freed)[:-1]
    part = Core(
        first=new_first, cost=np.where(cost >= FORBIDDEN, BARRED, cost.astype(np.float64)), nbr=nbr, other=b,
        twin=place[core.twin[inner]], msg=msg, table=table,
        entries=np.where(entries >= FORBIDDEN, BARRED, entries.astype(np.float64)),
        seg=np.searchsorted(holder, np.arange(len(nodes) + 1)), lo=core.lo[segments], hi=core.hi[segments],
        where=where, usage=usage, capacity=capacity,
    )  # fmt: skip
    return Part(part, cost, entries, nodes, strategies, kept)


def cost_within(part: Part, choice: Ints) -> int:
    """What the part costs by itself under a choice of its strategies, exactly."""
    core = part.core
    total: int = sum(part.exact_cost[core.first[:-1] + choice].tolist())
    source = np.repeat(np.arange(len(choice)), np.diff(core.nbr))
    half = np.flatnonzero(core.other > source)
    a, b = source[half], core.other[half]
    picked = core.table[half] + choice[a] * np.diff(core.first)[b] + choice[b]
    total += sum(part.exact_entries[picked].tolist())
    return total
