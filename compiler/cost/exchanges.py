"""Seconds of every collective of a per-device program, as a plan lists them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from xdsl.dialects.builtin import ModuleOp

from eggshard.cost.batch import CostModel
from eggshard.cost.program import collective_rows
from eggshard.report.collectives import collectives


def priced(module: ModuleOp, model: CostModel) -> list[dict[str, Any]]:
    """
    The entries of all collectives, each with the `seconds` of all its rounds.

    Tensors that travel in one message share its time by their bytes.
    """
    found = collectives(module)
    ops = list(dict.fromkeys(each.op for each in found))
    spent = model.collectives(collective_rows(module, ops))
    seconds = dict(zip(ops, map(float, spent), strict=True))
    sent: Counter[Any] = Counter()
    for each in found:
        sent[each.op] += each.bytes
    return [
        {**each.entry(), "seconds": seconds[each.op] * each.times * each.bytes / max(1, sent[each.op])}
        for each in found
    ]
