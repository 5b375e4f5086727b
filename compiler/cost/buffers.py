"""
Buffers of one program laid out in memory, as XLA's buffer assignment does it.

Large ones first. Memory of a result may hold temporaries before the result is written; what finds no such place goes
into one arena, each buffer into the tightest gap between those that live at the same time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

ALIGNMENT = 64


@dataclass(slots=True)
class Buffer:
    """
    Bytes that live from step `first` through step `last`.

    `takes` are the buffers whose memory it may take over in the step in which they end and it begins. A `returned`
    buffer has memory of its own from start to end; `given` is the interval in which an argument lies there before it.
    """

    bytes: int
    first: int
    last: int
    takes: list[int] = field(default_factory=list)
    returned: bool = False
    given: tuple[int, int] | None = None


def arena_bytes(buffers: Sequence[Buffer]) -> int:
    """
    Bytes of the arena that holds whatever finds no place in the memory of results.

    Of several results that have room, which one takes a temporary depends on more than is known here: the larger of
    what follows from taking the first and the last.
    """
    taken: dict[int, set[int]] = {index: set(buffer.takes) for index, buffer in enumerate(buffers)}
    order = sorted(
        (index for index, buffer in enumerate(buffers) if buffer.bytes),
        key=lambda i: (-buffers[i].bytes, not buffers[i].returned, buffers[i].first),
    )
    left = [_homeless(order, buffers, taken, which) for which in (0, -1)]
    return max(_packed(each, buffers, taken) for each in (left if left[0] != left[1] else left[:1]))


def _homeless(order: Sequence[int], buffers: Sequence[Buffer], taken: dict[int, set[int]], which: int) -> list[int]:
    """The buffers, in this order, that find no place in the memory of results, of those with room in number `which`."""
    slots = _Table(len(buffers) * 2)
    slot = 0
    left = []
    for index in order:
        buffer = buffers[index]
        if buffer.returned:
            slots.add(index, buffer.first, buffer.last, slot)
            if buffer.given is not None:
                slots.add(-1, *buffer.given, slot)
            slot += 1
            continue
        if slot:
            blocked = slots.where[: slots.count][slots.overlapping(buffer, index, taken)]
            free = np.ones(slot, bool)
            free[blocked] = False
            if free.any():
                slots.add(index, buffer.first, buffer.last, int(np.flatnonzero(free)[which]))
                continue
        left.append(index)
    return left


def most_live(buffers: Sequence[Buffer]) -> tuple[int, int]:
    """The largest sum of bytes that live at one time, those of results not counted, and its step."""
    events: dict[int, int] = {}
    for buffer in buffers:
        if not buffer.returned:
            events[buffer.first] = events.get(buffer.first, 0) + buffer.bytes
            events[buffer.last + 1] = events.get(buffer.last + 1, 0) - buffer.bytes
    live = peak = at = 0
    for step in sorted(events):
        live += events[step]
        if live > peak:
            peak, at = live, step
    return peak, at


def _packed(order: Sequence[int], buffers: Sequence[Buffer], taken: dict[int, set[int]]) -> int:
    """The height of the arena with buffers placed in this order, the largest first."""
    placed = _Table(len(order))
    ends = np.zeros(len(order), np.int64)
    height = 0
    for index in order:
        buffer = buffers[index]
        rows = placed.overlapping(buffer, index, taken)
        starts, stops = placed.where[: placed.count][rows], ends[: placed.count][rows]
        at = _tightest_gap(starts, stops, buffer.bytes)
        ends[placed.count] = at + buffer.bytes
        placed.add(index, buffer.first, buffer.last, at)
        height = max(height, at + buffer.bytes)
    return height


def _tightest_gap(starts: Ints, stops: Ints, size: int) -> int:
    """The aligned offset of the smallest gap that holds `size` bytes, or the first offset above everything."""
    if not len(starts):
        return 0
    order = np.argsort(starts)
    reached = np.maximum.accumulate(-(-stops[order] // ALIGNMENT) * ALIGNMENT)
    begins = np.concatenate([[0], reached])
    gaps = starts[order] - begins[:-1]
    fitting = np.flatnonzero(gaps >= size)
    if len(fitting):
        return int(begins[fitting[np.argmin(gaps[fitting])]])
    return int(begins[-1])


class _Table:
    """Placed intervals as columns, so that one buffer is compared with all of them at once."""

    def __init__(self, room: int):
        self.index = np.zeros(room, np.int64)
        self.first = np.zeros(room, np.int64)
        self.last = np.zeros(room, np.int64)
        self.where = np.zeros(room, np.int64)
        self.count = 0

    def add(self, index: int, first: int, last: int, where: int) -> None:
        row = self.count
        self.index[row], self.first[row], self.last[row], self.where[row] = index, first, last, where
        self.count += 1

    def overlapping(self, buffer: Buffer, index: int, taken: dict[int, set[int]]) -> Ints:
        """Rows that live when `buffer` does, without those that hand their memory on to it or take it over."""
        first, last = self.first[: self.count], self.last[: self.count]
        rows = np.flatnonzero((last >= buffer.first) & (first <= buffer.last))
        touching = rows[(last[rows] == buffer.first) | (first[rows] == buffer.last)]
        passed = [
            row
            for row in touching
            if (last[row] == buffer.first and int(self.index[row]) in taken[index])
            or (first[row] == buffer.last and self.index[row] >= 0 and index in taken[int(self.index[row])])
        ]
        return np.setdiff1d(rows, passed) if passed else rows
