"""The decision as a choice problem: picoseconds, bytes, steps."""

from __future__ import annotations

import numpy as np

from eggshard.choose.problem import Problem
from eggshard.cost.batch import Floats, Ints
from eggshard.planning.kinds import Kind
from eggshard.planning.variables import SAME, Decision, Link

PER_SECOND = 1e12
FORBIDDEN = 10**18
"""Cost of what is impossible."""


def problem_of(decision: Decision, kinds: list[Kind], steps: int, limit: int, name: str) -> Problem:
    """Costs are picoseconds of one run of the program; usages bytes on a device in each step; `limit` bytes."""
    variables = decision.variables
    offsets = np.zeros(len(variables) + 1, np.int64)
    offsets[1:] = np.cumsum([variable.strategies for variable in variables])
    tables: dict[tuple[object, ...], Ints] = {}
    edges = [_table(link, kinds, tables) for link in decision.links]
    edge_offsets = np.zeros(len(edges) + 1, np.int64)
    edge_offsets[1:] = np.cumsum([len(edge) for edge in edges])
    return Problem(
        name,
        offsets,
        picoseconds(np.concatenate([variable.costs for variable in variables])),
        np.concatenate([variable.held for variable in variables]),
        np.array([(variable.start, min(variable.end, steps)) for variable in variables], np.int64).reshape(-1, 2),
        np.array([(link.first, link.second) for link in decision.links], np.int64).reshape(-1, 2),
        edge_offsets,
        np.concatenate(edges) if edges else np.zeros(0, np.int64),
        limit,
    )


def picoseconds(seconds: Floats) -> Ints:
    """Whole picoseconds; what takes for ever is forbidden."""
    endless = ~np.isfinite(seconds)
    rounded: Ints = np.rint(np.where(endless, 0.0, seconds) * PER_SECOND).astype(np.int64)
    rounded[endless] = FORBIDDEN
    return rounded


def _table(link: Link, kinds: list[Kind], tables: dict[tuple[object, ...], Ints]) -> Ints:
    """Reshard costs between all strategies of both sides, row-major; equal ones are made once."""
    key = (link.kind, link.sources.tobytes(), link.targets.tobytes(), link.times, link.alias is None)
    if key not in tables and link.kind == SAME:
        tables[key] = np.where(link.sources[:, None] == link.targets[None, :], 0, FORBIDDEN).reshape(-1)
    if key not in tables:
        seconds = kinds[link.kind].seconds[np.ix_(link.sources, link.targets)] * link.times
        seconds[link.sources < 0] = np.inf
        seconds[:, link.targets < 0] = 0.0
        if link.alias is not None:
            same = link.sources[:, None] == link.targets[None, :]
            seconds = np.where(link.alias[None, :], np.where(same, 0.0, np.inf), seconds)
        tables[key] = picoseconds(seconds).reshape(-1)
    return tables[key]
