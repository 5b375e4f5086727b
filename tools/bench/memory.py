"""
Predicted peak memory beside XLA's, a row for every model, mesh and tactic.

    python -m eggshard.tools.bench.memory --models mlp,gpt2 --meshes 8,4x2
    python -m eggshard.tools.bench.memory --donate              parameters and optimizer state may be overwritten

Peak is arguments + results + temporaries - aliases on one device. Exit status 1 unless 90 % of the rows are within
15 % of XLA's and none is more than 10 % under it.
"""

from __future__ import annotations

import argparse
import inspect
import os
import sys
from collections.abc import Sequence
from typing import Any

from eggshard.tools.bench.models import Case, cases, names, planned, suite
from eggshard.tools.devices import force_host_devices

STATE = frozenset({"params", "opt_state", "state", "stats"})
"""Arguments of train steps that are returned updated."""
COLUMNS = ("model", "mesh", "tactic", "config", "dtype", "predicted", "XLA", "ratio")
WIDTHS = (10, 5, 24, 6, 5, 12, 12, 6)
WITHIN, UNDER, SHARE = 0.15, 0.10, 0.90


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the table."""
    force_host_devices(8)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # How well XLA compiles a fusion changes no buffer.
    quick = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {quick}".strip()
    args = _arguments(argv)
    print(_line(COLUMNS), flush=True)
    ratios: list[float] = []
    built: dict[tuple[str, str, str], Any] = {}
    for case in cases(args):
        key = (case.model, case.config, case.dtype)
        if key not in built:
            built = {key: suite().MODELS[case.model].build(case.config, case.dtype)}
        predicted, measured = compare(case, built[key], args.donate)
        ratios.append(predicted / measured)
        start = (case.model, case.mesh, case.tactic, case.config, case.dtype)
        print(_line((*start, f"{predicted:,}", f"{measured:,}", f"{ratios[-1]:.3f}")), flush=True)
    close = sum(abs(ratio - 1) <= WITHIN for ratio in ratios)
    under = sum(ratio < 1 - UNDER for ratio in ratios)
    print(f"{close} of {len(ratios)} rows within 15 % of XLA's, {under} more than 10 % under it")
    return 0 if close >= SHARE * len(ratios) and not under else 1


def compare(case: Case, built: Any, donate: bool = False) -> tuple[int, int]:
    """Predicted and XLA's peak bytes of one device."""
    import jax

    from eggshard.cost.memory import predicted_memory

    fn, fn_args = built
    plan = planned(case, built)
    given = [i for i, name in enumerate(inspect.signature(fn).parameters) if donate and name in STATE]
    shapes = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype), fn_args)
    compiled = jax.jit(plan.compile(), donate_argnums=tuple(given)).lower(*shapes).compile()
    a = compiled.memory_analysis()
    measured = a.argument_size_in_bytes + a.output_size_in_bytes + a.temp_size_in_bytes - a.alias_size_in_bytes
    counts = [len(jax.tree.leaves(arg)) for arg in fn_args]
    flat = [sum(counts[:i]) + j for i in given for j in range(counts[i])]
    return predicted_memory(plan.module, flat).peak, int(measured)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    models, meshes, dtypes = suite().MODELS, suite().MESHES, suite().LIMITS
    parser = argparse.ArgumentParser(prog="python -m eggshard.tools.bench.memory", description=(__doc__ or "").strip())
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--models", type=names(list(models)), default=list(models), metavar="NAME,..")
    parser.add_argument("--meshes", type=names(list(meshes)), default=["8", "4x2"], metavar="MESH,..")
    parser.add_argument("--dtypes", type=names(list(dtypes)), default=["f32"], metavar="DTYPE,..")
    configs = sorted({config for model in models.values() for config in model.configs})
    parser.add_argument("--configs", type=names(configs), default=["small"], metavar="NAME,..")
    tactics = sorted({name for model in models.values() for mesh in meshes.values() for name in model.tactics(mesh)})
    parser.add_argument("--tactics", type=names(tactics), default=None, metavar="NAME,..", help="default: all")
    parser.add_argument("--donate", action="store_true", help="parameters and optimizer state may be overwritten")
    return parser.parse_args(argv)


def _line(cells: Sequence[str]) -> str:
    return " ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()


if __name__ == "__main__":
    sys.exit(main())
