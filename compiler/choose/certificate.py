"""
Bounds that are proofs: a dual point judged in whole numbers.

Any messages m and any prices >= 0 give a lower bound on every choice that fits: with

    theta'_v(a) = cost_v(a) + usage_v(a) * prices + sum over half-edges h of v of m_h(a)
    T'_vw(a, b) = T_vw(a, b) - m_vw(a) - m_wv(b)

it is the sum over nodes of min theta', plus that over edges of min T', minus prices * capacity. Floats only say which
point is judged. The point is rounded to multiples of 2**-bits, and from there on all is int64 without overflow, so no
tolerance enters. Costs are whole, hence the bound is rounded up to a whole number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eggshard.choose.compiled import entry
from eggshard.choose.core import Core
from eggshard.choose.cuts import Cut
from eggshard.choose.graph import FORBIDDEN
from eggshard.choose.problem import Ints

ROOM = 2.0**58
"""What the sum of all magnitudes may reach, so that no partial sum leaves 64 bits."""

BARRED = 2**60
"""What a forbidden entry counts: more than any sum of allowed ones."""


STEEP = 2**52
"""What one table adds to a strategy is not told beyond this, so that many tables can be added."""


def edgewise(core: Core, theta: Any, messages: Any, point: Any) -> None:
    """
    The dual point of the kind above that a forward `sweep` passes through: its bound is that of the sweep.

    A sweep gives each edge ahead of v the share c(a) = gamma theta^_v(a) - m_wv(a), and passes on what is sure; here
    the share and what was passed on are both written down. Neither `theta` nor `messages` changes.
    """
    point[:] = messages
    hat = np.empty(int(np.diff(core.first).max(initial=1)))
    write_down(
        core.first, core.nbr, core.other, core.twin, core.msg, core.table, core.entries, theta, point, hat
    )  # fmt: skip


@entry
def write_down(
    first: Any, nbr: Any, other: Any, twin: Any, msg: Any, table: Any, entries: Any, theta: Any, point: Any, hat: Any
) -> None:
    """The loop of `edgewise`; hat is scratch, as long as the largest node."""
    for v in range(len(first) - 1):
        f = first[v]
        k = first[v + 1] - f
        for a in range(k):
            hat[a] = theta[f + a]
        ahead = 0
        begin, end = nbr[v], nbr[v + 1]
        for h in range(begin, end):
            ahead += other[h] > v
            for a in range(k):
                hat[a] += point[msg[h] + a]
        gamma = 1.0 / max(ahead, end - begin - ahead, 1)
        for h in range(begin, end):
            w = other[h]
            if w < v:
                continue
            m, to = msg[h], msg[twin[h]]
            width_w = first[w + 1] - first[w]
            for a in range(k):
                point[m + a] -= gamma * hat[a]
            for b in range(width_w):
                least = np.inf
                for a in range(k):
                    least = min(least, entries[table[h] + a * width_w + b] - point[m + a])
                point[to + b] = least


@entry
def add_rises(
    first: Any, nbr: Any, other: Any, twin: Any, msg: Any, table: Any, entries: Any, theta: Any, point: Any, rise: Any
) -> None:
    """Adds to `rise` what each strategy adds to the bound of a dual point, in floats: a guide, no proof."""
    for v in range(len(first) - 1):
        f = first[v]
        k = first[v + 1] - f
        begin, end = nbr[v], nbr[v + 1]
        for a in range(k):
            rise[f + a] += theta[f + a]
            for h in range(begin, end):
                rise[f + a] += point[msg[h] + a]
        least = rise[f]
        for a in range(1, k):
            least = min(least, rise[f + a])
        for a in range(k):
            rise[f + a] -= least
        for h in range(begin, end):
            w = other[h]
            m, back = msg[h], msg[twin[h]]
            width = first[w + 1] - first[w]
            least = np.inf
            for a in range(k):
                for b in range(width):
                    least = min(least, entries[table[h] + a * width + b] - point[m + a] - point[back + b])
            for a in range(k):
                row = np.inf
                for b in range(width):
                    row = min(row, entries[table[h] + a * width + b] - point[m + a] - point[back + b])
                rise[f + a] += row - least


@dataclass(frozen=True)
class Point:
    """A dual point: edge-wise messages [core.msg[-1]], prices of cells and of cuts, all prices at least 0."""

    messages: Any
    prices: Any
    cuts: Sequence[Cut] = ()
    cut_prices: Any = ()


@dataclass(frozen=True)
class Certificate:
    """
    A bound of the core's cost, proven for choices within `allowed`, and what each strategy adds to it.

    `bound` is a whole number, or None where nothing is allowed any more: no choice fits.
    `excess` [strategies] in units of 2**-bits: a choice with strategy a costs at least base + excess[a], where
    `base` is the bound in those units, not yet rounded. `rows` [message slots] and `pairs` [entries]: what a row of a
    table and an entry add above the table's least entry.
    """

    bound: int | None
    base: int
    bits: int
    excess: Ints
    rows: Ints | None = None
    pairs: Ints | None = None

    def hopeless(self, cutoff: int) -> Any:
        """Which strategies [strategies] are in no choice that costs less than the cutoff."""
        return self.excess > ((cutoff - 1) << self.bits) - self.base


class Certifier:
    """Judges dual points of one core; what does not depend on the point is made once."""

    def __init__(self, core: Any, exact_cost: Ints, exact_entries: Ints):
        self.core = core
        self.cost, self.entries = exact_cost, exact_entries
        first, nbr = core.first, core.nbr
        self.nodes = len(first) - 1
        sizes = np.diff(first)
        self.owner = np.repeat(np.arange(self.nodes), sizes)
        """The node of a strategy."""
        self.half_owner = half_owner = np.repeat(np.arange(self.nodes), np.diff(nbr))
        # A message slot is a row of a table: (half-edge, strategy of its owner).
        self.slot_half = np.repeat(np.arange(len(core.other)), sizes[half_owner])
        within = np.arange(int(core.msg[-1])) - core.msg[:-1][self.slot_half]
        self.slot_strategy = first[half_owner][self.slot_half] + within
        self.row_width = sizes[core.other][self.slot_half]
        self.row_start = core.table[:-1][self.slot_half] + within * self.row_width
        # Per entry: the row it stands in, and the strategy and the message slot of its column.
        self.entry_row = np.repeat(np.arange(len(within)), self.row_width)
        column = np.arange(len(exact_entries)) - self.row_start[self.entry_row]
        half = self.slot_half[self.entry_row]
        self.entry_column = first[core.other[half]] + column
        self.entry_back = core.msg[core.twin[half]] + column
        finite = np.where(exact_entries >= FORBIDDEN, 0, np.abs(exact_entries))
        self._size = _total_of_largest(np.where(exact_cost >= FORBIDDEN, 0, np.abs(exact_cost)), first)
        self._size += _total_of_largest(finite, core.table)

    def __call__(
        self, messages: Any, prices: Any, allowed: Any = None, cuts: Sequence[Cut] = (), cut_prices: Any = ()
    ) -> Certificate | None:
        """
        The proof that messages [core.msg[-1]] and prices [cells] give, for choices among the `allowed` strategies.

        Cuts are rows like those of cells, with prices of their own.
        None where the numbers are too large for 64 bits, or no numbers at all.
        """
        core = self.core
        told_prices = np.maximum(np.asarray(cut_prices, np.float64), 0.0)
        bits = self._bits(messages, prices, cuts, told_prices)
        if bits is None:
            return None
        unit = 2.0**bits
        told = np.rint(messages * unit).astype(np.int64)
        # Prices are small and usages large: prices have more bits, and what they are paid for is rounded down.
        total = max(float(np.sum(np.maximum(prices, 0.0))), float(np.max(told_prices, initial=0.0)), 2.0**-60)
        fine = int(np.clip((60 - bits - np.ceil(np.log2(total))) // 2, 0, 20))
        price = np.rint(np.maximum(prices, 0.0) * unit * 2.0**fine).astype(np.int64)
        cut_price = np.rint(told_prices * unit * 2.0**fine).astype(np.int64)
        theta = self._theta(told, price, bits, fine, allowed, cuts, cut_price)
        least = np.minimum.reduceat(theta, core.first[:-1]) if self.nodes else theta
        if self.nodes and int(least.max()) >= BARRED // 2:
            return Certificate(None, 0, bits, np.zeros(len(theta), np.int64))
        room = sum(rate * int(most) for rate, most in zip(price.tolist(), core.capacity.tolist(), strict=True) if rate)
        room += sum(rate * cut.most for cut, rate in zip(cuts, cut_price.tolist(), strict=True))
        base = sum(least.tolist()) + (-room >> fine)
        excess = np.minimum(theta - least[self.owner], BARRED)
        if len(self.entries):
            left = self._left(told, bits, theta)
            rows = np.minimum.reduceat(left, self.row_start)
            ends = np.minimum.reduceat(rows, core.msg[:-1])
            if int(ends.max()) >= BARRED // 2:
                return Certificate(None, 0, bits, np.zeros(len(theta), np.int64))
            # Each edge is seen from both its ends, with the same least entry.
            base += sum(ends.tolist()) // 2
            slots = np.minimum(rows - ends[self.slot_half], STEEP)
            np.add.at(excess, self.slot_strategy, slots)
            pairs = np.minimum(left - ends[self.slot_half[self.entry_row]], STEEP)
            return Certificate(-((-base) >> bits), base, bits, excess, slots, pairs)
        return Certificate(-((-base) >> bits), base, bits, excess)

    def forbid_pairs(self, proof: Certificate, cutoff: int) -> None:
        """
        Forbids, from now on, the table entries that are in no choice that costs less than the cutoff.

        Such a choice pays at least base, what both its strategies add apart from this table, and what the entry adds.
        """
        if proof.rows is None or proof.pairs is None:
            return
        apart = np.minimum(proof.excess[self.slot_strategy], STEEP) - proof.rows
        pays = apart[self.entry_row] + apart[self.entry_back] + proof.pairs
        self.entries = np.where(pays > ((cutoff - 1) << proof.bits) - proof.base, FORBIDDEN, self.entries)

    def cost_of(self, choice: Ints) -> int | None:
        """The core's exact cost of a choice; None where it is forbidden or does not fit memory."""
        core = self.core
        strategies = core.first[:-1] + choice
        half = np.flatnonzero(core.other > self.half_owner)
        a, b = self.half_owner[half], core.other[half]
        entries = self.entries[core.table[half] + choice[a] * np.diff(core.first)[b] + choice[b]]
        chosen = np.concatenate([self.cost[strategies], entries])
        if len(chosen) and int(chosen.max()) >= FORBIDDEN:
            return None
        holder = np.repeat(np.arange(self.nodes), np.diff(core.seg))
        held = core.usage[core.where[:-1] + choice[holder]].astype(np.int64)
        change = np.zeros(len(core.capacity) + 1, np.int64)
        np.add.at(change, core.lo, held)
        np.subtract.at(change, core.hi, held)
        if (np.cumsum(change)[:-1] > core.capacity).any():
            return None
        total: int = sum(chosen.tolist())
        return total

    def _bits(self, messages: Any, prices: Any, cuts: Sequence[Cut], cut_prices: Any) -> int | None:
        """How many bits after the point there is room for."""
        core = self.core
        size = self._size + float(np.sum(np.abs(messages))) * 2
        if len(core.lo):
            prefix = np.concatenate([[0.0], np.cumsum(np.maximum(prices, 0.0))])
            size += float(np.dot(prefix[core.hi] - prefix[core.lo], np.maximum.reduceat(core.usage, core.where[:-1])))
        size += float(np.dot(np.maximum(prices, 0.0), np.abs(core.capacity) + 1.0))
        for cut, rate in zip(cuts, cut_prices, strict=True):
            if rate:
                size += rate * (abs(cut.most) + float(np.abs(cut.weights).astype(np.float64).sum()))
        if not np.isfinite(size) or size >= ROOM:
            return None
        return min(40, int(np.floor(np.log2(ROOM / max(1.0, size)))))

    def _theta(
        self, told: Ints, price: Ints, bits: int, fine: int, allowed: Any, cuts: Sequence[Cut], cut_price: Ints
    ) -> Ints:
        core = self.core
        barred = self.cost >= FORBIDDEN
        if allowed is not None:
            barred = barred | ~allowed
        theta = np.where(barred, 0, self.cost) << bits
        np.add.at(theta, self.slot_strategy, told)
        if len(core.lo):
            prefix = np.concatenate([[0], np.cumsum(price)])
            rate = prefix[core.hi] - prefix[core.lo]
            lengths = np.diff(core.where)
            holder = np.repeat(np.arange(self.nodes), np.diff(core.seg))
            within = np.arange(len(core.usage)) - np.repeat(core.where[:-1], lengths)
            strategy = np.repeat(core.first[:-1][holder], lengths) + within
            np.add.at(theta, strategy, _paid(core.usage.astype(np.int64), np.repeat(rate, lengths), fine))
        for cut, rate in zip(cuts, cut_price, strict=True):
            if rate:
                theta[cut.strategies] += _paid(cut.weights, rate, fine)
        theta[barred] = BARRED
        return theta

    def _left(self, told: Ints, bits: int, theta: Ints) -> Ints:
        """Every table entry as the messages leave it; barred where one of its strategies is not allowed."""
        barred = self.entries >= FORBIDDEN
        barred |= (theta >= BARRED)[self.entry_column]
        left = np.where(barred, 0, self.entries) << bits
        left -= told[self.entry_row]
        left -= told[self.entry_back]
        barred |= (theta >= BARRED)[self.slot_strategy[self.entry_row]]
        left[barred] = BARRED
        return left


def _paid(usages: Ints, rates: Any, fine: int) -> Ints:
    """floor(usages * rates / 2**fine), of rates that leave 64 bits only before the division."""
    result: Ints = (usages >> fine) * rates + (((usages & ((1 << fine) - 1)) * rates) >> fine)
    return result


def _total_of_largest(values: Any, starts: Any) -> float:
    """The sum of the largest value of each part."""
    if not len(values):
        return 0.0
    return float(np.sum(np.maximum.reduceat(values, starts[:-1]).astype(np.float64)))
