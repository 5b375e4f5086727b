"""The smallest memory in which a program is found to fit, whatever time its plan takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from eggshard.choose.evaluate import Evaluator
from eggshard.choose.problem import INFINITE, Ints, Problem

NEAR = 1.01
"""The search ends where what fits is at most this times what does not."""
PROBE = 4.0
"""Seconds after which a limit that nothing was found for is taken as too small."""


@dataclass(frozen=True)
class Smallest:
    """A choice that holds little, the bytes of its peak, and whether nothing was found for limits a bit lower."""

    choice: Ints
    peak: int
    settled: bool


def smallest(
    problem: Problem, *, seconds: float, seed: int = 0, enough: int = 0, stop: Callable[[], bool] = lambda: False
) -> Smallest | None:
    """
    The choice that is found to hold least memory at its peak; None if every choice is forbidden, or time is up before
    any is found.

    Ends once the peak is at most `enough`, after `seconds`, or when told to `stop` between two limits. The limits that are tried do not depend on `enough`, so
    that a peak found once is found again when it is asked for.
    """
    from eggshard.choose.solve import solve

    began = time.monotonic()

    def left() -> float:
        return max(0.1, seconds - (time.monotonic() - began))

    judge = Evaluator(problem)
    bare = replace(problem, costs=_only_forbidden(problem.costs), edge_costs=_only_forbidden(problem.edge_costs))
    roomy = replace(bare, costs=bare.costs + _room(problem), limit=_most(problem))
    best = solve(roomy, time_limit=left(), seed=seed, enough=0.01).choice
    if best is None:
        return None
    low, peak = 1, judge(best).peak
    while peak > max(enough, NEAR * low) and time.monotonic() - began < seconds and not stop():
        limit = int((low * peak) ** 0.5) if low > 1 else peak // 2
        found = solve(replace(bare, limit=limit), time_limit=min(PROBE, left()), seed=seed).choice
        if found is None:
            low = limit
        else:
            best, peak = found, judge(found).peak
    return Smallest(best, peak, peak <= NEAR * low)


def _only_forbidden(costs: Ints) -> Ints:
    """Nothing costs anything, or it is forbidden."""
    return np.where(costs >= INFINITE, costs, 0)


def _room(problem: Problem) -> Ints:
    """Bytes times steps that each strategy holds, scaled into a price."""
    steps = np.diff(problem.intervals, axis=1)[:, 0].clip(0)
    per_strategy = np.repeat(steps, np.diff(problem.offsets)).astype(np.float64)
    held = per_strategy * np.minimum(problem.usages, INFINITE)
    return np.rint(held * (1e12 / max(1.0, float(held.max(initial=0.0))))).astype(np.int64)


def _most(problem: Problem) -> int:
    """More than any choice holds."""
    return int(min(2**62, sum(float(u) for u in np.maximum.reduceat(problem.usages, problem.offsets[:-1])) + 1))
