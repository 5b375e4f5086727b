"""Tiny choice problems at random, their optimum by trying every choice, and problems as files."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np

from eggshard.choose.evaluate import Evaluator
from eggshard.choose.problem import Problem

EXAMPLE: dict[str, Any] = {
    "problem": {
        "name": "example",
        "nodes": {
            "intervals": [[30, 70], [40, 70], [50, 120], [110, 140], [110, 150]],
            "costs": [[15], [55, 65], [25, 45, 35], [85, 75], [95]],
            "usages": [[10], [25, 25], [15, 20, 15], [10, 10], [15]],
        },
        "edges": {
            "nodes": [[0, 1], [0, 2], [1, 3], [2, 4], [3, 4]],
            "costs": [[30, 40], [50, 10, 40], [90, 10, 20, 80], [60, 20, 30], [70, 60]],
        },
        "usage_limit": 50,
    }
}
"""The contest's example: its optimum costs 445."""

FORBIDDEN = 10**18


def problem_of(
    strategies: list[int],
    costs: list[int],
    usages: list[int],
    intervals: list[tuple[int, int]],
    edges: list[tuple[int, int, list[int]]],
    limit: int,
) -> Problem:
    """A problem from lists; `strategies` are the numbers of them, an edge is (first, second, row-major table)."""
    tables = [table for _, _, table in edges]
    return Problem(
        name="small",
        offsets=np.cumsum([0, *strategies], dtype=np.int64),
        costs=np.array(costs, np.int64),
        usages=np.array(usages, np.int64),
        intervals=np.array(intervals, np.int64).reshape(-1, 2),
        edge_nodes=np.array([(a, b) for a, b, _ in edges], np.int64).reshape(-1, 2),
        edge_offsets=np.cumsum([0, *map(len, tables)], dtype=np.int64),
        edge_costs=np.array([entry for table in tables for entry in table], np.int64),
        limit=limit,
    )


def tiny(seed: int) -> Problem:
    """
    One to seven nodes: some tables functional, some entries and strategies forbidden, edges parallel and in
    both directions, empty intervals, negative costs, and a limit from far too small to loose.
    """
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 8))
    strategies = rng.integers(1, 5, n).tolist()
    total = sum(strategies)
    low = -20 if rng.random() < 0.3 else 0
    costs = rng.integers(low, 30, total)
    costs[rng.random(total) < 0.05] = FORBIDDEN
    usages = rng.integers(0, 12, total) * int(rng.choice([1, 1, 10**9]))
    starts = rng.integers(0, 8, n)
    intervals = [(int(s), int(s + length)) for s, length in zip(starts, rng.integers(0, 7, n), strict=True)]
    edges = []
    for _ in range(int(rng.integers(0, 2 * n))) if n > 1 else ():
        a, b = (int(v) for v in rng.choice(n, 2, replace=False))
        edges.append((a, b, _table(rng, strategies[a], strategies[b], low)))
        if rng.random() < 0.2:
            edges.append((b, a, _table(rng, strategies[b], strategies[a], low)))
    least = int(usages.max(initial=0)) * n
    limit = int(rng.integers(0, least + 1)) if rng.random() < 0.8 else 10**12
    return problem_of(strategies, costs.tolist(), usages.tolist(), intervals, edges, limit)


def dense(seed: int) -> Problem:
    """What presolve cannot take apart: most pairs joined, memory that varies and lasts, a limit that binds."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 7))
    strategies = rng.integers(2, 5, n).tolist()
    total = sum(strategies)
    costs = rng.integers(0, 30, total).tolist()
    usages = (rng.integers(0, 30, total) * int(rng.choice([1, 10**8]))).tolist()
    starts = rng.integers(0, 3, n)
    intervals = [(int(s), int(s + length)) for s, length in zip(starts, rng.integers(3, 7, n), strict=True)]
    edges = [
        (a, b, _table(rng, strategies[a], strategies[b], 0, int(rng.integers(2, 4))))
        for a in range(n)
        for b in range(n)
        if a < b and rng.random() < 0.8
    ]
    sizes = np.array(usages)
    starts_of = np.cumsum([0, *strategies])[:-1]
    least, most = np.minimum.reduceat(sizes, starts_of).sum(), np.maximum.reduceat(sizes, starts_of).sum()
    limit = int(least + (most - least) * rng.random() * 0.8)
    return problem_of(strategies, costs, usages, intervals, edges, limit)


def _table(rng: np.random.Generator, rows: int, columns: int, low: int, kind: int | None = None) -> list[int]:
    kind = int(rng.integers(4)) if kind is None else kind
    if kind == 0:  # the second follows the first
        table = np.full((rows, columns), FORBIDDEN)
        table[np.arange(rows), rng.integers(0, columns, rows)] = rng.integers(low, 9, rows)
    elif kind == 1:  # a sum of a row's and a column's part
        table = rng.integers(low, 9, rows)[:, None] + rng.integers(low, 9, columns)[None, :]
    else:
        table = rng.integers(low, 20, (rows, columns))
        if kind == 2:
            table[rng.random((rows, columns)) < 0.3] = FORBIDDEN
    return [int(entry) for entry in table.ravel()]


def optimum(problem: Problem) -> int | None:
    """The least cost of a choice that fits, by trying all; None if none does."""
    judge = Evaluator(problem)
    best = None
    for choice in itertools.product(*(range(problem.strategies(v)) for v in range(problem.nodes))):
        judged = judge(np.array(choice, np.int64))
        if judged.feasible and judged.cost is not None and (best is None or judged.cost < best):
            best = judged.cost
    return best


def written(problem: Problem) -> dict[str, Any]:
    """The problem in the contest's format."""

    def rows(values: Any, offsets: Any) -> list[list[int]]:
        return [values[a:b].tolist() for a, b in itertools.pairwise(offsets)]

    return {
        "problem": {
            "name": problem.name,
            "nodes": {
                "intervals": problem.intervals.tolist(),
                "costs": rows(problem.costs, problem.offsets),
                "usages": rows(problem.usages, problem.offsets),
            },
            "edges": {
                "nodes": problem.edge_nodes.tolist(),
                "costs": rows(problem.edge_costs, problem.edge_offsets),
            },
            "usage_limit": problem.limit,
        }
    }


def write(path: Path, whole: Any) -> str:
    """Writes JSON to a file, and returns its name."""
    path.write_text(json.dumps(whole))
    return str(path)
