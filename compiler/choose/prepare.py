"""
Hot loops compiled ahead, by a second process, while the first reads its problem and compiles what it needs first.

Nothing is kept on disk the first time, and compiling takes seconds that count in the limit. One process compiles one
function at a time, so a second one works through the search backwards, and the two meet in the middle.
"""

from __future__ import annotations

import contextlib
import functools
import os
import subprocess
import sys
from typing import Any

import numpy as np

from eggshard.choose.compiled import kept
from eggshard.choose.problem import Problem


@functools.cache
def prepare() -> None:
    """
    Starts the second process where compiled code is not on disk yet, can be put there, and a core is free for it.

    Only the first call of a process does anything: call it as early as it is clear that there will be a search.
    """
    if kept() or len(os.sched_getaffinity(0)) < 2:
        return
    try:
        subprocess.Popen(
            [sys.executable, "-m", "eggshard.choose.prepare"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    except OSError:
        return  # Only slower.


def small_problem() -> Problem:
    """Two nodes, an edge, and memory that both hold in turns."""

    def flat(*values: int) -> Any:
        return np.array(values, np.int64)

    return Problem(
        name="small", offsets=flat(0, 2, 4), costs=flat(1, 2, 2, 1), usages=flat(1, 2, 2, 1),
        intervals=flat(0, 2, 1, 3).reshape(2, 2), edge_nodes=flat(0, 1).reshape(1, 2), edge_offsets=flat(0, 4),
        edge_costs=flat(0, 1, 1, 0), limit=3,
    )  # fmt: skip


def compile_all() -> None:
    """Calls every compiled function of a search once, as a search does, last ones first."""
    from eggshard.choose.bound import proven_bound
    from eggshard.choose.core import core_of
    from eggshard.choose.dual import Dual
    from eggshard.choose.graph import graph_of
    from eggshard.choose.narrow import narrowed, point_of
    from eggshard.choose.neighbourhoods import Neighbourhoods
    from eggshard.choose.presolve import Infeasible, presolve
    from eggshard.choose.primal import Primal
    from eggshard.choose.segments import Segments, segments_of

    problem = small_problem()
    graph = graph_of(problem, 0)
    nothing = np.zeros(0, np.int64)
    reduced = core_of(graph, Segments(*[nothing] * 7), 0)
    dual, primal = Dual(reduced.core), Primal(reduced.core, 0)
    primal.round(dual.labels.copy(), dual.prices.copy(), 1)
    Neighbourhoods(reduced, dual, 0)
    proven_bound(reduced, dual.prices, dual.messages, 1.0)
    dual.start()
    dual.advance(1)
    segments_of(problem, graph)
    reduced.original(dual.labels)
    presolve(problem)
    with contextlib.suppress(Infeasible):
        narrowed(problem, reduced, point_of(reduced.core, dual.prices, dual.messages), 10**6, least=0.0)


if __name__ == "__main__":
    compile_all()
