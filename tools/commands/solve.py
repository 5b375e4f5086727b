"""`eggshard solve`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import os
import signal
import time
from typing import TYPE_CHECKING, Any

from eggshard.tools.outcome import DONE, INTERRUPTED, REFUSED, say

if TYPE_CHECKING:
    from eggshard.choose.problem import Problem, Progress, Result

EPILOG = """\
The problem is in the format of the IOPDDL contest: {"problem": {"nodes": {"intervals", "costs", "usages"},
"edges": {"nodes", "costs"}, "usage_limit"}}. The last line on stdout is the solution, [0, 2, ..]: each node's strategy.
The bound is proven: no solution costs less. Ctrl-C stops early with the best solution so far.

examples:
  eggshard solve problem.json.gz --time-limit 60 > solution.txt
  eggshard solve problem.json.gz --check solution.txt"""

PAUSE = 0.5
"""Seconds between two lines of progress that differ in the bound only."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    add = parser.add_argument
    add("problem", metavar="PROBLEM.json[.gz]", help="nodes with strategies, edges with cost tables, a memory limit")
    add(
        "--time-limit",
        metavar="S",
        type=_seconds,
        default=60.0,
        help="seconds from the start of the command to its answer (default 60)",
    )
    add("--seed", metavar="N", type=_whole(0, 2**32 - 1), default=0, help="of everything that is random (default 0)")
    add("--threads", metavar="N", type=_whole(1, 256), default=2, help="CPU cores to use (default 2)")
    add("--json", action="store_true", help="print one JSON object instead: cost, bound, times, solution, ..")
    add(
        "--check",
        metavar="SOLUTION",
        help="solve nothing: evaluate a solution, from a file, from stdin (-) or as it stands ('[0, 2, 1]')",
    )


def run(args: argparse.Namespace) -> int:
    """Solves or checks; exit status 1 if there is no solution, or if the one to check is none."""
    began = time.monotonic() - process_age()
    from eggshard.choose.read import load_problem

    if args.check is None and args.threads > 1:
        from eggshard.choose.prepare import prepare

        prepare()
    problem = load_problem(args.problem)
    return _check(args, problem) if args.check is not None else _solve(args, problem, began)


def _check(args: argparse.Namespace, problem: Problem) -> int:
    """Evaluates a given solution."""
    from eggshard.choose.evaluate import evaluate
    from eggshard.choose.read import load_solution

    found = evaluate(problem, load_solution(args.check, problem))
    if args.json:
        shown = {**dataclasses.asdict(found), "limit": problem.limit, "feasible": found.feasible}
        print(json.dumps(shown))
        return DONE if found.feasible else REFUSED
    cost = found.forbidden if found.cost is None else str(found.cost)
    print(f"cost    {cost}")
    print(f"memory  {found.peak} at most, limit {problem.limit}")
    if not found.fits:
        print(f"        over the limit by {found.first_excess} from step {found.first_step} on")
        print(f"        over the limit by {found.violation} at worst, from step {found.worst_step} on")
    print("a valid solution" if found.feasible else "not a valid solution")
    return DONE if found.feasible else REFUSED


def _solve(args: argparse.Namespace, problem: Problem, began: float) -> int:
    """Searches until the time is up, and prints what was found."""
    from eggshard.choose.solve import solve

    progress = ProgressTable()
    progress.begin(problem)
    interrupts = Interrupts()
    with interrupts:
        result = solve(
            problem,
            time_limit=args.time_limit,
            seed=args.seed,
            threads=args.threads,
            on_progress=progress.improved,
            deadline_start=began,
        )
    interrupted = interrupts.seen
    seconds = time.monotonic() - began
    status = _status(result, interrupted)
    if args.json:
        print(json.dumps(_machine_readable(result, status, args, seconds)))
    if result.choice is None:
        say(f"error: {args.problem}: {_nothing_found(result, interrupted, seconds)}")
    else:
        say(_summary(result, status, seconds))
        if not args.json:
            print(json.dumps(result.choice.tolist()))
    return INTERRUPTED if interrupted else DONE if result.choice is not None else REFUSED


