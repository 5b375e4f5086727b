"""
Searches a transformer's train step without annotations as memory shrinks: what experts do appears by itself.

    python -m eggshard.tools.bench.megatron                      GPT-2's step, two layers of width 512, on 8 and on 4x2
    python -m eggshard.tools.bench.megatron --meshes 4x2 --fractions 0.3,0.2

The limit is a fraction of what the plan takes that partitions nothing. `parameters`, `optimizer` and `batch` say into
how many parts the bytes of these arguments are cut; `residual` is where most of the residual stream lies, batch, length
and width (`-`: whole). Sequence parallelism cuts length; ZeRO-1 the optimizer's state, ZeRO-3 the parameters over the
axis that cuts the batch too.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

from eggshard.tools.bench.models import collectives, suite
from eggshard.tools.bench.table import print_table

HEADER = (
    "mesh", "memory", "ms", "gap", "peak", "ag/ar/rs/a2a/cp", "parameters", "optimizer", "batch", "residual",
)  # fmt: skip
MIB = 2**20


def main() -> int:
    """Prints the table; 1 if nothing was found for some row."""
    args = arguments()
    rows = []
    for mesh in args.meshes.split(","):
        for row in shrinking(mesh, args):
            rows.append(row)
            print(" ".join(row), file=sys.stderr, flush=True)
    print_table(HEADER, rows)
    return 1 if any("-" in row[2] for row in rows) else 0


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meshes", default="8,4x2", metavar="MESH,..")
    parser.add_argument("--fractions", default="1.0,0.5,0.3,0.2,0.15,0.12", metavar="FRACTION,..")
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--heads", type=int, default=8)
    parser.add_argument("--vocabulary", type=int, default=1024)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--time-limit", type=float, default=20.0, metavar="SECONDS", help="for each search")
    return parser.parse_args(argv)


def shrinking(mesh: str, args: argparse.Namespace) -> Iterator[list[str]]:
    """The rows of a mesh."""
    from eggshard.diagnostics import DiagnosticError

    whole = planned({"one": 1}, 1 << 50, 5.0, args).peak_bytes
    for fraction in map(float, args.fractions.split(",")):
        limit = int(whole * fraction)
        cells = [mesh, f"{limit / MIB:.0f} MiB"]
        try:
            plan = planned(suite().MESHES[mesh], limit, args.time_limit, args)
        except DiagnosticError as problem:
            yield [*cells, *["-"] * 7, problem.message.partition(";")[0]]
            continue
        gap = 1 - plan.bound_seconds / plan.seconds
        yield [
            *cells,
            f"{plan.seconds * 1e3:.3f}",
            f"{gap:.2%}",
            f"{plan.peak_bytes / MIB:.0f} MiB",
            collectives(plan),
            *(f"{parts(plan, name):.1f}" for name in ("params", "opt_state", "tokens")),
            residual(plan),
        ]


def planned(sizes: dict[str, int], memory: int, seconds: float, args: argparse.Namespace) -> Any:
    """The plan that the search finds."""
    from eggshard.frontends.load import from_jax
    from eggshard.passes.api import Wanted, plan_model

    model = from_jax(*step(args))
    return plan_model(model, mesh=sizes, search=Wanted(memory=memory, time_limit=seconds, gap=0.005))


def step(args: argparse.Namespace) -> Any:
    """GPT-2's train step at these sizes, with its arguments' shapes."""
    assert suite()
    gpt2 = importlib.import_module("models.gpt2")
    published = gpt2.CONFIGS["real"]
    gpt2.CONFIGS["real"] = gpt2.Config(
        layers=args.layers,
        width=args.width,
        heads=args.heads,
        vocab=args.vocabulary,
        length=args.length,
        batch=args.batch,
    )
    built = gpt2.build("real", "f32")
    gpt2.CONFIGS["real"] = published
    return built


def parts(plan: Any, argument: str) -> float:
    """Into how many parts the bytes of an argument are cut: all of them over those on one device."""
    from eggshard.dialects.sharding.layout import local_shape

    program = plan.program
    ports = [port for port in program.arguments if port.name.partition("/")[0] == argument]
    held = sum(prod(local_shape(port.shape, port.layout, program.mesh)) for port in ports)
    return float(sum(prod(port.shape) for port in ports) / held)


def residual(plan: Any) -> str:
    """The shape that most additions of three dimensions have on a device."""
    found: Counter[str] = Counter()
    for op in plan.module.walk():
        if op.name == "stablehlo.add":
            shape = op.results[0].type.get_shape()
            if len(shape) == 3:
                found["x".join(map(str, shape))] += 1
    return found.most_common(1)[0][0] if found else "-"


if __name__ == "__main__":
    sys.exit(main())
