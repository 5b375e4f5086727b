"""
Holds the models of test/models sequential against partitioned, a row for every model, mesh, tactic and dtype.

    python -m eggshard.tools.bench.models --models gpt2,llama --meshes 8,4x2 --dtypes f32
    python -m eggshard.tools.bench.models --lower-only          published sizes, lowered and not run

Exit status 1 if a row fails, 2 on a wrong name.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KINDS = ("all_gather", "all_reduce", "reduce_scatter", "all_to_all", "collective_permute")
COLUMNS = (("model", 10), ("mesh", 5), ("tactic", 23), ("dtype", 5), ("config", 6), ("ag/ar/rs/a2a/cp", 18))
RUN_COLUMNS = (("error", 7), ("limit", 6))
LOWER_COLUMNS = (("ops", 7), ("CPU s", 6))

XLA_FLAGS = (
    "--xla_force_host_platform_device_count=8",
    # The programs are small and run once: most of the time would go into compiling them well.
    "--xla_backend_optimization_level=0",
    "--xla_llvm_disable_expensive_passes=true",
)


@dataclass(frozen=True)
class Case:
    """One row to be: which plan of which model."""

    model: str
    config: str
    dtype: str
    mesh: str
    tactic: str


@dataclass(frozen=True)
class Row:
    """What came of a case: the cells behind its name, and why it failed where it did."""

    cells: tuple[str, ...]
    reason: str = ""


@functools.cache
def suite() -> Any:
    """The registry of test/models, which a checkout has and an installation has not."""
    folder = Path(__file__).resolve().parents[2] / "test"
    if not (folder / "models").is_dir():
        raise SystemExit(f"no model suite at {folder}/models: run this from a checkout")
    sys.path.insert(0, str(folder))
    return importlib.import_module("models.registry")


def cases(args: argparse.Namespace) -> Iterator[Case]:
    """The cases asked for, those of one build together."""
    for name in args.models:
        for config in args.configs:
            for dtype in args.dtypes:
                for mesh in args.meshes:
                    tactics = suite().MODELS[name].tactics(suite().MESHES[mesh])
                    chosen = [tactic for tactic in tactics if not args.tactics or tactic in args.tactics]
                    yield from (Case(name, config, dtype, mesh, tactic) for tactic in chosen)


def planned(case: Case, built: Any) -> Any:
    """The plan that the case's tactic implies."""
    import eggshard

    fn, args = built
    sizes = suite().MESHES[case.mesh]
    shard = dict(suite().MODELS[case.model].tactics(sizes)[case.tactic])
    return eggshard.plan(fn, args, mesh=eggshard.Mesh(sizes), shard=shard, search=False)


def collectives(plan: Any) -> str:
    """How many collectives of each kind the plan has, in the order of KINDS."""
    counts = plan.collectives()
    return "/".join(str(counts[kind]) for kind in KINDS)


def error(expected: Any, actual: Any) -> float:
    """The largest difference relative to the result's scale, over all results; infinite where shapes or NaNs differ."""
    import jax
    import numpy as np

    worst = 0.0
    for one, other in zip(jax.tree.leaves(expected), jax.tree.leaves(actual), strict=True):
        if one.shape != other.shape or one.dtype != other.dtype:
            return float("inf")
        a, b = (np.asarray(leaf).astype(np.float64) for leaf in (one, other))
        if not a.size:
            continue
        scale = float(np.max(np.abs(a))) or 1.0
        difference = float(np.max(np.abs(a - b))) / scale
        worst = max(worst, difference) if difference == difference else float("inf")
    return worst


