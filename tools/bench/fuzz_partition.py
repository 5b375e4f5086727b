"""
Random JAX programs, partitioned under random layouts, against themselves on one device.

    python -m eggshard.tools.bench.fuzz_partition --programs 200 --seed 1
    python -m eggshard.tools.bench.fuzz_partition --minutes 10 --families scatter,segments
    python -m eggshard.tools.bench.fuzz_partition --seed 4711 --programs 1 --show

A failure is printed as a program that was cut down to what is needed for it. Exit status 1 if there is one.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

XLA_FLAGS = (
    "--xla_force_host_platform_device_count=8",
    # The programs are small and run once: most of the time would go into compiling them well.
    "--xla_backend_optimization_level=0",
    "--xla_llvm_disable_expensive_passes=true",
)
PATIENCE = 90
"""Seconds after which a program counts as hanging."""
CLEAR = 25
"""Programs after which jax's caches are emptied."""


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m eggshard.tools.bench.fuzz_partition",
        description=(__doc__ or "").strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--programs", type=int, default=100, metavar="N", help="how many (default: 100)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the first program; the others count on")
    parser.add_argument("--minutes", type=float, default=None, metavar="M", help="stop after that long")
    parser.add_argument("--families", default="", metavar="NAME,..", help="only these kinds of op")
    parser.add_argument("--oracle", choices=("both", "xla", "interpreter"), default="both", help="what runs the parts")
    parser.add_argument("--no-shrink", action="store_true", help="print failing programs as they are")
    parser.add_argument("--show", action="store_true", help="print every program")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(argv)


# -- the worker: one process that runs programs until it is told to stop, or breaks ---------------------------------


def work(args: argparse.Namespace) -> None:
    """A line of JSON before each program and after it."""
    import jax

    for seed in range(args.seed, args.seed + args.programs):
        print(json.dumps({"seed": seed}), flush=True)
        print(json.dumps(outcome(seed, args)), flush=True)
        if seed % CLEAR == 0:
            jax.clear_caches()


def outcome(seed: int, args: argparse.Namespace) -> dict[str, Any]:
    """What came of one program."""
    from eggshard.tools.bench.fuzzing.generate import generate
    from eggshard.tools.bench.fuzzing.oracle import check, is_rounding
    from eggshard.tools.bench.fuzzing.shrink import shrink

    program = generate(seed, tuple(args.families.split(",")) if args.families else ())
    ways = {"on_xla": args.oracle != "interpreter", "interpreted": args.oracle != "xla"}
    result: dict[str, Any] = {"done": seed, "facts": facts(program), "text": program.describe() if args.show else ""}
    try:
        faults = check(program, **ways)
    except Exception as error:
        return result | {"refused": f"{type(error).__name__}: {str(error)[:300]}", "text": program.describe()}
    faults = [fault for fault in faults if not is_rounding(program, fault)]
    if not faults:
        return result
    first = faults[0]
    if not args.no_shrink:
        ways = {"on_xla": first.stage == "xla", "interpreted": first.stage == "interpreter"}
        program = shrink(program, lambda p: any(f.signature == first.signature for f in check(p, **ways)))
        left = [f for f in check(program, **ways) if f.signature == first.signature]
        first = left[0] if left else first
    return result | {"fault": f"{first.stage}: {first.text}", "signature": first.signature, "text": program.describe()}


def facts(program: Any) -> dict[str, list[str]]:
    """What the table counts."""
    shapes = [arg.shape for arg in program.args]
    sizes = dict(program.mesh)
    return {
        "family": list(program.families),
        "dtype": sorted({arg.dtype for arg in program.args}),
        "rank": sorted({str(len(shape)) for shape in shapes}),
        "mesh": ["x".join(str(size) for size in sizes.values())],
        "divides": ["yes" if all(divides(program, arg, sizes) for arg in program.args) else "no"],
    }


def divides(program: Any, arg: Any, sizes: dict[str, int]) -> bool:
    """Whether the argument's layout cuts it evenly."""
    layout = dict(program.shard).get(arg.name)
    for size, axes in zip(arg.shape, layout.split(",") if layout else (), strict=False):
        for axis in () if axes == "-" else axes.split("+"):
            name, _, part = axis.partition(":")
            count = int(part.rsplit(")", 1)[1]) if part else sizes[name]
            if size % count:
                return False
            size //= count
    return True


# -- the parent: starts workers, and goes on behind a program that broke one ----------------------------------------


def outcomes(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """The outcome of every program; one that ends or stalls its worker is a fault too."""
    last = args.seed + args.programs
    seed = args.seed
    end = time.monotonic() + 60 * args.minutes if args.minutes else None
    while seed < last:
        worker = start(args, seed, last - seed)
        current = seed
        try:
            for entry in entries(worker):
                if "seed" in entry:
                    current = entry["seed"]
                    continue
                seed = entry["done"] + 1
                yield entry
                if end is not None and time.monotonic() > end:
                    return
        finally:
            worker.kill()
            worker.wait()
        if seed < last:
            yield {"done": current, "facts": {}, "fault": f"the process ended ({worker.returncode})",
                   "signature": "process", "text": f"# seed {current}"}  # fmt: skip
            seed = current + 1


def start(args: argparse.Namespace, seed: int, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "eggshard.tools.bench.fuzz_partition", "--worker", "--seed", str(seed)]
    command += ["--programs", str(count), "--oracle", args.oracle, "--families", args.families]
    command += ["--no-shrink"] * args.no_shrink + ["--show"] * args.show
    environment = dict(os.environ)
    environment["XLA_FLAGS"] = " ".join([environment.get("XLA_FLAGS", ""), *XLA_FLAGS]).strip()
    environment |= {"JAX_ENABLE_X64": "1", "JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)


def entries(worker: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    """What the worker says, until it ends or says nothing for too long."""
    import threading

    assert worker.stdout is not None
    for text in iter(lambda: _line(worker, threading.Timer(PATIENCE, worker.kill)), ""):
        if text.startswith("{"):
            yield json.loads(text)


def _line(worker: subprocess.Popen[str], alarm: Any) -> str:
    assert worker.stdout is not None
    alarm.start()
    try:
        return worker.stdout.readline()
    finally:
        alarm.cancel()


def main(argv: Sequence[str] | None = None) -> int:
    """Prints failures and the table; 0 if there is no failure."""
    args = arguments(argv)
    if args.worker:
        work(args)
        return 0
    table: dict[str, Counter[str]] = {}
    signatures: Counter[str] = Counter()
    total = failures = refused = 0
    for entry in outcomes(args):
        total += 1
        for column, values in entry["facts"].items():
            table.setdefault(column, Counter()).update(values)
        if "fault" in entry:
            failures += 1
            signatures[entry["signature"]] += 1
            print(f"FAIL seed {entry['done']} {entry['fault']}\n{entry['text']}\n", flush=True)
        elif "refused" in entry:
            refused += 1
            print(f"jax refuses seed {entry['done']}: {entry['refused']}\n{entry['text']}\n", flush=True)
        elif args.show:
            print(f"ok seed {entry['done']}\n{entry['text']}\n", flush=True)
    for column, counts in table.items():
        print(f"{column:8} " + "  ".join(f"{name} {count}" for name, count in counts.most_common()))
    for signature, count in signatures.most_common():
        print(f"{count:5} x {signature}")
    print(f"{total} programs, {failures} failed, {refused} refused by jax")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
