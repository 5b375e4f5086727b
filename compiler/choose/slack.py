"""
Free memory per cell as a tree: least over a range, and adding to a range, in O(log cells).

`least[p]` is the minimum below p including what was added at p itself, `added[p]` what was added to all below p but not
pushed down; leaves start at `half`, and the first and the last leaf stay unused (bounds are exclusive).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from eggshard.choose.compiled import entry, inner


class Slack(NamedTuple):
    least: Any
    added: Any


def new_slack(cells: int) -> Slack:
    half = 1
    while half < cells + 2:
        half *= 2
    return Slack(np.zeros(2 * half), np.zeros(2 * half))


@entry
def set_slack(slack: Any, free: Any) -> None:
    """Starts from `free` memory per cell."""
    half = len(slack.least) >> 1
    for p in range(2 * half):
        c = p - half - 1
        slack.added[p] = 0.0
        slack.least[p] = free[c] if 0 <= c < len(free) else 1e300
    for p in range(half - 1, 0, -1):
        slack.least[p] = min(slack.least[2 * p], slack.least[2 * p + 1])


@inner
def add_slack(slack: Any, lo: int, hi: int, amount: float) -> None:
    half = len(slack.least) >> 1
    l, r = half + lo, half + hi + 1
    while l ^ r != 1:
        if l & 1 == 0:
            slack.least[l ^ 1] += amount
            slack.added[l ^ 1] += amount
        if r & 1:
            slack.least[r ^ 1] += amount
            slack.added[r ^ 1] += amount
        l >>= 1
        r >>= 1
        slack.least[l] = min(slack.least[2 * l], slack.least[2 * l + 1]) + slack.added[l]
        slack.least[r] = min(slack.least[2 * r], slack.least[2 * r + 1]) + slack.added[r]
    while l > 1:
        l >>= 1
        slack.least[l] = min(slack.least[2 * l], slack.least[2 * l + 1]) + slack.added[l]


@inner
def least_slack(slack: Any, lo: int, hi: int) -> float:
    half = len(slack.least) >> 1
    l, r = half + lo, half + hi + 1
    left, right = 1e300, 1e300
    while l ^ r != 1:
        if l & 1 == 0:
            left = min(left, slack.least[l ^ 1])
        if r & 1:
            right = min(right, slack.least[r ^ 1])
        l >>= 1
        r >>= 1
        left += slack.added[l]
        right += slack.added[r]
    least = min(left, right)
    while l > 1:
        l >>= 1
        least += slack.added[l]
    return least


@inner
def hold(core: Any, slack: Any, v: int, a: int, sign: float) -> None:
    """Takes (sign 1) or gives back (sign -1) the memory of strategy a of node v."""
    for s in range(core.seg[v], core.seg[v + 1]):
        u = core.usage[core.where[s] + a]
        if u != 0.0:
            add_slack(slack, core.lo[s], core.hi[s], -sign * u)