class Runs:
    """Runs cases; remembers the last build and its sequential results, which neighbouring cases share."""

    def __init__(self) -> None:
        self.key: tuple[str, str, str] | None = None
        self.built: Any = None
        self.expected: Any = None

    def run(self, case: Case) -> Row:
        """Error against the sequential results, held to the dtype's limit."""
        self.prepare(case, run=True)
        plan = planned(case, self.built)
        difference, limit = error(self.expected, plan.compile()(*self.built[1])), suite().LIMITS[case.dtype]
        cells = (collectives(plan), f"{difference:.1e}", f"{limit:.0e}")
        return Row(cells, "" if difference <= limit else "error above the limit")

    def lower(self, case: Case) -> Row:
        """Operations of the per-device program, and the CPU seconds that the way there took."""
        self.prepare(case, run=False)
        start = time.process_time()
        plan = planned(case, self.built)
        seconds = time.process_time() - start
        return Row((collectives(plan), str(sum(1 for _ in plan.module.walk())), f"{seconds:.2f}"))

    def prepare(self, case: Case, *, run: bool) -> None:
        """Builds the model, and runs it sequentially, unless the last case did."""
        import jax

        key = (case.model, case.config, case.dtype)
        if key == self.key:
            return
        jax.clear_caches()
        self.built = suite().MODELS[case.model].build(case.config, case.dtype)
        fn, args = self.built
        if run and any(isinstance(leaf, jax.ShapeDtypeStruct) for leaf in jax.tree.leaves(args)):
            raise ValueError(f"configuration {case.config!r} has shapes only: --lower-only lowers it")
        self.expected = jax.block_until_ready(jax.jit(fn)(*args)) if run else None
        self.key = key


def attempt(work: Callable[[Case], Row], case: Case) -> Row:
    """The case's row; an exception becomes its reason, one line of it."""
    try:
        return work(case)
    except Exception as exception:
        lines = str(exception).strip().splitlines() or [""]
        return Row((), f"{type(exception).__name__}: {lines[0][:200]}")


def names(known: Sequence[str]) -> Callable[[str], list[str]]:
    """Parses a comma-separated list whose members are known."""

    def parse(text: str) -> list[str]:
        chosen = text.split(",")
        unknown = [name for name in chosen if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(known)}")
        return chosen

    return parse


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    models, meshes, dtypes = suite().MODELS, suite().MESHES, suite().LIMITS
    parser = argparse.ArgumentParser(prog="python -m eggshard.tools.bench.models", description=(__doc__ or "").strip())
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    tactics = sorted({name for model in models.values() for mesh in meshes.values() for name in model.tactics(mesh)})
    parser.add_argument("--models", type=names(list(models)), default=list(models), metavar="NAME,..")
    parser.add_argument("--meshes", type=names(list(meshes)), default=list(meshes), metavar="MESH,..")
    parser.add_argument("--dtypes", type=names(list(dtypes)), default=["f32"], metavar="DTYPE,..")
    parser.add_argument("--tactics", type=names(tactics), default=None, metavar="NAME,..", help="default: all")
    configs = sorted({config for model in models.values() for config in model.configs})
    parser.add_argument("--configs", type=names(configs), default=None, metavar="NAME,..", help="default: small")
    parser.add_argument("--lower-only", action="store_true", help="lower the published sizes, run nothing")
    args = parser.parse_args(argv)
    args.configs = args.configs or (["real"] if args.lower_only else ["small"])
    for name in args.models:
        missing = [config for config in args.configs if config not in models[name].configs]
        if missing:
            parser.error(f"{name} has no configuration {missing[0]!r}, only {', '.join(models[name].configs)}")
    return args


def line(cells: Sequence[str], columns: Sequence[tuple[str, int]]) -> str:
    """Cells under their columns."""
    return " ".join(cell.ljust(width) for cell, (_, width) in zip(cells, columns, strict=True))


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the table; 0 if every row is ok."""
    os.environ["XLA_FLAGS"] = " ".join([os.environ.get("XLA_FLAGS", ""), *XLA_FLAGS]).strip()
    os.environ.setdefault("JAX_ENABLE_X64", "1")
    args = arguments(argv)
    columns = COLUMNS + (LOWER_COLUMNS if args.lower_only else RUN_COLUMNS)
    print(line([name for name, _ in columns], columns), flush=True)
    runs = Runs()
    total = failed = 0
    for case in cases(args):
        row = attempt(runs.lower if args.lower_only else runs.run, case)
        cells = row.cells or ("-",) * (len(columns) - 5)
        start = (case.model, case.mesh, case.tactic, case.dtype, case.config)
        print(line((*start, *cells), columns), f"FAIL {row.reason}" if row.reason else "ok", flush=True)
        total, failed = total + 1, failed + bool(row.reason)
    print(f"{total} rows, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
