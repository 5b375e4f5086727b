"""Sorts and top-k: the sorted dimension stays whole."""

from __future__ import annotations

from xdsl.ir import Operation

from eggshard.rules.build import NO, Kind, RuleBuilder, number, shape_of
from eggshard.rules.rule import Rule


def sort(op: Operation) -> Rule:
    """Propagated along the sorted dimension too, unless the tensor has no other to shard."""
    dim = number(op.properties["dimension"])
    shape = shape_of(op.operands[0])
    alone = all(size <= 1 for d, size in enumerate(shape) if d != dim)
    builder = RuleBuilder(op)
    for d, size in enumerate(shape):
        builder.add_everywhere(d, size, Kind.NEED if d == dim else Kind.PASS, blocked=d == dim and alone)
    return builder.build()


def top_k(op: Operation) -> Rule:
    """
    The values and their places along the last dimension, which stays whole.

    Where k is the whole dimension Shardy propagates along it as if elementwise.
    """
    before, after = shape_of(op.operands[0]), shape_of(op.results[0])
    last = len(before) - 1
    builder = RuleBuilder(op)
    for dim, size in enumerate(before):
        cut = size != after[dim]
        builder.add(
            [dim],
            [dim] * len(op.results),
            size,
            Kind.NEED if cut or dim == last else Kind.PASS,
            blocked=cut,
            lenient=dim == last and not cut,
        )
    return builder.build()


def approximate_top_k(op: Operation) -> Rule:
    """Operand and places in, values and places out; two scalars. The dimension of k has a factor on each side."""
    before, after = shape_of(op.operands[0]), shape_of(op.results[0])
    inputs = len(op.operands) // 2
    scalars = [NO] * (len(op.operands) - inputs)
    builder = RuleBuilder(op)
    for dim, size in enumerate(before):
        if size == after[dim]:
            builder.add([dim] * inputs + scalars, [dim] * len(op.results), size)
        else:
            builder.add([dim] * inputs + scalars, [NO] * len(op.results), size, Kind.NEED, lenient=True)
            builder.add([NO] * len(op.operands), [dim] * len(op.results), after[dim], Kind.NEED, blocked=True)
    return builder.build()
