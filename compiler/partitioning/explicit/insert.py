"""Walks a program and puts reshards and all_reduces where layouts demand them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import prod

from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp, ShapedType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block, Operation, OpResult, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter
from xdsl.traits import IsTerminator

from eggshard.dialects.sdy import PropagationBarrierOp
from eggshard.dialects.sdy.region_layouts import layout_in_field, returned_layout
from eggshard.dialects.sharding import (
    ReshardOp,
    argument_layout,
    layout_of,
    meshes_of,
    result_layout,
)
from eggshard.dialects.sharding.checks import rank_of
from eggshard.dialects.sharding.layout import Layout
from eggshard.partitioning.explicit.common_axes import common_axes
from eggshard.partitioning.explicit.dots import result_axes
from eggshard.partitioning.explicit.partial import inserted, made_partial, new_partial_axes, summed
from eggshard.partitioning.explicit.reshapes import dealt_out, overflows
from eggshard.partitioning.explicit.rewrite import OpRewriter
from eggshard.propagation.constants import LITERALS
from eggshard.propagation.dataflow import BODIES, BRANCHES, callee_name
from eggshard.propagation.projection import project
from eggshard.rules.rule import Rule
from eggshard.rules.table import rule_of

SAME_AS_RESULTS = frozenset({"stablehlo.while", "stablehlo.optimization_barrier"})
"""Ops whose results lie as their operands do."""
DOTS = frozenset({"stablehlo.dot", "stablehlo.dot_general"})


def insert_explicit_reshards(module: ModuleOp, full: bool = True) -> None:
    """
    Makes the layouts around every op agree with its rule.

    Afterwards each op reads its operands as it tiles them, sums over reduction factors are all_reduces of their own,
    and what a region or function returns lies as it promises.

    Without `full` that is so only for calls and concatenations; elsewhere partial terms are summed where they must be,
    and a matrix product may give its result as its operands lie.
    """
    inserter = _Inserter(module, full)
    for func in module.ops:
        if isinstance(func, FuncOp) and func.body.blocks:
            inserter.function(func)


class _Inserter:
    def __init__(self, module: ModuleOp, full: bool) -> None:
        self.always_full = self.full = full
        self.meshes = meshes_of(module)
        self.functions = {op.sym_name.data: op for op in module.ops if isinstance(op, FuncOp)}

    def function(self, func: FuncOp) -> None:
        for op in list(_inner_first(func)):
            if not op.has_trait(IsTerminator):
                self.full = self.always_full or _needs_reshards(op)
                self.op(op)
        self.full = self.always_full
        last = func.body.block.last_op
        assert last is not None
        for index in range(len(last.operands)):
            self.use(last, index, result_layout(func, index), InsertPoint.before(last))

    def op(self, op: Operation) -> None:
        if op.name in SAME_AS_RESULTS or op.name in BRANCHES or op.name in BODIES:
            self.data_flow(op)
        elif op.name == "func.call":
            self.call(op)
        elif isinstance(op, ReshardOp) and self.becomes_partial(op):
            point = InsertPoint.before(op)
            self.use(op, 0, op.target.data, point)
            Rewriter.replace_op(op, [], [op.operands[0]])
        elif op.results:
            self.reduce_operands(op)
            self.plain(op)

    def becomes_partial(self, op: ReshardOp) -> bool:
        mesh = self.meshes[op.target.data.mesh]
        source = layout_of(op.operands[0])
        return source is not None and bool(new_partial_axes(source, op.target.data, mesh))

    def data_flow(self, op: Operation) -> None:
        """What enters and leaves regions lies as the op's results and the arguments of its regions do."""
        for index, result in enumerate(op.results):
            if op.name in SAME_AS_RESULTS:
                self.use_after(op, index, layout_of(result))
            inside = returned_layout(op, index) if op.name == "sdy.manual_computation" else layout_of(result)
            for terminator in _terminators(op):
                self.use_after(terminator, index, inside)
        if op.name in BODIES:
            for index in range(len(op.operands)):
                self.use_after(op, index, layout_in_field(op, "in_shardings", index))

    def call(self, op: Operation) -> None:
        callee = self.functions.get(callee_name(op))
        if callee is None:
            return
        targets = [argument_layout(callee, index) for index in range(len(op.operands))]
        named = [layout.mesh for layout in (*targets, *map(layout_of, op.operands)) if layout is not None]
        several = [name for name in named if not self.meshes[name].is_single_device]
        for index, target in enumerate(targets if several else ()):
            rank = rank_of(op.operands[index].type) or 0
            self.use_after(op, index, target or Layout.replicate(several[0], rank, open=any(targets)))

    def use_after(self, op: Operation, index: int, target: Layout | None) -> None:
        """As `use`, with what is inserted right after the operand comes into being."""
        operand = op.operands[index]
        if isinstance(operand, OpResult):
            point = InsertPoint.after(operand.op)
        else:
            assert isinstance(operand.owner, Block)
            point = InsertPoint.at_start(operand.owner)
        self.use(op, index, target, point)

    def use(self, op: Operation, index: int, target: Layout | None, point: InsertPoint) -> None:
        """Brings an operand into the layout `target`; without one it is to be replicated."""
        operand = op.operands[index]
        source = layout_of(operand)
        if source is not None:
            mesh = self.meshes[source.mesh]
            operand, source = summed(operand, source, target, mesh, point)
            if target is not None and new_partial_axes(source, target, mesh):
                operand, source = made_partial(operand, source, target, mesh, point), target
            op.operands[index] = operand
        if not self.full or self.equivalent(source, target):
            return
        if target is None:
            assert source is not None
            target = Layout.replicate(source.mesh, source.rank)
        before = source or Layout.replicate(target.mesh, target.rank)
        op.operands[index] = inserted(ReshardOp(operand, before, target), point)

    def equivalent(self, a: Layout | None, b: Layout | None) -> bool:
        """Whether a tensor lies in the same way; a mesh counts only where something is sharded on it."""
        if a is None or b is None:
            other = a or b
            return other is None or other.is_replicated()
        if a.is_replicated() and b.is_replicated():
            return True
        return a.mesh == b.mesh and a.axes == b.axes and set(a.partial) == set(b.partial)

    def reduce_operands(self, op: Operation) -> None:
        """An operand with partial terms that the results do not have is summed before the op."""
        target = layout_of(op.results[0])
        for index, operand in enumerate(op.operands):
            source = layout_of(operand)
            if source is not None:
                mesh = self.meshes[source.mesh]
                op.operands[index], _ = summed(operand, source, target, mesh, InsertPoint.before(op))

    def plain(self, op: Operation) -> None:
        rule = _rule(op)
        if rule is None or rule.custom:
            return
        layouts = [layout_of(value) for value in (*map(_behind_barriers, op.operands), *op.results)]
        name = self.mesh_for(layouts)
        if name is None:
            return
        mesh = self.meshes[name]
        dims = (*rule.operands, *rule.results)
        tensors = [
            project(layout or Layout.replicate(name, len(tensor_dims)), tensor_dims, rule.sizes, mesh)
            for layout, tensor_dims in zip(layouts, dims, strict=True)
        ]
        tilings = [{factor: tiling.axes for factor, tiling in tensor.factors.items()} for tensor in tensors]
        sizes = [_elements(value) for value in (*op.operands, *op.results)]
        rewriter = OpRewriter(op, rule, layouts, tensors, name, self.meshes)
        if not self.full:
            if op.name in DOTS and layouts[-1] is not None and (found := result_axes(rule, tilings, sizes)) is not None:
                rewriter.tile_result(*found)
            rewriter.keep_partial()
        elif op.name == "stablehlo.reshape" and overflows(tensors):
            rewriter.lay_out(dealt_out(rule, tensors, name, mesh))
        else:
            rewriter.lay_out(common_axes(rule, tilings, sizes, mesh))

    def mesh_for(self, layouts: Sequence[Layout | None]) -> str | None:
        """The mesh that most sharded tensors are on; None if there is none, or if their axes differ."""
        known = [layout for layout in layouts if layout is not None and self.meshes[layout.mesh].axes]
        if not known or any(layout is not None and self.meshes[layout.mesh].is_single_device for layout in layouts):
            return None
        if len({self.meshes[layout.mesh].axes for layout in known}) > 1:
            return None
        counts: dict[str, int] = {}
        best, most = known[0].mesh, 0
        for layout in known:
            if any(layout.axes):
                counts[layout.mesh] = counts.get(layout.mesh, 0) + 1
                if counts[layout.mesh] > most:
                    best, most = layout.mesh, counts[layout.mesh]
        return best


