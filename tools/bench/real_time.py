"""
Holds the time of chosen plans against experts', on eight devices of the CPU.

    python -m eggshard.tools.bench.real_time                          (five minutes)
    python -m eggshard.tools.bench.real_time --only gpt2,moe --repeat 50

The experts are plain data parallelism, Megatron, both at once, and full sharding. Every program is first run and
compared with the unpartitioned one. Times are CPU seconds of a step, of all devices together, least of several runs
that take turns, less those of a program that does nothing; `wall` is beside them. The CPU's hardware file predicts:
seconds of the machine, times its cores. Exit status 1 unless every chosen plan is within 15 % of the fastest.
"""

from __future__ import annotations

import argparse
import ctypes
import dataclasses
import importlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from eggshard.tools.bench.models import collectives, error, names, suite
from eggshard.tools.bench.table import print_table
from eggshard.tools.devices import force_host_devices

HEADER = ("program", "plan", "predicted ms", "CPU ms", "wall ms", "measured/predicted", "of fastest", "ag/ar/rs/a2a/cp",
          "error", "")  # fmt: skip
ASKED = 1.15
LIMIT = 1e-3
"""Of the error: sums in f32, in other orders."""
CHOSEN = "chosen"
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX, M_ARENA_MAX = -1, -2, -4, -8


@dataclass(frozen=True)
class Program:
    """A model of the suite at sizes of its own, and which of its tactics stand for the experts."""

    model: str
    mesh: str
    experts: dict[str, str]
    sizes: dict[str, Any]


def _experts(
    megatron: str = "megatron", both: str = "both", sharded: str = "fsdp", data: str = "batch"
) -> dict[str, str]:
    named = {"data": data, "megatron": megatron, "both": both, "sharded": sharded}
    return {name: tactic for name, tactic in named.items() if tactic}


PROGRAMS: dict[str, Program] = {
    "mlp, large batch": Program(
        "mlp", "4x2", _experts(), {"batch": 4096, "inputs": 256, "hidden": 1024, "outputs": 256}
    ),
    "mlp, wide": Program(
        "mlp", "8", _experts(both=""), {"batch": 64, "inputs": 1024, "hidden": 8192, "outputs": 1024}
    ),
    "gpt2": Program("gpt2", "4x2", _experts(), {"width": 128, "vocab": 512, "length": 128, "batch": 16}),
    "dlrm": Program(
        "dlrm", "4x2", _experts("tables", "batch+tables", "batch+tables over all"),
        {"rows": 8192, "width": 32, "bottom": (64, 32), "top": (64, 32), "batch": 1024},
    ),
    "unet": Program(
        "unet", "4x2", _experts("channels", "batch+channels"), {"widths": (16, 32, 64), "image": 32, "batch": 16}
    ),
    "moe": Program(
        "moe", "4x2", _experts(both="batch+expert+megatron"),
        {"width": 128, "hidden": 512, "capacity": 32, "vocab": 256, "length": 64, "batch": 8},
    ),
    "lstm": Program(
        "lstm", "4x2", _experts("gates", "batch+gates"), {"width": 256, "vocab": 1024, "length": 16, "batch": 64}
    ),
    "llama_scan": Program(
        "llama_scan", "4x2", _experts(), {"width": 128, "vocab": 512, "length": 64, "batch": 16}
    ),
}  # fmt: skip


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        prog="python -m eggshard.tools.bench.real_time",
        description=(__doc__ or "").strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    known = sorted({program.model for program in PROGRAMS.values()})
    parser.add_argument("--only", type=names(known), default=known, metavar="MODEL,..")
    parser.add_argument("--repeat", type=int, default=20, help="runs of each plan")
    parser.add_argument("--time-limit", type=float, default=10.0, metavar="SECONDS", help="for each search")
    args = parser.parse_args()
    force_host_devices(8)
    keep_memory()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    rows: list[tuple[str, ...]] = []
    for title, program in PROGRAMS.items():
        if program.model in args.only:
            for row in measured(title, program, args.repeat, args.time_limit):
                rows.append(row)
                print("  ".join(row), file=sys.stderr, flush=True)
    print_table(HEADER, rows)
    shares = [float(row[6]) for row in rows if row[1] == CHOSEN]
    within, wrong = sum(share <= ASKED for share in shares), sum(row[-1] == "WRONG" for row in rows)
    print(f"{within} of {len(shares)} chosen plans within 15 % of the fastest, worst {max(shares):.2f}; {wrong} wrong")
    return 0 if within == len(shares) and not wrong else 1


