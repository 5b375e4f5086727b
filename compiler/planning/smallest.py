"""The smallest memory in which a program is found to fit, whatever time its plan takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from eggshard.choose.evaluate import Evaluator
from eggshard.choose.problem import INFINITE, Ints, Problem
from eggshard.planning.moves import Moves
from eggshard.planning.narrow import around, narrowed
from eggshard.planning.start import replicated

NEAR = 1.01
"""The search ends where what fits is at most this times what does not."""
SOME = 0.1
"""Seconds that a limit is given in any case."""
PROBE = 4.0
"""Seconds after which a limit that nothing was found for is taken as too small."""


@dataclass(frozen=True)
class Smallest:
    """
    A choice that holds little, its cost, the bytes of its peak, and whether nothing was found for limits a bit lower.
    """

    choice: Ints
    cost: int | None
    peak: int
    settled: bool


def smallest(problem: Problem, left: Callable[[], float], *, seed: int = 0, enough: int = 0) -> Smallest | None:
    """
    The choice that is found to hold least memory at its peak; None if every choice is forbidden, or no seconds are
    `left` before any is found.

    Ends once the peak is at most `enough`. The limits that are tried do not depend on it, so that a peak found once is
    found again when it is asked for.
    """
    from eggshard.choose.solve import solve

    judge = Evaluator(problem)
    bare = replace(problem, costs=_only_forbidden(problem.costs), edge_costs=_only_forbidden(problem.edge_costs))
    roomy = replace(bare, costs=bare.costs + _room(problem), limit=_most(problem))
    best = solve(roomy, time_limit=max(SOME, left()), seed=seed, enough=0.01).choice
    if best is None:
        return None
    low, peak = 1, judge(best).peak
    while peak > max(enough, NEAR * low) and left() > 0:
        limit = int((low * peak) ** 0.5) if low > 1 else peak // 2
        found = solve(replace(bare, limit=limit), time_limit=max(SOME, min(PROBE, left())), seed=seed).choice
        if found is None:
            low = limit
        else:
            best, peak = found, judge(found).peak
    return Smallest(best, judge(best).cost, peak, peak <= NEAR * low)


def smallest_in_steps(moves: Moves, left: Callable[[], float], *, seed: int = 0, enough: int = 0) -> Smallest | None:
    """As `smallest`, where the whole problem is too large: from nothing partitioned by steps along one axis each."""
    choice = replicated(moves.outline, moves.space, moves.decision)
    best: Smallest | None = None
    while left() > 0 and (best is None or best.peak > enough):
        part = narrowed(moves.decision, around(moves.deeds, [choice]))
        found = smallest(moves.posed(part, moves.limit), left, seed=seed, enough=enough)
        if found is None:
            break
        if best is not None and found.peak * NEAR > best.peak:
            return replace(best, settled=found.settled)
        choice = part.whole(found.choice)
        best = replace(found, choice=choice, settled=False)
    return best


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
