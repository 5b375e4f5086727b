"""
What a choice costs and holds, exactly.

Nothing here is compiled and nothing is estimated: this is what every figure that leaves the solver is checked with.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eggshard.choose.problem import INFINITE, Ints, Problem

LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Evaluation:
    """
    One choice, judged.

    `cost` is None where an entry of at least `INFINITE` was chosen, or where the sum leaves 64 bits: see `forbidden`.
    `peak` is the most memory held at any step (at least 0, for there are steps that no interval covers).
    `first_step` is the first step at which the limit is exceeded, by `first_excess`; `worst_step` the first of those
    where it is exceeded most, by `violation`. Both steps are None and both excesses 0 where memory fits.
    """

    cost: int | None
    forbidden: str
    peak: int
    first_step: int | None
    first_excess: int
    worst_step: int | None
    violation: int

    @property
    def fits(self) -> bool:
        """The limit is kept at every step."""
        return self.violation == 0

    @property
    def feasible(self) -> bool:
        """A valid answer: memory fits, and nothing forbidden was chosen."""
        return self.fits and self.cost is not None


class Evaluator:
    """Judges choices of one problem; what does not depend on the choice is made once."""

    def __init__(self, problem: Problem):
        self.problem = problem
        counts = np.diff(problem.offsets)
        first, second = problem.edge_nodes[:, 0], problem.edge_nodes[:, 1]
        self._first, self._second, self._width = first, second, counts[second]
        starts, ends = problem.intervals[:, 0], problem.intervals[:, 1]
        self._held = np.flatnonzero(starts < ends)
        begin, end = starts[self._held], ends[self._held]
        self.steps: Ints = np.unique(np.concatenate([begin, end]))
        """The steps at which memory can change, ascending; from the last one on nothing is held."""
        self._begin = np.searchsorted(self.steps, begin)
        self._end = np.searchsorted(self.steps, end)
        # Sums of this many usages stay within 64 bits where none is larger than this.
        self._safe = LARGEST // max(1, 2 * len(self._held))

    def profile(self, choice: Ints) -> Ints:
        """Memory held from each of `steps` to the next; in Python's integers (dtype object) where need be."""
        usages = self.problem.usages[(self.problem.offsets[:-1] + choice)[self._held]]
        if len(usages) and max(int(usages.max()), -int(usages.min())) > self._safe:
            usages = usages.astype(object)
        change = np.zeros(len(self.steps), usages.dtype)
        np.add.at(change, self._begin, usages)
        np.subtract.at(change, self._end, usages)
        return np.cumsum(change)

    def cost(self, choice: Ints) -> tuple[int | None, str]:
        """The cost, or None and the one line that says what forbids the choice."""
        problem = self.problem
        strategies = problem.offsets[:-1] + choice
        node_costs, node_usages = problem.costs[strategies], problem.usages[strategies]
        entries = problem.edge_offsets[:-1] + choice[self._first] * self._width + choice[self._second]
        edge_costs = problem.edge_costs[entries]
        if (node := _first_infinite(node_costs)) is not None:
            return None, f"node {node}: strategy {choice[node]} is forbidden (cost {node_costs[node]})"
        if (node := _first_infinite(node_usages)) is not None:
            return None, f"node {node}: strategy {choice[node]} is forbidden (usage {node_usages[node]})"
        if (edge := _first_infinite(edge_costs)) is not None:
            pair = f"strategies {choice[self._first[edge]]} of node {self._first[edge]} and "
            pair += f"{choice[self._second[edge]]} of node {self._second[edge]}"
            return None, f"edge {edge}: {pair} exclude each other (cost {edge_costs[edge]})"
        total = exact_sum(node_costs) + exact_sum(edge_costs)
        if not -LARGEST <= total <= LARGEST:
            return None, f"the cost {total} does not fit 64 bits"
        return total, ""

    def __call__(self, choice: Ints) -> Evaluation:
        """Judges a choice [n] of valid strategy indices."""
        cost, forbidden = self.cost(choice)
        profile = self.profile(choice)
        peak = max(0, int(profile.max())) if len(profile) else 0
        limit = self.problem.limit
        if peak <= limit:
            return Evaluation(cost, forbidden, peak, None, 0, None, 0)
        first, worst = int(np.argmax(profile > limit)), int(np.argmax(profile))
        return Evaluation(
            cost,
            forbidden,
            peak,
            int(self.steps[first]),
            int(profile[first]) - limit,
            int(self.steps[worst]),
            peak - limit,
        )


def evaluate(problem: Problem, choice: Ints) -> Evaluation:
    """Judges one choice [n] of valid strategy indices; for many choices of one problem make an `Evaluator`."""
    return Evaluator(problem)(choice)


def exact_sum(values: Ints) -> int:
    """The sum of 64-bit integers without overflow: halves are summed apart (fewer than 2^31 values)."""
    high, low = values >> 32, values & 0xFFFFFFFF
    return (int(high.sum()) << 32) + int(low.sum())


def _first_infinite(values: Ints) -> int | None:
    """The index of the first value that forbids."""
    if not len(values) or int(values.max()) < INFINITE:
        return None
    return int(np.argmax(values >= INFINITE))
