"""The search: explores a program, chooses the cheapest strategies that fit memory, and writes them into it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from xdsl.dialects.builtin import ModuleOp

from eggshard.choose.problem import Ints, Problem, Result
from eggshard.cost.batch import CostModel
from eggshard.diagnostics import DiagnosticError
from eggshard.egraph.logic.islands import Island, islands
from eggshard.egraph.logic.pieces import Piece, pieces
from eggshard.egraph.logic.prune import pruned
from eggshard.egraph.logic.saturate import saturate
from eggshard.egraph.rulesets import DEFAULT, Rules
from eggshard.partitioning.program import the_mesh
from eggshard.planning.apply import apply_choice
from eggshard.planning.moves import too_large
from eggshard.planning.outline import Outline, outline
from eggshard.planning.peak import peak_of, usage_by_step
from eggshard.planning.pins import pins
from eggshard.planning.problem import PER_SECOND, problem_of
from eggshard.planning.refusals import does_not_fit, out_of_memory
from eggshard.planning.smallest import Smallest
from eggshard.planning.solving import Solving
from eggshard.planning.strategies import Space, space
from eggshard.planning.variables import Decision, decision
from eggshard.plans import Ended, Peak

Progress = Callable[[str], None]

ENOUGH = 1e-4
"""A plan this near to the bound is not improved any more."""


@dataclass
class Search:
    """A program with everything that can be chosen about it, and what was; `ended` says why it stopped at that."""

    outline: Outline
    space: Space
    decision: Decision
    problem: Problem
    result: Result | None = None
    ended: Ended = "bound"
    rewrites: list[str] = field(default_factory=list)
    """The forms that took the place of written ones, once the choice is in the module."""
    peak: Peak | None = None
    pinned: bool = False
    """Whether annotations fix any layout."""
    least: Smallest | None = None
    """What was found to hold least memory, where nothing was found that fits."""
    whole: bool = True
    """Whether `problem` has its tables; else they are too large, and only narrower spaces are searched."""

    @property
    def choice(self) -> Ints | None:
        """The strategy of each variable; None if nothing was found."""
        return None if self.result is None else self.result.choice

    @property
    def seconds(self) -> float | None:
        """Predicted time of a step, ops and collectives one after the other."""
        return None if self.result is None or self.result.cost is None else self.result.cost / PER_SECOND

    @property
    def op_seconds(self) -> float | None:
        """The part of `seconds` that is not spent on reshards."""
        if self.choice is None:
            return None
        return int(self.problem.costs[self.problem.offsets[:-1] + self.choice].sum()) / PER_SECOND

    @property
    def bound_seconds(self) -> float | None:
        """No plan of this search space is faster than this."""
        return None if self.result is None or self.result.bound is None else self.result.bound / PER_SECOND

    @property
    def peak_bytes(self) -> int | None:
        """Most bytes that a device holds at any step."""
        return None if self.choice is None else peak_bytes(self.problem, self.choice)

    def without_copies(self, choice: Ints) -> Ints:
        """The same plan, in which copies that lie as their homes are none, and hold nothing."""
        found = choice.copy()
        for link in self.decision.links:
            copy = self.decision.variables[link.second]
            if link.alias is None or not copy.copy:
                continue
            place = copy.places[found[link.second]]
            none = np.flatnonzero(link.alias & (copy.places == place))
            if len(none) and link.sources[found[link.first]] == place:
                found[link.second] = none[0]
        return found

    def peak_of(self, module: ModuleOp, choice: Ints) -> Peak:
        """What a choice holds at its peak; `module` is the program before it is rewritten."""
        found = the_mesh(module)
        assert found is not None
        return peak_of(module, self.outline, self.space, self.decision, self.problem, choice, found[1])

    def refusal(self, module: ModuleOp, time_limit: float) -> DiagnosticError:
        """Why there is no choice: nothing fits in memory, or NothingFound."""
        if self.least is None or not self.least.settled:
            return NothingFound(time_limit)
        proven = self.result is not None and self.result.infeasible
        return does_not_fit(self.peak_of(module, self.least.choice), self.problem.limit, proven, self.pinned)


def peak_bytes(problem: Problem, choice: Ints) -> int:
    """Most usage that a choice takes at any step."""
    return int(usage_by_step(problem, choice).max())


def search(
    module: ModuleOp,
    model: CostModel,
    memory: int,
    *,
    time_limit: float = 60.0,
    seed: int = 0,
    logic: bool = True,
    gap: float = ENOUGH,
    relax_rounding: bool = False,
    progress: Progress | None = None,
) -> Search:
    """
    Chooses strategies and layouts for an imported module with a mesh, and writes them into it.

    `memory` is what a device may hold, in bytes; without `logic` the program stays as it is written; with
    `relax_rounding` terms of a sum may be rounded before they are added. The search ends once the plan is within `gap`
    (a fraction) of its bound, after `time_limit` seconds, or at Ctrl-C. Raises DiagnosticError if nothing fits in
    memory, NothingFound, with the module as it was, if time was up before that was known.
    """
    rules = Rules(logic=logic, relax_rounding=relax_rounding)
    made = decide(module, model, memory, rules, time_limit=time_limit, seed=seed, gap=gap, progress=progress)
    found = the_mesh(module)
    assert found is not None and made.result is not None
    if made.choice is None:
        raise made.refusal(module, time_limit)
    made.peak = made.peak_of(module, made.choice)
    made.rewrites = apply_choice(module, made.outline, made.space, made.decision, made.choice, *found)
    return made


class NothingFound(DiagnosticError):
    """Time was up before anything was found that fits in memory, or that nothing does."""

    def __init__(self, time_limit: float):
        super().__init__(
            f"time was up after {time_limit:g} s before any plan was found",
            "--time-limit",
            hint="a longer --time-limit",
        )


def explored(
    module: ModuleOp, model: CostModel, memory: int, rules: Rules = DEFAULT, progress: Progress | None = None
) -> Search:
    """Everything that may be chosen, nothing chosen yet."""
    found = the_mesh(module)
    assert found is not None
    name, mesh = found
    if progress:
        progress("explore")
    laid = outline(module, rewritable(module, rules))
    everything = space(laid, mesh, model, rules)
    pinned = pins(module, laid, everything, name, mesh)
    chosen = decision(laid, everything, pinned)
    whole = not too_large(chosen, mesh)
    posed = chosen if whole else replace(chosen, links=[])
    problem = problem_of(posed, list(everything.kinds.values()), laid.steps, memory, "plan")
    return Search(laid, everything, chosen, problem, pinned=bool(pinned), whole=whole)


def decide(
    module: ModuleOp,
    model: CostModel,
    memory: int,
    rules: Rules = DEFAULT,
    *,
    time_limit: float = 60.0,
    seed: int = 0,
    gap: float = ENOUGH,
    progress: Progress | None = None,
) -> Search:
    """As `search`, but the module stays as it is, and nothing is refused for want of a choice."""
    began = time.monotonic()
    try:
        made = explored(module, model, memory, rules, progress)
        if progress:
            progress("choose")
        Solving(made, began, time_limit, seed, gap).run(module)
    except MemoryError as error:
        raise out_of_memory(error) from None
    return made


def rewritable(module: ModuleOp, rules: Rules = DEFAULT) -> list[tuple[Island, list[Piece]]]:
    """The islands of a program that have more than one form, with their pieces."""
    found = islands(module, rules.logical) if rules.logic else []
    if not found:
        return []
    forms = saturate(found, rules.logical)
    kept = [None if form is None else pruned(island, form) for island, form in zip(found, forms, strict=True)]
    return [(island, pieces(island, form)) for island, form in zip(found, kept, strict=True) if form is not None]
