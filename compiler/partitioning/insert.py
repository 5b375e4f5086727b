"""Makes every change of layout explicit: after this each op's operands lie as its strategy reads them."""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp, TensorType, i1
from xdsl.ir import Block, Operation, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from eggshard.dialects.sharding import ReshardOp, layout_of, set_layouts
from eggshard.dialects.sharding.access import result_layout, set_argument_layouts, set_result_layouts
from eggshard.dialects.sharding.layout import Axis, Layout, Mesh, Partial
from eggshard.partitioning import strategy
from eggshard.partitioning.program import (
    BARRIERS,
    CONTROL_FLOW,
    TERMINATORS,
    cause,
    closed,
    main_function,
    replicated,
    the_mesh,
    wanted_layout,
)
from eggshard.partitioning.strategies import CHOSEN, PLANNED, carries_of, choose_strategies, tiling_of
from eggshard.rules.table import rule_of

ANNOTATIONS = frozenset(
    {
        "sharding.constraint",
        "sdy.sharding_constraint",
        "sdy.sharding_group",
        "sdy.propagation_barrier",
        "sdy.data_flow_edge",
        "sdy.func_data_flow_edge",
    }
)
"""Ops that mean something to propagation alone."""


def insert_reshards(module: ModuleOp) -> None:
    """
    Puts a `sharding.reshard` wherever a value lies otherwise than its user reads it.

    Strategies are chosen first if the program has none. Afterwards `sharding.layouts` of each op is what the op makes,
    partial axes included.
    """
    found = the_mesh(module)
    if found is not None:
        if CHOSEN not in main_function(module).attributes:
            choose_strategies(module)
        del main_function(module).attributes[CHOSEN]
        planned = main_function(module).attributes.pop(PLANNED, None) is not None
        _Inserter(*found, planned).function(module)


def same_place(a: Layout, b: Layout) -> bool:
    """Whether devices hold the same under both layouts."""
    return a.axes == b.axes and set(a.partial) == set(b.partial)


def with_term(layout: Layout, axis: Axis) -> Layout:
    """The layout with terms of a sum along one more axis."""
    return Layout.of(layout.mesh, layout.axes, (*layout.partial, Partial(axis, "sum")))


