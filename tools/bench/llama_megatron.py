"""
Counts the all_reduces of Llama under Megatron tactics, forward and backward, beside XLA's for the same annotations.

    python -m eggshard.tools.bench.llama_megatron                        2 and 8 layers at small sizes
    python -m eggshard.tools.bench.llama_megatron --layers 2,32 --xla-layers 2

A layer needs two all_reduces forward, after the attention's and the MLP's second matrix, and two backward: the input
gradients of q, k and v are added up before they are reduced, and so are those of gate and up. XLA's are counted in its
optimised program, for which it must compile; `--xla-layers` says up to how many layers. Exit status 1 if ours are not 2
and 2.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any

from eggshard.tools.bench.models import suite
from eggshard.tools.bench.table import print_table
from eggshard.tools.devices import force_host_devices

ALL_REDUCE = re.compile(r"= (\(.*?\)|\S+) all-reduce(?:-start)?\(")
MESH = {"data": 4, "model": 2}


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        prog="python -m eggshard.tools.bench.llama_megatron", description=(__doc__ or "").strip()
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--layers", type=_numbers, default=[2, 8], metavar="N,..")
    parser.add_argument("--xla-layers", type=int, default=8, metavar="N")
    args = parser.parse_args(argv)
    force_host_devices(8)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    rows, good = [], True
    for layers in args.layers:
        model, forward, step = _model(layers)
        ours = [_ours(model, fn, fn_args) for fn, fn_args in (forward, step)]
        theirs: Sequence[object] = ("", "", "")
        if layers <= args.xla_layers:
            counted = [_xla(model, fn, fn_args) for fn, fn_args in (forward, step)]
            theirs = (counted[0], counted[1] - counted[0], counted[1])
        backward = ours[1] - ours[0]
        good = good and ours[0] == backward == 2 * layers
        rows.append((layers, ours[0], backward, ours[1], f"{ours[0] / layers:g}+{backward / layers:g}", *theirs))
    header = ("layers", "forward", "backward", "step", "a layer", "XLA forward", "backward", "step")
    print_table(header, rows)
    return 0 if good else 1


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _model(layers: int) -> tuple[Any, Any, Any]:
    """The model, its forward pass and its train step with their arguments, with that many layers."""
    model = suite().MODELS["llama"]
    llama = importlib.import_module("models.llama")
    llama.CONFIGS["bench"] = dataclasses.replace(llama.CONFIGS["small"], layers=layers)
    step, (params, state, tokens, targets) = model.build("bench", "f32")
    return model, (llama.loss, (params, tokens, targets)), (step, (params, state, tokens, targets))


def _ours(model: Any, fn: Callable[..., Any], args: tuple[Any, ...]) -> int:
    import eggshard

    plan = eggshard.plan(fn, args, mesh=MESH, shard=model.tactics(MESH)["megatron"], search=False)
    return int(plan.collectives()["all_reduce"])


def _xla(model: Any, fn: Callable[..., Any], args: tuple[Any, ...]) -> int:
    """All_reduces in XLA's program; one of several tensors counts once for each, as in ours."""
    import jax

    shardings = _annotations(model, fn, args)
    text = jax.jit(fn, in_shardings=shardings).lower(*args).compile().as_text()
    return sum(max(1, found.count("[")) for found in ALL_REDUCE.findall(text))


def _annotations(model: Any, fn: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """The tactics as shardings of jax; None, which leaves an argument to propagation, where there is no tactic."""
    import inspect

    import jax
    from jax.sharding import AxisType, NamedSharding, PartitionSpec

    mesh = jax.make_mesh(tuple(MESH.values()), tuple(MESH), axis_types=(AxisType.Auto,) * len(MESH))
    tactics = [(re.compile(pattern), layout) for pattern, layout in dict(model.tactics(MESH)["megatron"]).items()]

    def sharding(name: str, path: Any) -> Any:
        whole = "/".join([name, *(jax.tree_util.keystr((key,), simple=True) for key in path)])
        for pattern, layout in tactics:
            if pattern.fullmatch(whole):
                return NamedSharding(mesh, PartitionSpec(*(None if d == "-" else d for d in layout.split(","))))
        return None

    return tuple(
        jax.tree_util.tree_map_with_path(lambda path, leaf, name=name: sharding(name, path), arg)
        for name, arg in zip(inspect.signature(fn).parameters, args, strict=True)
    )


if __name__ == "__main__":
    sys.exit(main())
