"""
Programs for which a logical rewrite gives a cheaper plan than any partitioning of them as they are written.

    python -m eggshard.tools.bench.rewrites --meshes 4x2,8 --hardware h100

Microseconds of a step in the cost model, under a memory limit that forbids to replicate. "as written" is the best
partitioning of the program in its own form, beside the bound below which no such partitioning goes: a chosen plan under
that bound is cheaper than all of them. "one device first" takes the form that is best on one device, and partitions
that; its bound stands beside it as well. "chosen" is what the search takes. Each chosen plan runs on eight CPU devices
against the whole program; the error is relative to the result's scale. The last column says which claims hold: beats
any partitioning as written (W), beats any partitioning of the form that is best on one device (D). Exit status 1 if
fewer than four programs beat W, or an error is too large.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from typing import Any

from eggshard.tools.bench.models import XLA_FLAGS, error
from eggshard.tools.bench.rewritten import PROGRAMS, Program
from eggshard.tools.bench.table import print_table

HEADER = (
    "program", "mesh", "memory", "as written", "bound", "one device first", "bound", "chosen", "bound", "gap", "gain",
    "ag/ar/rs/a2a/cp", "error", "beats",
)  # fmt: skip
LIMITS = {"float32": 1e-5, "bfloat16": 2e-2}
PLENTY = 1 << 50
WANTED = 4
Options = tuple[str, int, float]
"""Hardware, bytes of a device, and seconds of search."""


def main() -> int:
    os.environ["XLA_FLAGS"] = " ".join([os.environ.get("XLA_FLAGS", ""), XLA_FLAGS[0]]).strip()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", default=",".join(PROGRAMS), metavar="NAME,..")
    parser.add_argument("--meshes", default="4x2,8", metavar="MESH,..")
    parser.add_argument("--hardware", default="h100")
    parser.add_argument("--fraction", type=float, default=0.4, help="of the peak on one device (default: 0.4)")
    parser.add_argument("--time-limit", type=float, default=20.0, metavar="SECONDS", help="for each search")
    parser.add_argument("--no-run", action="store_true", help="do not execute the plans")
    args = parser.parse_args()
    rows, good, better = [], True, set()
    for name in args.programs.split(","):
        for mesh in args.meshes.split(","):
            row = list(compared(name, mesh, args))
            good = good and row.pop() == "ok"
            rows.append(row)
            if "W" in row[-1]:
                better.add(name)
            print(" ".join(row), file=sys.stderr, flush=True)
    print_table(HEADER, rows)
    return 0 if good and len(better) >= min(WANTED, len(args.programs.split(","))) else 1


def compared(name: str, mesh: str, args: argparse.Namespace) -> Iterator[str]:
    """The cells of one row, and whether its plan computes the program."""
    program, sizes = PROGRAMS[name], sizes_of(mesh)
    alone = decided(program, {"one": 1}, (args.hardware, PLENTY, args.time_limit), logic=False)
    options = (args.hardware, int(alone.peak_bytes * args.fraction), args.time_limit)
    written = decided(program, sizes, options, logic=False)
    first = best_alone(program, sizes, options)
    chosen = decided(program, sizes, options, logic=True, relax_rounding=program.relaxed)
    yield name
    yield mesh
    yield f"{options[1] / 2**20:.1f} MiB"
    for made in (written, first, chosen):
        yield f"{made.seconds * 1e6:.2f}"
        yield f"{made.bound_seconds * 1e6:.2f}"
    yield f"{1 - chosen.bound_seconds / chosen.seconds:.2%}"
    yield f"{written.seconds / chosen.seconds:.2f}x"
    shares, worst = ("-", 0.0) if args.no_run else executed(program, sizes, options)
    yield shares
    yield "-" if args.no_run else f"{worst:.1e}"
    beats = [letter for letter, other in (("W", written), ("D", first)) if chosen.seconds < other.bound_seconds]
    yield " ".join(beats) or "-"
    yield "ok" if worst <= LIMITS[program.dtype] else "FAILED"


def sizes_of(mesh: str) -> dict[str, int]:
    """`4x2` is {a: 4, b: 2}."""
    return dict(zip("abcd", map(int, mesh.split("x")), strict=False))


def imported(program: Program) -> Any:
    """A program's module, ready to be explored."""
    from eggshard.dialects.assembly import make_context
    from eggshard.passes import pipeline

    module = loaded(program).module
    pipeline.run(module, make_context(), pipeline.IMPORT)
    return module


def loaded(program: Program) -> Any:
    import jax

    from eggshard.frontends.load import from_jax

    return from_jax(program.function, tuple(jax.ShapeDtypeStruct(shape, program.dtype) for shape in program.shapes))


def decided(program: Program, sizes: dict[str, int], options: Options, module: Any = None, **rules: Any) -> Any:
    """What is chosen for a program, or for a module of it, under these rules."""
    from eggshard.annotation import add_mesh
    from eggshard.cost import AnalyticCost
    from eggshard.egraph.rulesets import Rules
    from eggshard.hardware import load_hardware
    from eggshard.mesh import Mesh
    from eggshard.planning.search import decide

    hardware, memory, seconds = options
    mesh = Mesh(sizes)
    module = imported(program) if module is None else module
    add_mesh(module, mesh)
    return decide(module, AnalyticCost(load_hardware(hardware), mesh.value), memory, Rules(**rules), time_limit=seconds)


def best_alone(program: Program, sizes: dict[str, int], options: Options) -> Any:
    """The form that is best on one device, partitioned."""
    from eggshard.annotation import add_mesh
    from eggshard.cost import AnalyticCost
    from eggshard.hardware import load_hardware
    from eggshard.mesh import Mesh
    from eggshard.planning.rewriting import apply_notes
    from eggshard.planning.search import search

    hardware, _, seconds = options
    alone, mesh = imported(program), Mesh({"one": 1})
    add_mesh(alone, mesh)
    notes = search(alone, AnalyticCost(load_hardware(hardware), mesh.value), PLENTY, time_limit=seconds).rewrites
    module = imported(program)
    apply_notes(module, notes)
    return decided(program, sizes, options, module, logic=False)


def executed(program: Program, sizes: dict[str, int], options: Options) -> tuple[str, float]:
    """The plan's collectives, and its largest error on eight CPU devices."""
    import jax
    import numpy as np

    from eggshard.passes.api import Wanted, plan_model
    from eggshard.tools.bench.models import collectives

    hardware, memory, seconds = options
    rng = np.random.default_rng(0)
    args = [jax.numpy.asarray(rng.normal(size=s) / s[-1] ** 0.25, program.dtype) for s in program.shapes]
    wanted = Wanted(hardware=hardware, memory=memory, time_limit=seconds, relax_rounding=program.relaxed)
    plan = plan_model(loaded(program), mesh=sizes, search=wanted)
    expected = jax.jit(program.function)(*args)
    return collectives(plan), error(expected, plan.compile()(*args))


if __name__ == "__main__":
    sys.exit(main())
