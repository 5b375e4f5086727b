"""The search: explores a program, chooses the cheapest strategies that fit memory, and writes them into it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from xdsl.dialects.builtin import ModuleOp

from eggshard.choose.evaluate import Evaluator
from eggshard.choose.problem import Ints, Problem, Result
from eggshard.cost.batch import CostModel
from eggshard.diagnostics import DiagnosticError
from eggshard.egraph.logic.islands import Island, islands
from eggshard.egraph.logic.pieces import Piece, pieces
from eggshard.egraph.logic.prune import pruned
from eggshard.egraph.logic.saturate import saturate
from eggshard.egraph.rulesets import DEFAULT, Rules
from eggshard.fold import fold
from eggshard.interrupts import Interrupts
from eggshard.partitioning.program import main_function, the_mesh
from eggshard.planning.apply import apply_choice
from eggshard.planning.asis import as_written
from eggshard.planning.moves import Found, Moves, too_large
from eggshard.planning.outline import Outline, outline
from eggshard.planning.peak import peak_of, usage_by_step
from eggshard.planning.pins import pins
from eggshard.planning.problem import PER_SECOND, problem_of
from eggshard.planning.refusals import does_not_fit, out_of_memory
from eggshard.planning.smallest import Smallest, smallest
from eggshard.planning.strategies import Space, space
from eggshard.planning.tied import tied
from eggshard.planning.variables import Decision, decision
from eggshard.plans import Ended, Peak

Progress = Callable[[str], None]

WRITTEN = 0.2
"""Share of the time for the program in the form in which it is written, where there are others."""
TIED = 0.4
"""Share of the time after which the search with equal blocks tied gives way to the one without ties."""
ENOUGH = 1e-4
"""A plan this near to the bound is not improved any more."""
FREELY = 0.6
"""Share of the time that is left for the whole problem, before steps are taken from what that found."""
SMALL = 1_000_000
"""Entries of tables up to which all of a problem is tried at once before anything else."""
AT_ONCE = 0.2
"""Share of the time that this may take."""
STEPPED = 0.6
"""Steps end where this part of the time that there was is left."""
LEAST = 1.0
"""Seconds that a choice is given in any case, unless fewer are asked for."""
SETTLING = 20.0
"""Seconds after the time limit, at most as many as that, in which it is found out what does fit."""


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
        _Solving(made, began, time_limit, seed, gap).run(module)
    except MemoryError as error:
        raise out_of_memory(error) from None
    return made


class _Solving:
    """The choice within a time limit that began to count before it."""

    def __init__(self, made: Search, began: float, time_limit: float, seed: int, gap: float):
        self.made, self.began, self.time_limit = made, began, time_limit
        self.seed, self.gap = seed, gap
        self.settled = False
        """Whether the best choice that is alike in equal blocks is known."""

    def left(self, share: float) -> float:
        """Seconds of that share of what is left; some where exploring has taken all of it."""
        return max(min(LEAST, self.time_limit), share * (self.time_limit - (time.monotonic() - self.began)))

    def run(self, module: ModuleOp) -> None:
        made, best = self.made, None
        with Interrupts() as interrupts:
            try:
                best = self.narrowly(module, interrupts) if not made.whole else self.alike(module)
                if made.whole and not interrupts.noted:
                    best = self.wholly(module, best, interrupts)
                if best.choice is None and made.whole and not interrupts.noted:
                    best = self.at_all(best, interrupts)
            except MemoryError:
                if best is None or best.choice is None:
                    raise
                made.ended = "out of memory"
            except KeyboardInterrupt:
                interrupts.noted = True
        if interrupts.noted:
            if best is None or best.choice is None:
                raise KeyboardInterrupt
            made.ended = "interrupted"
        elif made.ended == "bound" and not self.near(best):
            made.ended = "time limit"
        made.result = (
            best if best is None or best.choice is None else replace(best, choice=made.without_copies(best.choice))
        )

    def near(self, result: Result | None) -> bool:
        return result is not None and result.gap is not None and result.gap <= self.gap

    def alike(self, module: ModuleOp) -> Result:
        """With equal blocks held to equal choices; what is proven of these is not true of all."""
        made, folding = self.made, fold(main_function(module))
        found = None
        written = as_written(made.problem, made.outline, made.space, made.decision)
        if written is not None:
            alike = tied(written, made.outline, made.decision, folding)
            found = self.solved(written if alike is None else alike, WRITTEN, [])
        blocks = tied(made.problem, made.outline, made.decision, folding)
        if blocks is not None:
            starts = [] if found is None or found.choice is None else [found.choice]
            better = self.solved(blocks, TIED, starts)
            self.settled = self.near(better)
            found = found if better.choice is None else better
        return Result(None if found is None else found.choice, None if found is None else found.cost, None)

    def moves(self, module: ModuleOp, interrupts: Interrupts) -> Moves:
        made, found = self.made, the_mesh(module)
        assert found is not None

        def left() -> float:
            return 0.0 if interrupts.noted else self.time_limit - (time.monotonic() - self.began)

        return Moves(made.outline, made.space, made.decision, found[1], made.problem.limit, left, self.seed)

    def narrowly(self, module: ModuleOp, interrupts: Interrupts) -> Result:
        return self.moves(module, interrupts).without_whole(fold(main_function(module)))

    def wholly(self, module: ModuleOp, start: Result, interrupts: Interrupts) -> Result:
        """Steps in narrower spaces, and all of it at once from what they find."""
        if len(self.made.problem.edge_costs) <= SMALL:
            found = self.freely(start, AT_ONCE)
            if self.near(found) or found.infeasible or interrupts.noted:
                return found
            start = found
        moves = self.moves(module, interrupts)
        if not self.settled:
            start = self.stepped(moves, start)
        found = self.freely(start, FREELY)
        if self.near(found) or found.infeasible or interrupts.noted:
            return found
        better = self.stepped(moves, found)
        if interrupts.noted or (found.choice is not None and better.cost == found.cost):
            return better
        again = self.freely(better, 1.0)
        bounds = [bound for bound in (found.bound, again.bound) if bound is not None]
        return replace(again, bound=max(bounds, default=None))

    def stepped(self, moves: Moves, start: Result) -> Result:
        """The result with what steps from its choice find, or steps towards less memory where it has none."""
        found = None if start.choice is None or start.cost is None else Found(start.cost, start.choice)
        if found is None and not start.infeasible:
            found = moves.descended()
        if found is None:
            return start
        found = moves.improved(found, keep=STEPPED * moves.left())
        return replace(start, choice=found.choice, cost=found.cost)

    def freely(self, start: Result, share: float) -> Result:
        return self.solved(self.made.problem, share, [] if start.choice is None else [start.choice])

    def at_all(self, result: Result, interrupts: Interrupts) -> Result:
        """What fits in memory at any cost, where the search for what is cheap has found nothing."""
        problem = self.made.problem
        seconds = max(min(SETTLING, self.time_limit), self.left(1.0))
        enough = 0 if result.infeasible else problem.limit
        least = self.made.least = smallest(
            problem, seconds=seconds, seed=self.seed, enough=enough, stop=lambda: interrupts.noted
        )
        judged = None if least is None else Evaluator(problem)(least.choice)
        if judged is None or not judged.feasible:
            return result
        assert least is not None
        return replace(result, choice=least.choice, cost=judged.cost)

    def solved(self, problem: Problem, share: float, starts: list[Ints]) -> Result:
        from eggshard.choose.solve import solve

        return solve(problem, time_limit=self.left(share), seed=self.seed, starts=starts, enough=self.gap)


def rewritable(module: ModuleOp, rules: Rules = DEFAULT) -> list[tuple[Island, list[Piece]]]:
    """The islands of a program that have more than one form, with their pieces."""
    found = islands(module, rules.logical) if rules.logic else []
    if not found:
        return []
    forms = saturate(found, rules.logical)
    kept = [None if form is None else pruned(island, form) for island, form in zip(found, forms, strict=True)]
    return [(island, pieces(island, form)) for island, form in zip(found, kept, strict=True) if form is not None]