class _Inserter:
    def __init__(self, mesh_name: str, mesh: Mesh, planned: bool):
        self.mesh_name = mesh_name
        self.mesh = mesh
        self.planned = planned
        self.at: dict[SSAValue, Layout] = {}
        self.made: dict[tuple[SSAValue, Layout], SSAValue] = {}

    def function(self, module: ModuleOp) -> None:
        func = main_function(module)
        block = func.body.block
        for argument in block.args:
            self.at[argument] = self.wanted(argument)
        set_argument_layouts(func, {argument.index: self.at[argument] for argument in block.args})
        last = block.last_op
        assert last is not None
        wanted = {}
        for index, value in enumerate(last.operands):
            given = result_layout(func, index)
            layout = closed(given.axes, value.type, self.mesh_name) if given else wanted_layout(value, self.mesh_name)
            wanted[index] = layout
        self.block(block, list(wanted.values()))
        set_result_layouts(func, wanted)

    def block(self, block: Block, returned: list[Layout]) -> None:
        for op in list(block.ops):
            if op.name in TERMINATORS:
                self.read(op, returned)
            elif op.name in CONTROL_FLOW:
                self.control_flow(op)
            elif op.name in BARRIERS:
                layouts = [wanted_layout(value, self.mesh_name) for value in op.results]
                self.read(op, layouts)
                self.make(op, layouts, layouts)
            elif op.name in ANNOTATIONS:
                self.annotation(op)
            else:
                self.op(op)

    def annotation(self, op: Operation) -> None:
        """An op that only speaks of layouts becomes a reshard, or nothing."""
        for result in op.results:
            value, want = op.operands[result.index], wanted_layout(result, self.mesh_name)
            source = self.at[value]
            if source.axes != want.axes:
                value = self.reshard(value, source, want, op, cause(op, "annotation"))
            result.replace_all_uses_with(value)
        op.detach()
        op.erase()

    def op(self, op: Operation) -> None:
        wanted = [self.wanted(value) for value in op.results]
        rule = rule_of(op)
        tiling, carries = tiling_of(op), carries_of(op)
        if rule is None or not (tiling or carries):
            reads = [replicated(value.type, self.mesh_name) for value in op.operands]
            makes = [replicated(value.type, self.mesh_name) for value in op.results]
        else:
            boolean = any(isinstance(r.type, TensorType) and r.type.element_type == i1 for r in op.results)
            found = strategy.layouts(tiling, rule.local, self.mesh_name, self.mesh, boolean)
            reads, makes = list(found[0]), list(found[1])
            for axis, carried in carries:
                reads = [with_term(layout, axis) if i in carried else layout for i, layout in enumerate(reads)]
                makes = [with_term(layout, axis) for layout in makes]
        self.read(op, reads)
        self.make(op, makes, wanted)

    def wanted(self, value: SSAValue) -> Layout:
        """Where a value is to lie; only a search leaves values partial."""
        layout = wanted_layout(value, self.mesh_name)
        given = layout_of(value) if self.planned else None
        return Layout.of(self.mesh_name, layout.axes, given.partial) if given is not None else layout

    def read(self, op: Operation, layouts: list[Layout]) -> None:
        """Reshards the operands that lie elsewhere."""
        for index, (value, layout) in enumerate(zip(op.operands, layouts, strict=True)):
            source = self.at[value]
            if not same_place(source, layout):
                op.operands[index] = self.reshard(value, source, layout, op, cause(op, f"operand {index}"))

    def make(self, op: Operation, makes: list[Layout], wanted: list[Layout]) -> None:
        """Reshards the results to where the program wants them."""
        if any(layout.rank or layout.partial for layout in makes):
            set_layouts(op, makes)
        for index, (made, want) in enumerate(zip(makes, wanted, strict=True)):
            result = op.results[index]
            self.at[result] = made
            if not same_place(made, want):
                text = cause(op, "result" if len(makes) == 1 else f"result {index}")
                reshard = ReshardOp(result, made, want, text)
                reshard.location = op.location
                set_layouts(reshard, [want])
                result.replace_all_uses_with(reshard.result)
                reshard.operands[0] = result
                Rewriter.insert_op(reshard, InsertPoint.after(op))
                self.at[reshard.result] = want

    def reshard(self, value: SSAValue, source: Layout, target: Layout, before: Operation, text: str) -> SSAValue:
        op = ReshardOp(value, source, target, text)
        op.location = before.location
        set_layouts(op, [target])
        Rewriter.insert_op(op, InsertPoint.before(before))
        self.at[op.result] = target
        return op.result

    def control_flow(self, op: Operation) -> None:
        """Carries keep one layout around a loop, branches agree on one; a manual computation says its own."""
        results = [wanted_layout(value, self.mesh_name) for value in op.results]
        if op.name == "stablehlo.while":
            self.read(op, results)
            condition, body = op.regions
            for region in op.regions:
                for argument, layout in zip(region.block.args, results, strict=True):
                    self.at[argument] = layout
            self.block(condition.block, [Layout.of(self.mesh_name, ())])
            self.block(body.block, results)
        elif op.name == "sdy.manual_computation":
            from eggshard.partitioning.manual import manual_layouts

            inside = manual_layouts(op, self.mesh_name)
            self.read(op, inside.operands)
            for argument, layout in zip(op.regions[0].block.args, inside.arguments, strict=True):
                self.at[argument] = layout
            self.block(op.regions[0].block, inside.returns)
            self.at.update(zip(op.results, inside.results, strict=True))
            return
        else:
            self.read(op, [Layout.of(self.mesh_name, ())])
            for region in op.regions:
                self.block(region.block, results)
        if results:
            set_layouts(op, results)
        for result, layout in zip(op.results, results, strict=True):
            self.at[result] = layout
