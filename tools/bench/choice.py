"""
Solves the instances of the IOPDDL contest, and generated ones, each in a process of its own.

    python -m eggshard.tools.bench.choice                           at the contest's time limits, three seeds each
    python -m eggshard.tools.bench.choice --fraction 0.1            at a tenth of them
    python -m eggshard.tools.bench.choice --families --limit 20     problems of choice_families

Loading and compiling count. Seconds are wall clock from the start of the command; CPU s and peak MB are of its process.
Beside: the contest's best entry, the best cost known before, the published bound, and XLA's own solver. Gaps are those
that the solver proves itself. Every solution is evaluated again with --check. Exit status 1 if one is wrong, or if a
cost lies below a bound.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eggshard.tools.bench.table import print_table

HEADER = (
    "instance", "seed", "limit", "status", "cost", "bound", "gap %", "first s", "best s", "wall s", "CPU s", "peak MB",
)  # fmt: skip
REFERENCES = ("contest best", "best known", "published bound", "XLA")


@dataclass(frozen=True)
class Instance:
    """One of the contest's: its time limit in seconds, and what is known of it."""

    limit: float
    contest: int
    known: int
    bound: int
    xla: int | None


INSTANCES = {
    "A": Instance(60, 6548641531, 6548641531, 6513812172, 13214846074),
    "G": Instance(120, 217039, 217039, 216931, 1264777),
    "M": Instance(180, 49928460991, 49928460991, 49407421919, None),
    "S": Instance(240, 1534613444, 1521949310, 1511240135, None),
}
GENERATED = (
    ("transformer", 800, 8.0, 0.3), ("transformer", 20000, 5.0, 0.1), ("unet", 5000, 12.0, 0.05),
    ("unet", 30000, 4.0, 0.5), ("graph_network", 3000, 25.0, 0.2), ("graph_network", 65000, 3.0, 0.02),
)  # fmt: skip
"""Family, nodes, strategies, tightness."""


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        prog="python -m eggshard.tools.bench.choice",
        description=(__doc__ or "").strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--instances", type=Path, default=Path("../shared/iopddl"), help="folder of the contest's instances")
    add("--only", metavar="NAMES", default="AGMS", help="which of them (default AGMS)")
    add("--fraction", type=float, default=1.0, help="of the contest's time limits (default 1)")
    add("--seeds", type=int, default=3, help="how many (default 3)")
    add("--threads", type=int, default=2)
    add("--families", action="store_true", help="generated problems instead")
    add("--limit", type=float, default=20.0, help="seconds for a generated problem (default 20)")
    args = parser.parse_args(argv)
    return _families(args) if args.families else _contest(args)


def _contest(args: argparse.Namespace) -> int:
    rows, wrong = [], 0
    for name in args.only:
        instance = INSTANCES[name]
        path = args.instances / f"asplos-2025-iopddl-{name}.json.gz"
        if not path.exists():
            print(f"instance {name} is left out: there is no {path} (--instances names its folder)")
            continue
        beside = [instance.contest, instance.known, instance.bound, instance.xla or "none"]
        for seed in range(args.seeds):
            row, right = _solved(name, path, instance.limit * args.fraction, seed, args.threads)
            rows.append((*row, *beside))
            wrong += not right
    print_table((*HEADER, *REFERENCES), rows)
    return 1 if wrong else 0


def _families(args: argparse.Namespace) -> int:
    from eggshard.tools.bench.choice_families import generate, save

    rows, wrong = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for family, nodes, strategies, tightness in GENERATED:
            path = Path(folder) / "problem.json.gz"
            save(generate(family, nodes, 0, strategies, tightness), path)
            for seed in range(args.seeds):
                row, right = _solved(f"{family} {nodes}", path, args.limit, seed, args.threads)
                rows.append(row)
                wrong += not right
    print_table(HEADER, rows)
    return 1 if wrong else 0


def _solved(name: str, path: Path, limit: float, seed: int, threads: int) -> tuple[list[Any], bool]:
    """A row of the table, and whether what it says holds."""
    command = [sys.executable, "-m", "eggshard.tools.main", "solve", str(path)]
    options = ["--time-limit", str(limit), "--seed", str(seed), "--threads", str(threads), "--json"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    # A shell of its own for each reports that process's peak, not the largest of all so far.
    peak = "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:]); "
    peak += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(done.returncode)"
    done = subprocess.run([sys.executable, "-c", peak, *command, *options], capture_output=True, text=True, check=False)
    wall = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    lines = done.stdout.splitlines()
    if len(lines) < 2:
        said = done.stderr.strip().splitlines()
        print(f"{name}, seed {seed}: {said[-1] if said else f'exit status {done.returncode}'}", file=sys.stderr)
        return [name, seed, f"{limit:g}", "failed", *["-"] * (len(HEADER) - 4)], False
    found = json.loads(lines[-2])
    numbers = [found["cost"], found["bound"], None if found["gap"] is None else f"{100 * found['gap']:.4f}"]
    numbers += [found["seconds_to_first"], found["seconds_to_best"], f"{wall:.1f}", f"{seconds:.1f}"]
    row = [name, seed, f"{limit:g}", found["status"], *("-" if each is None else each for each in numbers)]
    return [*row, int(lines[-1]) // 1024], _holds(command, found)


def _holds(command: list[str], found: dict[str, Any]) -> bool:
    """The cost is that of the solution, the solution fits, and the bound is not above it."""
    if found["solution"] is None:
        return bool(found["status"] == "infeasible")
    given = [*command, "--check", "-", "--json"]
    checked = subprocess.run(given, input=json.dumps(found["solution"]), capture_output=True, text=True, check=False)
    judged = json.loads(checked.stdout) if checked.stdout else {"feasible": False}
    right = judged["feasible"] and judged["cost"] == found["cost"]
    return bool(right and (found["bound"] is None or found["bound"] <= found["cost"]))


if __name__ == "__main__":
    sys.exit(main())
