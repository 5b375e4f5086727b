"""Reads and writes at computed positions of a sharded dimension: each device serves its own slice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from xdsl.dialects.builtin import DenseArrayBase
from xdsl.ir import Operation, SSAValue

from eggshard.dialects.sharding.layout import Axis
from eggshard.partitioning.identity import identity
from eggshard.partitioning.local import Local, ints, shape_of, tensor_type
from eggshard.partitioning.local import retype as set_type
from eggshard.partitioning.localize.halo import fetch
from eggshard.partitioning.localize.positions import between, clamp, is_masked, signed
from eggshard.partitioning.localize.simple import is_splat
from eggshard.partitioning.localize.site import Site
from eggshard.partitioning.lower_reshard import keep_on_first
from eggshard.partitioning.program import cause
from eggshard.rules.rule import Rule

DIMENSION_NUMBERS = ("dimension_numbers", "scatter_dimension_numbers")


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
        if is_masked(site, 0, dim):
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
            because = cause(op, "halo")
            value = op.operands[0]
            op.operands[0] = fetch(
                local, value, dim, axes, whole[dim], tiles[dim], 0, length, None, because, masked=False
            )

    def shift(column: SSAValue, dim: int) -> SSAValue:
        clamped = clamp(local, column, 0, whole[dim] - sizes[dim])
        start = local.offset(masked[dim], tiles[dim], tensor_type(column).element_type)
        return local.subtract(clamped, local.broadcast(start, shape_of(column)))

    vector = numbers.index_vector_dim
    indices = _map_columns(local, op.operands[1], vector, columns, shift)
    valid = _all_between(local, indices, vector, {index: tiles[dim] for index, dim in columns.items()})
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
    masked = {dim: axes for dim, axes in enumerate(site.reads[0].axes) if axes and is_masked(site, 0, dim)}
    if masked:
        columns = {numbers.scatter_dims_to_operand_dims.index(dim): dim for dim in masked}

        def shift(column: SSAValue, dim: int) -> SSAValue:
            tile = shape_of(op.operands[0])[dim]
            start = local.offset(masked[dim], tile, tensor_type(column).element_type)
            return local.subtract(column, local.broadcast(start, shape_of(column)))

        op.operands[count] = _map_columns(local, op.operands[count], numbers.index_vector_dim, columns, shift)
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


def is_indexed(op: Operation, rule: Rule, factor: int) -> bool:
    """A dimension of which a slice takes only a part can be cut if indices say which part."""
    if factor not in rule.masked:
        return True
    numbers: Any = next(op.properties[name] for name in DIMENSION_NUMBERS if name in op.properties)
    places = numbers.data
    indexed = places.start_index_map if op.name == "stablehlo.gather" else places.scatter_dims_to_operand_dims
    return all(dim in indexed for dim, factors in enumerate(rule.operands[0]) if factor in factors)


def _forget_promises(site: Site) -> None:
    """Positions in padding are neither sorted nor distinct."""
    if any(site.padded(factor) for factor in site.tiling):
        for name in ("indices_are_sorted", "unique_indices"):
            site.op.properties.pop(name, None)


def _map_columns(
    local: Local,
    indices: SSAValue,
    vector_dim: int,
    columns: dict[int, int],
    change: Callable[[SSAValue, int], SSAValue],
) -> SSAValue:
    """The index tensor, signed, with `change(column, dim)` for the entries that choose a position in `dim`."""
    indices = signed(local, indices)
    shape = shape_of(indices)
    parts = [
        change(column, columns[index]) if index in columns else column
        for index, column in enumerate(_columns(local, indices, vector_dim))
    ]
    return local.reshape(local.concatenate(parts, vector_dim), shape)


def _columns(local: Local, indices: SSAValue, vector_dim: int) -> list[SSAValue]:
    """The entries of all index vectors, each a tensor of size 1 along `vector_dim`, which may be left out for one."""
    shape = shape_of(indices)
    if vector_dim == len(shape):
        return [local.reshape(indices, (*shape, 1))]
    return [local.slice(indices, vector_dim, index, index + 1) for index in range(shape[vector_dim])]


def _all_between(local: Local, indices: SSAValue, vector_dim: int, limits: dict[int, int]) -> SSAValue:
    """Per index vector whether each entry is a position below its limit."""
    columns = _columns(local, indices, vector_dim)
    inside = [between(local, columns[index], limit) for index, limit in limits.items()]
    valid = inside[0]
    for more in inside[1:]:
        valid = local.both(valid, more)
    shape = shape_of(valid)
    return local.reshape(valid, (*shape[:vector_dim], *shape[vector_dim + 1 :]))
