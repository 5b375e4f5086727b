"""Random numbers: any device can make any tile of the bits, since they are a function of the state and the place."""

from __future__ import annotations

from xdsl.ir import Operation

from eggshard.rules.build import NO, Kind, RuleBuilder, shape_of
from eggshard.rules.rule import Rule


def rng_bit_generator(op: Operation) -> Rule:
    """The state stays whole; each dimension of the bits is a factor of its own."""
    builder = RuleBuilder(op)
    for dim, size in enumerate(shape_of(op.operands[0])):
        builder.add((dim,), (dim, NO), size, Kind.NEED, blocked=True)
    for dim, size in enumerate(shape_of(op.results[1])):
        builder.add((NO,), (NO, dim), size)
    return builder.build()


def rng(op: Operation) -> Rule:
    """Two scalars and a shape in; each dimension of the result is a factor."""
    builder = RuleBuilder(op)
    for dim, size in enumerate(shape_of(op.results[0])):
        builder.add([NO] * len(op.operands), (dim,), size)
    return builder.build()
