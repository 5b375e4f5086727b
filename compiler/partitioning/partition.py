"""Turns a whole program with explicit reshards into the program that each device runs."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import FunctionType, ModuleOp, SymbolRefAttr, TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Block, Operation, SSAValue

from eggshard.dialects.sharding import ReshardOp, layouts_of
from eggshard.dialects.sharding.access import STRATEGY, argument_layout
from eggshard.dialects.sharding.layout import Layout, Mesh
from eggshard.dialects.spmd import MESH
from eggshard.partitioning import strategy
from eggshard.partitioning.local import Local, retype
from eggshard.partitioning.localize.site import Site, localized
from eggshard.partitioning.localize.table import handler_of
from eggshard.partitioning.lower_reshard import lower_reshard
from eggshard.partitioning.program import BARRIERS, CONTROL_FLOW, main_function, program_ops, replicated, the_mesh
from eggshard.partitioning.strategies import tiling_of
from eggshard.rules.rule import Rule
from eggshard.rules.table import rule_of


def partition(module: ModuleOp) -> None:
    """
    Per-device shapes throughout; every reshard becomes collectives, and the function carries `spmd.mesh`.

    Types of the whole tensors stay on the function as `spmd.global`, for whoever cuts its arguments.
    """
    found = the_mesh(module)
    if found is not None:
        _Partitioner(*found).function(main_function(module))


class _Partitioner:
    def __init__(self, mesh_name: str, mesh: Mesh):
        self.mesh_name = mesh_name
        self.mesh = mesh
        self.local = Local(mesh_name, mesh)
        self.whole: dict[SSAValue, Attribute] = {}
        self.types: dict[tuple[Attribute, Layout], Attribute] = {}
        self.rules: dict[Operation, Rule] = {}

    def function(self, func: FuncOp) -> None:
        func.attributes["spmd.global"] = func.function_type
        func.attributes[MESH] = SymbolRefAttr(self.mesh_name)
        block = func.body.block
        for op in program_ops(block):  # before types change: rules speak of whole tensors
            if STRATEGY in op.attributes and (rule := rule_of(op)) is not None:
                self.rules[op] = rule.local
        for index, argument in enumerate(block.args):
            layout = argument_layout(func, index) or replicated(argument.type, self.mesh_name)
            self.retype(argument, layout)
        self.block(block)
        last = block.last_op
        assert last is not None
        func.properties["function_type"] = FunctionType.from_lists(
            [argument.type for argument in block.args], [value.type for value in last.operands]
        )

    def retype(self, value: SSAValue, layout: Layout) -> None:
        kind = value.type
        self.whole[value] = kind
        if not isinstance(kind, TensorType):
            return
        key = (kind, layout)
        local = self.types.get(key)
        if local is None:
            local = self.types[key] = localized(kind, layout, self.local)
        if local is not kind:
            retype(value, local)

    def block(self, block: Block) -> None:
        for op in list(block.ops):
            self.local.anchor = op
            if isinstance(op, ReshardOp):
                self.reshard(op)
            elif op.name in CONTROL_FLOW:
                self.control_flow(op)
            else:
                self.op(op)

    def reshard(self, op: ReshardOp) -> None:
        whole = self.whole[op.input]
        assert isinstance(whole, TensorType)
        because = op.because.data if op.because is not None else None
        source, target = op.source.data, op.target.data
        value = lower_reshard(self.local, op.input, whole.get_shape(), source, target, because)
        self.replace(op, [value], [whole])

    def op(self, op: Operation) -> None:
        layouts = layouts_of(op)
        tiling = tiling_of(op)
        op.attributes.pop(STRATEGY, None)
        if op.name in BARRIERS and layouts is not None:
            for result, layout in zip(op.results, layouts, strict=True):
                self.retype(result, layout)
            return
        if not tiling:
            for result in op.results:
                self.whole[result] = result.type
            return
        rule = self.rules[op]
        reads, makes = strategy.layouts(tiling, rule, self.mesh_name, self.mesh)
        layouts = layouts or makes
        site = Site(
            self.local,
            op,
            rule,
            tiling,
            reads,
            layouts,
            tuple(self.whole[value] for value in op.operands),
            tuple(result.type for result in op.results),
        )
        values = handler_of(op).run(site)
        if values is None:
            for result, layout in zip(op.results, layouts, strict=True):
                self.retype(result, layout)
        else:
            self.replace(op, values, site.result_types)

    def replace(self, op: Operation, values: Sequence[SSAValue], wholes: Sequence[Attribute]) -> None:
        for old, new, whole in zip(op.results, values, wholes, strict=True):
            self.whole[new] = whole
            new.name_hint = new.name_hint or old.name_hint
            old.replace_all_uses_with(new)
        op.detach()
        op.erase()

    def control_flow(self, op: Operation) -> None:
        if op.name == "sdy.manual_computation":
            from eggshard.partitioning.manual import inline_manual, manual_layouts

            inline_manual(op, manual_layouts(op, self.mesh_name), self.retype, self.block, self.replace)
            return
        layouts = layouts_of(op) or tuple(replicated(result.type, self.mesh_name) for result in op.results)
        for region in op.regions:
            if op.name == "stablehlo.while":
                for argument, layout in zip(region.block.args, layouts, strict=True):
                    self.retype(argument, layout)
            self.block(region.block)
        self.local.anchor = op
        for result, layout in zip(op.results, layouts, strict=True):
            self.retype(result, layout)
