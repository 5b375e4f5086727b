"""A reshard as ops of one device: the chain of `decompose`, with padding where dimensions do not divide."""

from __future__ import annotations

from xdsl.dialects.builtin import i32
from xdsl.ir import SSAValue

from eggshard.dialects.sharding.layout import Axis, Layout, Mesh, Partial
from eggshard.dialects.spmd import AllGatherOp, AllReduceOp, AllToAllOp, CollectivePermuteOp, ReduceScatterOp, SliceOp
from eggshard.partitioning.decompose import decompose
from eggshard.partitioning.identity import identity
from eggshard.partitioning.local import Local, shape_of, tensor_type
from eggshard.partitioning.steps import (
    AllGather,
    AllReduce,
    AllSlice,
    AllToAll,
    CollectivePermute,
    MakePartial,
    ReduceScatter,
    Step,
)

Shape = tuple[int, ...]


def padded_shape(shape: Shape, layout: Layout, mesh: Mesh) -> Shape:
    """The whole tensor's shape with each dimension rounded up to a multiple of its shards."""
    return tuple(-(-size // (n := mesh.span(axes))) * n for size, axes in zip(shape, layout.axes, strict=True))


def lower_reshard(
    local: Local, value: SSAValue, shape: Shape, source: Layout, target: Layout, because: str | None
) -> SSAValue:
    """
    Emits what brings the local `value` of a tensor of whole `shape` from `source` to `target`.

    Where a dimension is padded differently at both ends it is gathered first: shards of different widths do not
    line up.
    """
    mesh = local.mesh
    before, after = padded_shape(shape, source, mesh), padded_shape(shape, target, mesh)
    crossing = [
        dim
        for dim, (s, t) in enumerate(zip(source.axes, target.axes, strict=True))
        if before[dim] != after[dim] and s and t
    ]
    if crossing:
        axes = tuple(() if dim in crossing else a for dim, a in enumerate(source.axes))
        middle = Layout.of(source.mesh, axes, source.partial)
        value = lower_reshard(local, value, shape, source, middle, because)
        return lower_reshard(local, value, shape, middle, target, because)
    common = tuple(max(b, a) for b, a in zip(before, after, strict=True))
    for dim, size in enumerate(common):
        if not source.axes[dim] and size > shape[dim]:
            value = local.pad(value, dim, 0, size - shape[dim])
    for step, came_from in _with_source(decompose(source, target, mesh, common), source):
        value = _lower_step(local, value, step, came_from, because)
    for dim, size in enumerate(common):
        if not target.axes[dim] and size > shape[dim]:
            value = local.slice(value, dim, 0, shape[dim])
    return value


def _with_source(steps: list[Step], source: Layout) -> list[tuple[Step, Layout]]:
    return list(zip(steps, [source, *(step.layout for step in steps)], strict=False))


def _lower_step(local: Local, value: SSAValue, step: Step, source: Layout, because: str | None) -> SSAValue:
    mesh = local.mesh
    match step:
        case AllGather(axes=per_dim):
            for dim, axes in enumerate(per_dim):
                if axes:
                    value = local.add(AllGatherOp(value, axes, dim, mesh.span(axes), because)).results[0]
        case AllSlice(axes=per_dim):
            for dim, axes in enumerate(per_dim):
                if axes:
                    value = local.add(SliceOp(value, axes, dim, mesh.span(axes), because)).results[0]
        case AllToAll(moves=moves):
            for axes, from_dim, to_dim in moves:
                exchange = AllToAllOp(value, axes, to_dim, from_dim, mesh.span(axes), because)
                value = local.add(exchange).results[0]
        case CollectivePermute(layout=layout):
            pairs = permutation(source, layout, mesh)
            axes = tuple(Axis(name) for name, _ in mesh.axes if name in _names(source) | _names(layout))
            value = local.add(CollectivePermuteOp(value, axes, pairs, because)).results[0]
        case AllReduce(axes=axes, kind=kind):
            value = local.add(AllReduceOp([value], axes, kind, because)).results[0]
        case ReduceScatter(axes=per_dim, kind=kind):
            for dim, axes in enumerate(per_dim):
                if axes:
                    scatter = ReduceScatterOp(value, axes, dim, mesh.span(axes), kind, because)
                    value = local.add(scatter).results[0]
        case MakePartial(axes=axes, kind=kind):
            value = keep_on_first(local, value, axes, kind)
        case _:
            raise AssertionError(f"no lowering for {step}")
    return value


def keep_on_first(local: Local, value: SSAValue, axes: tuple[Axis, ...], kind: str) -> SSAValue:
    """The value on the first device along `axes`, the neutral element of `kind` on the others."""
    first = local.compare(local.device_index(axes), "EQ", local.scalar(0, i32))
    kind_type = tensor_type(value)
    neutral = local.constant(identity(kind, kind_type.element_type), kind_type)
    return local.select(local.broadcast(first, shape_of(value)), value, neutral)


def permutation(source: Layout, target: Layout, mesh: Mesh) -> list[tuple[int, int]]:
    """(sender, receiver) device ids such that each receiver's shard under `target` is the sender's under `source`."""
    holders, wanted = _holders(source, target.partial, mesh), _holders(target, target.partial, mesh)
    pairs: list[tuple[int, int]] = []
    for key, receivers in wanted.items():
        senders = [p for p in holders[key] if p not in receivers]
        staying = [p for p in holders[key] if p in receivers]
        pairs += [(p, p) for p in staying]
        pairs += zip(senders, [p for p in receivers if p not in staying], strict=True)
    return sorted((mesh.device_at(a), mesh.device_at(b)) for a, b in pairs)


def _holders(layout: Layout, partial: tuple[Partial, ...], mesh: Mesh) -> dict[tuple[int, ...], list[int]]:
    """The mesh positions that hold each shard; terms along a partial axis stay at their place on it."""
    table: dict[tuple[int, ...], list[int]] = {}
    for position in range(mesh.device_count):
        terms = [mesh.coordinate(position, (term.axis,)) for term in partial]
        key = (*(mesh.coordinate(position, axes) for axes in layout.axes), *terms)
        table.setdefault(key, []).append(position)
    return table


def _names(layout: Layout) -> set[str]:
    return {axis.name for axes in layout.axes for axis in axes}
