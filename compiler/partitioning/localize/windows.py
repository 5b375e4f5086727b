"""Convolutions, pooling, padding and slicing along a sharded dimension."""

from __future__ import annotations

from typing import Any, cast

from xdsl.dialects.builtin import DenseArrayBase, IntegerAttr, TensorType, i32, i64
from xdsl.ir import Attribute, Operation, SSAValue

from eggshard.dialects.spmd import KINDS, CollectivePermuteOp
from eggshard.dialects.stablehlo import DenseElements
from eggshard.partitioning.identity import identity
from eggshard.partitioning.local import ints, shape_of, tensor_type
from eggshard.partitioning.localize.halo import fetch, spread
from eggshard.partitioning.localize.site import Site
from eggshard.partitioning.program import cause
from eggshard.rules.rule import Rule


def convolution(site: Site) -> None:
    """
    Spatial dimensions exchange halos; groups, batch and features are local.

    Cut by windows, a device reads what its own outputs see. Cut by the kernel (as weight gradients are), it reads what
    its part of the kernel sees, and the outputs are partial.
    """
    op, local = site.op, site.local
    n: Any = op.properties["dimension_numbers"]
    numbers = n.data
    spatial = len(numbers.input_spatial_dimensions)
    strides, lhs_dilation = values(op, "window_strides", spatial), values(op, "lhs_dilation", spatial)
    rhs_dilation, padding = values(op, "rhs_dilation", spatial), pairs(op.properties.get("padding"), spatial)
    _localize_groups(site, numbers)
    features = [f for f in sorted(site.rule.reduction) if f in site.rule.operands[0][numbers.input_feature_dimension]]
    for index in (0, 1):
        site.mask_operand(index, features, identity("sum", tensor_type(op.operands[index]).element_type))
    because = cause(op, "halo")
    for place in range(spatial):
        dims = (
            numbers.input_spatial_dimensions[place],
            numbers.kernel_spatial_dimensions[place],
            numbers.output_spatial_dimensions[place],
        )
        axes = site.reads[0].axes[dims[0]]
        by_kernel = site.reads[1].axes[dims[1]]
        if not axes:
            continue
        low, dilation, stride, hole = padding[place][0], lhs_dilation[place], strides[place], rhs_dilation[place]
        value = spread(local, op.operands[0], dims[0], dilation)
        kernel = shape_of(op.operands[1])[dims[1]]
        if by_kernel:
            mask = identity("sum", tensor_type(op.operands[1]).element_type)
            whole = site.operand_shape(1)[dims[1]]
            op.operands[1] = local.mask(op.operands[1], dims[1], by_kernel, whole, mask)
            step, outputs = kernel * hole, site.result_shape()[dims[2]]
        else:
            outputs = -(-site.result_shape()[dims[2]] // local.mesh.span(axes))
            step = outputs * stride
        length = (outputs - 1) * stride + (kernel - 1) * hole + 1
        size = site.operand_shape(0)[dims[0]] * dilation
        op.operands[0] = fetch(local, value, dims[0], axes, size, step, -low, length, None, because)
        padding[place], lhs_dilation[place] = (0, 0), 1
    op.properties["padding"] = matrix(padding)
    if "lhs_dilation" in op.properties:
        op.properties["lhs_dilation"] = ints(lhs_dilation)


def _localize_groups(site: Site, numbers: Any) -> None:
    """Group counts are those of the device's own groups."""
    rule = site.rule
    for name, dim in (
        ("feature_group_count", numbers.input_feature_dimension),
        ("batch_group_count", numbers.input_batch_dimension),
    ):
        count = cast("IntegerAttr[Any]", site.op.properties[name]).value.data
        if count == 1:
            continue
        site.op.properties[name] = IntegerAttr(site.tile(rule.operands[0][dim][0]), i64)


def convolution_allows(op: Operation, rule: Rule, factor: int) -> bool:
    """A reversed window cannot be cut, and inputs and outputs must be cut alike."""
    reversal = op.properties.get("window_reversal")
    reversed_dims = cast("DenseArrayBase[Any]", reversal).get_values() if reversal is not None else ()
    n: Any = op.properties["dimension_numbers"]
    for place, dim in enumerate(n.data.kernel_spatial_dimensions):
        if factor in rule.operands[1][dim] and place < len(reversed_dims) and reversed_dims[place]:
            return False
    for dim in n.data.input_spatial_dimensions:
        if factor in rule.operands[0][dim]:
            return bool(rule.operands[0][dim][0] == factor)
    return True


def reduce_window(site: Site) -> None:
    """
    Pooling along a sharded dimension reads a halo.

    Beyond the tensor lie elements that change nothing: XLA does not count the starting value there. A body that is no
    known reduction has no such element but its starting value.
    """
    op, local = site.op, site.local
    count = len(op.results)
    rank = len(site.operand_shape(0))
    window, strides = values(op, "window_dimensions", rank), values(op, "window_strides", rank)
    base, holes = values(op, "base_dilations", rank), values(op, "window_dilations", rank)
    padding = pairs(op.properties.get("padding"), rank)
    because = cause(op, "halo")
    changed = False
    for dim, axes in enumerate(site.reads[0].axes):
        moved = window[dim] != 1 or strides[dim] != 1 or padding[dim] != (0, 0) or base[dim] != 1
        if not axes or not moved:
            continue
        changed = True
        outputs = -(-site.result_shape()[dim] // local.mesh.span(axes))
        length = (outputs - 1) * strides[dim] + (window[dim] - 1) * holes[dim] + 1
        for index in range(count):
            outside = _outside(site, index)
            value = spread(local, op.operands[index], dim, base[dim], outside)
            size = site.operand_shape(index)[dim] * base[dim]
            step = outputs * strides[dim]
            op.operands[index] = fetch(local, value, dim, axes, size, step, -padding[dim][0], length, outside, because)
        padding[dim], base[dim] = (0, 0), 1
    if changed:
        op.properties["padding"] = matrix(padding)
        if "base_dilations" in op.properties:
            op.properties["base_dilations"] = ints(base)


def _outside(site: Site, index: int) -> SSAValue:
    start = site.op.operands[len(site.op.results) + index]
    if site.rule.kind not in KINDS:
        return start
    kind = tensor_type(start)
    return site.local.constant(identity(site.rule.kind, kind.element_type), kind)


def pad(site: Site) -> list[SSAValue] | None:
    """A padded dimension moves its elements; each device fetches those that end up in its shard."""
    op, local = site.op, site.local
    value, fill = op.operands
    lows, highs, interiors = (
        list(ints_of(op, name)) for name in ("edge_padding_low", "edge_padding_high", "interior_padding")
    )
    moved = False
    for dim, axes in enumerate(site.reads[0].axes):
        if not axes or (lows[dim] == highs[dim] == interiors[dim] == 0):
            continue
        moved = True
        tile = site.local_type().get_shape()[dim]
        value = spread(local, value, dim, interiors[dim] + 1, fill)
        size = site.operand_shape(0)[dim] * (interiors[dim] + 1)
        value = fetch(local, value, dim, axes, size, tile, -lows[dim], tile, fill, cause(op, "halo"))
        lows[dim] = highs[dim] = interiors[dim] = 0
    if not moved:
        return None
    for dim in range(len(lows)):
        value = local.pad(value, dim, lows[dim], highs[dim], fill, interiors[dim])
    return [value]


def slice_(site: Site) -> list[SSAValue] | None:
    """A dimension that is cut or strided is fetched by who keeps it; a whole one ends at the local size."""
    op, local = site.op, site.local
    starts, limits, strides = (list(ints_of(op, name)) for name in ("start_indices", "limit_indices", "strides"))
    value = op.operands[0]
    for dim, axes in enumerate(site.reads[0].axes):
        if not axes:
            continue
        whole = site.operand_shape(0)[dim]
        tile = site.local_type().get_shape()[dim]
        if (starts[dim], limits[dim], strides[dim]) != (0, whole, 1):
            length = (tile - 1) * strides[dim] + 1
            step = tile * strides[dim]
            because = cause(op, "halo")
            value = fetch(local, value, dim, axes, whole, step, starts[dim], length, None, because, masked=False)
            starts[dim] = 0
        limits[dim] = shape_of(value)[dim]
    op.operands[0] = value
    op.properties["start_indices"], op.properties["limit_indices"] = ints(starts), ints(limits)
    return None


def concatenate(site: Site) -> list[SSAValue] | None:
    """Each device fetches what ends up in its shard of the large operand, and cuts it out of the others, all whole."""
    op, local = site.op, site.local
    dim = cast("IntegerAttr[Any]", op.properties["dimension"]).value.data
    axes = site.makes[0].axes[dim]
    if not axes:
        return None
    shape = site.local_type().get_shape()
    tile, because = shape[dim], cause(op, "halo")
    places = local.positions(shape, dim, axes)
    joined: SSAValue | None = None
    end = site.result_shape()[dim]
    for index, value in reversed(list(enumerate(op.operands))):
        size = site.operand_shape(index)[dim]
        if size == 0:
            continue
        begin = end - size
        if site.reads[index].axes[dim]:
            part = fetch(local, value, dim, axes, size, tile, -begin, tile, None, because, masked=False)
        else:
            place = local.add_values(local.offset(axes, tile), local.scalar(tile - begin))
            part = local.dynamic_slice(local.pad(value, dim, tile, tile), dim, place, tile)
        if joined is None:
            joined = part
        else:
            inside = local.compare(places, "LT", local.splat(end, TensorType(i32, shape)))
            joined = local.select(inside, part, joined)
        end = begin
    assert joined is not None, "a tensor without elements is not tiled"
    return [joined]


def reverse(site: Site) -> list[SSAValue]:
    """
    Each device reverses its shard and sends it to the one as far from the other end.

    Padding would come first, so before that shards are moved by its width.
    """
    op, local = site.op, site.local
    value = op.operands[0]
    for dim in ints_of(op, "dimensions"):
        axes = site.makes[0].axes[dim]
        if not axes:
            continue
        tile, size, count = shape_of(value)[dim], site.result_shape()[dim], local.mesh.span(axes)
        because = cause(op, "mirrored shard")
        value = fetch(local, value, dim, axes, size, tile, size - count * tile, tile, None, because, masked=False)
        pairs = [(group[i], group[-1 - i]) for group in local.mesh.groups(axes) for i in range(count)]
        value = local.add(CollectivePermuteOp(value, axes, pairs, because)).results[0]
    return [local.emit(type(op), [value], value.type, {"dimensions": op.properties["dimensions"]})]


def slightly_resized(op: Operation, rule: Rule, factor: int) -> bool:
    """Whether a dimension loses or gains little, so that a halo is cheaper than the whole; splits are not."""
    if factor not in rule.permutation:
        return True
    before, after = (cast("TensorType[Any]", v.type).get_shape() for v in (op.operands[0], op.results[0]))
    for dim, factors in enumerate(rule.operands[0]):
        if factor in factors:
            return 4 * abs(before[dim] - after[dim]) <= before[dim]
    return False


def ints_of(op: Operation, name: str) -> tuple[int, ...]:
    return tuple(cast("DenseArrayBase[Any]", op.properties[name]).get_values())


def values(op: Operation, name: str, rank: int) -> list[int]:
    """An optional array of one number per dimension, 1 where absent."""
    return list(ints_of(op, name)) if name in op.properties else [1] * rank


def pairs(attribute: Attribute | None, rank: int) -> list[tuple[int, int]]:
    """Low and high padding per dimension, 0 where absent."""
    if not isinstance(attribute, DenseElements):
        return [(0, 0)] * rank
    raw = attribute.data
    flat = [int.from_bytes(raw[i : i + 8], "little", signed=True) for i in range(0, len(raw), 8)]
    flat = flat * (2 * rank) if attribute.is_splat else flat
    return [(flat[2 * d], flat[2 * d + 1]) for d in range(rank)]


def matrix(rows: list[tuple[int, int]]) -> DenseElements:
    """`dense<..> : tensor<Nx2xi64>`."""
    data = b"".join(number.to_bytes(8, "little", signed=True) for row in rows for number in row)
    return DenseElements(TensorType(i64, [len(rows), 2]), data)
