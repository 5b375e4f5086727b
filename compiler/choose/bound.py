"""
The dual bound as a proof: one forward sweep in integers.

Prices and messages are rounded to multiples of 2**-scale, which any are free to be; then every minimum is exact. Costs
that would overflow are lowered to a cap first, which only lowers the bound. Costs are integers, so the bound may be
rounded up. The sweep is that of `messages.py`: with integer c_e on each edge ahead (any choice is valid),
    sum over edges of min (c + T)  +  sum over nodes of min (theta + messages from behind - sum of c)
is at most the priced energy of every choice, and c near gamma theta^ - m makes it the bound of the float sweep.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from eggshard.choose.compiled import entry
from eggshard.choose.core import Core, Reduced

REST, OUT, SHARE = range(3)
"""Rows of scratch."""


def exact_theta(core: Core, cost: Any, rates: Any, scale: int, cap: int, theta: Any) -> None:
    """theta = min(cost, cap) + usage * rate, in units of 2**-scale; terms beyond the cap are lowered to it."""
    prefix = np.concatenate(([0], np.cumsum(rates)))
    add_rates(core.first, core.seg, core.lo, core.hi, core.where, core.usage, cost, prefix, scale, cap, theta)


@entry
def add_rates(
    first: Any, seg: Any, lo: Any, hi: Any, where: Any, usage: Any, cost: Any, prefix: Any, scale: int, cap: int,
    theta: Any,
) -> None:  # fmt: skip
    """The loop of `exact_theta`; `prefix`: sums of rates of the cells before."""
    for v in range(len(first) - 1):
        f = first[v]
        k = first[v + 1] - f
        for a in range(k):
            theta[f + a] = min(cost[f + a], cap >> scale) << scale
        for s in range(seg[v], seg[v + 1]):
            rate = prefix[hi[s]] - prefix[lo[s]]
            for a in range(k):
                u = usage[where[s] + a]
                if u * np.float64(rate) >= cap:
                    theta[f + a] += cap
                else:
                    theta[f + a] += np.int64(u) * rate
                theta[f + a] = min(theta[f + a], cap)


def exact_sweep(core: Core, entries: Any, theta: Any, messages: Any, scale: int, cap: int) -> tuple[int, int]:
    """The bound as high * 2**30 + low, so that no sum overflows."""
    whole = np.zeros(int(core.msg[-1]), np.int64)
    width = int(np.diff(core.first).max(initial=1))
    total = np.zeros(2, np.int64)
    exact_pass(
        core.first, core.nbr, core.other, core.twin, core.msg, core.table, entries, theta, messages, scale, cap,
        whole, np.empty((3, width), np.int64), np.empty(width), total,
    )  # fmt: skip
    return int(total[0]), int(total[1])


@entry
def exact_pass(
    first: Any, nbr: Any, other: Any, twin: Any, msg: Any, table: Any, entries: Any, theta: Any, messages: Any,
    scale: int, cap: int, whole: Any, scratch: Any, hat: Any, total: Any,
) -> None:  # fmt: skip
    """The loop of `exact_sweep`: adds high and low to `total`; `whole` holds zeros, one per message."""
    unit = np.float64(1 << scale)
    high, low = 0, 0
    mask = 2**30 - 1
    for v in range(len(first) - 1):
        f = first[v]
        k = first[v + 1] - f
        ahead = 0
        begin, end = nbr[v], nbr[v + 1]
        for a in range(k):
            scratch[REST, a] = theta[f + a]
            hat[a] = 0.0
        for h in range(begin, end):
            m = msg[h]
            if other[h] > v:
                ahead += 1
                for a in range(k):
                    hat[a] += messages[m + a] * unit
            else:
                for a in range(k):
                    scratch[REST, a] += whole[m + a]
        for a in range(k):
            hat[a] += scratch[REST, a]
        gamma = 1.0 / max(ahead, end - begin - ahead, 1)
        for h in range(begin, end):
            w = other[h]
            if w < v:
                continue
            m = msg[h]
            for a in range(k):
                share = np.floor(gamma * hat[a] - messages[m + a] * unit)
                scratch[SHARE, a] = np.int64(min(max(share, -1.0 * cap), 1.0 * cap))
                scratch[REST, a] -= scratch[SHARE, a]
            width_w = first[w + 1] - first[w]
            at = table[h]
            for b in range(width_w):
                scratch[OUT, b] = 4 * cap
            for a in range(k):
                for b in range(width_w):
                    t = entries[at + a * width_w + b]
                    t = cap if t > (cap >> scale) else t << scale
                    scratch[OUT, b] = min(scratch[OUT, b], scratch[SHARE, a] + t)
            least = scratch[OUT, 0]
            for b in range(1, width_w):
                least = min(least, scratch[OUT, b])
            high += least >> 30
            low += least & mask
            to = msg[twin[h]]
            for b in range(width_w):
                whole[to + b] = scratch[OUT, b] - least
        least = scratch[REST, 0]
        for a in range(1, k):
            least = min(least, scratch[REST, a])
        high += least >> 30
        low += least & mask
    total[0] += high
    total[1] += low


def proven_bound(reduced: Reduced, prices: Any, messages: Any, reference: float) -> int | None:
    """
    A lower bound on the cost of every choice that fits, proven by `prices` >= 0 and `messages`.

    `reference` is about the largest cost that matters; None where the numbers do not fit into 64 bits.
    """
    core = reduced.core
    degree = int(np.diff(core.nbr).max(initial=0))
    # Messages stay within 4 caps; a node sums `degree` of them.
    cap = 2**60 // (4 * (degree + 2))
    lowest = -min(int(reduced.exact_cost.min(initial=0)), int(reduced.exact_entries.min(initial=0)))
    size = max(int(abs(reference)) + 1, lowest, 1)
    scale = 24
    while scale > 0 and (size << scale) > cap // 8:
        scale -= 1
    if lowest << scale > cap:
        return None
    rates = np.floor(np.clip(prices, 0.0, None) * 2.0**scale)
    if float(rates.sum()) > 2.0**60:
        return None
    rates = rates.astype(np.int64)
    theta = np.empty(len(core.cost), np.int64)
    exact_theta(core, reduced.exact_cost, rates, scale, cap, theta)
    high, low = exact_sweep(core, reduced.exact_entries, theta, messages, scale, cap)
    swept = (int(high) << 30) + int(low)
    priced = sum(int(r) * int(c) for r, c in zip(rates, reduced.exact_capacity, strict=True) if r)
    return int(-((priced - swept) // 2**scale) + reduced.constant) << reduced.shift
