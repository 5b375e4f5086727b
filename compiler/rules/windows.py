"""Ops that look at a window of neighbours, or move elements by a fixed amount: their tiles exchange halos."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from xdsl.dialects.builtin import DenseIntOrFPElementsAttr
from xdsl.ir import Attribute, Operation

from eggshard.rules.build import NO, Kind, RuleBuilder, ints, number, shape_of
from eggshard.rules.reduction import body_kind
from eggshard.rules.rule import Rule


def slice_rule(op: Operation, conservative: bool) -> Rule:
    """A dimension that is cut or strided is permuted."""
    return resized(op, shape_of(op.operands[0]), shape_of(op.results[0]), conservative)


def pad(op: Operation, conservative: bool) -> Rule:
    """
    A padded dimension is permuted.

    So is one that low and high padding shift without changing its size; Shardy overlooks that.
    """
    before, after = shape_of(op.operands[0]), shape_of(op.results[0])
    low = ints(op.properties["edge_padding_low"])
    builder = RuleBuilder(op)
    for dim, size in enumerate(before):
        resized_dim = size != after[dim]
        shifted = low[dim] != 0
        builder.add(
            (dim, NO),
            (dim,),
            size,
            Kind.PERMUTE if resized_dim or shifted else Kind.PASS,
            blocked=conservative and resized_dim,
            lenient=shifted and not resized_dim,
        )
    return builder.build()


def resized(op: Operation, before: tuple[int, ...], after: tuple[int, ...], conservative: bool) -> Rule:
    """A factor per dimension, of the size before; dimensions whose size changes are permuted."""
    builder = RuleBuilder(op)
    for dim, size in enumerate(before):
        changed = size != after[dim]
        kind = Kind.PERMUTE if changed else Kind.PASS
        builder.add_everywhere(dim, size, kind, blocked=conservative and changed)
    return builder.build()


def concatenate(op: Operation, conservative: bool) -> Rule:
    """
    The joined dimension stays whole; propagated along all the same, unless conservative.

    Where most of it is one operand, our own partitioner moves the parts of that one by as far as the others push them.
    """
    dim = number(op.properties["dimension"])
    sizes = [shape_of(value)[dim] for value in op.operands]
    large = sizes.index(max(sizes))
    builder, own = RuleBuilder(op), RuleBuilder(op)
    for d, size in enumerate(shape_of(op.results[0])):
        if d != dim:
            builder.add_everywhere(d, size)
            own.add_everywhere(d, size)
            continue
        own.add([d if index == large else NO for index in range(len(sizes))], (d,), size, Kind.PERMUTE)
        if not conservative:
            builder.add_everywhere(d, size, Kind.NEED)
    made = builder.build()
    return replace(made, own=own.build()) if 4 * sizes[large] >= 3 * sum(sizes) else made


def reduce_window(op: Operation, conservative: bool) -> Rule:
    """Factors are the numbers of windows; a dimension with a window, a stride or padding is permuted."""
    inputs = len(op.results)
    before, after = shape_of(op.operands[0]), shape_of(op.results[0])
    window = ints(op.properties["window_dimensions"])
    padding = _pairs(op.properties.get("padding"), len(before))
    stride = ints(op.properties.get("window_strides")) or (1,) * len(before)
    builder = RuleBuilder(op, kind=body_kind(op.regions[0]))
    for dim, size in enumerate(after):
        moved = before[dim] != size or window[dim] != 1 or stride[dim] != 1 or padding[dim] != (0, 0)
        builder.add(
            [dim] * inputs + [NO] * inputs,
            [dim] * inputs,
            size,
            Kind.PERMUTE if moved else Kind.PASS,
            blocked=conservative and moved,
        )
    return builder.build()


def select_and_scatter(op: Operation, conservative: bool) -> Rule:
    """
    As reduce_window backwards: the operand is permuted, the source of a windowed dimension stays whole.

    Our own partitioner cuts the source with the operand.
    """
    operand, source = shape_of(op.operands[0]), shape_of(op.operands[1])
    window = ints(op.properties.get("window_dimensions")) or (1,) * len(operand)
    padding = _pairs(op.properties.get("padding"), len(operand))
    stride = ints(op.properties.get("window_strides")) or (1,) * len(operand)
    kind = body_kind(op.regions[1])
    builder, own = RuleBuilder(op, kind=kind), RuleBuilder(op, kind=kind)
    for dim, size in enumerate(operand):
        moved = size != source[dim] or window[dim] != 1 or stride[dim] != 1 or padding[dim] != (0, 0)
        own.add((dim, dim, NO), (dim,), size, Kind.PERMUTE if moved else Kind.PASS)
        if not moved:
            builder.add((dim, dim, NO), (dim,), size)
            continue
        builder.add((NO, dim, NO), (NO,), source[dim], Kind.NEED, blocked=conservative)
        builder.add((dim, NO, NO), (dim,), size, Kind.PERMUTE, blocked=conservative)
    return replace(builder.build(), own=own.build())


def _pairs(padding: Attribute | None, rank: int) -> list[tuple[int, int]]:
    """Low and high padding per dimension; nothing if absent."""
    if padding is None:
        return [(0, 0)] * rank
    values = _elements(padding)
    if len(values) == 1:
        values = values * (2 * rank)
    return [(values[2 * d], values[2 * d + 1]) for d in range(rank)]


def _elements(attribute: Attribute) -> list[int]:
    if isinstance(attribute, DenseIntOrFPElementsAttr):
        return [int(v) for v in attribute.get_values()]
    dense: Any = attribute
    raw: bytes = dense.data
    return [int.from_bytes(raw[i : i + 8], "little", signed=True) for i in range(0, len(raw), 8)]
