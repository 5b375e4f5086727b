"""The program as a graph of numbers: equal ops once, argument-independent ones marked."""

from __future__ import annotations

from dataclasses import dataclass, field

from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Block, Operation, SSAValue

from eggshard.dead_code import has_effects
from eggshard.fold.signatures import COMMUTATIVE, Signatures

Node = Operation | SSAValue
"""An op, or a value from outside: an argument of the block, or what a loop's body captures."""


@dataclass
class Graph:
    """
    Nodes are numbered in program order, arguments first; values are numbered as their nodes, result by result.

    An op that equals an earlier one in signature and operands is no node of its own: `duplicates` maps it to the
    earlier one. `operands` of a node are values, of its op and then those that its regions capture; `users` of a value
    are (node, operand position).
    """

    nodes: list[Node] = field(default_factory=list)
    exact: list[int] = field(default_factory=list)
    loose: list[int] = field(default_factory=list)
    operands: list[tuple[int, ...]] = field(default_factory=list)
    first: list[int] = field(default_factory=list)
    results: list[int] = field(default_factory=list)
    literal: list[bool] = field(default_factory=list)
    commutative: list[bool] = field(default_factory=list)
    owner: list[int] = field(default_factory=list)
    values: list[SSAValue] = field(default_factory=list)
    users: list[list[tuple[int, int]]] = field(default_factory=list)
    duplicates: dict[Operation, Operation] = field(default_factory=dict)
    value_of: dict[SSAValue, int] = field(default_factory=dict)
    arguments: int = 0

    def __len__(self) -> int:
        return len(self.nodes)


def build(block: Block, signatures: Signatures) -> Graph:
    """The graph of one block; values that it uses from outside are arguments too, after its own."""
    graph = Graph()
    for argument, attributes in _arguments(block):
        _add_argument(graph, argument, signatures.of_argument(argument, attributes))
    described = [(op, *signatures.of(op)) for op in block.ops]
    inside = {result for op, _, _ in described for result in op.results}
    for _, _, values in described:
        for value in values:
            if value not in inside and value not in graph.value_of:
                _add_argument(graph, value, signatures.of_argument(value, {}))
    graph.arguments = len(graph)
    known: dict[tuple[int, tuple[int, ...]], int] = {}
    for op, exact, values in described:
        _add_op(graph, op, exact, signatures.loose(exact), tuple([graph.value_of[v] for v in values]), known)
    return graph


def _arguments(block: Block) -> list[tuple[SSAValue, dict[str, Attribute]]]:
    parent = block.parent_op()
    described = parent.arg_attrs if isinstance(parent, FuncOp) else None
    if described is None:
        return [(argument, {}) for argument in block.args]
    return [(a, dict(attributes.data)) for a, attributes in zip(block.args, described, strict=True)]


def _add_argument(graph: Graph, value: SSAValue, signature: int) -> None:
    _add(graph, value, signature, signature, ())
    _add_value(graph, value)


def _add_op(
    graph: Graph,
    op: Operation,
    exact: int,
    loose: int,
    operands: tuple[int, ...],
    known: dict[tuple[int, tuple[int, ...]], int],
) -> None:
    effects = _runs_for_effects(op)
    commutative = op.name in COMMUTATIVE
    key = (exact, tuple(sorted(operands)) if commutative else operands)
    node = len(graph)
    earlier = node if effects else known.setdefault(key, node)
    if earlier != node:
        original = graph.nodes[earlier]
        assert isinstance(original, Operation)
        graph.duplicates[op] = original
        for r, result in enumerate(op.results):
            graph.value_of[result] = graph.first[earlier] + r
        return
    literal = not effects and all(graph.literal[graph.owner[value]] for value in operands)
    _add(graph, op, exact, loose, operands, literal, commutative)
    for result in op.results:
        _add_value(graph, result)
    for position, value in enumerate(operands):
        graph.users[value].append((node, position))


def _runs_for_effects(op: Operation) -> bool:
    # A terminator is never merged; the cheap test first, since few ops have regions or effects.
    return not op.results or has_effects(op)


def _add(
    graph: Graph,
    node: Node,
    exact: int,
    loose: int,
    operands: tuple[int, ...],
    literal: bool = False,
    commutative: bool = False,
) -> None:
    graph.nodes.append(node)
    graph.exact.append(exact)
    graph.loose.append(loose)
    graph.operands.append(operands)
    graph.first.append(len(graph.values))
    graph.results.append(0)
    graph.literal.append(literal)
    graph.commutative.append(commutative)


def _add_value(graph: Graph, value: SSAValue) -> None:
    graph.value_of[value] = len(graph.values)
    graph.values.append(value)
    graph.owner.append(len(graph) - 1)
    graph.users.append([])
    graph.results[-1] += 1
