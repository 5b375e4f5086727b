"""The problem held to the forms in which the program is written: a plan to begin from, where there are others."""

from __future__ import annotations

from dataclasses import replace

from eggshard.choose.problem import Problem
from eggshard.planning.outline import Outline, Rewritten
from eggshard.planning.problem import FORBIDDEN
from eggshard.planning.strategies import Space
from eggshard.planning.variables import Decision


def as_written(problem: Problem, outline: Outline, space: Space, decision: Decision) -> Problem | None:
    """Every piece of a rewritten tree made as the program makes it, or not at all; None if nothing is rewritten."""
    if not outline.islands:
        return None
    costs = problem.costs.copy()
    for rewritten in outline.islands:
        live = _live(rewritten)
        for number, (piece, site) in enumerate(zip(rewritten.pieces, rewritten.sites, strict=True)):
            variable = decision.of_site[site]
            other = space.states(site).way != (piece.written if number in live else -1)
            costs[problem.offsets[variable] : problem.offsets[variable + 1]][other] = FORBIDDEN
    return replace(problem, costs=costs)


def _live(rewritten: Rewritten) -> set[int]:
    """The pieces that the program makes."""
    live, left = set(), [len(rewritten.pieces) - 1]
    while left:
        number = left.pop()
        if number not in live:
            live.add(number)
            piece = rewritten.pieces[number]
            left += [read for read in piece.ways[piece.written].reads if isinstance(read, int)]
    return live