def keep_memory() -> None:
    """
    Freed memory stays with the process (GNU libc only), as in a training run that has come to rest.

    Otherwise the kernel zeroes pages anew, in one plan's runs and not in another's, which can take as long as all
    arithmetic.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return
    for parameter, value in ((M_ARENA_MAX, 1), (M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, 1 << 30), (M_TOP_PAD, 64 << 20)):
        mallopt(parameter, value)


def measured(title: str, program: Program, repeat: int, time_limit: float) -> Iterator[tuple[str, ...]]:
    """The rows of one program."""
    import jax

    jax.clear_caches()
    function, args = built(program)
    plans = dict(planned(program, function, args, time_limit))
    expected = jax.block_until_ready(jax.jit(function)(*args))
    runs: dict[str, Callable[[], Any]] = {"": nothing()}
    errors: dict[str, float] = {}
    for name, (plan, _) in plans.items():
        run = compiled(plan, args)
        errors[name] = error(expected, run())
        runs[name] = run
    spent = times(runs, repeat)
    seconds = {name: max(1e-9, cpu - spent[""][0]) for name, (cpu, _) in spent.items() if name}
    fastest = min(seconds.values())
    for name, (plan, predicted) in plans.items():
        yield (
            title,
            name,
            f"{predicted * 1e3:.2f}",
            f"{seconds[name] * 1e3:.2f}",
            f"{spent[name][1] * 1e3:.2f}",
            f"{seconds[name] / predicted:.2f}",
            f"{seconds[name] / fastest:.3f}",
            collectives(plan),
            f"{errors[name]:.0e}",
            "ok" if errors[name] <= LIMIT else "WRONG",
        )


def built(program: Program) -> Any:
    """The step and its arguments."""
    suite()
    module: Any = importlib.import_module(f"models.{program.model}")
    configs: Any = module.CONFIGS
    configs["timed"] = dataclasses.replace(configs["small"], **program.sizes)
    return module.build("timed", "f32")


def planned(program: Program, function: Any, args: Any, time_limit: float) -> Iterator[tuple[str, tuple[Any, float]]]:
    """The plans by name, each with the CPU seconds that are predicted for its per-device program."""
    import eggshard
    from eggshard.cost import AnalyticCost
    from eggshard.cost.program import program_seconds
    from eggshard.hardware import load_hardware

    sizes = suite().MESHES[program.mesh]
    mesh, hardware = eggshard.Mesh(sizes), load_hardware("cpu")
    tactics = suite().MODELS[program.model].tactics(sizes)
    cost, cores = AnalyticCost(hardware, mesh.value), max(1, hardware.cores)
    found = {CHOSEN: eggshard.plan(function, args, mesh=mesh, hardware="cpu", time_limit=time_limit)}
    for name, tactic in program.experts.items():
        found[name] = eggshard.plan(function, args, mesh=mesh, shard=dict(tactics[tactic]), search=False)
    for name, plan in found.items():
        yield name, (plan, program_seconds(plan.module, cost).total * cores)


def compiled(plan: Any, args: Any) -> Callable[[], Any]:
    """Runs the plan's program on arguments that lie where it wants them."""
    import jax

    placed = jax.device_put(tuple(args), plan.in_shardings)
    program = jax.jit(plan.compile()).lower(*placed).compile()
    return lambda: jax.block_until_ready(program(*placed))


def nothing() -> Callable[[], Any]:
    """A program on all devices that does nothing."""
    import jax
    import jax.numpy as jnp
    from jax.sharding import NamedSharding, PartitionSpec

    mesh, spec = jax.make_mesh((8,), ("d",)), PartitionSpec("d")
    value = jax.device_put(jnp.ones(8), NamedSharding(mesh, spec))
    run = jax.jit(jax.shard_map(lambda x: x + 1, mesh=mesh, in_specs=spec, out_specs=spec))
    return lambda: jax.block_until_ready(run(value))


def times(runs: dict[str, Callable[[], Any]], repeat: int) -> dict[str, tuple[float, float]]:
    """The least CPU seconds and wall seconds of each; they take turns, so that all meet the same neighbours."""
    best = {name: (float("inf"), float("inf")) for name in runs}
    for run in runs.values():
        run()
    for _ in range(repeat):
        for name, run in runs.items():
            cpu, wall = time.process_time(), time.perf_counter()
            run()
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            best[name] = min(best[name][0], cpu), min(best[name][1], wall)
    return best


if __name__ == "__main__":
    sys.exit(main())
