"""
Choices found in narrow spaces: to begin from, to go on from, and all there is where the whole problem is too large.

Over three axes and more the tables of the whole problem do not fit memory. There a plan is found with axes in groups
first, and from the best of these plans in steps; the bound is only that of every op by itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from eggshard.choose.evaluate import Evaluator
from eggshard.choose.problem import Problem, Result
from eggshard.cost.batch import Ints
from eggshard.dialects.sharding.layout import Mesh
from eggshard.egraph.codes import live_axes
from eggshard.fold import Folding
from eggshard.planning.narrow import Mask, Narrowed, around, columns, entries, grouped, groupings, narrowed
from eggshard.planning.outline import Outline
from eggshard.planning.problem import PER_SECOND, problem_of
from eggshard.planning.start import replicated
from eggshard.planning.strategies import Space, key_of
from eggshard.planning.tied import tied
from eggshard.planning.variables import Decision

NEAR = 2e-3
"""How near to its bound a narrowed problem is solved."""
STEP, PART = 4.0, 0.1
"""Seconds for a step at most, and which part of those that are left."""
LESS = 0.5
"""A step towards less memory is to leave this part of it."""
MOST = 0.9
"""A smaller step towards less memory is not tried."""
GROUPS = 0.6
"""Share of the time that is left for axes in groups."""
LARGE = 12_000_000
"""Table entries that a problem over three axes and more may have as a whole."""


@dataclass
class Found:
    """A choice of the whole decision and its cost."""

    cost: int
    choice: Ints


def too_large(decision: Decision, mesh: Mesh) -> bool:
    """Whether a plan can only be sought in narrower spaces."""
    return len(live_axes(mesh)) > 2 and entries(decision) > LARGE


class Moves:
    """Narrowed problems of a decision under a limit of memory, while there are seconds `left`."""

    def __init__(
        self,
        outline: Outline,
        space: Space,
        decision: Decision,
        mesh: Mesh,
        limit: int,
        left: Callable[[], float],
        seed: int = 0,
    ):
        self.outline, self.space, self.decision, self.limit = outline, space, decision, limit
        self.left, self.seed = left, seed
        self.axes = len(live_axes(mesh))
        self.kinds = list(space.kinds.values())
        numbers = {key: number for number, key in enumerate(space.kinds)}
        of_tensor = [numbers[key_of(outline, tensor)] for tensor in range(len(outline.tensors))]
        self.deeds = columns(decision, space, of_tensor, self.axes)

    def posed(self, part: Narrowed, limit: int) -> Problem:
        return problem_of(part.decision, self.kinds, self.outline.steps, limit, "narrowed")

    def step(self, masks: Sequence[Mask], start: Ints, limit: int) -> Found | None:
        """The best choice that these strategies allow."""
        from eggshard.choose.solve import solve

        part = narrowed(self.decision, masks)
        problem = self.posed(part, limit)
        seconds = max(0.5, min(STEP, PART * self.left()))
        result = solve(problem, time_limit=seconds, seed=self.seed, starts=[part.part(start)], enough=NEAR)
        if result.choice is None or result.cost is None:
            return None
        return Found(result.cost, part.whole(result.choice))

    def improved(self, found: Found, others: Sequence[Ints] = (), keep: float = 0.0) -> Found:
        """
        Steps in which everything may change what it does along one axis, until one brings nothing or only `keep`
        seconds are left.
        """
        while self.left() > keep:
            following = self.step(around(self.deeds, [found.choice, *others]), found.choice, self.limit)
            if following is None or following.cost >= found.cost:
                break
            found = following
        return found

    def descended(self) -> Found | None:
        """From nothing partitioned, in steps that must take less memory each, to a choice that fits."""
        choice = replicated(self.outline, self.space, self.decision)
        bare = replace(self.decision, links=[])  # tables say nothing of memory
        held = Evaluator(problem_of(bare, self.kinds, self.outline.steps, self.limit, "bare"))
        less = LESS
        while self.left() > 0:
            peak = held(choice).peak
            limit = max(self.limit, int(less * peak))
            found = self.step(around(self.deeds, [choice]), choice, limit)
            if found is not None and limit == self.limit:
                return found
            if found is not None:
                choice = found.choice
            elif less > MOST:
                return None
            else:
                less = less**0.5
        return None

    def in_groups(self, folding: Folding) -> list[Found]:
        """Choices in which axes work in two groups."""
        from eggshard.choose.solve import solve

        found = []
        ways = list(groupings(self.axes))
        share = GROUPS * self.left()
        for groups in ways:
            until = time.monotonic() + share / len(ways)
            part = narrowed(self.decision, grouped(self.deeds, groups))
            problem = self.posed(part, self.limit)
            follows = tied(self.outline, part.decision, folding)
            starts = []
            if follows is not None:
                half = max(0.5, (until - time.monotonic()) / 2)
                alike = solve(problem, time_limit=half, seed=self.seed, enough=NEAR, follows=follows)
                starts = [] if alike.choice is None else [alike.choice]
            seconds = max(0.5, until - time.monotonic())
            result = solve(problem, time_limit=seconds, seed=self.seed, starts=starts, enough=NEAR)
            if result.choice is not None and result.cost is not None:
                found.append(Found(result.cost, part.whole(result.choice)))
        return found

    def without_whole(self, folding: Folding) -> Result:
        """The best choice found for a decision that is too large."""
        bound = alone(self.decision)
        first = self.descended()
        if first is not None:
            first = self.improved(first, keep=GROUPS * self.left())
        found = sorted([*([] if first is None else [first]), *self.in_groups(folding)], key=lambda each: each.cost)
        if not found:
            return Result(None, None, bound, reason="none found")
        best = self.improved(found[0], [each.choice for each in found[1:]])
        return Result(best.choice, best.cost, min(bound, best.cost))


def alone(decision: Decision) -> int:
    """What every choice costs at least: each variable's cheapest strategy, and nothing in between."""
    return int(sum(np.floor(variable.costs.min() * PER_SECOND) for variable in decision.variables))
