"""
Whole-number consequences of memory rows.

A memory row says sum of u_v(x_v) <= C. Because every node takes exactly one strategy, usages may be shifted by any s_v
a node; dividing by d and rounding gives the mixed-integer rounding inequality (Nemhauser and Wolsey, 1990)

    sum of F(u_v(x_v) - s_v) <= F(R),   R = C - sum of s_v,   r = R mod d,
    F(t) = floor(t / d) (d - r) + max(0, t mod d - r)

It holds for every choice that fits, by whole-number arithmetic alone, and cuts off mixtures of strategies that the row
itself lets pass: by far, where a few large usages compete for memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from eggshard.choose.problem import Ints

DIVISORS = 24
"""Divisors tried for a cell and a shift."""

LARGEST = 2**40
"""The largest weight or right side of a cut: prices must multiply with it in 64 bits."""


@dataclass(frozen=True)
class Cut:
    """The weights of the chosen strategies (indices into those of the core) sum to at most `most`."""

    strategies: Ints
    weights: Ints
    most: int


def rounded(usages: Ints, room: int, divisor: int) -> tuple[Ints, int]:
    """F of usages (any sign) and of the room: see above."""
    rest = room % divisor
    weights = (usages // divisor) * (divisor - rest) + np.maximum(0, usages % divisor - rest)
    return weights, (room // divisor) * (divisor - rest)


def violated_cuts(
    strategies: Ints, usages: Ints, node: Ints, capacity: int, x: Any, allowed: Any, count: int
) -> list[tuple[float, Cut]]:
    """
    The cuts of one cell that x violates most, with how deep they cut, best first.

    `strategies`, `usages` and `node` list what the cell's row holds: strategies of the core (all of each node), the
    memory each holds, and ranks of their nodes (ascending from 0). x and `allowed` are [strategies of the core].
    """
    value = x[strategies]
    starts = np.concatenate([[0], np.flatnonzero(np.diff(node)) + 1]) if len(node) else np.zeros(0, np.int64)
    if not len(starts):
        return []
    possible = allowed[strategies]
    largest = np.maximum.reduceat(np.where(possible, usages, 0), starts)
    top = np.maximum.reduceat(value, starts)
    favoured = np.maximum.reduceat(np.where(value == top[node], usages, 0), starts)
    fractional = (value > 1e-6) & (value < 1 - 1e-6)
    found: list[tuple[float, Cut]] = []
    for shift in (np.zeros(len(starts), np.int64), largest, favoured):
        moved = usages - shift[node]
        room = capacity - int(shift.sum())
        sizes = np.unique(np.abs(moved[fractional]))
        sizes = sizes[sizes > 1]
        # The values themselves, and what just fits a whole number of times into the room.
        whole = [abs(room) // k + 1 for k in range(1, 9)]
        divisors = np.unique(np.concatenate([sizes[-DIVISORS:], np.array(whole, np.int64)]))
        for divisor in divisors.tolist():
            if divisor < 2:
                continue
            weights, most = rounded(moved, room, divisor)
            # The weights of a node may be shifted again, so that the least is 0 and most rows are sparse.
            least = np.minimum.reduceat(np.where(possible, weights, LARGEST), starts)
            weights = weights - least[node]
            most -= int(least.sum())
            over = float(weights @ value) - most
            size = float(np.sqrt(np.sum(np.where(possible, weights, 0).astype(np.float64) ** 2)))
            if size == 0 or over <= 1e-4 * size or max(int(np.abs(weights).max()), abs(most)) > LARGEST:
                continue
            used = weights != 0
            found.append((over / size, Cut(strategies[used], weights[used], most)))
    found.sort(key=lambda each: -each[0])
    return found[:count]
