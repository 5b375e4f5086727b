"""
Collectives by alpha and beta: messages cost seconds each, bytes cost seconds over the rate.

A group over several axes works axis by axis. Gathering begins with the slowest axis, while shards are small. What a
device must send through its port is the bound; rings and pairwise exchanges reach it on the machines of the catalogue.
Devices that share a memory copy instead: each waits for all others once, then reads and writes what it ends up with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from eggshard.cost.batch import Codes, CollectiveKind, Floats, Ints

Mask = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@dataclass(frozen=True)
class Groups:
    """
    Groups of devices: spans [n, a] with the attained rate, message seconds and topology of each axis, all [n, a].

    A group whose axes are all `copies` exchanges through memory.
    """

    spans: Ints
    rates: Floats
    seconds: Floats
    torus: Mask
    copies: Mask

    def slowest_first(self) -> Groups:
        """The axes of each group in order of rate; axes of span 1 stand anywhere."""
        order = np.argsort(self.rates, axis=1, kind="stable")
        return Groups(
            np.take_along_axis(self.spans, order, 1),
            np.take_along_axis(self.rates, order, 1),
            np.take_along_axis(self.seconds, order, 1),
            np.take_along_axis(self.torus, order, 1),
            np.take_along_axis(self.copies, order, 1),
        )

    def of(self, rows: Mask) -> Groups:
        """Some of the groups."""
        return Groups(self.spans[rows], self.rates[rows], self.seconds[rows], self.torus[rows], self.copies[rows])


def collective_seconds(kind: Codes, size: Floats, groups: Groups, start: float) -> Floats:
    """
    Seconds of each collective of `size` bytes a device (before); `start` is what any collective costs at least.

    all_reduce is the cheaper of reduce_scatter + all_gather and a tree, so it costs at most the two together. Either of
    them is at most an all_reduce of the whole (which can stand in for it), so it is never cheaper than one alone.
    """
    ordered = groups.slowest_first()
    members = ordered.spans.prod(axis=1)
    total = np.zeros(len(size))
    through_memory = (ordered.copies | (ordered.spans == 1)).all(axis=1)
    for code, formula in FORMULAS.items():
        rows = (kind == code) & ~through_memory
        if rows.any():
            total[rows] = formula(size[rows], members[rows].astype(np.float64), ordered.of(rows))
        rows = (kind == code) & through_memory
        if rows.any():
            total[rows] = _copied(COPIED[code](size[rows], members[rows].astype(np.float64)), ordered.of(rows))
    return np.where(members > 1, total + start, 0.0)


def _ring(shard: Floats, groups: Groups) -> Floats:
    """Each device ends with every shard of its group, or backwards: begins with all terms and ends with one shard."""
    total = np.zeros(len(shard))
    held = shard.copy()
    for column in range(groups.spans.shape[1]):
        others = groups.spans[:, column] - 1.0
        total += others * (groups.seconds[:, column] + held / groups.rates[:, column])
        held *= groups.spans[:, column]
    return total


def _tree(whole: Floats, groups: Groups) -> Floats:
    """Up and down a pipelined tree: latency by depth, twice the bytes through the slowest port."""
    halving = np.ceil(np.log2(groups.spans))
    depth = np.where(groups.torus, np.maximum(halving, groups.spans // 2), halving)
    slowest = np.where(groups.spans > 1, groups.rates, np.inf).min(axis=1)
    seconds: Floats = 2.0 * (depth * groups.seconds).sum(axis=1) + 2.0 * whole / slowest
    return seconds


def _all_reduce(size: Floats, members: Floats, groups: Groups) -> Floats:
    return np.minimum(2.0 * _ring(size / members, groups), _tree(size, groups))


def _all_gather(size: Floats, members: Floats, groups: Groups) -> Floats:
    return np.minimum(_ring(size, groups), _tree(size * members, groups))


def _reduce_scatter(size: Floats, members: Floats, groups: Groups) -> Floats:
    return np.minimum(_ring(size / members, groups), _tree(size, groups))


def _all_to_all(size: Floats, members: Floats, groups: Groups) -> Floats:
    """All but a device's own part moves; on a ring of s the average part travels s / 4 hops."""
    spans = groups.spans
    moved = np.where(groups.torus, np.maximum((spans - 1) / spans, spans / 4.0 * (spans > 1)), (spans - 1) / spans)
    seconds: Floats = ((spans - 1) * groups.seconds + moved * size[:, None] / groups.rates).sum(axis=1)
    return seconds


def _collective_permute(size: Floats, members: Floats, groups: Groups) -> Floats:
    crossed = groups.spans > 1
    slowest = np.where(crossed, groups.rates, np.inf).min(axis=1)
    seconds: Floats = np.where(crossed, groups.seconds, 0.0).max(axis=1) + size / slowest
    return seconds


def _copied(moved: Floats, groups: Groups) -> Floats:
    """So many bytes read and written, after a rendezvous of all members."""
    crossed = groups.spans > 1
    slowest = np.where(crossed, groups.rates, np.inf).min(axis=1)
    waits = np.where(crossed, groups.seconds, 0.0).max(axis=1) * (groups.spans.prod(axis=1) - 1.0)
    seconds: Floats = waits + moved / slowest
    return seconds


FORMULAS = {
    CollectiveKind.ALL_GATHER: _all_gather,
    CollectiveKind.ALL_REDUCE: _all_reduce,
    CollectiveKind.REDUCE_SCATTER: _reduce_scatter,
    CollectiveKind.ALL_TO_ALL: _all_to_all,
    CollectiveKind.COLLECTIVE_PERMUTE: _collective_permute,
}

COPIED: dict[CollectiveKind, Callable[[Floats, Floats], Floats]] = {
    CollectiveKind.ALL_GATHER: lambda size, members: 2.0 * size * members,
    CollectiveKind.ALL_REDUCE: lambda size, members: 2.0 * size,
    CollectiveKind.REDUCE_SCATTER: lambda size, members: size + size / members,
    CollectiveKind.ALL_TO_ALL: lambda size, members: 2.0 * size,
    CollectiveKind.COLLECTIVE_PERMUTE: lambda size, members: 2.0 * size,
}
"""Bytes that a device reads and writes, from those that it holds before and the members of its group."""
