"""
Which operands of an op may be terms of a sum, the result then being terms too.

f is linear in a set of operands if f(a + b) = f(a) + f(b) over them together, the others held. Partial sums pass
through such an op, and the reduction can stand below it.
"""

from __future__ import annotations

from collections.abc import Callable

from xdsl.dialects.builtin import AnyFloat, IntegerType, TensorType
from xdsl.ir import Attribute, Operation, SSAValue

from eggshard.partitioning.identity import identity
from eggshard.partitioning.localize.simple import is_splat
from eggshard.rules.rule import Rule

Operands = frozenset[int]
"""Indices of operands that are terms together."""


def linear_sets(op: Operation, rule: Rule, relax_rounding: bool = False) -> tuple[Operands, ...]:
    """Each set of operands in which `op` is linear; with `relax_rounding` also where terms are rounded."""
    if relax_rounding and op.name == "stablehlo.convert" and _floats(op):
        return first(op, rule)
    find = TABLE.get(op.name)
    return () if find is None else find(op, rule)


def first(op: Operation, rule: Rule) -> tuple[Operands, ...]:
    """Rearranges its first operand: any positions that stand beside it are equal on all devices."""
    return (frozenset({0}),)


def together(op: Operation, rule: Rule) -> tuple[Operands, ...]:
    """A sum, or several tensors side by side."""
    return (frozenset(range(len(op.operands))),)


def bilinear(op: Operation, rule: Rule) -> tuple[Operands, ...]:
    """A product is linear in each factor alone."""
    return (frozenset({0}), frozenset({1}))


def quotient(op: Operation, rule: Rule) -> tuple[Operands, ...]:
    """Quotients of integers are rounded."""
    return () if isinstance(_element(op.results[0]), IntegerType) else (frozenset({0}),)


def convert(op: Operation, rule: Rule) -> tuple[Operands, ...]:
    """
    Only where no term is rounded: to a wider float.

    convert(a + b) = convert(a) + convert(b) up to one more rounding of each term where it narrows: `relax_rounding`.
    """
    source, target = _element(op.operands[0]), _element(op.results[0])
    widens = isinstance(source, AnyFloat) and isinstance(target, AnyFloat) and target.bitwidth >= source.bitwidth
    return (frozenset({0}),) if widens else ()


def _floats(op: Operation) -> bool:
    """Whether an op takes floats to floats; what is rounded to integers is no sum of its terms, by far."""
    return all(isinstance(_element(value), AnyFloat) for value in (*op.operands, *op.results))


def branches(op: Operation, rule: Rule) -> tuple[Operands, ...]:
    """select(p, a, b) + select(p, c, d) = select(p, a + c, b + d)"""
    return (frozenset({1, 2}),)


def plain_sum(op: Operation, rule: Rule) -> tuple[Operands, ...]:
    """A sum from zero."""
    if rule.kind != "sum" or len(op.results) != 1:
        return ()
    return (frozenset({0}),) if is_splat(op.operands[1], identity("sum", _element(op.results[0]))) else ()


def zero_padding(op: Operation, rule: Rule) -> tuple[Operands, ...]:
    """Padding by zero, or by terms of the padding."""
    zero = is_splat(op.operands[1], identity("sum", _element(op.results[0])))
    return (frozenset({0}), frozenset({0, 1})) if zero else (frozenset({0, 1}),)


def update(op: Operation, rule: Rule) -> tuple[Operands, ...]:
    """Both what is overwritten and what is written are terms."""
    return (frozenset({0, 1}),)


def added_updates(op: Operation, rule: Rule) -> tuple[Operands, ...]:
    """scatter-add; other bodies are not linear."""
    if rule.kind != "sum" or len(op.results) != 1:
        return ()
    return (frozenset({0, 2}),)


def _element(value: SSAValue) -> Attribute:
    assert isinstance(value.type, TensorType)
    element: Attribute = value.type.element_type
    return element


TABLE: dict[str, Callable[[Operation, Rule], tuple[Operands, ...]]] = {
    "stablehlo.add": together,
    "stablehlo.subtract": together,
    "stablehlo.negate": first,
    "stablehlo.multiply": bilinear,
    "stablehlo.divide": quotient,
    "stablehlo.dot_general": bilinear,
    "stablehlo.dot": bilinear,
    "stablehlo.convolution": bilinear,
    "stablehlo.convert": convert,
    "stablehlo.transpose": first,
    "stablehlo.reshape": first,
    "stablehlo.broadcast_in_dim": first,
    "stablehlo.slice": first,
    "stablehlo.reverse": first,
    "stablehlo.dynamic_slice": first,
    "stablehlo.gather": first,
    "stablehlo.real": first,
    "stablehlo.imag": first,
    "stablehlo.concatenate": together,
    "stablehlo.select": branches,
    "stablehlo.reduce": plain_sum,
    "stablehlo.pad": zero_padding,
    "stablehlo.dynamic_update_slice": update,
    "stablehlo.scatter": added_updates,
}
