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
from eggshard.choose.core import Reduced


@entry
def exact_theta(core: Any, cost: Any, rates: Any, scale: int, cap: int, theta: Any) -> None:
    """theta = min(cost, cap) + usage * rate, in units of 2**-scale; terms beyond the cap are lowered to it."""
    cells = len(rates)
    prefix = np.zeros(cells + 1, np.int64)
    for c in range(cells):
        prefix[c + 1] = prefix[c] + rates[c]
    for v in range(len(core.first) - 1):
        f = core.first[v]
        k = core.first[v + 1] - f
        for a in range(k):
            theta[f + a] = min(cost[f + a], cap >> scale) << scale
        for s in range(core.seg[v], core.seg[v + 1]):
            rate = prefix[core.hi[s]] - prefix[core.lo[s]]
            for a in range(k):
                u = core.usage[core.where[s] + a]
                if u * np.float64(rate) >= cap:
                    theta[f + a] += cap
                else:
                    theta[f + a] += np.int64(u) * rate
                theta[f + a] = min(theta[f + a], cap)


@entry
def exact_sweep(core: Any, entries: Any, theta: Any, messages: Any, scale: int, cap: int) -> tuple[int, int]:
    """The bound as high * 2**30 + low, so that no sum overflows."""
    n = len(core.first) - 1
    width = 1
    for v in range(n):
        width = max(width, core.first[v + 1] - core.first[v])
    whole = np.zeros(core.msg[-1], np.int64)
    rest, out = np.empty(width, np.int64), np.empty(width, np.int64)
    hat, c = np.empty(width), np.empty(width, np.int64)
    unit = np.float64(np.int64(1) << scale)
    high, low = np.int64(0), np.int64(0)
    mask = np.int64(2**30 - 1)
    for v in range(n):
        f = core.first[v]
        k = core.first[v + 1] - f
        ahead = 0
        begin, end = core.nbr[v], core.nbr[v + 1]
        for a in range(k):
            rest[a] = theta[f + a]
            hat[a] = 0.0
        for h in range(begin, end):
            m = core.msg[h]
            if core.other[h] > v:
                ahead += 1
                for a in range(k):
                    hat[a] += messages[m + a] * unit
            else:
                for a in range(k):
                    rest[a] += whole[m + a]
        for a in range(k):
            hat[a] += rest[a]
        gamma = 1.0 / max(ahead, end - begin - ahead, 1)
        for h in range(begin, end):
            w = core.other[h]
            if w < v:
                continue
            m = core.msg[h]
            for a in range(k):
                c[a] = np.int64(min(max(np.floor(gamma * hat[a] - messages[m + a] * unit), -1.0 * cap), 1.0 * cap))
                rest[a] -= c[a]
            width_w = core.first[w + 1] - core.first[w]
            at = core.table[h]
            for b in range(width_w):
                out[b] = np.int64(4) * cap
            for a in range(k):
                for b in range(width_w):
                    t = entries[at + a * width_w + b]
                    t = cap if t > (cap >> scale) else t << scale
                    out[b] = min(out[b], c[a] + t)
            least = out[0]
            for b in range(1, width_w):
                least = min(least, out[b])
            high += least >> 30
            low += least & mask
            to = core.msg[core.twin[h]]
            for b in range(width_w):
                whole[to + b] = out[b] - least
        least = rest[0]
        for a in range(1, k):
            least = min(least, rest[a])
        high += least >> 30
        low += least & mask
    return int(high), int(low)


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
