"""The gradient of pooling along a sharded dimension."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects.builtin import i32
from xdsl.ir import Block, Operation, OpResult, SSAValue

from eggshard.dialects.sharding.layout import Axis
from eggshard.dialects.spmd import KINDS
from eggshard.partitioning.identity import identity
from eggshard.partitioning.local import retype, shape_of, tensor_type
from eggshard.partitioning.localize.halo import fetch
from eggshard.partitioning.localize.simple import is_splat
from eggshard.partitioning.localize.site import Site
from eggshard.partitioning.localize.windows import matrix, pairs, values
from eggshard.partitioning.program import cause
from eggshard.rules.rule import Rule

PREFERS = {"GE": "max", "LE": "min"}
"""Comparison by which `select` keeps the first of two elements -> the reduction to whose identity it prefers others."""


@dataclass(frozen=True)
class Cut:
    """
    A dimension cut into shards of `tile`: device d handles what its windows see, from position d * step + base on.

    The tensor has `low` elements of padding in front.
    """

    dim: int
    axes: tuple[Axis, ...]
    tile: int
    step: int
    base: int
    low: int


def select_and_scatter(site: Site) -> list[SSAValue] | None:
    """
    A device runs all windows that touch its shard, and keeps what falls into it.

    For that it fetches the elements that they see and the sources that they scatter. Where a shard is no whole number
    of strides, devices run some windows more than they need, so that all run as many.
    """
    op, local = site.op, site.local
    operand, source, start = op.operands
    rank = len(site.operand_shape(0))
    window, strides = values(op, "window_dimensions", rank), values(op, "window_strides", rank)
    padding = pairs(op.properties.get("padding"), rank)
    moved = [
        dim
        for dim, axes in enumerate(site.reads[0].axes)
        if axes and (window[dim] != 1 or strides[dim] != 1 or padding[dim] != (0, 0))
    ]
    if not moved:
        return None
    scalar = tensor_type(start)
    neutral = local.constant(identity(site.rule.kind, scalar.element_type), scalar)
    because = cause(op, "halo")
    cuts: list[Cut] = []
    for dim in moved:
        axes = site.reads[0].axes[dim]
        tile, stride, low = shape_of(operand)[dim], strides[dim], padding[dim][0]
        starts = [d * tile + low for d in range(local.mesh.span(axes))]
        step = tile // stride
        first = min((begin - window[dim]) // stride + 1 - d * step for d, begin in enumerate(starts))
        count = max(-(-(begin + tile) // stride) - d * step for d, begin in enumerate(starts)) - first
        base, length = first * stride - low, (count - 1) * stride + window[dim]
        beyond: SSAValue | None = None
        if max(padding[dim]) > 0:
            beyond = local.constant(identity(PREFERS[_comparison(op)], scalar.element_type), scalar)
        whole, windows = site.operand_shape(0)[dim], site.operand_shape(1)[dim]
        seen = beyond is not None
        operand = fetch(local, operand, dim, axes, whole, step * stride, base, length, beyond, because, seen)
        source = fetch(local, source, dim, axes, windows, step, first, count, neutral, because)
        padding[dim] = (0, 0)
        cuts.append(Cut(dim, axes, tile, step * stride, base, low))
    copy = op.clone()
    copy.operands = [operand, source, neutral]
    copy.properties["padding"] = matrix(padding)
    retype(copy.results[0], operand.type)
    result: SSAValue = local.add(copy).results[0]
    for cut in cuts:
        result = _own(site, cut, result, neutral)
    if is_splat(start, identity(site.rule.kind, scalar.element_type)):
        return [result]
    return [local.combine(site.rule.kind, result, local.broadcast(start, shape_of(result)))]


def _own(site: Site, cut: Cut, result: SSAValue, neutral: SSAValue) -> SSAValue:
    """
    The device's shard of the result.

    A window whose elements are all as low as padding prefers the padding in front of them, since that comes first: what
    it scattered there is due to the first element of the tensor.
    """
    local, dim, kind, tile = site.local, cut.dim, site.rule.kind, cut.tile
    length, drift = shape_of(result)[dim], tile - cut.step
    last = (local.mesh.span(cut.axes) - 1) * drift - cut.base
    before, after = max(0, cut.base), max(0, last + tile - length)
    if drift == 0:
        own = local.pad(result, dim, cut.base, tile - length - cut.base, neutral)
    else:
        roomy = local.pad(result, dim, before, after, neutral)
        begin = local.multiply(local.device_index(cut.axes), local.scalar(drift))
        own = local.dynamic_slice(roomy, dim, local.add_values(begin, local.scalar(before - cut.base)), tile)
    strays = min(cut.low, -cut.base)
    if strays <= 0:
        return own
    pieces = [local.slice(result, dim, place, place + 1) for place in range(-cut.base - strays, -cut.base)]
    strayed = pieces[0]
    for piece in pieces[1:]:
        strayed = local.combine(kind, strayed, piece)
    first = local.compare(local.device_index(cut.axes), "EQ", local.scalar(0, i32))
    nothing = local.broadcast(neutral, shape_of(strayed))
    strayed = local.select(local.broadcast(first, shape_of(strayed)), strayed, nothing)
    return local.combine(kind, own, local.pad(strayed, dim, 0, tile - 1, neutral))


def can_cut(op: Operation, rule: Rule, factor: int) -> bool:
    """Sources of windows outside must change nothing; where there is padding, `select` must never prefer it."""
    if factor not in rule.permutation:
        return True
    dim = next(dim for dim, factors in enumerate(rule.operands[0]) if factor in factors)
    padding = pairs(op.properties.get("padding"), len(rule.operands[0]))[dim]
    return rule.kind in KINDS and (max(padding) <= 0 or _comparison(op) in PREFERS)


def _comparison(op: Operation) -> str:
    """GE for a `select` that is `first >= second`, and so on; '' for one that is no comparison."""
    block: Block = op.regions[0].block
    last = block.last_op
    value = last.operands[0] if last is not None else None
    if not isinstance(value, OpResult) or value.op.name != "stablehlo.compare":
        return ""
    if list(value.op.operands) != list(block.args):
        return ""
    direction = value.op.properties["comparison_direction"]
    return str(direction.data)  # type: ignore[attr-defined]
