"""Matrix products and their kin: the contracted dimensions are reduction factors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xdsl.ir import Operation

from eggshard.rules.build import NO, Kind, RuleBuilder, data, shape_of
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


def einsum(op: Operation) -> Rule | None:
    """
    A factor per letter: `"ij,jk->ik"` is `([i, j], [j, k])->([i, k]) reduction={j}`; None with an ellipsis.

    A letter that one tensor has twice (a diagonal) stays whole.
    """
    config = str(data(op.properties["einsum_config"])).replace(" ", "").removeprefix(",")
    before, _, after = config.partition("->")
    operands = before.split(",")
    if "." in config or len(operands) != len(op.operands):
        return None
    builder = RuleBuilder(op)
    shapes = [shape_of(value) for value in op.operands]
    for letter in dict.fromkeys(after + before.replace(",", "")):
        diagonal = any(term.count(letter) > 1 for term in operands)
        size = next(shape[term.index(letter)] for term, shape in zip(operands, shapes, strict=True) if letter in term)
        kind = Kind.NEED if diagonal else Kind.PASS if letter in after else Kind.REDUCTION
        builder.add([term.find(letter) for term in operands], [after.find(letter)], size, kind)
    return builder.build()


def ragged_dot(op: Operation) -> Rule:
    """
    A matrix product whose ragged dimension, along which groups follow one another, stays whole, as groups do.

    What stands before the ragged dimension may have group sizes of its own: `([i, j, k], [l, i, k, m], [i, l])->
    ([i, j, m]) reduction={k} need_replication={j, l}`.
    """
    numbers: Any = op.properties["ragged_dot_dimension_numbers"]
    n = numbers.data
    lhs, rhs, groups = (shape_of(value) for value in op.operands)
    (ragged,) = n.lhs_ragged_dimensions
    contracted = ragged in n.lhs_contracting_dimensions
    free = [d for d in range(len(lhs)) if d not in (*n.lhs_batching_dimensions, *n.lhs_contracting_dimensions)]
    order = [*n.lhs_batching_dimensions, *(n.lhs_contracting_dimensions if contracted else free)]
    sized = order[: len(groups) - 1]  # the dimensions whose every index has groups of its own
    places = {dim: place for place, dim in enumerate(sized)}
    builder = RuleBuilder(op)
    out = int(contracted)

    def add(a: int, b: int, result: int, kind: Kind = Kind.PASS) -> None:
        builder.add(
            (a, b, places.get(a, NO)), (result,), lhs[a] if a != NO else rhs[b], Kind.NEED if a == ragged else kind
        )

    for a, b in zip(n.lhs_batching_dimensions, n.rhs_batching_dimensions, strict=True):
        add(a, b, out)
        out += 1
    for a in free:
        add(a, NO, out)
        out += 1
    for b in range(len(rhs)):
        if b not in (*n.rhs_batching_dimensions, *n.rhs_contracting_dimensions, *n.rhs_group_dimensions):
            add(NO, b, out)
            out += 1
    for a, b in zip(n.lhs_contracting_dimensions, n.rhs_contracting_dimensions, strict=True):
        add(a, b, NO, Kind.REDUCTION)
    group = n.rhs_group_dimensions[0] if n.rhs_group_dimensions else NO
    builder.add((NO, group, len(groups) - 1), (0 if contracted else NO,), groups[-1], Kind.NEED)
    return builder.build()
