"""Collectives of a hand-written per-device program: a dimension whose size changes has a factor on each side."""

from __future__ import annotations

from xdsl.ir import Operation

from eggshard.rules.build import NO, Kind, RuleBuilder, shape_of
from eggshard.rules.rule import Rule


def resizing_collective(op: Operation) -> Rule:
    """all_gather, reduce_scatter, all_to_all: equal dimensions pass, the others stay whole."""
    before, after = shape_of(op.operands[0]), shape_of(op.results[0])
    builder = RuleBuilder(op)
    operands, results = len(op.operands), len(op.results)
    pairs = list(enumerate(zip(before, after, strict=True)))
    for dim, (size, new) in pairs:
        if size == new:
            builder.add([dim] * operands, [dim] * results, size)
    for dim, (size, new) in pairs:
        if size != new:
            builder.add([dim] * operands, [NO] * results, size, Kind.NEED)
            builder.add([NO] * operands, [dim] * results, new, Kind.NEED)
    return builder.build()
