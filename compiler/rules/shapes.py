"""Ops that change shape but not values: broadcast_in_dim, transpose, reshape."""

from __future__ import annotations

from functools import cache
from math import gcd

from xdsl.ir import Operation

from eggshard.rules.build import NO, RuleBuilder, Shape, ints, shape_of
from eggshard.rules.rule import Rule


def broadcast_in_dim(op: Operation) -> Rule:
    """Each result dimension is a factor; an operand dimension of size 1 that is stretched has its own."""
    before, after = shape_of(op.operands[0]), shape_of(op.results[0])
    source = {out: dim for dim, out in enumerate(ints(op.properties["broadcast_dimensions"]))}
    builder = RuleBuilder(op)
    for out, size in enumerate(after):
        dim = source.get(out, NO)
        if dim != NO and before[dim] == 1 and size != 1:
            builder.add((dim,), (NO,), 1)
            dim = NO
        builder.add((dim,), (out,), size)
    return builder.build()


def broadcast(op: Operation) -> Rule:
    """New major dimensions, along which the operand repeats."""
    after = shape_of(op.results[0])
    new = len(after) - len(shape_of(op.operands[0]))
    builder = RuleBuilder(op)
    for out, size in enumerate(after):
        builder.add((out - new if out >= new else NO,), (out,), size)
    return builder.build()


def broadcasting(op: Operation) -> Rule:
    """
    Elementwise on operands that are broadcast: a factor per result dimension.

    A dimension of size 1 that is stretched has a factor of its own. Operands of lower rank have the dimensions that
    `broadcast_dimensions` says, or the last ones; scalars have none.
    """
    after = shape_of(op.results[0])
    given = op.properties.get("broadcast_dimensions")
    sources: list[dict[int, int]] = []
    for value in op.operands:
        rank = len(shape_of(value))
        where = ints(given) if given is not None and rank < len(after) else range(len(after) - rank, len(after))
        sources.append({out: dim for dim, out in enumerate(where)})
    builder = RuleBuilder(op)
    for out, size in enumerate(after):
        dims = [source.get(out, NO) for source in sources]
        for index, value in enumerate(op.operands):
            if dims[index] != NO and shape_of(value)[dims[index]] == 1 and size != 1:
                builder.add([dims[index] if other == index else NO for other in range(len(dims))], (NO,), 1)
                dims[index] = NO
        builder.add(dims, (out,), size)
    return builder.build()


def transpose(op: Operation) -> Rule:
    """One factor per result dimension."""
    shape = shape_of(op.operands[0])
    builder = RuleBuilder(op)
    for out, dim in enumerate(ints(op.properties["permutation"])):
        builder.add((dim,), (out,), shape[dim])
    return builder.build()


def reshape(op: Operation) -> Rule | None:
    """Split and merged dimensions share factors as far as their sizes allow; None for a tensor without elements."""
    return reshape_rule(shape_of(op.operands[0]), shape_of(op.results[0]))


@cache
def reshape_rule(before: Shape, after: Shape) -> Rule | None:
    """
    Walks both shapes from the major end and cuts them into common factors.

    Where both sides have come equally far, the greatest common divisor of what is left of the two current dimensions
    is a common factor. Without one the sides part, and each gets factors of its own until they meet again.
    """
    if 0 in (*before, *after):
        return None
    operand: list[list[int]] = [[] for _ in before]
    result: list[list[int]] = [[] for _ in after]
    sizes: list[int] = []

    def add(into: int, out: int, size: int) -> None:
        if into != NO:
            operand[into].append(len(sizes))
        if out != NO:
            result[out].append(len(sizes))
        sizes.append(size)

    a = _Side(before)
    b = _Side(after)
    while a.more or b.more:
        if a.more and a.size == 1:
            add(a.dim, NO, 1)
            a.skip()
            continue
        if b.more and b.size == 1:
            add(NO, b.dim, 1)
            b.skip()
            continue
        common = gcd(a.left, b.left)
        if a.done != b.done:
            late, early = (a, b) if a.done < b.done else (b, a)
            step = _step_to_meet(late.left, common, late.done, early.done)
            add(a.dim if late is a else NO, b.dim if late is b else NO, step)
            late.advance(step)
        elif common > 1:
            add(a.dim, b.dim, common)
            a.advance(common)
            b.advance(common)
        else:
            for side in (a, b):
                step = side.left
                add(a.dim if side is a else NO, b.dim if side is b else NO, step)
                side.advance(step)
    return Rule((tuple(map(tuple, operand)),), (tuple(map(tuple, result)),), tuple(sizes))


class _Side:
    """How far one shape has been cut: `done` elements' worth of factors, in dimension `dim` with `left` to go."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.dim = 0
        self.done = 1
        self.used = 1

    @property
    def more(self) -> bool:
        return self.dim < len(self.shape)

    @property
    def size(self) -> int:
        return self.shape[self.dim]

    @property
    def left(self) -> int:
        return self.size // self.used if self.more else 1

    def skip(self) -> None:
        self.dim += 1
        self.used = 1

    def advance(self, factor: int) -> None:
        self.done *= factor
        self.used *= factor
        if self.used == self.size:
            self.skip()


def _step_to_meet(left: int, common: int, late: int, early: int) -> int:
    """The next factor of the side that is behind: one that lets it catch up, else one that keeps `common` intact."""
    if early % late == 0 and left % (early // late) == 0:
        return early // late
    return left // common if left > common else left
