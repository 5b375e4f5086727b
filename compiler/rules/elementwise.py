"""Ops that work element by element, or that propagation treats as if they did."""

from __future__ import annotations

from functools import cache

from xdsl.ir import Operation

from eggshard.rules.build import NO, Kind, RuleBuilder, Shape, ints, shape_of
from eggshard.rules.rule import Rule

_STABLEHLO = """
    abs add and atan2 cbrt ceil clamp compare complex convert cosine count_leading_zeros divide exponential
    exponential_minus_one floor imag is_finite log log_plus_one logistic maximum minimum multiply negate not or popcnt
    power real reduce_precision remainder round_nearest_afz round_nearest_even rsqrt select shift_left
    shift_right_arithmetic shift_right_logical sign sine sqrt subtract tan tanh xor
"""
_CHLO = """
    acos acosh asin asinh atan atanh bessel_i1e conj constant_like cosh digamma erf erf_inv erfc is_inf is_neg_inf
    is_pos_inf lgamma mulhi next_after polygamma sinh square tan zeta
"""

_BROADCASTING = """
    add and atan2 compare complex divide maximum minimum multiply next_after or polygamma power remainder select
    shift_left shift_right_arithmetic shift_right_logical subtract xor zeta
"""

ELEMENTWISE = frozenset(
    [f"stablehlo.{name}" for name in _STABLEHLO.split()]
    + [f"chlo.{name}" for name in _CHLO.split()]
    + ["sharding.constraint", "sdy.sharding_constraint"]
)
"""Ops of which each result element depends on the operands' elements at the same place."""

BROADCASTING = frozenset(f"chlo.broadcast_{name}" for name in _BROADCASTING.split())
"""Elementwise ops whose operands are broadcast to one shape first."""

POINTWISE = frozenset(["stablehlo.all_reduce", "stablehlo.collective_permute", "stablehlo.cross-replica-sum"])
"""Collectives of a hand-written per-device program, which keep the place of every element."""


@cache
def pointwise_rule(operands: tuple[bool, ...], results: int, shape: Shape) -> Rule:
    """One factor per dimension of `shape`; `operands` says which operands have it, the others are scalars."""
    dims = tuple((d,) for d in range(len(shape)))
    return Rule(tuple(dims if has else () for has in operands), (dims,) * results, shape)


def pointwise(op: Operation) -> Rule:
    """All tensors have the shape of the result; scalars (of clamp and select) have no dimensions to tile."""
    shape = shape_of(op.results[0])
    return pointwise_rule(tuple([bool(shape_of(o)) for o in op.operands]), len(op.results), shape)


def map_rule(op: Operation) -> Rule:
    """stablehlo.map: elementwise, whatever its body."""
    return pointwise(op)


def bitcast_convert(op: Operation) -> Rule:
    """A change of element width adds or drops a minor dimension, which stays whole."""
    before, after = shape_of(op.operands[0]), shape_of(op.results[0])
    builder = RuleBuilder(op).add_pointwise(before if len(before) < len(after) else after)
    if len(before) < len(after):
        builder.add((NO,), (len(before),), after[-1], Kind.NEED)
    elif len(before) > len(after):
        builder.add((len(after),), (NO,), before[-1], Kind.NEED)
    return builder.build()


def reverse(op: Operation) -> Rule:
    """A reversed dimension exchanges tiles."""
    reversed_dims = ints(op.properties.get("dimensions"))
    return (
        RuleBuilder(op)
        .add_pointwise(shape_of(op.results[0]), lambda d: Kind.PERMUTE if d in reversed_dims else Kind.PASS)
        .build()
    )


def source(op: Operation) -> Rule:
    """An op without operands (constant, iota, ...): any device can make any tile."""
    builder = RuleBuilder(op)
    for r, result in enumerate(op.results):
        for dim, size in enumerate(shape_of(result)):
            builder.add((), [dim if t == r else NO for t in range(len(op.results))], size)
    return builder.build()
