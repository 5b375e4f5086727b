"""
Predicted peak memory beside XLA's, a row for every model, mesh and plan.

    python -m eggshard.tools.bench.memory                           searched plans on 4x2 (two minutes)
    python -m eggshard.tools.bench.memory --plans all --meshes 8,4x2,2x2x2          the suite (half an hour)
    python -m eggshard.tools.bench.memory --only lstm --plans batch,tight

Plans are the models' tactics by name, and two searches without any: `searched`, with memory for everything, and
`tight`, with half of what that plan takes. Peak is arguments + results + temporaries - aliases on one device; state
that comes back updated is donated (--keep: is not). `program` is predicted from the per-device program, `planner` is
what the search counted with. Exit status 1 unless the programs' predictions are within 15 % of XLA's in 90 % of the
rows, and none is more than 10 % under it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from eggshard.tools.bench.models import Case, names, planned, suite
from eggshard.tools.bench.table import print_table
from eggshard.tools.devices import force_host_devices

HEADER = ("model", "mesh", "plan", "config", "dtype", "XLA", "program", "ratio", "planner", "ratio")
SEARCHES = ("searched", "tight")
WITHIN, UNDER, SHARE = 0.15, 0.10, 0.90


@dataclass
class Peaks:
    """Peak bytes of one device: XLA's, predicted from the program, and by the search (None: there was none)."""

    measured: int
    program: int
    planner: int | None


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the table."""
    force_host_devices(8)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # How well XLA compiles a fusion changes no buffer.
    quick = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {quick}".strip()
    args = _arguments(argv)
    rows: list[tuple[str, ...]] = []
    found: list[Peaks] = []
    for case, plan, built in _plans(args):
        peaks = compare(plan, built, not args.keep)
        found.append(peaks)
        rows.append((case.model, case.mesh, case.tactic, case.config, case.dtype, *_cells(peaks)))
        print("  ".join(rows[-1]), file=sys.stderr, flush=True)
    print_table(HEADER, rows)
    ok = _judged("program", [peaks.program / peaks.measured for peaks in found])
    searched = [peaks.planner / peaks.measured for peaks in found if peaks.planner is not None]
    if searched:
        _judged("planner", searched)
    return 0 if ok else 1


def _judged(name: str, ratios: list[float]) -> bool:
    """Prints how many ratios are near; whether that is as asked."""
    close = sum(abs(ratio - 1) <= WITHIN for ratio in ratios)
    under = sum(ratio < 1 - UNDER for ratio in ratios)
    print(
        f"{name}: {close} of {len(ratios)} rows within 15 % of XLA's ({close / len(ratios):.0%}), "
        f"{under} more than 10 % under it, worst {min(ratios):.3f}"
    )
    return close >= SHARE * len(ratios) and not under


def _cells(peaks: Peaks) -> Iterator[str]:
    yield f"{peaks.measured:,}"
    for predicted in (peaks.program, peaks.planner):
        yield "-" if predicted is None else f"{predicted:,}"
        yield "-" if predicted is None else f"{predicted / peaks.measured:.3f}"


def _plans(args: argparse.Namespace) -> Iterator[tuple[Case, Any, Any]]:
    """Each case asked for with its plan and the model's build."""
    import jax

    for name in args.only:
        for config in args.configs:
            for dtype in args.dtypes:
                jax.clear_caches()
                built = suite().MODELS[name].build(config, dtype)
                for mesh in args.meshes:
                    for tactic in suite().MODELS[name].tactics(suite().MESHES[mesh]):
                        if "all" in args.plans or tactic in args.plans:
                            case = Case(name, config, dtype, mesh, tactic)
                            yield case, planned(case, built), built
                    for title, plan in _searched(args, built, suite().MESHES[mesh]):
                        yield Case(name, config, dtype, mesh, title), plan, built


def _searched(args: argparse.Namespace, built: Any, sizes: dict[str, int]) -> Iterator[tuple[str, Any]]:
    import eggshard
    from eggshard.diagnostics import DiagnosticError

    wanted = SEARCHES if "all" in args.plans else [title for title in SEARCHES if title in args.plans]
    if not wanted:
        return
    mesh, limit = eggshard.Mesh(sizes), args.time_limit
    free = eggshard.plan(*built, mesh=mesh, memory="1TiB", time_limit=limit)
    if "searched" in wanted:
        yield "searched", free
    if "tight" in wanted and free.peak_bytes is not None:
        try:
            yield "tight", eggshard.plan(*built, mesh=mesh, memory=free.peak_bytes // 2, time_limit=limit)
        except DiagnosticError as problem:
            print(problem.message, file=sys.stderr)


def compare(plan: Any, built: Any, donate: bool) -> Peaks:
    """The peaks of one plan."""
    import jax

    from eggshard.annotation import linked
    from eggshard.cost.memory import predicted_memory
    from eggshard.partitioning.program import main_function

    _, args = built
    leaves, tree = jax.tree.flatten(tuple(args))
    given = sorted(set(linked(main_function(plan.module)).values())) if donate else []
    run = plan.compile()

    def flat(*values: Any) -> Any:
        return run(*jax.tree.unflatten(tree, values))

    shapes = [jax.ShapeDtypeStruct(leaf.shape, leaf.dtype) for leaf in leaves]
    compiled = jax.jit(flat, donate_argnums=tuple(given), keep_unused=True).lower(*shapes).compile()
    a = compiled.memory_analysis()
    measured = a.argument_size_in_bytes + a.output_size_in_bytes + a.temp_size_in_bytes - a.alias_size_in_bytes
    return Peaks(int(measured), predicted_memory(plan.module, given).peak, plan.peak_bytes)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    models, meshes, dtypes = suite().MODELS, suite().MESHES, suite().LIMITS
    parser = argparse.ArgumentParser(prog="python -m eggshard.tools.bench.memory", description=(__doc__ or "").strip())
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", type=names(list(models)), default=list(models), metavar="MODEL,..")
    parser.add_argument("--meshes", type=names(list(meshes)), default=["4x2"], metavar="MESH,..")
    parser.add_argument("--dtypes", type=names(list(dtypes)), default=["f32"], metavar="DTYPE,..")
    configs = sorted({config for model in models.values() for config in model.configs})
    parser.add_argument("--configs", type=names(configs), default=["small"], metavar="NAME,..")
    tactics = {name for model in models.values() for mesh in meshes.values() for name in model.tactics(mesh)}
    known = ["all", *SEARCHES, *sorted(tactics)]
    parser.add_argument("--plans", type=names(known), default=list(SEARCHES), metavar="PLAN,..", help="all, or by name")
    parser.add_argument("--time-limit", type=float, default=3.0, metavar="SECONDS", help="for each search")
    parser.add_argument("--keep", action="store_true", help="state is not overwritten")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
