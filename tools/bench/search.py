"""
Searches models of test/models without any annotation, under a limit that forbids to replicate, and runs the plans.

    python -m eggshard.tools.bench.search --models gpt2,gnn --configs small,odd --meshes 4x2 --time-limit 3

The limit is a fraction of what the replicated plan takes. Each plan is lowered, run by the numpy interpreter in f64 on
as many devices as the mesh has, and compared with the whole model. A row fails if an error is above 1e-9, if equal
copies differ, or if nothing was found that fits; exit status 1 if any does.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from eggshard.tools.bench.models import collectives, error, suite
from eggshard.tools.bench.table import print_table

HEADER = ("model", "config", "mesh", "memory", "ms", "bound ms", "gap", "peak", "ag/ar/rs/a2a/cp", "error", "")
LIMIT = 1e-9


@dataclass
class Whole:
    """A model, its inputs and what it computes whole; `bytes` is the peak of the plan on one device."""

    function: Any
    args: Any
    inputs: list[Any]
    wanted: list[Any]
    bytes: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default=",".join(suite().MODELS), metavar="NAME,..")
    parser.add_argument("--configs", default="small", metavar="CONFIG,..", help="small or odd, or both")
    parser.add_argument("--meshes", default="4x2,8,2x2x2", metavar="MESH,..")
    parser.add_argument("--fraction", type=float, default=0.4, help="of the replicated plan's peak (default: 0.4)")
    parser.add_argument("--time-limit", type=float, default=3.0, metavar="SECONDS", help="for each search")
    args = parser.parse_args()
    rows = []
    for name in args.models.split(","):
        for config in args.configs.split(","):
            whole = wholly(name, config)
            for mesh in args.meshes.split(","):
                rows.append([name, config, mesh, *measured(whole, mesh, args.fraction, args.time_limit)])
                print(" ".join(map(str, rows[-1])), file=sys.stderr, flush=True)
    print_table(HEADER, rows)
    return 1 if any(row[-1] != "ok" for row in rows) else 0


def measured(whole: Whole, mesh: str, fraction: float, time_limit: float) -> Iterator[str]:
    """The cells of one row."""
    from eggshard.diagnostics import DiagnosticError

    limit = int(whole.bytes * fraction)
    yield f"{limit / 2**10:.0f} KiB"
    try:
        plan = searched(whole, suite().MESHES[mesh], limit, time_limit)
    except DiagnosticError as problem:
        yield from ["-"] * 6
        yield problem.message
        return
    yield f"{plan.seconds * 1e3:.4f}"
    yield f"{plan.bound_seconds * 1e3:.4f}"
    yield f"{plan.gap:.2%}"
    yield f"{plan.peak_bytes / 2**10:.0f} KiB"
    yield collectives(plan)
    worst = difference(whole, plan)
    yield f"{worst:.1e}"
    yield "ok" if worst <= LIMIT and plan.peak_bytes <= limit else "FAILED"


def wholly(name: str, config: str) -> Whole:
    """A model in f64, run whole."""
    import jax
    import numpy as np

    from eggshard.frontends.load import from_jax
    from eggshard.interpreter import run_module

    with jax.enable_x64(True):
        function, args = suite().MODELS[name].build(config, "f64")
        inputs = [np.asarray(leaf) for leaf in jax.tree.leaves(args)]
        wanted = run_module(from_jax(function, args).module, inputs)
    whole = Whole(function, args, inputs, wanted, 0)
    whole.bytes = searched(whole, {"one": 1}, 1 << 50, 1.0).peak_bytes
    return whole


def searched(whole: Whole, sizes: dict[str, int], memory: int, time_limit: float, gap: float = 1e-4) -> Any:
    """The plan that the search finds with no tactic."""
    import jax

    from eggshard.frontends.load import from_jax
    from eggshard.passes.api import Wanted, plan_model

    with jax.enable_x64(True):
        model = from_jax(whole.function, whole.args)
    return plan_model(model, mesh=sizes, search=Wanted(memory=memory, time_limit=time_limit, gap=gap))


def difference(whole: Whole, plan: Any) -> float:
    """The largest error of the per-device program, relative to each result's scale; infinite where copies differ."""
    from eggshard.dialects.sharding.access import meshes_of
    from eggshard.interpreter import run_devices, shard, unshard
    from eggshard.interpreter.shards import copies_agree
    from eggshard.partitioning.program import main_function

    (mesh,) = meshes_of(plan.module).values()
    func = main_function(plan.module)
    attributes: list[Any] = [func.properties[key] for key in ("arg_attrs", "res_attrs")]
    given, made = ([entry.data["sharding.layout"].data for entry in each.data] for each in attributes)
    parts = [shard(array, layout, mesh) for array, layout in zip(whole.inputs, given, strict=True)]
    found = run_devices(plan.module, parts, mesh.device_count)
    if not all(copies_agree(pieces, layout, mesh) for pieces, layout in zip(found, made, strict=True)):
        return float("inf")
    joined = [
        unshard(pieces, layout, mesh, array.shape)
        for pieces, layout, array in zip(found, made, whole.wanted, strict=True)
    ]
    return error(whole.wanted, joined)


if __name__ == "__main__":
    sys.exit(main())
