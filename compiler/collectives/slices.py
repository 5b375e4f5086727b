"""What a slice by device index can become, given what made its operand."""

from __future__ import annotations

from typing import Any, cast

from xdsl.dialects.builtin import DenseArrayBase, ModuleOp
from xdsl.ir import Operation, OpResult

from eggshard.collectives.edit import blocks, cause_of, drop_if_unused, per_device_mesh, replace
from eggshard.dialects.sharding.layout import Mesh
from eggshard.dialects.spmd import AllGatherOp, AllReduceOp, AllToAllOp, ReduceScatterOp, SliceOp
from eggshard.partitioning.local import retype

MOVABLE = frozenset({"stablehlo.transpose", "stablehlo.convert", "stablehlo.negate"})
"""Ops across which a slice is moved towards the collective above."""


def form_reduce_scatter(module: ModuleOp) -> None:
    """slice(all_reduce(x)) = reduce_scatter(x): half the bytes on the wire."""
    mesh = per_device_mesh(module)
    if mesh is None:
        return
    for slice_ in _slices(module):
        above = _above(slice_, AllReduceOp)
        if above is None:
            continue
        reduction, links = above
        assert isinstance(reduction, AllReduceOp)
        axes = slice_.axes.data
        rest = tuple(axis for axis in reduction.axes.data if axis not in axes)
        if len(reduction.inputs) != 1 or len(rest) + len(axes) != len(reduction.axes.data):
            continue
        slice_, dim = _raise(slice_, links)
        because = cause_of(reduction, slice_)
        kind = reduction.kind.data
        scatter = ReduceScatterOp(reduction.inputs[0], axes, dim, mesh.span(axes), kind, because)
        new: list[Operation] = [scatter]
        if rest:
            new.append(AllReduceOp([scatter.result], rest, kind, because))
        replace(slice_, new)
        drop_if_unused(reduction)


def cancel_gather_slice(module: ModuleOp) -> None:
    """slice(all_gather(x)) = x along the axes that both name, and all_gather(slice(x)) = x."""
    mesh = per_device_mesh(module)
    if mesh is None:
        return
    for slice_ in _slices(module):
        gather = slice_.operand.owner
        if isinstance(gather, AllGatherOp) and gather.dim == slice_.dim:
            _cancel(slice_, gather, mesh)
    for block in blocks(module):
        for op in list(block.ops):
            if isinstance(op, AllGatherOp) and isinstance(above := op.operand.owner, SliceOp):
                if above.dim == op.dim and above.axes == op.axes:
                    op.result.replace_all_uses_with(above.operand)
                    drop_if_unused(op)
                    drop_if_unused(above)


def _cancel(slice_: SliceOp, gather: AllGatherOp, mesh: Mesh) -> None:
    """The slice keeps the major axes of what is gathered: only the minor ones are left to gather."""
    sliced, gathered = slice_.axes.data, gather.axes.data
    if gathered == sliced:
        slice_.result.replace_all_uses_with(gather.operand)
        drop_if_unused(slice_)
    elif gathered[: len(sliced)] == sliced:
        rest = gathered[len(sliced) :]
        dim = gather.dim.value.data
        replace(slice_, [AllGatherOp(gather.operand, rest, dim, mesh.span(rest), cause_of(gather))])
    drop_if_unused(gather)


def form_all_to_all(module: ModuleOp) -> None:
    """slice(all_gather(x, dim a), dim b) = all_to_all(x): each device keeps as much as it had."""
    mesh = per_device_mesh(module)
    if mesh is None:
        return
    for slice_ in _slices(module):
        above = _above(slice_, AllGatherOp)
        if above is None:
            continue
        gather, links = above
        assert isinstance(gather, AllGatherOp)
        if gather.axes != slice_.axes or _dim_above(slice_.dim.value.data, links) == gather.dim.value.data:
            continue
        slice_, dim = _raise(slice_, links)
        axes, concat = slice_.axes.data, gather.dim.value.data
        moved = AllToAllOp(gather.operand, axes, dim, concat, mesh.span(axes), cause_of(gather, slice_))
        replace(slice_, [moved])
        drop_if_unused(gather)


def _slices(module: ModuleOp) -> list[SliceOp]:
    return [op for block in blocks(module) for op in block.ops if isinstance(op, SliceOp)]


def _above(slice_: SliceOp, kind: type[Operation]) -> tuple[Operation, list[Operation]] | None:
    """The collective above a slice, and the movable ops between them, top first; nothing else uses any of it."""
    links: list[Operation] = []
    value = slice_.operand
    while isinstance(value, OpResult) and value.has_one_use():
        if isinstance(value.op, kind):
            return value.op, links[::-1]
        if value.op.name not in MOVABLE:
            return None
        links.append(value.op)
        value = value.op.operands[0]
    return None


def _dim_above(dim: int, links: list[Operation]) -> int:
    for op in reversed(links):
        if op.name == "stablehlo.transpose":
            dim = cast("DenseArrayBase[Any]", op.properties["permutation"]).get_values()[dim]
    return dim


def _raise(slice_: SliceOp, links: list[Operation]) -> tuple[SliceOp, int]:
    """Moves a slice above `links`, whose results become slices; returns it and its dimension there."""
    dim = _dim_above(slice_.dim.value.data, links)
    if not links:
        return slice_, dim
    first = links[0]
    span = _shrink(slice_)
    fresh = SliceOp(first.operands[0], slice_.axes.data, dim, span, cause_of(slice_))
    fresh.location = slice_.location
    block = first.parent
    assert block is not None
    block.insert_op_before(fresh, first)
    first.operands[0] = fresh.result
    below = slice_.dim.value.data
    for op in reversed(links):
        kind = op.results[0].type
        shape = list(kind.get_shape())  # type: ignore[attr-defined]
        shape[below] //= span
        retype(op.results[0], type(kind)(kind.element_type, shape))  # type: ignore[call-arg, attr-defined]
        below = _dim_above(below, [op])
    slice_.result.replace_all_uses_with(links[-1].results[0])
    drop_if_unused(slice_)
    return fresh, dim


def _shrink(slice_: SliceOp) -> int:
    """How many shards the slice makes."""
    dim = slice_.dim.value.data
    whole, part = slice_.operand.type, slice_.result.type
    return whole.get_shape()[dim] // max(1, part.get_shape()[dim])  # type: ignore[attr-defined, no-any-return]
