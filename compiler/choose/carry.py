"""
Prices of one core as the start for another core of the same problem.

Presolve leaves other nodes and cells in each, but a price belongs to a step of the program. Where many nodes follow one
(equal layers), a small problem finds the prices of the whole one: with them, its first sweeps give the bound that took
the small one all its work. Messages do not carry over so: sweeps find them anew faster than they unlearn others.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from eggshard.choose.core import Reduced


class Known(NamedTuple):
    """Prices that were good for memory cells that begin at these steps."""

    steps: Any
    prices: Any


def carried(known: Known, reduced: Reduced) -> Any:
    """Prices [cells of the core]: each goes to the last cell that begins no later than its own."""
    if not len(reduced.steps):
        return np.zeros(0)
    at = np.searchsorted(reduced.steps, known.steps, side="right") - 1
    return np.bincount(np.maximum(at, 0), known.prices, len(reduced.steps))
