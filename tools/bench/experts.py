"""
Holds the chosen plan against every expert's plan, in the same cost model, with no tactic given to the search.

    python -m eggshard.tools.bench.experts --models gpt2,t32 --meshes 4x2 --limits 1.0,0.5 --time-limit 30

An expert's plan is the model's tactics, propagated; its strategies are costed as a restriction of the same choice
problem. Limits of memory are fractions of what the largest expert's plan takes. A row fails if an expert's plan that
fits is cheaper than the chosen one.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from eggshard.tools.bench.models import suite
from eggshard.tools.bench.table import print_table

HEADER = ("model", "mesh", "memory", "chosen ms", "bound ms", "gap", "best expert ms", "expert", "ratio", "CPU s", "")
MILLISECONDS = 1e9
"""Picoseconds in one."""
UNLIMITED = 1 << 50


@dataclass
class Expert:
    """A tactic, and the problem with its strategies alone."""

    name: str
    problem: Any
    cost: int
    peak: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="gpt2", metavar="NAME,..")
    parser.add_argument("--config", default="real", help="small, odd or real (published sizes; default)")
    parser.add_argument("--meshes", default="4x2", metavar="MESH,..")
    parser.add_argument("--limits", default="1.0,0.5", metavar="FRACTION,..")
    parser.add_argument("--hardware", default="h100")
    parser.add_argument("--time-limit", type=float, default=30.0, metavar="SECONDS", help="for each search")
    args = parser.parse_args()
    rows = [
        row for name in args.models.split(",") for mesh in args.meshes.split(",") for row in compare(name, mesh, args)
    ]
    print_table(HEADER, rows)
    return 1 if any(row[-1] == "FAILED" for row in rows) else 0


def compare(name: str, mesh_name: str, args: argparse.Namespace) -> Iterator[list[str]]:
    """The rows of one model on one mesh."""
    from eggshard.choose.solve import solve

    sizes = suite().MESHES.get(mesh_name) or dict(zip("abcd", map(int, mesh_name.split("x")), strict=False))
    problem, experts = prepared(name, sizes, args)
    largest = max((expert.peak for expert in experts), default=0)
    for fraction in map(float, args.limits.split(",")):
        limit = int(largest * fraction) + 1
        began = time.process_time()
        result = solve(replace(problem, limit=limit), time_limit=args.time_limit)
        spent = time.process_time() - began
        fitting = []
        for expert in experts:
            if expert.peak > limit:  # perhaps with other homes and copies it fits
                again = solve(replace(expert.problem, limit=limit), time_limit=args.time_limit / 4)
                if again.cost is None:
                    continue
                expert = replace(expert, cost=again.cost)
            fitting.append(expert)
        best = min(fitting, key=lambda expert: expert.cost, default=None)
        failed = best is not None and (result.cost is None or result.cost > best.cost)
        yield [
            name,
            mesh_name,
            f"{limit / 2**20:.1f} MiB",
            "none" if result.cost is None else f"{result.cost / MILLISECONDS:.4f}",
            "-" if result.bound is None else f"{result.bound / MILLISECONDS:.4f}",
            "-" if result.gap is None else f"{result.gap:.2%}",
            "-" if best is None else f"{best.cost / MILLISECONDS:.4f}",
            "none fits" if best is None else best.name,
            "-" if best is None or result.cost is None else f"{result.cost / best.cost:.4f}",
            f"{spent:.1f}",
            "FAILED" if failed else "ok",
        ]


def prepared(name: str, sizes: dict[str, int], args: argparse.Namespace) -> tuple[Any, list[Expert]]:
    """The model's choice problem, and its experts."""
    from eggshard.annotation import add_mesh, link_results
    from eggshard.choose.solve import solve
    from eggshard.cost import AnalyticCost
    from eggshard.dialects.assembly import make_context
    from eggshard.frontends.load import from_jax
    from eggshard.hardware import load_hardware
    from eggshard.mesh import Mesh
    from eggshard.partitioning.strategies import Chooser
    from eggshard.passes import pipeline
    from eggshard.planning.experts import numbered, restricted
    from eggshard.planning.outline import outline
    from eggshard.planning.problem import problem_of
    from eggshard.planning.search import peak_bytes
    from eggshard.planning.strategies import space
    from eggshard.planning.variables import decision
    from eggshard.propagation import propagate
    from eggshard.propagation.tactics import apply_tactics

    mesh = Mesh(sizes)

    function, given = suite().MODELS[name].build(args.config, "f32")
    loaded = from_jax(function, given).module  # once: what JAX writes depends on what it traced before
    pipeline.run(loaded, make_context(), pipeline.IMPORT)
    add_mesh(loaded, mesh)

    laid = outline(loaded)
    numbered(laid)
    everything = space(laid, mesh.value, AnalyticCost(load_hardware(args.hardware), mesh.value))
    chosen = decision(laid, everything, {})
    kinds = list(everything.kinds.values())
    problem = problem_of(chosen, kinds, laid.steps, UNLIMITED, name)
    experts = []
    for tactic, shard in suite().MODELS[name].tactics(sizes).items():
        module = loaded.clone()
        apply_tactics(module, list(dict(shard).items()))
        link_results(module)
        propagate(module, on_round=Chooser(module).run)
        link_results(module, final=True)
        held = restricted(problem, laid, everything, chosen, module, mesh.value)
        found = solve(held, time_limit=args.time_limit / 4)
        if found.choice is None or found.cost is None:
            print(f"{name}: expert {tactic} has no counterpart in the search", file=sys.stderr)
            continue
        experts.append(Expert(tactic, held, found.cost, peak_bytes(held, found.choice)))
        print(
            f"{name} {tactic}: {found.cost / MILLISECONDS:.4f} ms, {experts[-1].peak / 2**20:.1f} MiB", file=sys.stderr
        )
    return problem, experts


if __name__ == "__main__":
    sys.exit(main())
