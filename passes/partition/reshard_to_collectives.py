"""`reshard-to-collectives`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, ShapedType
from xdsl.ir import Operation, OpResult, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from eggshard.dialects.sdy import (
    AllGatherOp,
    AllReduceOp,
    AllSliceOp,
    AllToAllOp,
    AllToAllParamListAttr,
    AxisRefListAttr,
    CollectivePermuteOp,
    ListOfAxisRefListsAttr,
    PropagationBarrierOp,
    ReduceScatterOp,
    ReplicatedToUnreducedOp,
    ReshardOp,
    ShardedToUnreducedOp,
    to_layout,
    to_sharding,
)
from eggshard.dialects.sdy.access import sharding_of
from eggshard.dialects.sdy.values import AllToAllParam
from eggshard.dialects.sharding import ReshardOp as OurReshardOp
from eggshard.dialects.sharding import meshes_of
from eggshard.dialects.sharding.axes import subtract
from eggshard.dialects.sharding.layout import Dim, Layout, Mesh
from eggshard.partitioning.decompose import decompose
from eggshard.partitioning.explicit.partial import shards_made_terms
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
from eggshard.propagation.prefixes import Axes, appended


@dataclass(frozen=True)
class ReshardToCollectivesPass(ModulePass):
    """
    Spells every reshard out as collectives of `sdy`, in the order that costs least.

    Before:   %1 = sdy.reshard %0 <@mesh, [{}, {"x"}]> : tensor<8x8xf32>                 with %0 on [{"x"}, {}]
    After:    %1 = sdy.all_to_all [{"x"}: 0->1] %0 out_sharding=<@mesh, [{}, {"x"}]> : tensor<8x8xf32>
    Requires: whole-program shapes; reshards of `sdy` or of `sharding`.
    Ensures:  no reshard is left but those between meshes of different axes.

    A reshard to the layout that its operand has is dropped, unless `keep_redundant_reshards`.
    """

    name = "reshard-to-collectives"

    keep_redundant_reshards: bool = False

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        meshes = meshes_of(op)
        for inner in list(op.walk()):
            if isinstance(inner, ReshardOp):
                self._rewrite(inner, inner.input, to_layout(inner.sharding.data), meshes)
            elif isinstance(inner, OurReshardOp):
                self._rewrite(inner, inner.input, inner.target.data, meshes)

    def _rewrite(self, op: Operation, operand: SSAValue, target: Layout, meshes: dict[str, Mesh]) -> None:
        value = _behind_barriers(operand)
        sharding = sharding_of(value)
        source = to_layout(sharding) if sharding else Layout.replicate(target.mesh, target.rank)
        if self.keep_redundant_reshards and sharding is not None and _closed(source) == _closed(target):
            return
        if source.rank != target.rank:
            return
        if not any(target.axes):
            if not any(source.axes) and source.partial == target.partial:
                Rewriter.replace_op(op, [], [operand])
                return
        mesh, target_mesh = meshes[source.mesh], meshes[target.mesh]
        if not any(target.axes) or mesh == target_mesh:
            # Which mesh a replicated tensor is on makes no difference, nor which of two equal ones.
            target = replace(target, mesh=source.mesh)
        elif mesh.axes != target_mesh.axes:
            return
        shape = operand.type.get_shape() if isinstance(operand.type, ShapedType) else ()
        terms = shards_made_terms(source, target, mesh)
        steps = decompose(source, _with_shards(target, terms, mesh), mesh, tuple(shape), even=False)
        value = _emit(steps, value, op)
        if any(terms):
            last = ShardedToUnreducedOp(value, ListOfAxisRefListsAttr(terms), to_sharding(_closed(target)))
            value = _inserted(last, op)
        Rewriter.replace_op(op, [], [value])


def _behind_barriers(value: SSAValue) -> SSAValue:
    while isinstance(value, OpResult) and isinstance(value.op, PropagationBarrierOp):
        value = value.op.input
    return value


def _closed(layout: Layout) -> Layout:
    return Layout(layout.mesh, tuple(Dim(axes) for axes in layout.axes), (), layout.partial)


def _with_shards(target: Layout, terms: Sequence[Axes], mesh: Mesh) -> Layout:
    """`target` before the shards along `terms` are made terms."""
    made = [axis for axes in terms for axis in axes]
    dims = tuple(Dim(appended(dim.axes, axes, mesh), dim.open) for dim, axes in zip(target.dims, terms, strict=True))
    left = tuple(part._replace(axis=axis) for part in target.partial for axis in subtract([part.axis], made, mesh))
    return Layout(target.mesh, dims, target.replicated, left)


def _emit(steps: Sequence[Step], value: SSAValue, op: Operation) -> SSAValue:
    """The collectives for `steps` before `op`, one on the result of the other; returns the last result."""
    for step in steps:
        value = _inserted(_collective(step, value), op)
    return value


def _inserted(collective: Operation, op: Operation) -> SSAValue:
    """The result of `collective`, once it stands before `op`."""
    collective.location = op.location
    Rewriter.insert_op(collective, InsertPoint.before(op))
    return collective.results[0]


def _collective(step: Step, value: SSAValue) -> Operation:
    after = to_sharding(step.layout)
    match step:
        case AllGather(_, axes):
            return AllGatherOp(value, ListOfAxisRefListsAttr(axes), after)
        case AllSlice(_, axes):
            return AllSliceOp(value, ListOfAxisRefListsAttr(axes), after)
        case AllToAll(_, moves):
            return AllToAllOp(value, AllToAllParamListAttr(tuple(AllToAllParam(*move) for move in moves)), after)
        case CollectivePermute():
            return CollectivePermuteOp(value, None, after)
        case AllReduce(_, axes):
            return AllReduceOp(value, AxisRefListAttr(axes), after)
        case ReduceScatter(_, axes):
            return ReduceScatterOp(value, ListOfAxisRefListsAttr(axes), after)
        case MakePartial(_, axes):
            return ReplicatedToUnreducedOp(value, AxisRefListAttr(axes), after)
    raise AssertionError(f"no collective for {step}")
