"""Reads and writes at computed positions of a sharded dimension: each device serves its own slice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from xdsl.dialects.builtin import DenseArrayBase, IntegerType, TensorType, i32, i64
from xdsl.ir import Attribute, SSAValue

from eggshard.dialects.sharding.layout import Axis
from eggshard.partitioning.identity import identity
from eggshard.partitioning.local import Local, ints, shape_of, tensor_type
from eggshard.partitioning.local import retype as set_type
from eggshard.partitioning.localize.halo import fetch
from eggshard.partitioning.localize.simple import is_splat
from eggshard.partitioning.localize.site import Site
from eggshard.partitioning.lower_reshard import keep_on_first
from eggshard.partitioning.program import cause


def gather(site: Site) -> list[SSAValue] | None:
    """
    Slices are read where they begin; a device that does not hold a position contributes zeros.

    Positions are clamped to the whole tensor first, as gather demands. A slice of several elements may reach into the
    shards behind its first one, so those elements are fetched.
    """
    op, local = site.op, site.local
    _forget_promises(site)
    numbers = op.properties["dimension_numbers"].data  # type: ignore[attr-defined]
    sizes = list(cast("DenseArrayBase[Any]", op.properties["slice_sizes"]).get_values())
    masked: dict[int, tuple[Axis, ...]] = {}
    for dim, axes in enumerate(site.reads[0].axes):
        if not axes:
            continue
        if _masked(site, 0, dim):
            masked[dim] = axes
        elif dim not in numbers.operand_batching_dims:
            sizes[dim] = shape_of(op.operands[0])[dim]
    op.properties["slice_sizes"] = ints(sizes)
    if not masked:
        return None
    columns = {numbers.start_index_map.index(dim): dim for dim in masked}
    whole = site.operand_shape(0)
    tiles = shape_of(op.operands[0])
    for dim, axes in masked.items():
        if (size := sizes[dim]) > 1:
            length = tiles[dim] + size - 1
            op.operands[0] = fetch(
                local, op.operands[0], dim, axes, whole[dim], tiles[dim], 0, length, None, cause(op, "halo")
            )

    def shift(column: SSAValue, index: int) -> tuple[SSAValue, SSAValue]:
        dim = columns[index]
        tile = tiles[dim]
        element = tensor_type(column).element_type
        clamped = clamp(local, column, 0, whole[dim] - sizes[dim])
        start = local.broadcast(local.offset(masked[dim], tile, element), shape_of(column))
        inside = local.subtract(clamped, start)
        return inside, _between(local, inside, tile)

    indices, valid = _map_columns(site, op.operands[1], numbers.index_vector_dim, columns, shift)
    op.operands[1] = indices
    found = op.clone()
    kind = site.local_type()
    set_type(found.results[0], kind)
    local.add(found)
    dims = [dim for dim in range(len(kind.get_shape())) if dim not in numbers.offset_dims]
    mask = local.broadcast(valid, kind.get_shape(), dims)
    return [local.select(mask, found.results[0], local.splat(0, kind))]


def scatter(site: Site) -> list[SSAValue] | None:
    """
    Updates fall where they belong: positions become local, and those of other devices are out of bounds, so dropped.

    Tiled update positions leave the result partial; the operand then counts on the first device only.
    """
    op, local, rule = site.op, site.local, site.rule
    _forget_promises(site)
    numbers = op.properties["scatter_dimension_numbers"].data  # type: ignore[attr-defined]
    count = len(op.results)
    masked = {dim: axes for dim, axes in enumerate(site.reads[0].axes) if axes and _masked(site, 0, dim)}
    if masked:
        columns = {numbers.scatter_dims_to_operand_dims.index(dim): dim for dim in masked}

        def shift(column: SSAValue, index: int) -> tuple[SSAValue, SSAValue]:
            dim = columns[index]
            tile = shape_of(op.operands[0])[dim]
            start = local.offset(masked[dim], tile, tensor_type(column).element_type)
            moved = local.subtract(column, local.broadcast(start, shape_of(column)))
            return moved, moved

        op.operands[count], _ = _map_columns(site, op.operands[count], numbers.index_vector_dim, columns, shift)
    tiled = [factor for factor in sorted(rule.reduction) if factor in site.tiling]
    if tiled:
        axes = tuple(axis for factor in tiled for axis in site.axes(factor))
        for index in range(count):
            operand = op.operands[index]
            neutral = identity(rule.kind, tensor_type(operand).element_type)
            if not is_splat(operand, neutral):
                op.operands[index] = keep_on_first(local, operand, axes, rule.kind)
            site.mask_operand(count + 1 + index, tiled, neutral)
    return None


def dynamic_slice(site: Site) -> list[SSAValue] | None:
    """A slice of a sharded dimension: each device gives the elements that it holds, zeros elsewhere."""
    op, local = site.op, site.local
    sizes = list(cast("DenseArrayBase[Any]", op.properties["slice_sizes"]).get_values())
    value = op.operands[0]
    starts = list(op.operands[1:])
    if any(axes and _masked(site, 0, dim) for dim, axes in enumerate(site.reads[0].axes)):
        starts = [signed(local, start) for start in starts]
    whole = site.operand_shape(0)
    for dim, axes in enumerate(site.reads[0].axes):
        if not axes:
            continue
        tile = shape_of(op.operands[0])[dim]
        if not _masked(site, 0, dim):
            sizes[dim] = tile
            continue
        size = sizes[dim]
        value = local.mask(value, dim, axes, whole[dim], identity("sum", tensor_type(value).element_type))
        value = local.pad(value, dim, size, size)
        starts[dim] = _local_start(local, starts[dim], axes, tile, whole[dim], size)
    op.operands = [value, *starts]
    op.properties["slice_sizes"] = ints(sizes)
    return None


def dynamic_update_slice(site: Site) -> list[SSAValue] | None:
    """An update of a sharded dimension: each device applies the part that falls into its slice."""
    op, local = site.op, site.local
    value, update = op.operands[0], op.operands[1]
    starts = list(op.operands[2:])
    if any(axes and _masked(site, 0, dim) for dim, axes in enumerate(site.reads[0].axes)):
        starts = [signed(local, start) for start in starts]
    whole = site.operand_shape(0)
    margins: dict[int, tuple[int, int]] = {}
    for dim, axes in enumerate(site.reads[0].axes):
        if axes and _masked(site, 0, dim):
            size, tile = shape_of(update)[dim], shape_of(op.operands[0])[dim]
            value = local.pad(value, dim, size, size)
            starts[dim] = _local_start(local, starts[dim], axes, tile, whole[dim], size)
            margins[dim] = (size, tile)
    if not margins:
        return None
    kind = tensor_type(value)
    result = local.emit(type(op), [value, update, *starts], kind)
    for dim, (size, tile) in margins.items():
        result = local.slice(result, dim, size, size + tile)
    return [result]


def _local_start(local: Local, start: SSAValue, axes: tuple[Axis, ...], tile: int, whole: int, size: int) -> SSAValue:
    """
    Where a slice of `size` begins in a shard with a margin of `size` on both sides; in a margin if it lies elsewhere.

    `start` is signed.
    """
    start = clamp(local, start, 0, whole - size)
    element = tensor_type(start).element_type
    inside = local.subtract(start, local.offset(axes, tile, element))
    return clamp(local, local.add_values(inside, local.scalar(size, element)), 0, tile + size)


def _forget_promises(site: Site) -> None:
    """Positions in padding are neither sorted nor distinct."""
    if any(site.padded(factor) for factor in site.tiling):
        for name in ("indices_are_sorted", "unique_indices"):
            site.op.properties.pop(name, None)


def _masked(site: Site, operand: int, dim: int) -> bool:
    return any(factor in site.rule.masked for factor in site.rule.operands[operand][dim])


def _between(local: Local, value: SSAValue, limit: int) -> SSAValue:
    kind = tensor_type(value)
    low = local.compare(value, "GE", local.splat(0, kind))
    return local.both(low, local.compare(value, "LT", local.splat(limit, kind)))


def clamp(local: Local, value: SSAValue, low: int, high: int) -> SSAValue:
    kind = tensor_type(value)
    return local.minimum(local.maximum(value, local.splat(low, kind)), local.splat(high, kind))


def signed(local: Local, value: SSAValue) -> SSAValue:
    """Positions as signed integers of at least 32 bits; no dimension has more than 2**63 elements."""
    kind = tensor_type(value)
    element: Attribute = kind.element_type
    assert isinstance(element, IntegerType)
    if element in (i32, i64):
        return value
    bits, unsigned = element.width.data, str(element).startswith("ui")
    if unsigned and bits == 64:
        value = local.minimum(value, local.splat((1 << 63) - 1, kind))
    return local.convert(value, i64 if bits > 32 or (unsigned and bits == 32) else i32)


def _map_columns(
    site: Site,
    indices: SSAValue,
    vector_dim: int,
    columns: dict[int, int],
    shift: Callable[[SSAValue, int], tuple[SSAValue, SSAValue]],
) -> tuple[SSAValue, SSAValue]:
    """
    Applies `shift` to the given columns of an index tensor.

    `shift` returns the new column and a second value; returned are the new tensor, and the second values joined by
    `and` (the last alone where they are no booleans), without the index dimension.
    """
    local = site.local
    indices = signed(local, indices)
    shape = shape_of(indices)
    implicit = vector_dim == len(shape)
    if implicit:
        indices = local.reshape(indices, (*shape, 1))
    parts: list[SSAValue] = []
    extra: SSAValue | None = None
    for index in range(shape_of(indices)[vector_dim]):
        column = local.slice(indices, vector_dim, index, index + 1)
        if index in columns:
            column, second = shift(column, index)
            if extra is None:
                extra = second
            elif _is_bool(second):
                extra = local.both(extra, second)
        parts.append(column)
    assert extra is not None
    joined = local.concatenate(parts, vector_dim)
    batch: Sequence[int] = [size for dim, size in enumerate(shape_of(extra)) if dim != vector_dim]
    return (local.reshape(joined, shape) if implicit else joined), local.reshape(extra, batch)


def _is_bool(value: SSAValue) -> bool:
    kind = value.type
    return isinstance(kind, TensorType) and kind.element_type == IntegerType(1)
