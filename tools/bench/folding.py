"""
Folds every model of the suite: how many ops are left to explore, and that their number does not grow with depth.

    python -m eggshard.tools.bench.folding                          all models, several depths, published sizes
    python -m eggshard.tools.bench.folding --models llama --depths 4,128

`ops` are those of the imported step, loop bodies included once each; `unique` the classes of those that depend on an
argument, `without names` the same when arguments have no names. `blocks` are the lengths of the families, those of
eight classes or more; `covered` is the part of the argument-dependent ops that lie in one; `crossing` the values that
pass from block to block, and `shared` those that all blocks take from outside, of the largest family. `exact` and
`connected` count the clusters of the unique ops. Seconds are of CPU time, import not included. Exit status 1 if the
unique ops of one model differ between depths of 4 and more.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import os
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from eggshard.tools.bench.models import suite
from eggshard.tools.bench.table import print_table
from eggshard.tools.devices import force_host_devices

DEPTHS: dict[str, tuple[int, ...]] = {
    "t32": (4, 32),
    "llama": (4, 8, 32),
    "gpt2": (4, 12, 96),
    "moe": (4, 32),
    "vit": (6, 12),
    "clip": (4, 12),
    "gnn": (8, 24),
    "mamba": (4, 12),
    "t5": (4, 12),
    "resnet": (),
    "unet": (),
    "lstm": (),
    "dlrm": (),
    "llama_scan": (),
}
"""By model the numbers of layers; none where depth is not one number."""
LEAST = 8
"""How many classes a family has that is worth a mention."""
HEADER = (
    "model", "layers", "ops", "unique", "without names", "blocks", "covered", "crossing", "shared", "exact",
    "connected", "CPU s",
)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m eggshard.tools.bench.folding", description=(__doc__ or "").strip())
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--models", type=lambda text: text.split(","), default=list(DEPTHS), metavar="NAME,..")
    parser.add_argument("--depths", type=_numbers, default=None, metavar="N,..", help="layers of each model")
    args = parser.parse_args(argv)
    force_host_devices(8)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    rows, unique = [], defaultdict(set)
    for name in args.models:
        for depth in (args.depths or DEPTHS[name]) if DEPTHS[name] else (None,):
            row = measure(name, depth)
            rows.append((name, depth or "", *row))
            if depth is not None and depth >= 4:
                unique[name].add(row[1])
    print_table(HEADER, rows)
    growing = [name for name, counts in unique.items() if len(counts) > 1]
    if growing:
        print(f"unique ops differ with depth: {', '.join(growing)}")
    return 1 if growing else 0


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def measure(name: str, depth: int | None) -> tuple[Any, ...]:
    """The cells of one model at one depth."""
    from eggshard.fold import fold
    from eggshard.fold.clusters import clusters

    function = imported(name, depth)
    start = time.process_time()
    folding = fold(function)
    seconds = time.process_time() - start
    ops, dependent, covered, unique = counts(folding)
    unnamed = counts(fold(function, names=False))[3]
    families = [family for family in folding.families if len(family.classes) >= LEAST]
    largest = max(families, key=lambda family: family.length * len(family.classes), default=None)
    return (
        ops,
        unique,
        unnamed,
        "+".join(str(family.length) for family in families) or "-",
        f"{100 * covered / dependent:.1f} %",
        len(largest.interface) if largest else "",
        len(largest.shared) if largest else "",
        len(clusters(folding)),
        len(clusters(folding, exact=False)),
        f"{seconds:.2f}",
    )


def imported(name: str, depth: int | None) -> Any:
    """The main function of a model's step at its published sizes, with that many layers."""
    import jax

    from eggshard.dialects.assembly import make_context
    from eggshard.frontends.load import from_jax
    from eggshard.partitioning.program import main_function
    from eggshard.passes import pipeline

    build = suite().MODELS[name].build
    model = importlib.import_module(f"models.{name}")
    if depth is not None:
        published = model.CONFIGS["real"]
        model.CONFIGS["real"] = deeper(published, depth)
    fn, args = build("real", "f32")
    if depth is not None:
        model.CONFIGS["real"] = published
    module = from_jax(fn, args).module
    jax.clear_caches()
    pipeline.run(module, make_context(), pipeline.IMPORT)
    return main_function(module)


def deeper(config: Any, depth: int) -> Any:
    """The configuration with another number of layers: of message-passing steps, or of layers in both towers."""
    fields = {field.name for field in dataclasses.fields(config)}
    if "layers" in fields:
        return dataclasses.replace(config, layers=depth)
    if "image_tower" in fields:
        towers = {
            name: dataclasses.replace(getattr(config, name), layers=depth) for name in ("image_tower", "text_tower")
        }
        return dataclasses.replace(config, **towers)
    return dataclasses.replace(config, steps=depth)


def counts(folding: Any) -> tuple[int, int, int, int]:
    """Ops, those that depend on an argument, those of them in families, and their classes; bodies of loops included."""
    ops = list(folding.block.ops)
    dependent = [op for op in ops if op not in folding.literals]
    covered = [op for op in dependent if folding.classes[folding.class_of[op]].family is not None]
    classes = {folding.class_of[op] for op in dependent}
    total = (len(ops), len(dependent), len(covered), len(classes))
    for bodies in folding.bodies.values():
        for body in bodies:
            total = tuple(a + b for a, b in zip(total, counts(body), strict=True))  # type: ignore[assignment]
    return total


if __name__ == "__main__":
    sys.exit(main())
