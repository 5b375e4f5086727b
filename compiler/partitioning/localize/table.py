"""
Op -> how it runs on one device, and which special factors its handler can tile.

An op that is not listed here is retyped: its operands' parts make its result's part, as pass-through factors promise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Operation, SSAValue

from eggshard.dialects.spmd import KINDS
from eggshard.partitioning.localize import dynamic_slices, gather_scatter, pool_gradient, simple, windows
from eggshard.partitioning.localize.site import Site
from eggshard.rules.rule import Rule
from eggshard.rules.table import CUSTOM_RULE


@dataclass(frozen=True)
class Handler:
    """`reduction`, `masked`, `permutation`: whether such factors may be tiled; `allows` may forbid single ones."""

    run: Callable[[Site], list[SSAValue] | None]
    reduction: bool = False
    masked: bool = False
    permutation: bool = False
    any_body: bool = False
    allows: Callable[[Operation, Rule, int], bool] | None = None


RETYPE = Handler(simple.retype)


def handler_of(op: Operation) -> Handler:
    return HANDLERS.get(op.name, RETYPE)


def tileable(op: Operation, rule: Rule) -> frozenset[int]:
    """The factors of `op` that partitioning can tile; `rule` is the local one."""
    handler = handler_of(op)
    if any(isinstance(value.type, TensorType) and 0 in value.type.get_shape() for value in op.results):
        return frozenset()  # nothing to share out
    excluded = rule.need_replication | _one_sided(op, rule)
    if not handler.permutation:
        excluded |= rule.permutation
    if not handler.masked:
        excluded |= rule.masked
    known = handler.any_body or rule.kind in KINDS
    if not handler.reduction or not known:
        excluded |= rule.reduction - (rule.masked if handler.masked else frozenset())
    if handler.allows is not None:
        excluded |= {factor for factor in range(len(rule.sizes)) if not handler.allows(op, rule, factor)}
    return frozenset(range(len(rule.sizes))) - excluded


def _one_sided(op: Operation, rule: Rule) -> set[int]:
    """
    Factors of operands alone that are not reduced: what was cut along them is not to be had again.

    Factors of results alone are new dimensions, as of a broadcast; but in a reshape they are what sizes without a
    common divisor leave, and a program's own rule does not say what they are.
    """
    before, after = (
        {factor for dims in tensors for factors in dims for factor in factors}
        for tensors in (rule.operands, rule.results)
    )
    found = before - after - rule.reduction
    return found | (after - before) if op.name == "stablehlo.reshape" or CUSTOM_RULE in op.attributes else found


def _never(op: Operation, rule: Rule, factor: int) -> bool:
    """Each device makes all the numbers and keeps its part, so that they are those of the whole program."""
    return False


HANDLERS: dict[str, Handler] = {
    "chlo.constant": Handler(simple.constant),
    "chlo.ragged_dot": Handler(simple.contract, reduction=True),
    "stablehlo.broadcast": Handler(simple.broadcast),
    "stablehlo.einsum": Handler(simple.contract, reduction=True),
    "stablehlo.unary_einsum": Handler(simple.contract, reduction=True),
    "stablehlo.rng": Handler(simple.retype, allows=_never),
    "stablehlo.rng_bit_generator": Handler(simple.retype, allows=_never),
    "stablehlo.constant": Handler(simple.constant),
    "stablehlo.iota": Handler(simple.iota),
    "stablehlo.slice": Handler(windows.slice_, permutation=True, allows=windows.slightly_resized),
    "stablehlo.concatenate": Handler(windows.concatenate, permutation=True),
    "stablehlo.reverse": Handler(windows.reverse, permutation=True),
    "stablehlo.select_and_scatter": Handler(
        pool_gradient.select_and_scatter, permutation=True, allows=pool_gradient.can_cut
    ),
    "stablehlo.pad": Handler(windows.pad, permutation=True, allows=windows.slightly_resized),
    "stablehlo.convolution": Handler(
        windows.convolution, reduction=True, permutation=True, allows=windows.convolution_allows
    ),
    "stablehlo.reduce_window": Handler(windows.reduce_window, permutation=True, any_body=True),
    "stablehlo.dot_general": Handler(simple.contract, reduction=True),
    "stablehlo.dot": Handler(simple.contract, reduction=True),
    "stablehlo.reduce": Handler(simple.reduce, reduction=True, any_body=True, allows=simple.starting_value_repeats),
    "stablehlo.gather": Handler(gather_scatter.gather, masked=True, allows=gather_scatter.is_indexed),
    "stablehlo.scatter": Handler(gather_scatter.scatter, reduction=True, masked=True, allows=gather_scatter.is_indexed),
    "stablehlo.dynamic_slice": Handler(dynamic_slices.dynamic_slice, masked=True),
    "stablehlo.dynamic_update_slice": Handler(dynamic_slices.dynamic_update_slice, masked=True),
}