def _status(result: Result, interrupted: bool) -> str:
    if result.choice is None:
        return "infeasible" if result.infeasible else "interrupted" if interrupted else "none found"
    return "optimal" if result.optimal else "interrupted" if interrupted else "feasible"


def _machine_readable(result: Result, status: str, args: argparse.Namespace, seconds: float) -> dict[str, Any]:
    """What --json prints; times count from the start of the command."""
    return {
        "status": status,
        "cost": result.cost,
        "bound": result.bound,
        "gap": result.gap,
        "optimal": result.optimal,
        "seconds": round(seconds, 3),
        "seconds_to_first": _rounded(result.seconds_to_first),
        "seconds_to_best": _rounded(result.seconds_to_best),
        "violation": result.violation,
        "reason": result.reason,
        "seed": args.seed,
        "threads": args.threads,
        "solution": None if result.choice is None else result.choice.tolist(),
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _nothing_found(result: Result, interrupted: bool, seconds: float) -> str:
    if result.infeasible:
        return f"infeasible: {result.reason}" if result.reason else "infeasible"
    violation = "" if result.violation is None else f"; least violation {result.violation} {result.reason}".rstrip()
    return f"{'interrupted: ' if interrupted else ''}none found in {seconds:.1f} s{violation}"


def _summary(result: Result, status: str, seconds: float) -> str:
    bound = "no bound" if result.bound is None else f"bound {result.bound}, gap {_percent(result.gap)}"
    return f"{status}: cost {result.cost}, {bound}, {seconds:.1f} s"


class Interrupts:
    """While this is entered the first Ctrl-C is noted and passed on; the command then still has an answer to print."""

    def __init__(self) -> None:
        self.seen = False

    def __enter__(self) -> None:
        self._before = signal.signal(signal.SIGINT, self._note)

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _note(self, number: int, frame: object) -> None:
        self.seen = True
        raise KeyboardInterrupt


class ProgressTable:
    """Lines on stderr as cost and bound improve: seconds since the start of the command, cost, bound, gap."""

    def __init__(self) -> None:
        self._shown: tuple[int | None, int | None] = (None, None)
        self._when = -PAUSE

    def begin(self, problem: Problem) -> None:
        counts = f"{problem.nodes} nodes, {problem.edges} edges, {len(problem.costs)} strategies"
        say(f"{problem.name}: {counts}, {len(problem.edge_costs)} table entries, memory limit {problem.limit}")
        say(f"{'seconds':>8}  {'cost':>20}  {'bound':>20}  {'gap':>10}")

    def improved(self, news: Progress) -> None:
        """Shows what is known by now, if it differs from what was shown."""
        from eggshard.choose.problem import Result

        shown = (news.cost, news.bound)
        if shown == self._shown or (shown[0] == self._shown[0] and news.seconds < self._when + PAUSE):
            return
        self._shown, self._when = shown, news.seconds
        cost, bound = ("-" if value is None else str(value) for value in shown)
        gap = Result(None, news.cost, news.bound).gap
        say(f"{news.seconds:8.1f}  {cost:>20}  {bound:>20}  {_percent(gap):>10}")


def _percent(gap: float | None) -> str:
    return "-" if gap is None else "0 %" if gap == 0 else f"{100 * gap:.4f} %"


def process_age() -> float:
    """Seconds since this process was started, its imports included; 0 where the system does not say."""
    try:
        with open("/proc/self/stat", encoding="ascii", errors="replace") as stat:
            started = int(stat.read().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
        return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - started)
    except (OSError, ValueError, IndexError, AttributeError):
        return 0.0


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"'{text}' is no time limit; required: a number of seconds above 0")
    return value


def _whole(least: int, most: int) -> Any:
    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"'{text}'; required: a whole number from {least} to {most}")
        return int(text)

    return parse
