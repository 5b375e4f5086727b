"""Batch normalisation as one op: per feature, over all other dimensions."""

from __future__ import annotations

from xdsl.ir import Operation

from eggshard.rules.build import NO, Kind, RuleBuilder, number, shape_of
from eggshard.rules.rule import Rule


def batch_norm_inference(op: Operation) -> Rule:
    """Scale, offset, mean and variance follow the feature dimension; the others are elementwise."""
    return _per_feature(op, Kind.PASS)


def batch_norm_whole(op: Operation) -> Rule:
    """Training and its gradient take statistics over all but the feature dimension, which is the one that passes."""
    return _per_feature(op, Kind.NEED)


def _per_feature(op: Operation, others: Kind) -> Rule:
    feature = number(op.properties["feature_index"])
    shape = shape_of(op.operands[0])
    builder = RuleBuilder(op)
    for dim, size in enumerate(shape):
        here = dim == feature

        def place(rank: int, dim: int = dim, here: bool = here) -> int:
            return dim if rank == len(shape) and rank > 1 else 0 if here else NO

        operands = [place(len(shape_of(value))) for value in op.operands]
        results = [place(len(shape_of(value))) for value in op.results]
        builder.add(operands, results, size, Kind.PASS if here else others)
    return builder.build()
