"""Reductions, and what the body of a reduction does."""

from __future__ import annotations

from xdsl.ir import BlockArgument, Operation, OpResult, Region, SSAValue

from eggshard.rules.build import NO, Kind, RuleBuilder, ints, shape_of
from eggshard.rules.rule import Rule

KINDS = {
    "stablehlo.add": "sum",
    "stablehlo.multiply": "prod",
    "stablehlo.maximum": "max",
    "stablehlo.minimum": "min",
    "stablehlo.and": "and",
    "stablehlo.or": "or",
    "stablehlo.xor": "xor",
}
"""The reduction that a body of one such op computes."""


def body_kind(body: Region) -> str:
    """
    How `body` combines two terms: sum, prod, max, min, and, or, xor; "generic" for anything else.

    A body of 2n arguments combines n pairs; all must combine alike.
    """
    block = body.blocks.first
    terminator = None if block is None else block.last_op
    if block is None or terminator is None or not terminator.operands:
        return "generic"
    pairs = len(block.args) // 2
    kinds = {_pair_kind(value, r, pairs) for r, value in enumerate(terminator.operands)}
    return kinds.pop() if len(kinds) == 1 else "generic"


def _pair_kind(value: SSAValue, index: int, pairs: int) -> str:
    """The reduction that makes `value` of the arguments `index` and `index + pairs` of its block, and nothing else."""
    if not isinstance(value, OpResult):
        return "generic"
    places = sorted(o.index if isinstance(o, BlockArgument) else NO for o in value.op.operands)
    return KINDS.get(value.op.name, "generic") if places == [index, index + pairs] else "generic"


def reduce(op: Operation) -> Rule:
    """Reduced dimensions are reduction factors of all inputs; init values are scalars."""
    reduced = ints(op.properties["dimensions"])
    inputs = len(op.operands) // 2
    builder = RuleBuilder(op, kind=body_kind(op.regions[0]))
    out = 0
    for dim, size in enumerate(shape_of(op.operands[0])):
        gone = dim in reduced
        builder.add(
            [dim] * inputs + [NO] * inputs,
            [NO if gone else out] * inputs,
            size,
            Kind.REDUCTION if gone else Kind.PASS,
        )
        out += not gone
    return builder.build()
