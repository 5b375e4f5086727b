"""Decompositions, solves and Fourier transforms: batch dimensions pass, the others stay whole."""

from __future__ import annotations

from typing import Any

from xdsl.ir import Operation

from eggshard.rules.build import NO, Kind, RuleBuilder, ints, shape_of
from eggshard.rules.rule import Rule


def cholesky(op: Operation) -> Rule:
    """The last two dimensions stay whole."""
    shape = shape_of(op.operands[0])
    batch = len(shape) - 2
    return RuleBuilder(op).add_pointwise(shape, lambda d: Kind.PASS if d < batch else Kind.NEED).build()


def triangular_solve(op: Operation) -> Rule:
    """`op(a) x = b` or `x op(a) = b`: only the batch passes, the dimensions of the matrices stay whole."""
    a, b = shape_of(op.operands[0]), shape_of(op.operands[1])
    rows, columns = len(a) - 2, len(a) - 1
    transpose: Any = op.properties["transpose_a"]
    transposed = transpose.data in ("TRANSPOSE", "ADJOINT")
    left = bool(_flag(op, "left_side"))
    builder = RuleBuilder(op).add_pointwise(a[:-2])
    free, contracted = (columns, rows) if transposed == left else (rows, columns)
    if left:
        builder.add((free, rows), (NO,), a[free], Kind.NEED)
        builder.add((NO, columns), (columns,), b[columns], Kind.NEED)
        builder.add((contracted, NO), (rows,), a[contracted], Kind.NEED)
    else:
        builder.add((NO, rows), (rows,), b[rows], Kind.NEED)
        builder.add((free, columns), (NO,), a[free], Kind.NEED)
        builder.add((contracted, NO), (columns,), a[contracted], Kind.NEED)
    return builder.build()


def _flag(op: Operation, name: str) -> int:
    attribute: Any = op.properties[name]
    return int(attribute.value.data)


def fft(op: Operation) -> Rule:
    """The transformed dimensions stay whole; nothing is propagated along one whose size changes."""
    before, after = shape_of(op.operands[0]), shape_of(op.results[0])
    first = len(before) - len(ints(op.properties["fft_length"]))
    builder = RuleBuilder(op)
    for dim, size in enumerate(before):
        kind = Kind.NEED if dim >= first else Kind.PASS
        builder.add_everywhere(dim, size, kind, blocked=size != after[dim])
    return builder.build()
