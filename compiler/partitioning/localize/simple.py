"""Ops whose attributes name sizes or positions: constants, iota, slices, reductions, products."""

from __future__ import annotations

from typing import Any, cast

from xdsl.dialects.builtin import IntegerAttr, TensorType, i32
from xdsl.ir import Operation, OpResult, SSAValue

from eggshard.dialects import stablehlo
from eggshard.dialects.sharding.layout import Axis
from eggshard.dialects.spmd import SliceOp
from eggshard.partitioning.identity import identity
from eggshard.partitioning.local import ints, shape_of, tensor_type
from eggshard.partitioning.local import retype as set_type
from eggshard.partitioning.localize.site import Site
from eggshard.partitioning.lower_reshard import keep_on_first
from eggshard.rules.rule import Rule

IDEMPOTENT = ("max", "min", "and", "or")
"""Reductions to which a starting value may be added on every device."""


def retype(site: Site) -> None:
    """Nothing in the op names a size."""


def constant(site: Site) -> list[SSAValue] | None:
    """A splat stays one; of other constants each device keeps its part."""
    if not any(site.makes[0].axes):
        return None
    value = site.op.properties["value"]
    if isinstance(value, stablehlo.DenseElements) and value.is_splat:
        return [site.local.constant(value.data, site.local_type())]
    assert isinstance(site.result_types[0], TensorType)
    local, mesh = site.local, site.local.mesh
    whole = local.emit(stablehlo.ConstantOp, [], site.result_types[0], {"value": value})
    for dim, axes in enumerate(site.makes[0].axes):
        if axes:
            span = mesh.span(axes)
            size = shape_of(whole)[dim]
            whole = local.pad(whole, dim, 0, -size % span)
            whole = local.add(SliceOp(whole, axes, dim, span)).results[0]
    return [whole]


def iota(site: Site) -> list[SSAValue] | None:
    """Counts on from where the device's shard begins; in integers, since a narrow type rounds each number by itself."""
    dim = cast("IntegerAttr[Any]", site.op.properties["iota_dimension"]).value.data
    axes = site.makes[0].axes[dim]
    if not axes:
        return None
    kind = site.local_type()
    return [site.local.convert(site.local.positions(kind.get_shape(), dim, axes), kind.element_type)]


def broadcast(site: Site) -> None:
    """The sizes of new dimensions are those of the device's part."""
    shape = site.local_type().get_shape()
    site.op.properties["broadcast_sizes"] = ints(shape[: len(shape) - len(site.operand_shape(0))])


def contract(site: Site) -> None:
    """Contracts local parts; padding of a contracted dimension is zeroed on all sides, since 0 x inf is not 0."""
    for index in range(len(site.op.operands)):
        element = tensor_type(site.op.operands[index]).element_type
        site.mask_operand(index, sorted(site.rule.reduction), identity("sum", element))


def reduce(site: Site) -> list[SSAValue] | None:
    """
    Reduces the local part; a starting value that is not neutral enters once, behind the reduction.

    Not through it: XLA leaves the starting value of a reduction out where a single element is left to reduce.
    """
    op, rule = site.op, site.rule
    tiled = [factor for factor in sorted(rule.reduction) if factor in site.tiling]
    if not tiled:
        return None
    if rule.kind == "generic":
        return _reduce_any(site, tiled)
    given: list[SSAValue | None] = []
    count = len(op.results)
    for index in range(count):
        element = tensor_type(op.operands[index]).element_type
        neutral = identity(rule.kind, element)
        site.mask_operand(index, tiled, neutral)
        start = op.operands[count + index]
        given.append(None if is_splat(start, neutral) else start)
        if given[index] is not None:
            op.operands[count + index] = site.local.constant(neutral, tensor_type(start))
    if not any(given):
        return None
    axes = tuple(axis for factor in tiled for axis in site.axes(factor))
    reduced = _copy(site, op)
    return [
        value if start is None else _start_from(site, value, start, axes)
        for value, start in zip(reduced, given, strict=True)
    ]


def _start_from(site: Site, value: SSAValue, start: SSAValue, axes: tuple[Axis, ...]) -> SSAValue:
    local, kind = site.local, site.rule.kind
    if kind not in IDEMPOTENT:
        start = keep_on_first(local, start, axes, kind)
    return local.combine(kind, value, local.broadcast(start, shape_of(value)))


def _copy(site: Site, op: Operation) -> list[SSAValue]:
    """A copy of `op` that makes the local results."""
    copy = op.clone()
    for index, result in enumerate(copy.results):
        set_type(result, site.local_type(index))
    return list(site.local.add(copy).results)


def _reduce_any(site: Site, tiled: list[int]) -> list[SSAValue]:
    """An unknown body (argmax, ...): reduce locally, gather the few results, reduce those by the same body."""
    from eggshard.dialects.spmd import AllGatherOp

    op, local = site.op, site.local
    count = len(op.results)
    starts = list(op.operands[count:])
    for index in range(count):
        for dim, factors in enumerate(site.rule.operands[index]):
            for factor in factors:
                if factor in tiled and site.padded(factor):
                    value = op.operands[index]
                    shape = shape_of(value)
                    size = local.splat(site.rule.sizes[factor], TensorType(i32, shape))
                    inside = local.compare(local.positions(shape, dim, site.axes(factor)), "LT", size)
                    fill = local.broadcast(starts[index], shape)
                    op.operands[index] = local.select(inside, value, fill)
    axes = tuple(axis for factor in tiled for axis in site.axes(factor))
    span = local.mesh.span(axes)
    because = f"{op.name} over a sharded dimension"
    gathered = [
        local.add(AllGatherOp(local.reshape(part, (1, *shape_of(part))), axes, 0, span, because)).results[0]
        for part in _copy(site, op)
    ]
    op.operands = [*gathered, *starts]
    op.properties["dimensions"] = ints([0])
    return _copy(site, op)


def starting_value_repeats(op: Operation, rule: Rule, factor: int) -> bool:
    """Whether a reduction by an unknown body may start from its starting value on every device."""
    if factor not in rule.reduction or rule.kind != "generic":
        return True
    from eggshard.partitioning.localize.starting_values import absorbs_itself

    return absorbs_itself(op)


def is_splat(value: SSAValue, data: bytes) -> bool:
    """Whether a value is the constant with these bytes in each element."""
    while isinstance(value, OpResult) and value.op.name in ("stablehlo.broadcast_in_dim", "stablehlo.convert"):
        if value.op.name == "stablehlo.convert":
            return False
        value = value.op.operands[0]
    if not isinstance(value, OpResult) or value.op.name != "stablehlo.constant":
        return False
    found = value.op.properties["value"]
    return isinstance(found, stablehlo.DenseElements) and found.is_splat and found.data == data
