"""How the time of a search is spent: equal blocks alike, all at once, steps in narrower spaces, fitting at all."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from xdsl.dialects.builtin import ModuleOp

from eggshard.choose.problem import Ints, Problem, Result
from eggshard.fold import fold
from eggshard.interrupts import Interrupts
from eggshard.partitioning.program import main_function, the_mesh
from eggshard.planning.asis import as_written
from eggshard.planning.moves import Found, Moves
from eggshard.planning.smallest import smallest, smallest_in_steps
from eggshard.planning.tied import tied

if TYPE_CHECKING:
    from eggshard.planning.search import Search

TIED = 0.6
"""Share of the time after which the search with equal blocks tied gives way to the one without ties."""
WRITTEN = 0.2
"""Share of the time for the program in the form in which it is written, where there are others."""
WELL = 0.02
"""Gap up to which a choice that is alike in equal blocks needs nothing to fall back on."""
FREELY = 0.6
"""Share of the time that is left for the whole problem, before steps are taken from what that found."""
SMALL = 1_000_000
"""Entries of tables up to which all of a problem is tried at once before anything else."""
AT_ONCE = 0.2
"""Share of the time that this may take."""
MANY = 5_000_000
"""Entries of tables from which on steps take longer than they bring, where there is a choice to begin from."""
STEPPED = 0.6
"""Steps end where this part of the time that there was is left."""
LEAST = 1.0
"""Seconds that a choice is given in any case, unless fewer are asked for."""
SETTLING = 20.0
"""Seconds after the time limit, at most as many as that, in which it is found out what does fit."""


class Solving:
    """
    The choice within a time limit that began to count before it.

    `run` puts it into the search, with why it ended.
    """

    def __init__(self, made: Search, began: float, time_limit: float, seed: int, gap: float):
        self.made, self.began, self.time_limit = made, began, time_limit
        self.seed, self.gap = seed, gap
        self.interrupts = Interrupts()
        self.best = Result(None, None, None)
        """The cheapest choice of any part of the search."""
        self.known: Any = None
        """Prices that the last search found."""
        self.settled = False
        """Whether the best choice that is alike in equal blocks is known."""

    def left(self, share: float) -> float:
        """Seconds of that share of what is left; some where exploring has taken all of it."""
        return max(min(LEAST, self.time_limit), share * (self.time_limit - (time.monotonic() - self.began)))

    def run(self, module: ModuleOp) -> None:
        made, best = self.made, self.best
        with self.interrupts:
            try:
                best = self.narrowly(module) if not made.whole else self.alike(module)
                if made.whole and not self.interrupts.noted:
                    best = self.wholly(module, best)
                if best.choice is None and not self.interrupts.noted:
                    best = self.at_all(module, best)
            except MemoryError:
                best = self.best if best.choice is None else best
                if best.choice is None:
                    raise
                made.ended = "out of memory"
            except KeyboardInterrupt:
                self.interrupts.noted = True
        if self.interrupts.noted:
            best = self.best if best.choice is None else best
            if best.choice is None:
                raise KeyboardInterrupt
            made.ended = "interrupted"
        elif made.ended == "bound" and not self.near(best):
            made.ended = "time limit"
        made.result = best if best.choice is None else replace(best, choice=made.without_copies(best.choice))

    def near(self, result: Result) -> bool:
        return result.gap is not None and result.gap <= self.gap

    def alike(self, module: ModuleOp) -> Result:
        """With equal blocks held to equal choices; what is proven of these is not true of all."""
        made, folding = self.made, fold(main_function(module))
        follows = tied(made.outline, made.decision, folding)
        found = Result(None, None, None)
        if follows is not None:
            found = self.solved(made.problem, TIED, [], follows)
            self.known = found.known
            self.settled = self.near(found)
        if found.gap is None or found.gap > WELL:
            other = self.as_written(follows)
            if other.cost is not None and (found.cost is None or other.cost < found.cost):
                found = other
        return Result(found.choice, found.cost, None)

    def as_written(self, follows: Ints | None) -> Result:
        """In the forms of the program: what to fall back on where there are too many others."""
        made = self.made
        written = as_written(made.problem, made.outline, made.space, made.decision)
        if written is None:
            return Result(None, None, None)
        return self.solved(written, WRITTEN, [], follows)

    def moves(self, module: ModuleOp) -> Moves:
        made, found = self.made, the_mesh(module)
        assert found is not None

        def left() -> float:
            return 0.0 if self.interrupts.noted else self.time_limit - (time.monotonic() - self.began)

        return Moves(made.outline, made.space, made.decision, found[1], made.problem.limit, left, self.seed)

    def narrowly(self, module: ModuleOp) -> Result:
        return self.moves(module).without_whole(fold(main_function(module)))

    def wholly(self, module: ModuleOp, start: Result) -> Result:
        """Steps in narrower spaces, and all of it at once from what they find."""
        if len(self.made.problem.edge_costs) <= SMALL:
            found = self.freely(start, AT_ONCE)
            if self.near(found) or found.infeasible or self.interrupts.noted:
                return found
            start = found
        moves = self.moves(module)
        if start.choice is None or (not self.settled and len(self.made.problem.edge_costs) <= MANY):
            start = self.stepped(moves, start)
        found = self.freely(start, FREELY)
        if self.near(found) or found.infeasible or self.interrupts.noted:
            return found
        better = self.stepped(moves, found)
        if self.interrupts.noted or (found.choice is not None and better.cost == found.cost):
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
        found = self.solved(self.made.problem, share, [] if start.choice is None else [start.choice])
        self.known = found.known or self.known
        return found

    def at_all(self, module: ModuleOp, result: Result) -> Result:
        """What fits in memory at any cost, where the search for what is cheap has found nothing."""
        problem = self.made.problem
        until = time.monotonic() + max(min(SETTLING, self.time_limit), self.left(1.0))

        def left() -> float:
            return 0.0 if self.interrupts.noted else until - time.monotonic()

        enough = 0 if result.infeasible else problem.limit
        if self.made.whole:
            least = smallest(problem, left, seed=self.seed, enough=enough)
        else:
            least = smallest_in_steps(self.moves(module), left, seed=self.seed, enough=enough)
        self.made.least = least
        if least is None or least.peak > problem.limit or least.cost is None:
            return result
        return replace(result, choice=least.choice, cost=least.cost)

    def solved(self, problem: Problem, share: float, starts: list[Ints], follows: Ints | None = None) -> Result:
        from eggshard.choose.solve import solve

        found = solve(
            problem,
            time_limit=self.left(share),
            seed=self.seed,
            starts=starts,
            enough=self.gap,
            follows=follows,
            known=self.known,
            on_progress=lambda _: self.interrupts.check(),
        )
        if found.cost is not None and (self.best.cost is None or found.cost < self.best.cost):
            self.best = Result(found.choice, found.cost, None)
        return found
