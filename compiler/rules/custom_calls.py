"""Custom calls whose meaning is known by their name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xdsl.ir import Operation

from eggshard.rules.build import NO, Kind, RuleBuilder, shape_of
from eggshard.rules.elementwise import pointwise
from eggshard.rules.rule import Rule
from eggshard.rules.sorting import approximate_top_k, top_k


def custom_call(op: Operation) -> Rule | None:
    """The rule of the call's target; None for one that nobody knows."""
    target: Any = op.properties["call_target_name"]
    make = TARGETS.get(target.data)
    return make(op) if make and op.results else None


def matrices_pointwise(op: Operation) -> Rule:
    """Matrices in their last two dimensions, which stay whole; propagated along as if elementwise."""
    shape = shape_of(op.results[0])
    builder = RuleBuilder(op)
    for dim, size in enumerate(shape):
        matrix = dim >= len(shape) - 2
        tensors = [dim] * len(op.operands)
        builder.add(tensors, [dim] * len(op.results), size, Kind.NEED if matrix else Kind.PASS, lenient=matrix)
    return builder.build()


def eigh(op: Operation) -> Rule:
    """Eigenvectors like the operand, eigenvalues along its last dimension."""
    shape = shape_of(op.operands[0])
    rows, columns = len(shape) - 2, len(shape) - 1
    builder = RuleBuilder(op).add_pointwise(shape[:-2])
    builder.add((rows,), (rows, NO), shape[rows], Kind.NEED, lenient=True)
    builder.add((columns,), (columns, rows), shape[columns], Kind.NEED, lenient=True)
    return builder.build()


def qr(op: Operation) -> Rule:
    """The factor matrix like the operand; the scales (taus) have a dimension of their own."""
    shape, taus = shape_of(op.operands[0]), shape_of(op.results[1])
    rows, columns = len(shape) - 2, len(shape) - 1
    builder = RuleBuilder(op).add_pointwise(shape[:-2])
    builder.add((rows,), (rows, NO), shape[rows], Kind.NEED)
    builder.add((columns,), (columns, NO), shape[columns], Kind.NEED)
    builder.add((NO,), (NO, rows), taus[rows], Kind.NEED)
    return builder.build()


def householder_product(op: Operation) -> Rule:
    """Reflectors and their scales (taus) in, a matrix like the reflectors out."""
    shape, taus = shape_of(op.operands[0]), shape_of(op.operands[1])
    rows, columns = len(shape) - 2, len(shape) - 1
    builder = RuleBuilder(op).add_pointwise(shape[:-2])
    builder.add((rows, NO), (rows,), shape[rows], Kind.NEED)
    builder.add((columns, NO), (columns,), shape[columns], Kind.NEED)
    builder.add((NO, rows), (NO,), taus[rows], Kind.NEED)
    return builder.build()


TARGETS: dict[str, Callable[[Operation], Rule]] = {
    "annotate_device_placement": pointwise,
    "LayoutConstraint": pointwise,
    "MoveToDevice": pointwise,
    "MoveToHost": pointwise,
    "mhlo.erf": pointwise,
    "X64Combine": pointwise,
    "X64SplitHigh": pointwise,
    "X64SplitLow": pointwise,
    "xla.megascale.provide_metadata": pointwise,
    "Cholesky": matrices_pointwise,
    "CompactWyHelper": matrices_pointwise,
    "InvertDiagBlocksLowerTriangular": matrices_pointwise,
    "InvertDiagBlocksUpperTriangular": matrices_pointwise,
    "Eigh": eigh,
    "Qr": qr,
    "QrDecompositionBlock": qr,
    "ProductOfElementaryHouseholderReflectors": householder_product,
    "mhlo.topk": top_k,
    "ApproxTopK": approximate_top_k,
    "PartialReduce": approximate_top_k,
}
"""Call target -> rule."""
