"""
Sequential tree-reweighted message passing (TRW-S; Kolmogorov, "Convergent Tree-reweighted Message Passing for Energy
Minimization", PAMI 2006) on the core with memory priced by multipliers.

With prices lambda >= 0 per cell, theta_v(a) = cost_v(a) + sum over segments of usage(a) * (sum of prices over it), and
    min over choices of E(x; theta) - sum of lambda * capacity
is a lower bound on every choice that fits. A sweep visits nodes in order; with theta^_v = theta_v + all messages in,
    c(a) = gamma_v theta^_v(a) - m_wv(a),   m_vw(b) = min over a of c(a) + T(a, b)
on the edges ahead, gamma_v = 1 / max(edges ahead, edges behind). At v (1 - ahead gamma_v) theta^_v is left.
The minima subtracted from messages and those of what is left sum to a lower bound, whatever the messages were before,
so messages are kept when prices change.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from eggshard.choose.compiled import entry, ranked


@entry
def price(core: Any, prices: Any, theta: Any) -> None:
    """theta = cost + usage * prices, prices summed over each segment."""
    cells = len(prices)
    prefix = np.empty(cells + 1)
    prefix[0] = 0.0
    for c in range(cells):
        prefix[c + 1] = prefix[c] + prices[c]
    theta[:] = core.cost
    for v in range(len(core.first) - 1):
        f = core.first[v]
        k = core.first[v + 1] - f
        for s in range(core.seg[v], core.seg[v + 1]):
            rate = prefix[core.hi[s]] - prefix[core.lo[s]]
            if rate != 0.0:
                for a in range(k):
                    theta[f + a] += rate * core.usage[core.where[s] + a]


@ranked
def send(entries: Any, start: int, c: Any, k: int, out: Any, to: int, width: int) -> float:
    """out[to + b] = min over a of c[a] + T[a, b], minus its minimum, which is returned."""
    c0 = c[0]
    for b in range(width):
        out[to + b] = c0 + entries[start + b]
    for a in range(1, k):
        ca = c[a]
        row = start + a * width
        for b in range(width):
            x = ca + entries[row + b]
            y = out[to + b]
            out[to + b] = x if x < y else y
    least = out[to]
    for b in range(1, width):
        least = min(least, out[to + b])
    for b in range(width):
        out[to + b] -= least
    return float(least)


@entry
def sweep(core: Any, theta: Any, messages: Any, labels: Any, forward: bool) -> float:
    """
    One pass over all nodes, forward or backward; the lower bound it proves up to rounding.

    `labels` are chosen on the way: argmin of theta plus the tables of nodes already labelled plus messages from ahead.
    """
    n = len(core.first) - 1
    width = 1
    for v in range(n):
        width = max(width, core.first[v + 1] - core.first[v])
    hat, guess, c = np.empty(width), np.empty(width), np.empty(width)
    bound = 0.0
    for step in range(n):
        v = step if forward else n - 1 - step
        f = core.first[v]
        k = core.first[v + 1] - f
        for a in range(k):
            hat[a] = theta[f + a]
            guess[a] = theta[f + a]
        ahead = 0
        begin, end = core.nbr[v], core.nbr[v + 1]
        for h in range(begin, end):
            w = core.other[h]
            m = core.msg[h]
            for a in range(k):
                hat[a] += messages[m + a]
            if (w > v) == forward:
                ahead += 1
                for a in range(k):
                    guess[a] += messages[m + a]
            else:
                column = core.table[core.twin[h]] + labels[w] * k
                for a in range(k):
                    guess[a] += core.entries[column + a]
        best = 0
        for a in range(1, k):
            if guess[a] < guess[best]:
                best = a
        labels[v] = best
        gamma = 1.0 / max(ahead, end - begin - ahead, 1)
        for h in range(begin, end):
            w = core.other[h]
            if (w > v) != forward:
                continue
            m = core.msg[h]
            for a in range(k):
                c[a] = gamma * hat[a] - messages[m + a]
            to = core.msg[core.twin[h]]
            bound += send(core.entries, core.table[h], c, k, messages, to, core.first[w + 1] - core.first[w])
        rest = 1.0 - ahead * gamma
        if rest > 1e-12:
            least = hat[0]
            for a in range(1, k):
                least = min(least, hat[a])
            bound += rest * least
    return bound


@entry
def loads(core: Any, labels: Any, load: Any) -> None:
    """Memory that a choice holds in every kept cell."""
    load[:] = 0.0
    cells = len(load)
    change = np.zeros(cells + 1)
    for v in range(len(core.first) - 1):
        for s in range(core.seg[v], core.seg[v + 1]):
            u = core.usage[core.where[s] + labels[v]]
            change[core.lo[s]] += u
            change[core.hi[s]] -= u
    now = 0.0
    for c in range(cells):
        now += change[c]
        load[c] = now


@entry
def energy(core: Any, theta: Any, labels: Any) -> float:
    """Sum of theta and table entries of a choice; with theta = core.cost its cost (without the constant)."""
    total = 0.0
    for v in range(len(core.first) - 1):
        total += theta[core.first[v] + labels[v]]
        for h in range(core.nbr[v], core.nbr[v + 1]):
            w = core.other[h]
            if w > v:
                total += core.entries[core.table[h] + labels[v] * (core.first[w + 1] - core.first[w]) + labels[w]]
    return total
