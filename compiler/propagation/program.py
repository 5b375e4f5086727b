"""Builds the graph of a module."""

from __future__ import annotations

from collections.abc import Iterable

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.traits import IsTerminator, Pure

from eggshard.dialects.sharding import argument_layout, layout_of, meshes_of, result_layout
from eggshard.dialects.sharding.layout import Layout
from eggshard.propagation.dataflow import (
    DATA_FLOW,
    Edge,
    argument_edges,
    border,
    callee_name,
    calls_by_callee,
    result_edges,
)
from eggshard.propagation.graph import FunctionResult, Graph, Node, Way, identity_rule, is_elementwise, way_of
from eggshard.rules.build import number, shape_of
from eggshard.rules.rule import Rule
from eggshard.rules.table import rule_of

KEPT = frozenset(["sharding.constraint", "sdy.sharding_constraint"])
"""Pure ops that stay although nobody uses their result: they speak of their operand."""


BARRIER = "sdy.propagation_barrier"


def build_graph(module: ModuleOp, conservative: bool = False) -> Graph:
    """The graph of every function of `module`."""
    return _Builder(module, conservative).build()


class _Builder:
    """One walk in the order of the text; uses are noted in the order in which they come into being."""

    def __init__(self, module: ModuleOp, conservative: bool) -> None:
        self.conservative = conservative
        self.graph = Graph(meshes_of(module))
        self.functions = {op.sym_name.data: op for op in module.ops if isinstance(op, FuncOp)}
        self.calls = calls_by_callee(list(self.functions.values())) if len(self.functions) > 1 else {}
        self.users: dict[int, list[int | SSAValue]] = {}
        """Per slot its uses: numbers of nodes, or the owners of the edges that it is a source of."""
        self.other_users: dict[SSAValue, list[int | SSAValue]] = {}
        """The same for targets of an edge that do not own it."""
        self.edges: list[tuple[int, Edge]] = []

    def build(self) -> Graph:
        for function in self.functions.values():
            if function.body.blocks:
                self.function(function)
        for place, edge in self.edges:
            node = self.graph.nodes[place]
            node.operands = tuple(self.graph.slot_of[source] for source in edge.sources)
        self.watch()
        return self.graph

    def function(self, function: FuncOp) -> None:
        block = function.body.block
        calls = self.calls.get(function.sym_name.data, [])
        for index, argument in enumerate(block.args):
            self.slot(argument, argument_layout(function, index))
            if calls:
                self.edge(Edge(argument, tuple(call.operands[index] for call in calls), inward=True))
        self.block(block)
        terminator = block.last_op
        if terminator is None or not terminator.has_trait(IsTerminator):
            return
        for index, value in enumerate(terminator.operands):
            shape = shape_of(value)
            if calls:
                self.graph.returned.append((function, index, self.graph.slot_of[value]))
                continue
            slot = self.graph.add_slot(result_layout(function, index), len(shape))
            self.graph.results.append(FunctionResult(function, index, self.graph.slot_of[value], slot, shape))

    def block(self, block: Block) -> None:
        for op in block.ops:
            if op.name in DATA_FLOW:
                self.data_flow(op)
            elif op.name == "sdy.data_flow_edge":
                self.explicit_edge(op)
            elif op.has_trait(IsTerminator):
                self.terminator(op)
            else:
                self.plain(op)

    def plain(self, op: Operation) -> None:
        """An op with a rule, or one that propagation goes around."""
        own = tuple(self.slot(result, layout_of(result)) for result in op.results)
        if len(own) > 1:
            for slot in own:
                self.graph.siblings[slot] = tuple(s for s in own if s != slot)
        rule, way = self.rule(op)
        if rule is None:
            self.use(op.operands, None)
            return
        operands = tuple(self.graph.slot_of[operand] for operand in op.operands)
        removable = op.has_trait(Pure) and op.name not in KEPT
        node = Node(rule, way, operands, own, op, removable=removable, elementwise=is_elementwise(op))
        node.passage = op.name == BARRIER
        node.single_use = not any(shape_of(operand) and not operand.has_one_use() for operand in op.operands)
        self.use(op.operands, self.add(node))

    def rule(self, op: Operation) -> tuple[Rule | None, Way]:
        if op.name == BARRIER:
            return identity_rule(shape_of(op.results[0]), 1), Way(number(op.properties["allowed_direction"]))
        return rule_of(op, self.conservative), way_of(op)

    def data_flow(self, op: Operation) -> None:
        """Arguments of the body, the bodies, then the results; the op's own uses come after those in its regions."""
        for edge in argument_edges(op):
            self.slot(edge.owner, layout_of(edge.owner))
            self.edge(edge, op)
        edges = list(result_edges(op, self.functions))
        for edge in edges:
            slot = self.slot(edge.owner, layout_of(edge.owner))
            for other in edge.others:
                self.graph.slot_of[other] = slot
                self.other_users[other] = []
        for region in op.regions:
            for block in region.blocks:
                self.block(block)
        for edge in edges:
            self.edge(edge, op)
        for operand, target in zip(op.operands, self.targets(op), strict=False):
            self.use((operand,), target)

    def targets(self, op: Operation) -> Iterable[SSAValue | None]:
        """Per operand of a data flow op the owner of the edge that it is a source of."""
        if op.name in ("stablehlo.while", "stablehlo.optimization_barrier"):
            return op.results
        if op.name == "func.call":
            callee = self.functions.get(callee_name(op))
            return callee.body.block.args if callee is not None and callee.body.blocks else [None] * len(op.operands)
        return op.regions[0].block.args if op.name.startswith("sdy.") else [None] * len(op.operands)

    def edge(self, edge: Edge, op: Operation | None = None) -> None:
        """A node between the sources of an edge and its owner; the sources' slots are filled in at the end."""
        slot = self.graph.slot_of[edge.owner]
        manual = border(op, edge) if op is not None and op.name == "sdy.manual_computation" else None
        rule = identity_rule(shape_of(edge.owner), len(edge.sources))
        self.edges.append((self.add(Node(rule, Way.BOTH, (), (slot,), op, manual, passage=True)), edge))

    def terminator(self, op: Operation) -> None:
        """What a region returns is a source of the edges of the op around it, except for a loop's condition."""
        parent = op.parent_op()
        condition = parent is not None and parent.name == "stablehlo.while" and op.parent is parent.regions[0].block
        flows = parent is not None and parent.name in DATA_FLOW and not condition
        for index, operand in enumerate(op.operands):
            self.use((operand,), parent.results[index] if flows and parent else None)

    def explicit_edge(self, op: Operation) -> None:
        """An edge that the program spells out: another name for its input, with a layout of its own."""
        slot = self.graph.slot_of[op.operands[0]]
        self.graph.slot_of[op.results[0]] = slot
        self.graph.hidden.add(op.operands[0])
        layout = layout_of(op.results[0])
        if layout is not None:
            self.graph.layouts[slot] = layout

    def slot(self, value: SSAValue, layout: Layout | None) -> int:
        slot = self.graph.add_slot(layout, len(shape_of(value)))
        self.graph.slot_of[value] = slot
        return slot

    def add(self, node: Node) -> int:
        self.graph.nodes.append(node)
        return len(self.graph.nodes) - 1

    def use(self, values: Iterable[SSAValue], user: int | SSAValue | None) -> None:
        """Notes a use by a node, by an edge (named by its owner), or by something that propagation goes around."""
        for value in values:
            slot = self.graph.slot_of[value]
            self.graph.uses[slot] += 1
            if user is None:
                continue
            others = self.other_users.get(value)
            if others is not None:
                others.append(user)
            else:
                self.users.setdefault(slot, []).append(user)

    def watch(self) -> None:
        """
        Lists for every slot the nodes to look at when it changes, in the order in which they go on the stack.

        First its own node, then the users, latest first, so that the earliest is taken from the stack first. An edge
        puts the users of its other targets before, and its owner's users earliest first.
        """
        graph = self.graph
        node_of_edge = {edge.owner: place for place, edge in self.edges}

        def nodes(users: Iterable[int | SSAValue]) -> list[int]:
            found = (user if isinstance(user, int) else node_of_edge.get(user) for user in users)
            return [place for place in found if place is not None]

        for slot, users in self.users.items():
            graph.watchers[slot] = nodes(reversed(users))
        for place, node in enumerate(graph.nodes):
            for slot in node.results:
                graph.owners[slot] = place
                graph.watchers[slot].insert(0, place)
        for place, edge in self.edges:
            slot = graph.nodes[place].results[0]
            others = [n for other in edge.others for n in nodes(reversed(self.other_users[other]))]
            graph.watchers[slot] = [*others, place, *nodes(self.users.get(slot, ()))]
