"""The search: explores a program, chooses the cheapest strategies that fit memory, and writes them into it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from xdsl.dialects.builtin import ModuleOp

from eggshard.choose.problem import Problem, Result
from eggshard.cost.batch import CostModel, Ints
from eggshard.diagnostics import DiagnosticError
from eggshard.egraph.logic.islands import Island, islands
from eggshard.egraph.logic.pieces import Piece, pieces
from eggshard.egraph.logic.saturate import saturate
from eggshard.egraph.rulesets import DEFAULT, Rules
from eggshard.fold import fold
from eggshard.partitioning.program import main_function, the_mesh
from eggshard.planning.apply import apply_choice
from eggshard.planning.outline import Outline, outline
from eggshard.planning.pins import pins
from eggshard.planning.problem import PER_SECOND, problem_of
from eggshard.planning.strategies import Space, space
from eggshard.planning.tied import tied
from eggshard.planning.variables import Decision, decision
from eggshard.report.text import quantity

Progress = Callable[[str], None]

TIED = 0.4
"""Share of the time after which the search with equal blocks tied gives way to the one without ties."""
ENOUGH = 1e-4
"""A plan this near to the bound is not improved any more."""


@dataclass
class Search:
    """A program with everything that can be chosen about it, and what was."""

    outline: Outline
    space: Space
    decision: Decision
    problem: Problem
    result: Result | None = None

    @property
    def seconds(self) -> float | None:
        """Predicted time of a step, ops and collectives one after the other."""
        return None if self.result is None or self.result.cost is None else self.result.cost / PER_SECOND

    @property
    def bound_seconds(self) -> float | None:
        """No plan of this search space is faster than this."""
        return None if self.result is None or self.result.bound is None else self.result.bound / PER_SECOND

    @property
    def peak_bytes(self) -> int | None:
        """Most bytes that a device holds at any step."""
        if self.result is None or self.result.choice is None:
            return None
        return peak_bytes(self.problem, self.result.choice)


def peak_bytes(problem: Problem, choice: Ints) -> int:
    """Most usage that a choice takes at any step."""
    used = problem.usages[problem.offsets[:-1] + choice]
    change = np.zeros(int(problem.intervals.max(initial=0)) + 1, np.int64)
    live = problem.intervals[:, 0] < problem.intervals[:, 1]
    np.add.at(change, problem.intervals[live, 0], used[live])
    np.subtract.at(change, problem.intervals[live, 1], used[live])
    return int(change.cumsum().max())


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
    (a fraction) of its bound, or after `time_limit` seconds. Raises DiagnosticError if nothing is found that fits.
    """
    made = decide(
        module,
        model,
        memory,
        Rules(logic=logic, relax_rounding=relax_rounding),
        time_limit=time_limit,
        seed=seed,
        gap=gap,
        progress=progress,
    )
    assert made.result is not None
    if made.result.choice is None:
        raise does_not_fit(made, memory)
    found = the_mesh(module)
    assert found is not None
    apply_choice(module, made.outline, made.space, made.decision, made.result.choice, *found)
    return made


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
    chosen = decision(laid, everything, pins(module, laid, everything, name, mesh))
    problem = problem_of(chosen, list(everything.kinds.values()), laid.steps, memory, "plan")
    return Search(laid, everything, chosen, problem)


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
    """As `search`, but the module stays as it is."""
    from eggshard.choose.solve import solve

    began = time.monotonic()
    made = explored(module, model, memory, rules, progress)
    if progress:
        progress("choose")

    def left(share: float) -> float:
        return max(1.0, share * (time_limit - (time.monotonic() - began)))

    starts = []
    blocks = tied(made.problem, made.outline, made.decision, fold(main_function(module)))
    if blocks is not None:
        alike = solve(blocks, time_limit=left(TIED), seed=seed, enough=gap)
        starts = [] if alike.choice is None else [alike.choice]
    made.result = solve(made.problem, time_limit=left(1.0), seed=seed, starts=starts, enough=gap)
    return made


def rewritable(module: ModuleOp, rules: Rules = DEFAULT) -> list[tuple[Island, list[Piece]]]:
    """The islands of a program that have more than one form, with their pieces."""
    found = islands(module) if rules.logic else []
    if not found:
        return []
    forms = saturate(found, rules.logical)
    return [(island, pieces(island, form)) for island, form in zip(found, forms, strict=True) if form is not None]


def does_not_fit(made: Search, memory: int) -> DiagnosticError:
    assert made.result is not None
    proven = "no partitioning fits" if made.result.infeasible else "no partitioning was found that fits"
    return DiagnosticError(
        f"{proven} in {quantity(memory)} a device", location="--memory", hint="more memory, or more devices"
    )
