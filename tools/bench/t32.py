"""
Counts the collectives of T32's train step on a 4x2 mesh, tactic by tactic, beside those that PartIR reports.

    python -m eggshard.tools.bench.t32                  the paper's 289 parameters at small sizes
    python -m eggshard.tools.bench.t32 --config real    at the paper's sizes

T32 is a transformer of 32 layers with nine tensors each and a tied embedding, trained with Adam. PartIR's figures are
those of its paper (Alabed et al. 2024); it has none for ZeRO without Megatron. Exit status 1 if a count is off by more
than 2.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from eggshard.tools.bench.models import suite
from eggshard.tools.bench.table import print_table

KINDS = ("all_gather", "all_reduce", "reduce_scatter", "all_to_all")
PARTIR: dict[str, tuple[int, int, int, int] | None] = {
    "batch": (0, 290, 0, 0),
    "megatron": (0, 128, 0, 0),
    "batch+zero2": None,
    "batch+zero3": None,
    "both": (0, 418, 0, 0),
    "both+zero2": (129, 289, 129, 0),
    "both+zero3": (259, 289, 129, 0),
}
"""all_gather, all_reduce, reduce_scatter, all_to_all by tactic."""
CLOSE = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m eggshard.tools.bench.t32", description=(__doc__ or "").strip())
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--config", choices=("deep", "real"), default="deep")
    config = parser.parse_args(argv).config
    model, mesh = suite().MODELS["t32"], suite().MESHES["4x2"]
    built = model.build(config, "f32")
    rows, worst = [], 0
    for tactic, published in PARTIR.items():
        start = time.process_time()
        plan = _plan(built, model.tactics(mesh)[tactic], mesh)
        seconds = time.process_time() - start
        counts = plan.collectives()
        ours = [counts[kind] for kind in KINDS]
        off = [mine - theirs for mine, theirs in zip(ours, published or ours, strict=True)]
        worst = max([worst, *map(abs, off)])
        why = "; ".join(_causes(plan, kind) for kind, number in zip(KINDS, off, strict=True) if number)
        theirs = _slashed(published) if published else ""
        verdict = "" if published is None else why or "none"
        rows.append((tactic, _slashed(ours), theirs, verdict, f"{seconds:.1f}"))
    print_table(("tactic", "ag/ar/rs/a2a", "PartIR", "difference", "CPU s"), rows)
    return 1 if worst > CLOSE else 0


def _plan(built: Any, shard: Any, mesh: Any) -> Any:
    import eggshard

    return eggshard.plan(*built, mesh=mesh, shard=shard, search=False)


def _slashed(counts: Sequence[int]) -> str:
    return "/".join(map(str, counts))


def _causes(plan: Any, kind: str) -> str:
    """The collectives of a kind that do not come once or more for each layer: what is odd is among them."""
    causes = Counter(entry["cause"] for entry in plan.collective_list() if entry["kind"] == kind)
    rare = [f"{cause} (x{times})" for cause, times in causes.items() if times < 32]
    return f"{kind}: {', '.join(rare[:4])}"


if __name__ == "__main__":
    sys.exit(main())
