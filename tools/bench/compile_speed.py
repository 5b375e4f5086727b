"""
Measures how long GPT-2's train step takes from StableHLO to per-device text, beside Shardy and XLA on the same step.

    python -m eggshard.tools.bench.compile_speed
    python -m eggshard.tools.bench.compile_speed --xla-layers 24 --xla-limit 900

Seconds are of CPU time; each part runs in a process of its own that does nothing beside it. `import` reads jaxlib's
module into ours, `to text` is all from there to the emitted text; both are the least of six runs. Shardy's
propagation runs on the same module with the same annotations. XLA compiles the step with these annotations for eight
CPU devices: two layers at small sizes, and twelve at the published ones; `--xla-layers` gives it others (0: none).
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from eggshard.tools.bench.models import suite
from eggshard.tools.bench.table import print_table
from eggshard.tools.devices import force_host_devices

ROUNDS = 2
"""How often each model is measured, in turn with the others, so that a busy moment of the machine hits none alone."""
MESH = "4x2"
TACTIC = "both"
TEN_LINES = """sharding.mesh @mesh = <["data"=4, "model"=2]>
func.func @main(%x: tensor<8x4xf32> {sharding.layout = #sharding.layout<@mesh, [{"data"}, {}]>}) -> tensor<8x4xf32> {
  %0 = stablehlo.abs %x : tensor<8x4xf32>
  %1 = stablehlo.add %0, %x : tensor<8x4xf32>
  %2 = stablehlo.tanh %1 : tensor<8x4xf32>
  %3 = stablehlo.multiply %2, %1 : tensor<8x4xf32>
  %4 = stablehlo.negate %3 : tensor<8x4xf32>
  return %4 : tensor<8x4xf32>
}
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the tables, or does one part of the work for another process."""
    parser = argparse.ArgumentParser(
        prog="python -m eggshard.tools.bench.compile_speed", description=(__doc__ or "").strip()
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--xla-layers", type=int, default=12, metavar="N", help="published sizes for XLA, N layers")
    parser.add_argument("--xla-limit", type=float, default=300.0, metavar="S", help="seconds after which XLA is ended")
    parser.add_argument("--part", choices=tuple(PARTS), help=argparse.SUPPRESS)
    parser.add_argument("--model", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.part:
        print(json.dumps(PARTS[args.part](*_built(args.model))))
        return 0
    _print_models(["small 2", "real 12", "real 24"], args)
    print()
    _print_commands()
    return 0


def _print_models(models: list[str], args: argparse.Namespace) -> None:
    if args.xla_layers and f"real {args.xla_layers}" not in models:
        models.append(f"real {args.xla_layers}")
    rows, whole = [], {}
    measured = [{model: _part("ours", model, None) for model in models} for _ in range(ROUNDS)]
    for model in models:
        ours = {key: min(measurement[model][key] for measurement in measured) for key in measured[0][model]}
        shardy = _part("shardy", model, None)
        compiled = model == f"real {args.xla_layers}" or model.startswith("small")
        xla = _part("xla", model, args.xla_limit) if compiled else None
        whole[model] = ours["import"] + ours["rest"]
        seconds = [ours["import"], ours["rest"], whole[model], shardy["propagation"]]
        last = "" if not compiled else f"{xla['compile']:.2f}" if xla else f"> {args.xla_limit:.0f}"
        memory = f"{ours['peak'] / 2**20:.0f} ({ours['start'] / 2**20:.0f})"
        name = f"gpt2 {model.split()[0]}, {model.split()[1]} layers"
        rows.append((name, ours["ops"], *(f"{value:.2f}" for value in seconds), last, memory))
    header = ("step", "ops", "import", "to text", "both", "Shardy", "XLA", "peak MiB (before)")
    print_table(header, rows)
    print(f"24 layers take {whole['real 24'] / whole['real 12']:.2f} times as long as 12")


def _print_commands() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ten_lines.mlir"
        path.write_text(TEN_LINES)
        opt = ["-m", "eggshard.tools.opt", str(path), "-p", "propagate-shardings,choose-strategies,insert-reshards"]
        rows = [
            ("eggshard --help", f"{_cpu_of(['-m', 'eggshard.tools.main', '--help']):.2f}"),
            ("eggshard-opt on ten lines", f"{_cpu_of(opt[:3]):.2f}"),
            ("eggshard-opt on ten lines, three passes", f"{_cpu_of(opt):.2f}"),
        ]
    print_table(("command", "CPU s"), rows)


def _cpu_of(arguments: list[str]) -> float:
    """CPU seconds of a Python process, the least of three."""
    seconds = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(seconds)


def _part(part: str, model: str, limit: float | None) -> Any:
    """What a process of its own measures; None if it takes longer than `limit` seconds."""
    command = [sys.executable, "-m", "eggshard.tools.bench.compile_speed", "--part", part, "--model", model]
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return None
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"{' '.join(command[2:])} failed:\n{error.stderr[-2000:]}") from None
    return json.loads(done.stdout.splitlines()[-1])


def _built(model: str) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """GPT-2's train step, as `small 2` or `real 12`, for shapes alone where it is real."""
    force_host_devices(8)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    size, layers = model.split()
    gpt2 = suite() and importlib.import_module("models.gpt2")
    gpt2.CONFIGS[size] = dataclasses.replace(gpt2.CONFIGS[size], layers=int(layers))
    built: tuple[Callable[..., Any], tuple[Any, ...]] = gpt2.build(size, "f32")
    return built


def _tactic() -> Any:
    return suite().MODELS["gpt2"].tactics(suite().MESHES[MESH])[TACTIC]


def _lowered(fn: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    import jax

    return jax.jit(fn, keep_unused=True).lower(*args).compiler_ir("stablehlo")


def measure_ours(fn: Callable[..., Any], args: tuple[Any, ...]) -> dict[str, float]:
    """CPU seconds, the number of ops that come in, and peak memory before and after, in bytes."""
    import eggshard
    from eggshard.frontends.load import Model, fingerprint
    from eggshard.frontends.reader import Reader

    source = _lowered(fn, args)
    before = _peak()
    imports, rests, ops = [], [], 0
    for _ in range(3):
        start = time.process_time()
        module = Reader().module(source)
        imports.append(time.process_time() - start)
        ops = sum(1 for _ in module.walk())
        start = time.process_time()
        plan = eggshard.plan_model(
            Model(module, "gpt2", fingerprint(source)), mesh=suite().MESHES[MESH], shard=_tactic()
        )
        plan.stablehlo()
        rests.append(time.process_time() - start)
    return {"import": min(imports), "rest": min(rests), "ops": ops, "start": before, "peak": _peak()}


def _peak() -> int:
    """Most memory that this process has had resident, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measure_shardy(fn: Callable[..., Any], args: tuple[Any, ...]) -> dict[str, float]:
    """CPU seconds of Shardy's propagation pipeline on the annotated module."""
    from jaxlib.mlir import ir, passmanager

    from eggshard.annotation import add_mesh
    from eggshard.dialects.assembly import make_context
    from eggshard.frontends.reader import Reader
    from eggshard.frontends.writer import Writer, mlir_context
    from eggshard.mesh import Mesh
    from eggshard.passes import pipeline
    from eggshard.propagation.tactics import apply_tactics

    module = Reader().module(_lowered(fn, args))
    add_mesh(module, Mesh(suite().MESHES[MESH]))
    apply_tactics(module, _tactic())
    pipeline.run(module, make_context(), ("export-sdy",))
    context = mlir_context()
    text = Writer(context).module(module).operation.get_asm()
    seconds = []
    for _ in range(3):
        with context:
            annotated = ir.Module.parse(text)
            passes = passmanager.PassManager.parse("builtin.module(sdy-propagation-pipeline)")
            start = time.process_time()
            passes.run(annotated.operation)
            seconds.append(time.process_time() - start)
    return {"propagation": min(seconds)}


def measure_xla(fn: Callable[..., Any], args: tuple[Any, ...]) -> dict[str, float]:
    """CPU seconds of XLA, from the annotated module to programs for eight CPU devices."""
    import jax

    import eggshard

    plan = eggshard.plan(fn, args, mesh=suite().MESHES[MESH], shard=_tactic(), search=False)
    lowered = jax.jit(fn, in_shardings=plan.in_shardings).lower(*args)
    start = time.process_time()
    lowered.compile()
    return {"compile": time.process_time() - start}


PARTS: dict[str, Callable[..., dict[str, float]]] = {
    "ours": measure_ours,
    "shardy": measure_shardy,
    "xla": measure_xla,
}


if __name__ == "__main__":
    sys.exit(main())
