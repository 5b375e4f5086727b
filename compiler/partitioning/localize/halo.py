"""Halo exchange: each device fetches the stretch of a sharded dimension that its own results look at."""

from __future__ import annotations

from typing import Any

from xdsl.dialects.builtin import TensorType, i32
from xdsl.ir import SSAValue

from eggshard.dialects.sharding.layout import Axis
from eggshard.dialects.spmd import AllGatherOp, CollectivePermuteOp
from eggshard.partitioning.local import Local, shape_of, tensor_type

HOPS = 2
"""Neighbours on a side from which a halo is fetched piece by piece; one that reaches further is gathered."""


def fetch(
    local: Local,
    value: SSAValue,
    dim: int,
    axes: tuple[Axis, ...],
    size: int,
    step: int,
    base: int,
    length: int,
    fill: SSAValue | None,
    because: str,
    masked: bool = True,
) -> SSAValue:
    """
    Positions [d * step + base, d * step + base + length) of dimension `dim` on device d.

    `value` is the local shard of a dimension of `size` elements cut over `axes`. Positions outside of [0, size) hold
    `fill` (a scalar; zero if None), or anything if not `masked`.
    """
    tile = shape_of(value)[dim]
    count = local.mesh.span(axes)
    lefts = [d * (tile - step) - base for d in range(count)]
    rights = [d * (step - tile) + base + length - tile for d in range(count)]
    left, right = max(0, *lefts), max(0, *rights)
    if max(-(-left // tile), -(-right // tile)) > HOPS:
        window = _from_whole(local, value, dim, axes, step, base, length, because)
    else:
        pieces = [*_pieces(local, value, dim, axes, left, -1, because)[::-1], value]
        pieces += _pieces(local, value, dim, axes, right, 1, because)
        joined = local.concatenate(pieces, dim)
        if tile == step:
            window = local.slice(joined, dim, left + base, left + base + length)
        else:
            shift = local.multiply(local.device_index(axes), local.scalar(step - tile))
            start = local.add_values(shift, local.scalar(left + base))
            window = local.dynamic_slice(joined, dim, start, length)
    return _mask(local, window, dim, axes, size, step, base, count, fill) if masked else window


def _pieces(
    local: Local, value: SSAValue, dim: int, axes: tuple[Axis, ...], width: int, direction: int, because: str
) -> list[SSAValue]:
    """The nearest `width` elements of the neighbours on one side, nearest neighbour first."""
    tile = shape_of(value)[dim]
    found: list[SSAValue] = []
    hop = 1
    while width > 0:
        part = min(width, tile)
        edge = local.slice(value, dim, tile - part, tile) if direction < 0 else local.slice(value, dim, 0, part)
        pairs = [
            (group[i], group[i - direction * hop])
            for group in local.mesh.groups(axes)
            for i in range(len(group))
            if 0 <= i - direction * hop < len(group)
        ]
        found.append(local.add(CollectivePermuteOp(edge, axes, pairs, because)).results[0])
        width -= part
        hop += 1
    return found


def _from_whole(
    local: Local, value: SSAValue, dim: int, axes: tuple[Axis, ...], step: int, base: int, length: int, because: str
) -> SSAValue:
    """The stretch cut out of the gathered dimension, with room on both sides for positions outside."""
    count = local.mesh.span(axes)
    whole = local.add(AllGatherOp(value, axes, dim, count, because)).results[0]
    low = max(0, -base)
    high = max(0, (count - 1) * step + base + length - shape_of(whole)[dim])
    padded = local.pad(whole, dim, low, high)
    shift = local.multiply(local.device_index(axes), local.scalar(step))
    return local.dynamic_slice(padded, dim, local.add_values(shift, local.scalar(base + low)), length)


def _mask(
    local: Local,
    window: SSAValue,
    dim: int,
    axes: tuple[Axis, ...],
    size: int,
    step: int,
    base: int,
    count: int,
    fill: SSAValue | None,
) -> SSAValue:
    shape = shape_of(window)
    inside_low = base >= 0
    inside_high = (count - 1) * step + base + shape[dim] <= size
    if inside_low and inside_high:
        return window
    kind = tensor_type(window)
    shift = local.add_values(local.multiply(local.device_index(axes), local.scalar(step)), local.scalar(base))
    places = local.add_values(local.iota(shape, dim), local.broadcast(shift, shape))
    limits: TensorType[Any] = TensorType(i32, shape)
    valid = local.compare(places, "LT", local.splat(size, limits))
    if not inside_low:
        valid = local.both(valid, local.compare(places, "GE", local.splat(0, limits)))
    outside = local.broadcast(fill, shape) if fill is not None else local.splat(0, kind)
    return local.select(valid, window, outside)


def spread(local: Local, value: SSAValue, dim: int, dilation: int, fill: SSAValue | None = None) -> SSAValue:
    """Each element followed by `dilation` - 1 holes, so that shards of a dilated dimension stay equally wide."""
    if dilation == 1:
        return value
    return local.pad(value, dim, 0, dilation - 1, fill, dilation - 1)
