"""
Plans train steps of published sizes without annotations: how fast, how large the problem, how good the plan.

    python -m eggshard.tools.bench.scale                                     all rows, each in a process of its own
    python -m eggshard.tools.bench.scale --only llama-32@8x8 --time-limit 20

A row is MODEL-LAYERS@MESH; `gpt3` is the 96-layer shape of GPT-3 175B. `import` is from StableHLO to our module (JAX's
lowering is before that), `prepare` folding, exploring and posing the choice problem, `solve` the rest of the search,
compiled loops included: wall seconds, with `CPU` of all three. `variables`, `strategies` and `entries` (of tables, in
millions) are those posed, and behind the arrow what presolve leaves. `ms` is the predicted step. Peak memory is of the
whole process, JAX's lowering included.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
import resource
import subprocess
import sys
import time
from typing import Any

from eggshard.tools.bench.folding import deeper
from eggshard.tools.bench.models import suite
from eggshard.tools.bench.table import print_table

ROWS = (
    "gpt2-12@4x2",
    "gpt2-24@4x2",
    "gpt2-48@4x2",
    "gpt2-96@4x2",
    "llama-32@8x8",
    "gpt3-96@8x8",
    "llama-32@4x4x4",
)
HEADER = (
    "step", "mesh", "ops", "import", "prepare", "solve", "CPU", "variables", "strategies", "entries", "ms", "bound ms",
    "gap", "peak MB",
)  # fmt: skip


def main() -> int:
    """Prints the table; 1 if some row has no plan."""
    parser = argparse.ArgumentParser(
        prog="python -m eggshard.tools.bench.scale",
        description=(__doc__ or "").strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", default=",".join(ROWS), metavar="MODEL-LAYERS@MESH,..")
    parser.add_argument("--hardware", default="h100")
    parser.add_argument("--memory", default=None, metavar="SIZE", help="of a device; default: what the hardware has")
    parser.add_argument("--time-limit", type=float, default=20.0, metavar="SECONDS", help="for prepare and solve")
    parser.add_argument("--gap", type=float, default=0.02, help="the search ends so near to its bound (default: 0.02)")
    parser.add_argument("--presolve", action="store_true", help="also what presolve leaves (costs another presolve)")
    parser.add_argument("--row", default=None, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.row:
        print(json.dumps(measured(args.row, args)))
        return 0
    rows = []
    for row in args.only.split(","):
        done = subprocess.run(
            [sys.executable, "-m", "eggshard.tools.bench.scale", *sys.argv[1:], "--row", row],
            stdout=subprocess.PIPE,
            text=True,
        )
        failed = [*row.split("@"), "failed"]
        cells = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else failed
        rows.append([*cells, *["-"] * (len(HEADER) - len(cells))])
        print(" ".join(map(str, rows[-1])), file=sys.stderr, flush=True)
    print_table(HEADER, rows)
    return 1 if any(row[10] == "-" for row in rows) else 0


def measured(row: str, args: argparse.Namespace) -> list[str]:
    """The cells of one row, measured in this process."""
    from eggshard.annotation import add_mesh
    from eggshard.cost import AnalyticCost
    from eggshard.diagnostics import DiagnosticError
    from eggshard.dialects.assembly import make_context
    from eggshard.frontends.reader import Reader
    from eggshard.hardware import load_hardware
    from eggshard.mesh import Mesh
    from eggshard.passes import pipeline
    from eggshard.pauses import collector_paused
    from eggshard.planning.search import search
    from eggshard.sizes import parse_bytes

    step, mesh_name = row.split("@")
    source = lowered(step)
    mesh = Mesh(dict(zip("abcd", map(int, mesh_name.split("x")), strict=False)))
    hardware = load_hardware(args.hardware)
    memory = hardware.memory_bytes if args.memory is None else parse_bytes(args.memory)
    times: dict[str, float] = {}

    def progress(phase: str) -> None:
        times[phase] = time.monotonic()

    began, busy = time.monotonic(), time.process_time()
    with collector_paused():
        module = Reader().module(source)
        pipeline.run(module, make_context(), pipeline.IMPORT)
        add_mesh(module, mesh)
        ops = sum(1 for _ in module.walk())
        model = AnalyticCost(hardware, mesh.value)
        cells = [step, mesh_name, str(ops)]
        imported = time.monotonic()
        try:
            made = search(module, model, memory, time_limit=args.time_limit, gap=args.gap, progress=progress)
        except DiagnosticError as refusal:
            return [*cells, refusal.message.partition(";")[0]]
    ended, busy = time.monotonic(), time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    problem, result = made.problem, made.result
    assert result is not None and made.seconds is not None and made.bound_seconds is not None
    seconds = (imported - began, times["choose"] - imported, ended - times["choose"], busy)
    sizes = [f"{problem.nodes}", f"{len(problem.costs)}", f"{len(problem.edge_costs) / 1e6:.1f}"]
    if args.presolve:
        sizes = [f"{posed} -> {left}" for posed, left in zip(sizes, presolved(problem), strict=True)]
    return [
        *cells,
        *(f"{each:.1f}" for each in seconds),
        *sizes,
        f"{made.seconds * 1e3:.2f}",
        f"{made.bound_seconds * 1e3:.2f}",
        f"{result.gap:.2%}",
        f"{peak:.0f}",
    ]


def presolved(problem: Any) -> list[str]:
    """Variables, strategies and millions of table entries of what presolve leaves."""
    from eggshard.choose.presolve import presolve

    core = presolve(problem).core
    return [f"{len(core.first) - 1}", f"{len(core.cost)}", f"{len(core.entries) / 2e6:.1f}"]


def lowered(step: str) -> Any:
    """JAX's StableHLO of a train step, as MODEL-LAYERS."""
    import jax

    name, layers = step.split("-")
    model = importlib.import_module(f"models.{'gpt2' if name == 'gpt3' else name}") if suite() else None
    assert model is not None
    config = deeper(model.CONFIGS["real"], int(layers))
    if name == "llama":
        config = dataclasses.replace(config, length=2048, batch=64)
    if name == "gpt3":
        config = dataclasses.replace(config, width=12288, heads=96, length=2048, batch=64)
    model.CONFIGS["real"] = config
    function, given = model.build("real", "f32")
    return jax.jit(function, keep_unused=True).lower(*given).compiler_ir("stablehlo")


if __name__ == "__main__":
    sys.exit(main())
