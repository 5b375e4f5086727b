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
from eggshard.choose.core import Core


def price(core: Core, prices: Any, theta: Any) -> None:
    """theta = cost + usage * prices, prices summed over each segment."""
    prefix = np.zeros(len(prices) + 1)
    np.cumsum(prices, out=prefix[1:])
    theta[:] = core.cost
    add_prices(core.first, core.seg, core.lo, core.hi, core.where, core.usage, prefix, theta)


@entry
def add_prices(
    first: Any, seg: Any, lo: Any, hi: Any, where: Any, usage: Any, prefix: Any, theta: Any
) -> None:  # fmt: skip
    """`prefix`: sums of prices of the cells before."""
    for v in range(len(first) - 1):
        f = first[v]
        k = first[v + 1] - f
        for s in range(seg[v], seg[v + 1]):
            rate = prefix[hi[s]] - prefix[lo[s]]
            if rate != 0.0:
                for a in range(k):
                    theta[f + a] += rate * usage[where[s] + a]


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


def sweep(core: Core, theta: Any, messages: Any, labels: Any, forward: bool) -> float:
    """
    One pass over all nodes, forward or backward; the lower bound it proves up to rounding.

    `labels` are chosen on the way: argmin of theta plus the tables of nodes already labelled plus messages from ahead.
    """
    hat, guess, c = np.empty((3, int(np.diff(core.first).max(initial=1))))
    bound: float = pass_over(
        core.first, core.nbr, core.other, core.twin, core.msg, core.table, core.entries,
        theta, messages, labels, forward, hat, guess, c,
    )  # fmt: skip
    return bound


@entry
def pass_over(
    first: Any, nbr: Any, other: Any, twin: Any, msg: Any, table: Any, entries: Any,
    theta: Any, messages: Any, labels: Any, forward: bool, hat: Any, guess: Any, c: Any,
) -> float:  # fmt: skip
    """The loop of `sweep`; hat, guess and c are scratch, as long as the largest node."""
    n = len(first) - 1
    bound = 0.0
    for step in range(n):
        v = step if forward else n - 1 - step
        f = first[v]
        k = first[v + 1] - f
        for a in range(k):
            hat[a] = theta[f + a]
            guess[a] = theta[f + a]
        ahead = 0
        begin, end = nbr[v], nbr[v + 1]
        for h in range(begin, end):
            w = other[h]
            m = msg[h]
            for a in range(k):
                hat[a] += messages[m + a]
            if (w > v) == forward:
                ahead += 1
                for a in range(k):
                    guess[a] += messages[m + a]
            else:
                column = table[twin[h]] + labels[w] * k
                for a in range(k):
                    guess[a] += entries[column + a]
        best = 0
        for a in range(1, k):
            if guess[a] < guess[best]:
                best = a
        labels[v] = best
        gamma = 1.0 / max(ahead, end - begin - ahead, 1)
        for h in range(begin, end):
            w = other[h]
            if (w > v) != forward:
                continue
            m = msg[h]
            for a in range(k):
                c[a] = gamma * hat[a] - messages[m + a]
            to = msg[twin[h]]
            bound += send(entries, table[h], c, k, messages, to, first[w + 1] - first[w])
        rest = 1.0 - ahead * gamma
        if rest > 1e-12:
            least = hat[0]
            for a in range(1, k):
                least = min(least, hat[a])
            bound += rest * least
    return bound


def loads(core: Core, labels: Any, load: Any) -> None:
    """Memory that a choice holds in every kept cell."""
    change = np.zeros(len(load) + 1)
    add_loads(core.seg, core.lo, core.hi, core.where, core.usage, labels, change)
    np.cumsum(change[:-1], out=load)


@entry
def add_loads(seg: Any, lo: Any, hi: Any, where: Any, usage: Any, labels: Any, change: Any) -> None:
    for v in range(len(seg) - 1):
        for s in range(seg[v], seg[v + 1]):
            u = usage[where[s] + labels[v]]
            change[lo[s]] += u
            change[hi[s]] -= u


def energy(core: Core, theta: Any, labels: Any) -> float:
    """Sum of theta and table entries of a choice; with theta = core.cost its cost (without the constant)."""
    total: float = add_energy(core.first, core.nbr, core.other, core.table, core.entries, theta, labels)
    return total


@entry
def add_energy(
    first: Any, nbr: Any, other: Any, table: Any, entries: Any, theta: Any, labels: Any
) -> float:  # fmt: skip
    total = 0.0
    for v in range(len(first) - 1):
        total += theta[first[v] + labels[v]]
        for h in range(nbr[v], nbr[v + 1]):
            w = other[h]
            if w > v:
                total += entries[table[h] + labels[v] * (first[w + 1] - first[w]) + labels[w]]
    return total
