"""Matrix products and their kin: the contracted dimensions are reduction factors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xdsl.ir import Operation

from eggshard.rules.build import NO, Kind, RuleBuilder, shape_of
from eggshard.rules.rule import Rule


def dot_general(op: Operation) -> Rule:
    """Batching, free left, free right, contracted: `([i, j, l], [i, l, k])->([i, j, k]) reduction={l}`."""
    numbers: Any = op.properties["dot_dimension_numbers"]
    n = numbers.data
    return contraction(
        op,
        n.lhs_batching_dimensions,
        n.rhs_batching_dimensions,
        n.lhs_contracting_dimensions,
        n.rhs_contracting_dimensions,
    )


def dot(op: Operation) -> Rule:
    """The older form: vectors or matrices, last dimension of the left with the first of the right."""
    return contraction(op, (), (), (len(shape_of(op.operands[0])) - 1,), (0,))


def contraction(
    op: Operation,
    lhs_batch: Sequence[int],
    rhs_batch: Sequence[int],
    lhs_contracted: Sequence[int],
    rhs_contracted: Sequence[int],
) -> Rule:
    lhs, rhs = shape_of(op.operands[0]), shape_of(op.operands[1])
    builder = RuleBuilder(op)
    out = 0
    for a, b in zip(lhs_batch, rhs_batch, strict=True):
        builder.add((a, b), (out,), lhs[a])
        out += 1
    for a in range(len(lhs)):
        if a not in lhs_contracted and a not in lhs_batch:
            builder.add((a, NO), (out,), lhs[a])
            out += 1
    for b in range(len(rhs)):
        if b not in rhs_contracted and b not in rhs_batch:
            builder.add((NO, b), (out,), rhs[b])
            out += 1
    for a, b in zip(lhs_contracted, rhs_contracted, strict=True):
        builder.add((a, b), (NO,), lhs[a], Kind.REDUCTION)
    return builder.build()