def _needs_reshards(op: Operation) -> bool:
    """Whether an op's tensors must agree even where reshards are left to what comes later."""
    if op.name == "stablehlo.concatenate":
        return any(layout_of(operand) != layout_of(op.results[0]) for operand in op.operands)
    return op.name == "func.call"


def _inner_first(op: Operation) -> Iterator[Operation]:
    """The ops inside `op`, those of regions before the op that has them."""
    for region in op.regions:
        for block in region.blocks:
            for inner in block.ops:
                yield from _inner_first(inner)
                yield inner


def _terminators(op: Operation) -> list[Operation]:
    """The ops that give an op's results; the condition of a loop gives none."""
    regions = op.regions[1:] if op.name == "stablehlo.while" else op.regions
    return [last for region in regions if (last := region.block.last_op) is not None]


def _rule(op: Operation) -> Rule | None:
    rule = rule_of(op)
    if op.name == "stablehlo.concatenate" and rule is not None and _joins_slices(op):
        # Such parts are shifted a little, as by a roll, and may stay tiled.
        return replace(rule, need_replication=rule.permutation, permutation=rule.need_replication)
    if op.name == "stablehlo.dynamic_update_slice" and rule is not None:
        fixed = all(isinstance(v.owner, Operation) and v.owner.name in LITERALS for v in op.operands[2:])
        # An update at a fixed place may stay tiled.
        return replace(rule, lenient=rule.need_replication) if fixed else rule
    return rule


def _joins_slices(op: Operation) -> bool:
    """Whether each operand is a slice, or a tensor that another one is a slice of."""
    slices = [v for v in op.operands if isinstance(v.owner, Operation) and v.owner.name == "stablehlo.slice"]
    sliced = [v.owner.operands[0] for v in slices if isinstance(v.owner, Operation)]
    return all(operand in slices or operand in sliced for operand in op.operands)


def _behind_barriers(value: SSAValue) -> SSAValue:
    """The value that barriers hand on as it is: Shardy goes by its layout, whatever the barrier says."""
    while isinstance(value.owner, PropagationBarrierOp):
        value = value.owner.operands[0]
    return value


def _elements(value: SSAValue) -> int:
    """How many elements a tensor has; 0 if it is none, or if that is only known when the program runs."""
    if not isinstance(value.type, ShapedType) or DYNAMIC_INDEX in value.type.get_shape():
        return 0
    return prod(value.type.get_shape())
