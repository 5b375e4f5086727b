"""Reports as plain values for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from eggshard.plans import Plan
from eggshard.report.summary import arguments, results

if TYPE_CHECKING:
    from eggshard.runtime.verify import Comparison


def plan_json(plan: Plan) -> dict[str, Any]:
    """What `partition --json` and `explain --json` share."""
    return {
        "fingerprint": plan.fingerprint,
        "mesh": plan.mesh.axes,
        "hardware": plan.hardware,
        "memory_bytes": plan.memory_bytes,
        "seconds_predicted": plan.seconds,
        "bound_seconds": plan.bound_seconds,
        "gap": plan.gap,
        "peak_bytes": plan.peak_bytes,
        "ended": None if plan.predicted is None else plan.predicted.ended,
        "asked": None if plan.asked is None else asdict(plan.asked),
        "peak": None if plan.predicted is None else asdict(plan.predicted.peak),
        "tactics": [list(tactic) for tactic in plan.tactics],
        "arguments": [asdict(tensor) for tensor in arguments(plan)],
        "results": [asdict(tensor) for tensor in results(plan)],
        "counts": dict(plan.collectives()),
        "collectives": plan.collective_list(),
        "warnings": plan.warnings,
    }


def comparison_json(comparisons: Sequence[Comparison], inputs: str) -> dict[str, Any]:
    """The results of a verification; an infinite error is null, since JSON has no infinity."""
    return {
        "ok": all(each.ok for each in comparisons),
        "inputs": inputs,
        "results": [
            {
                "path": each.path,
                "shape": list(each.shape),
                "dtype": each.dtype,
                "error": each.error if each.error != float("inf") else None,
                "limit": each.limit,
                "ok": each.ok,
                "has_nan": each.has_nan,
            }
            for each in comparisons
        ],
    }
