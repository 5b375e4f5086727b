"""What a search predicts of its plan, as people read it."""

from __future__ import annotations

from collections import Counter

from eggshard.plans import Asked, Ended, Peak, Plan, Prediction
from eggshard.report.text import duration, quantity, table

ENDED: dict[Ended, str] = {
    "time limit": "time limit of {time_limit:g} s reached: the best plan so far, not the best there is",
    "interrupted": "interrupted: the best plan so far, not the best there is",
    "out of memory": "this machine's memory was used up: the best plan so far, not the best there is",
    "propagated": "time limit of {time_limit:g} s reached before anything was found: "
    "the plan is what propagation makes of --shard and annotations",
}
"""What a reader must know of a plan that is not known to be the best."""


def mark(plan: Plan) -> str | None:
    """Why the plan is not known to be the best, in a sentence; None if it is near enough to its bound."""
    if plan.predicted is None or plan.asked is None or plan.predicted.ended not in ENDED:
        return None
    said = ENDED[plan.predicted.ended].format(time_limit=plan.asked.time_limit)
    over = plan.predicted.peak.bytes - plan.asked.memory_bytes
    return said if over <= 0 else f"{said}; it does not fit: {quantity(over)} a device too much"


def prediction_section(plan: Plan) -> list[str]:
    """Seconds, bound and memory, in one paragraph; nothing for a plan that was not searched."""
    predicted, asked = plan.predicted, plan.asked
    if predicted is None or asked is None:
        return []
    noted = mark(plan)
    lines = [] if noted is None else [f"stopped: {noted}"]
    lines.append(_step(predicted, asked))
    if predicted.bound_seconds is not None:
        least = duration(predicted.bound_seconds)
        lines.append(f"bound: no plan takes less than {least} (gap {predicted.gap:.2%})")
    elif predicted.ended != "propagated":
        lines.append("bound: none was proven")
    lines.append(_memory(predicted.peak, asked))
    return ["\n".join(lines)]


def _step(predicted: Prediction, asked: Asked) -> str:
    parts = [f"ops {duration(predicted.op_seconds)}"]
    exchanged = max(0.0, predicted.seconds - predicted.op_seconds)
    parts.append(f"reshards {duration(exchanged)}")
    return f"predicted step: {duration(predicted.seconds)} on {asked.hardware} ({', '.join(parts)})"


def _memory(peak: Peak, asked: Asked) -> str:
    head = f"peak memory: {quantity(peak.bytes)} of {quantity(asked.memory_bytes)} on each device"
    rows = [[name, quantity(size)] for name, size in peak.by_category.items() if size]
    return f"{head}\n{table(('held for', 'bytes'), rows, right=('bytes',))}" if rows else head


def asked_section(plan: Plan) -> str:
    """What the plan was searched for, in a line."""
    if plan.asked is None:
        return "not searched: the plan is what annotations imply"
    asked = plan.asked
    return (
        f"asked for: {asked.hardware}, {quantity(asked.memory_bytes)} a device, "
        f"{asked.time_limit:g} s of search, seed {asked.seed}"
    )


def largest_section(plan: Plan) -> list[str]:
    """What takes most memory at the peak, equal things in one row."""
    if plan.predicted is None or not plan.predicted.peak.largest:
        return []
    peak = plan.predicted.peak
    groups: dict[tuple[str, str, str], Counter[str]] = {}
    for share in peak.largest:
        found = groups.setdefault((share.what, share.category, share.layout), Counter())
        found["count"] += 1
        found["bytes"] += share.bytes
    rows = [
        [what, category, layout, str(found["count"]), quantity(found["bytes"])]
        for (what, category, layout), found in sorted(groups.items(), key=lambda row: -row[1]["bytes"])
    ]
    heads = ("what", "held for", "layout", "count", "bytes")
    return [f"largest at the peak, when {peak.at} runs\n{table(heads, rows, right=('count', 'bytes'))}"]
