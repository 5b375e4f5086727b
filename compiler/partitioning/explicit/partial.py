"""Values that are summed, or made partial, on their way to a use."""

from __future__ import annotations

from dataclasses import replace

from xdsl.ir import Operation, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from eggshard.dialects.sdy import (
    AllReduceOp,
    AxisRefListAttr,
    ListOfAxisRefListsAttr,
    ReplicatedToUnreducedOp,
    ShardedToUnreducedOp,
    to_sharding,
)
from eggshard.dialects.sharding import ReshardOp
from eggshard.dialects.sharding.axes import merged, subtract
from eggshard.dialects.sharding.layout import Dim, Layout, Mesh
from eggshard.propagation.prefixes import Axes, appended, holds, is_strict_prefix


def inserted(op: Operation, point: InsertPoint) -> SSAValue:
    """The result of `op`, once it stands at `point`."""
    Rewriter.insert_op(op, point)
    return op.results[0]


def summed(
    value: SSAValue, source: Layout, target: Layout | None, mesh: Mesh, point: InsertPoint
) -> tuple[SSAValue, Layout]:
    """`value` summed over the partial axes that `target` does not have, and how it lies then."""
    targets = [] if target is None else [partial.axis for partial in target.partial]
    axes = subtract((partial.axis for partial in source.partial), targets, mesh)
    if not axes:
        return value, source
    kept = tuple(
        partial._replace(axis=axis) for partial in source.partial for axis in subtract([partial.axis], axes, mesh)
    )
    after = replace(source, partial=kept)
    return inserted(AllReduceOp(value, AxisRefListAttr(merged(axes, mesh)), to_sharding(after)), point), after


def new_partial_axes(source: Layout, target: Layout, mesh: Mesh) -> Axes:
    """The axes along which only `target` holds partial terms."""
    return subtract((p.axis for p in target.partial), [p.axis for p in source.partial], mesh)


def made_partial(value: SSAValue, source: Layout, target: Layout, mesh: Mesh, point: InsertPoint) -> SSAValue:
    """
    `value` on `target`, which has partial axes that `source` does not.

    Shards along such an axis that are the minor ones of their dimension become terms, zero outside the shard; along
    all others one device of each group keeps the tensor and the rest get zeros.
    """
    new = new_partial_axes(source, target, mesh)
    shards = shards_made_terms(source, target, mesh)
    dims = tuple(Dim(appended(t.axes, own, mesh), t.open) for t, own in zip(target.dims, shards, strict=True))
    before = Layout(target.mesh, dims, target.replicated, source.partial)
    if before.axes != source.axes:
        value = inserted(ReshardOp(value, source, before), point)
    rest = subtract(new, [axis for own in shards for axis in own], mesh)
    if rest:
        order = list(mesh.sizes)
        rest = tuple(sorted(rest, key=lambda axis: (order.index(axis.name), axis.pre)))
        partial = target.partial
        if any(shards):
            left = [axis for own in shards for axis in own]
            partial = tuple(
                entry._replace(axis=axis) for entry in partial for axis in subtract([entry.axis], left, mesh)
            )
        after = replace(before, partial=partial)
        value = inserted(ReplicatedToUnreducedOp(value, AxisRefListAttr(rest), to_sharding(after)), point)
    if any(shards):
        value = inserted(ShardedToUnreducedOp(value, ListOfAxisRefListsAttr(shards), to_sharding(target)), point)
    return value


def shards_made_terms(source: Layout, target: Layout, mesh: Mesh) -> tuple[Axes, ...]:
    """Per dimension, its minor axes in `source` that only `target` holds partial terms along, if it has no others."""
    new = new_partial_axes(source, target, mesh)
    return tuple(_minor(s.axes, t.axes, new, mesh) for s, t in zip(source.dims, target.dims, strict=True))


def _minor(source: Axes, target: Axes, new: Axes, mesh: Mesh) -> Axes:
    """The axes that `source` has after `target`, if all of them are in `new`, and `target` is a major part of it."""
    if source != target and not is_strict_prefix(target, source):
        return ()
    rest = list(source[len(target) :])
    if target and target[-1] != source[len(target) - 1]:
        rest[:0] = subtract([source[len(target) - 1]], [target[-1]], mesh)
    return tuple(rest) if all(any(holds(other, axis) for other in new) for axis in rest) else ()
