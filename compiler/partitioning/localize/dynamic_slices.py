"""
Slices of a sharded dimension that begin at a computed position.

A device handles as many elements as the slice has, never its whole shard: a loop that writes one row of a cache in each
round costs one row on each device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from xdsl.dialects.builtin import DenseArrayBase, TensorType
from xdsl.ir import SSAValue

from eggshard.dialects import stablehlo
from eggshard.partitioning.identity import encode
from eggshard.partitioning.local import Local, ints, shape_of, tensor_type
from eggshard.partitioning.localize.positions import between, clamp, is_masked, signed
from eggshard.partitioning.localize.site import Site


@dataclass(frozen=True)
class Cut:
    """
    A sharded dimension of which `size` elements are read or written.

    They begin at `start` of the device's shard, which may lie outside of it; `place` is the nearest position at which
    the shard has as many elements.
    """

    dim: int
    size: int
    start: SSAValue
    place: SSAValue


def dynamic_slice(site: Site) -> list[SSAValue] | None:
    """Each device gives the elements that it holds, zeros elsewhere."""
    op, local = site.op, site.local
    sizes = list(cast("DenseArrayBase[Any]", op.properties["slice_sizes"]).get_values())
    for dim, axes in enumerate(site.reads[0].axes):
        if axes and not is_masked(site, 0, dim):
            sizes[dim] = shape_of(op.operands[0])[dim]
    op.properties["slice_sizes"] = ints(sizes)
    value, starts, cuts = _cut(site, op.operands[1:], sizes)
    if not cuts:
        return None
    piece = _slice(local, value, starts, sizes)
    for cut in cuts:
        offset = local.subtract(cut.start, cut.place)
        if cut.size > 1:
            piece = _moved(local, piece, cut, offset)
            continue
        kind = tensor_type(piece)
        zero = local.constant(encode(0, kind.element_type), kind)
        piece = local.select(_inside(local, cut, offset, sizes), piece, zero)
    return [piece]


def dynamic_update_slice(site: Site) -> list[SSAValue] | None:
    """Each device applies the part that falls into its shard, and writes back what was there beside it."""
    op, local = site.op, site.local
    update = op.operands[1]
    sizes = shape_of(update)
    value, starts, cuts = _cut(site, op.operands[2:], sizes)
    if not cuts:
        return None
    inside: SSAValue | None = None
    for cut in cuts:
        offset = local.subtract(cut.place, cut.start)
        here = _inside(local, cut, offset, sizes)
        inside = here if inside is None else local.both(inside, here)
        update = _moved(local, update, cut, offset)
    assert inside is not None
    update = local.select(inside, update, _slice(local, value, starts, sizes))
    result = local.emit(stablehlo.DynamicUpdateSliceOp, [value, update, *starts], value.type)
    for cut in cuts:
        result = local.slice(result, cut.dim, 0, shape_of(op.operands[0])[cut.dim])
    return [result]


def _cut(site: Site, starts: Sequence[SSAValue], sizes: Sequence[int]) -> tuple[SSAValue, list[SSAValue], list[Cut]]:
    """The operand with room for the slice in each shard, where the slice begins in it, and the dimensions cut."""
    local, value = site.local, site.op.operands[0]
    dims = [dim for dim, axes in enumerate(site.reads[0].axes) if axes and is_masked(site, 0, dim)]
    places = [signed(local, start) for start in starts] if dims else list(starts)
    cuts: list[Cut] = []
    for dim in dims:
        size, tile, whole = sizes[dim], shape_of(value)[dim], site.operand_shape(0)[dim]
        value = local.pad(value, dim, 0, max(0, size - tile))
        element = tensor_type(places[dim]).element_type
        begin = clamp(local, places[dim], 0, whole - size)
        begin = local.subtract(begin, local.offset(site.reads[0].axes[dim], tile, element))
        places[dim] = clamp(local, begin, 0, max(0, tile - size))
        cuts.append(Cut(dim, size, begin, places[dim]))
    return value, places, cuts


def _slice(local: Local, value: SSAValue, starts: Sequence[SSAValue], sizes: Sequence[int]) -> SSAValue:
    kind = TensorType(tensor_type(value).element_type, list(sizes))
    return local.emit(stablehlo.DynamicSliceOp, [value, *starts], kind, {"slice_sizes": ints(sizes)})


def _moved(local: Local, value: SSAValue, cut: Cut, offset: SSAValue) -> SSAValue:
    """Element i + offset for element i along the dimension of the cut; zero where there is none."""
    if cut.size == 1:
        return value
    element = tensor_type(offset).element_type
    begin = clamp(local, local.add_values(offset, local.scalar(cut.size, element)), 0, 2 * cut.size)
    return local.dynamic_slice(local.pad(value, cut.dim, cut.size, cut.size), cut.dim, begin, cut.size)


def _inside(local: Local, cut: Cut, offset: SSAValue, shape: Sequence[int]) -> SSAValue:
    """Whether `_moved` finds an element, for each element of a tensor of that shape."""
    kind = tensor_type(offset)
    if cut.size == 1:
        return local.broadcast(local.compare(offset, "EQ", local.scalar(0, kind.element_type)), shape)
    places = local.iota((cut.size,), 0, kind.element_type)
    places = local.add_values(places, local.broadcast(offset, (cut.size,)))
    return local.broadcast(between(local, places, cut.size), shape, (cut.dim,))
