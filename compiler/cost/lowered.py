"""
A program as a compiler's back end sees it: ops that fuse, ops that call a library, values that are only views.

What is built here follows XLA's clean-up before fusion: equal ops are merged, reshapes are views, products want their
operands as [batch, rows, contracted] and [batch, contracted, columns], all_reduces that wait together are one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from xdsl.dialects.builtin import AnyFloat, TensorType
from xdsl.ir import Attribute, Block, Operation, SSAValue

from eggshard.cost.batch import Category
from eggshard.cost.features import CATEGORIES, COSTLY
from eggshard.dialects.stablehlo.dense import DenseElements, element_bytes

LIBRARY_REDUCE = 4096
"""Elements from which on a reduction is a library call, whose operand is in memory."""


Uneven = Mapping[int, tuple[int, int]]
"""Argument or result -> its bytes on a device with uneven dimensions padded, and without."""


class Kind(IntEnum):
    """How a node takes part in fusion and what buffer it needs."""

    ARGUMENT = 0
    CONSTANT = 1
    ELEMENTWISE = 2
    SOURCE = 3
    """A broadcast or an iota: fuses, and reuses what it reads."""
    VIEW = 4
    """A reshape: the same bytes under another shape."""
    SHAPE = 5
    """Moves elements, and fuses: transposes, slices, pads, concatenations, gathers."""
    REDUCE = 6
    LIBRARY = 7
    """Reads memory and writes memory."""
    PART = 8
    """A further result of the library call that is its operand."""
    IN_PLACE = 9
    """Writes into its first operand."""
    LOOP = 10


COMPUTED = frozenset({Kind.ELEMENTWISE, Kind.REDUCE, Kind.LIBRARY, Kind.PART, Kind.IN_PLACE})
"""Kinds whose values come out of arithmetic, rather than being moved."""


@dataclass(slots=True)
class Node:
    """One value: its kind, bytes, number of dimensions larger than 1, what it reads, and whether it is dear to redo."""

    kind: Kind
    bytes: int
    rank: int
    operands: list[int]
    dear: bool = False
    absorbs: bool = False
    """Whether a library call fuses a product that nothing else reads."""
    late: bool = False
    """Whether clean-up made it anew, so that it runs after what else becomes ready with it."""
    op: Operation | None = None
    body: Lowered | None = None
    carries: int = -1
    """For a value carried by a loop, its index among the loop's operands."""


@dataclass
class Lowered:
    """The nodes of one block in an order in which operands come first, its arguments and what it returns."""

    nodes: list[Node] = field(default_factory=list)
    arguments: list[int] = field(default_factory=list)
    results: list[int] = field(default_factory=list)
    captured: list[SSAValue] = field(default_factory=list)

    def users(self) -> list[list[int]]:
        """Who reads each node, each reader once, in order."""
        found: list[list[int]] = [[] for _ in self.nodes]
        for index, node in enumerate(self.nodes):
            for operand in dict.fromkeys(node.operands):
                found[operand].append(index)
        return found


def lower(block: Block, held: Uneven | None = None, gathered: Uneven | None = None, widens: bool = False) -> Lowered:
    """
    The nodes of a block of a per-device program (dialects `stablehlo`, `chlo` and `spmd`).

    `held` are arguments that come with dimensions that do not divide, `gathered` results that leave so: they are padded
    to the first number of bytes before the program's part is cut out, or gathered to it, and lie there with the second.
    With `widens` floats of less than 32 bits are computed, and kept until they are returned, in 32.
    """
    builder = _Builder(widens)
    builder.start(block.args, held or {})
    for op in block.ops:
        if op.next_op is None and op.name.endswith("return"):
            builder.finish(op.operands, gathered or {})
        else:
            builder.lower(op)
    return combine_all_reduces(builder.out)


def lower_ops(ops: Sequence[Operation], returned: Sequence[SSAValue]) -> tuple[Lowered, dict[SSAValue, int]]:
    """The nodes of a list of ops, and the node of each value; all_reduces are left alone."""
    builder = _Builder()
    for op in ops:
        builder.lower(op)
    builder.finish(returned, {})
    return builder.out, builder.values


def bytes_of(kind: Attribute) -> int:
    return kind.element_count() * element_bytes(kind.element_type) if isinstance(kind, TensorType) else 0


def _widening(element: Attribute) -> int:
    """How many times 32 bits are what a float takes; 1 for everything but narrow floats."""
    return 4 // element_bytes(element) if isinstance(element, AnyFloat) and element_bytes(element) < 4 else 1


def _shape(value: SSAValue) -> tuple[int, ...]:
    return value.type.get_shape() if isinstance(value.type, TensorType) else ()


def _rank(kind: Attribute) -> int:
    return sum(1 for size in kind.get_shape() if size > 1) if isinstance(kind, TensorType) else 0


class _Builder:
    def __init__(self, widens: bool = False) -> None:
        self.widens = widens
        self.wide: set[int] = set()
        """Nodes whose narrow floats are held in 32 bits."""
        self.out = Lowered()
        self.values: dict[SSAValue, int] = {}
        self.known: dict[Any, int] = {}

    def start(self, arguments: Sequence[SSAValue], held: Uneven) -> None:
        for index, argument in enumerate(arguments):
            node = self.add(Kind.ARGUMENT, argument.type, [])
            self.out.arguments.append(node)
            if index in held:
                padded, self.out.nodes[node].bytes = held[index]
                node = self.add(Kind.LIBRARY, argument.type, [node])
                self.out.nodes[node].bytes = padded
                node = self.add(Kind.SHAPE, argument.type, [node])
            self.values[argument] = node

    def finish(self, returned: Sequence[SSAValue], gathered: Uneven) -> None:
        for index, value in enumerate(returned):
            node = self.read(value)
            if index in gathered:
                node = self.add(Kind.LIBRARY, value.type, [node])
                self.out.nodes[node].bytes = gathered[index][0]
                node = self.add(Kind.SHAPE, value.type, [node])
                self.out.nodes[node].bytes = gathered[index][1]
            elif self.out.nodes[node].kind is Kind.ELEMENTWISE:
                self.out.nodes[node].bytes = bytes_of(value.type)
            self.out.results.append(node)

    def add(self, kind: Kind, result: Attribute, operands: list[int], op: Operation | None = None, **more: Any) -> int:
        node = Node(kind, bytes_of(result), _rank(result), operands, op=op, **more)
        computed = kind in COMPUTED or (
            kind in (Kind.SHAPE, Kind.VIEW, Kind.SOURCE) and self.wide.issuperset(operands[:1])
        )
        if self.widens and computed and operands and isinstance(result, TensorType) and node.carries < 0:
            node.bytes *= _widening(result.element_type)
            self.wide.add(len(self.out.nodes))
        self.out.nodes.append(node)
        return len(self.out.nodes) - 1

    def read(self, value: SSAValue) -> int:
        """The node of a value; one from outside of the block becomes an argument."""
        if value not in self.values:
            self.values[value] = self.add(Kind.ARGUMENT, value.type, [])
            self.out.captured.append(value)
        return self.values[value]

    def lower(self, op: Operation) -> None:
        name = op.name.split(".", 1)[1]
        special = LOWERINGS.get(name)
        operands = [self.read(value) for value in op.operands]
        if special is not None:
            special(self, op, operands)
            return
        if not op.results:
            return
        category = CATEGORIES.get(op.name, Category.OPAQUE)
        if category is Category.ELEMENTWISE and not op.regions and not name.startswith("rng"):
            self.merged(op, Kind.ELEMENTWISE, operands, name in COSTLY and name != "divide")
        elif category is Category.FREE or name in ("dynamic_slice", "slice"):
            # A slice at a device's index comes with the index itself, which is a few integers.
            self.merged(op, Kind.SHAPE, operands)
        elif category is Category.MOVE:
            self.merged(op, Kind.SHAPE, operands)
        else:
            self.library(op, operands)

    def merged(self, op: Operation, kind: Kind, operands: list[int], dear: bool = False) -> None:
        """A node that an equal one may stand in for."""
        key = (op.name, tuple(operands), tuple(op.properties.items()), op.results[0].type)
        if key not in self.known:
            self.known[key] = self.add(kind, op.results[0].type, operands, op, dear=dear)
        self.values[op.results[0]] = self.known[key]

    def library(self, op: Operation, operands: list[int]) -> None:
        for value in (v for region in op.regions for v in _captured(region.blocks)):
            operands.append(self.read(value))
        first = self.add(Kind.LIBRARY, op.results[0].type, operands, op)
        self.values[op.results[0]] = first
        for result in op.results[1:]:
            self.values[result] = self.add(Kind.PART, result.type, [first], op)

    def permuted(self, node: int, value: SSAValue, order: Sequence[int], folds: bool) -> int:
        """The operand with its dimensions in `order`: a view where that moves none of size above 1, else a copy."""
        shape = _shape(value)
        moved = [dim for dim in order if shape[dim] > 1]
        if moved == sorted(moved) or folds:
            return node
        key = ("permuted", node, tuple(order))
        if key not in self.known:
            self.known[key] = self.add(Kind.SHAPE, value.type, [node])
        return self.known[key]


def _captured(blocks: Any) -> list[SSAValue]:
    """Values that the blocks read from outside of them."""
    inside: set[SSAValue] = set()
    read: list[SSAValue] = []
    for block in blocks:
        inside.update(block.args)
        for op in block.walk():
            inside.update(op.results)
            inside.update(arg for region in op.regions for inner in region.blocks for arg in inner.args)
            read.extend(op.operands)
    return [value for value in dict.fromkeys(read) if value not in inside]


def _constant(b: _Builder, op: Operation, operands: list[int]) -> None:
    elements = op.properties["value"]
    splat = isinstance(elements, DenseElements) and elements.is_splat
    spread = splat and _rank(op.results[0].type) > 0
    b.merged(op, Kind.SOURCE if spread else Kind.CONSTANT, operands)


def _scalar(b: _Builder, op: Operation, operands: list[int]) -> None:
    b.merged(op, Kind.CONSTANT, operands)


def _source(b: _Builder, op: Operation, operands: list[int]) -> None:
    b.merged(op, Kind.SOURCE, operands)


def _view(b: _Builder, op: Operation, operands: list[int]) -> None:
    b.merged(op, Kind.VIEW, operands)


def _broadcast(b: _Builder, op: Operation, operands: list[int]) -> None:
    same = bytes_of(op.operands[0].type) == bytes_of(op.results[0].type)
    b.merged(op, Kind.VIEW if same else Kind.SOURCE, operands)


def _convert(b: _Builder, op: Operation, operands: list[int]) -> None:
    if op.operands[0].type == op.results[0].type:
        b.values[op.results[0]] = operands[0]
    else:
        b.merged(op, Kind.ELEMENTWISE, operands)


def _transpose(b: _Builder, op: Operation, operands: list[int]) -> None:
    permutation: Any = op.properties["permutation"]
    shape = _shape(op.operands[0])
    moved = [dim for dim in permutation.get_values() if shape[dim] > 1]
    product = b.out.nodes[operands[0]]
    if len(shape) == 2 and product.kind is Kind.LIBRARY and product.op is not None and _is_product(product.op):
        # The product of the transposed operands in the other order.
        product.late = True
        b.merged(op, Kind.VIEW, operands)
        return
    b.merged(op, Kind.VIEW if moved == sorted(moved) else Kind.SHAPE, operands)


def _is_product(op: Operation) -> bool:
    return op.name == "stablehlo.dot_general" and op.results[0].has_one_use()


def _gather(b: _Builder, op: Operation, operands: list[int]) -> None:
    b.merged(op, Kind.SHAPE, operands, dear=True)


def _reduce(b: _Builder, op: Operation, operands: list[int]) -> None:
    kind = op.operands[0].type
    if len(op.results) > 1 or not isinstance(kind, TensorType):
        b.library(op, operands)
    elif bytes_of(kind) == bytes_of(op.results[0].type):
        b.merged(op, Kind.VIEW, operands[:1])
    elif kind.element_count() >= LIBRARY_REDUCE and str(kind.element_type).startswith(("f", "bf")):
        node = b.add(Kind.LIBRARY, op.results[0].type, operands[:1], op, absorbs=True)
        b.values[op.results[0]] = node
    else:
        b.values[op.results[0]] = b.add(Kind.REDUCE, op.results[0].type, operands, op, dear=True)


def _dot(b: _Builder, op: Operation, operands: list[int]) -> None:
    """Transposes of matrices fold into the product; those of tensors of more dimensions are copies."""
    numbers: Any = op.properties.get("dot_dimension_numbers")
    if numbers is None:
        b.library(op, operands)
        return
    n = numbers.data
    sides = [
        (n.lhs_batching_dimensions, n.lhs_contracting_dimensions, False),
        (n.rhs_batching_dimensions, n.rhs_contracting_dimensions, True),
    ]
    read = []
    for node, value, (batch, contracted, first) in zip(operands, op.operands, sides, strict=True):
        rank = len(_shape(value))
        free = [dim for dim in range(rank) if dim not in batch and dim not in contracted]
        order = [*batch, *contracted, *free] if first else [*batch, *free, *contracted]
        read.append(b.permuted(node, value, order, folds=rank == 2))
    b.library(op, read)


def _convolution(b: _Builder, op: Operation, operands: list[int]) -> None:
    """[batch, space, features] with [space, input, output], copied into that order where they are in another."""
    numbers: Any = op.properties["dimension_numbers"]
    n = numbers.data
    left = (n.input_batch_dimension, *n.input_spatial_dimensions, n.input_feature_dimension)
    right = (*n.kernel_spatial_dimensions, n.kernel_input_feature_dimension, n.kernel_output_feature_dimension)
    out = (n.output_batch_dimension, *n.output_spatial_dimensions, n.output_feature_dimension)
    read = [
        b.permuted(operands[0], op.operands[0], left, folds=False),
        b.permuted(operands[1], op.operands[1], right, folds=False),
    ]
    b.library(op, read)
    b.values[op.results[0]] = b.permuted(b.values[op.results[0]], op.results[0], out, folds=False)


def _in_place(b: _Builder, op: Operation, operands: list[int]) -> None:
    if len(op.results) > 1:
        b.library(op, operands)
    else:
        b.values[op.results[0]] = b.add(Kind.IN_PLACE, op.results[0].type, operands, op)


def _select_and_scatter(b: _Builder, op: Operation, operands: list[int]) -> None:
    """Expanded: a window reduction that carries positions (an integer per dimension), then a scatter of them."""
    whole, windows = op.operands[0], op.operands[1]
    rank = len(_shape(whole))
    extent, count = max(1, _elements(whole)) * 4, max(1, _elements(windows)) * 4
    iotas = [b.add(Kind.LIBRARY, whole.type, []) for _ in range(rank)]
    for iota in iotas:
        b.out.nodes[iota].bytes = extent
    window = b.add(Kind.LIBRARY, windows.type, [operands[0], *iotas])
    parts = [b.add(Kind.PART, windows.type, [window]) for _ in range(rank)]
    for part in parts:
        b.out.nodes[part].bytes = count
    zeros = b.add(Kind.SOURCE, op.results[0].type, [])
    b.values[op.results[0]] = b.add(Kind.IN_PLACE, op.results[0].type, [zeros, operands[1], *parts], op)


def _elements(value: SSAValue) -> int:
    return value.type.element_count() if isinstance(value.type, TensorType) else 0


def _barrier(b: _Builder, op: Operation, operands: list[int]) -> None:
    b.values.update(zip(op.results, operands, strict=True))


def _all_reduce(b: _Builder, op: Operation, operands: list[int]) -> None:
    """One call per tensor; `combine_all_reduces` joins them."""
    for result, operand in zip(op.results, operands, strict=False):
        b.values[result] = b.add(Kind.LIBRARY, result.type, [operand], op)


def _loop(b: _Builder, op: Operation, operands: list[int]) -> None:
    """The loop itself, and a node for each value that it carries."""
    body = lower(op.regions[-1].block, widens=b.widens)
    outside = [b.read(value) for value in body.captured]
    node = b.add(Kind.LOOP, op.operands[0].type, [*operands, *outside], op, body=body)
    b.out.nodes[node].bytes = 0
    for index, result in enumerate(op.results):
        b.values[result] = b.add(Kind.PART, result.type, [node], op, carries=index)


LOWERINGS: dict[str, Any] = {
    "all_reduce": _all_reduce,
    "broadcast_in_dim": _broadcast,
    "constant": _constant,
    "convert": _convert,
    "convolution": _convolution,
    "device_index": _scalar,
    "dot_general": _dot,
    "dynamic_update_slice": _in_place,
    "gather": _gather,
    "iota": _source,
    "optimization_barrier": _barrier,
    "partition_id": _scalar,
    "reduce": _reduce,
    "reshape": _view,
    "scatter": _in_place,
    "select_and_scatter": _select_and_scatter,
    "transpose": _transpose,
    "while": _loop,
}


def combine_all_reduces(graph: Lowered) -> Lowered:
    """
    Joins all_reduces over the same axes that wait at the same time into one, which needs all their operands.

    Everything else goes first, so those of gradients gather up until something needs one of them.
    """
    waiting: dict[Any, list[int]] = {}
    groups: list[list[int]] = []
    users, missing = graph.users(), [len(set(node.operands)) for node in graph.nodes]
    ready = deque(index for index, count in enumerate(missing) if not count)
    done: list[int] = []
    while ready or waiting:
        if ready:
            index = ready.popleft()
            key = _combines(graph.nodes[index])
            if key is not None:
                waiting.setdefault(key, []).append(index)
                continue
            released = [index]
        else:
            released = waiting.pop(next(iter(waiting)))
            groups.append(released)
        for index in released:
            done.append(index)
            for user in users[index]:
                missing[user] -= 1
                if not missing[user]:
                    ready.append(user)
    if all(len(group) == 1 for group in groups):
        return graph
    return _joined(graph, done, [group for group in groups if len(group) > 1])


def _combines(node: Node) -> Any:
    op = node.op
    if node.kind is not Kind.LIBRARY or op is None or not op.name.endswith(".all_reduce"):
        return None
    kind: Any = op.results[0].type
    return (
        op.properties.get("axes"),
        op.properties.get("kind"),
        kind.element_type,
        op.properties.get("replica_groups"),
    )


def _joined(graph: Lowered, order: list[int], groups: list[list[int]]) -> Lowered:
    """The graph renumbered in `order`, with a call before the members of each group."""
    group_of = {member: group for group in groups for member in group}
    new: list[Node] = []
    place: dict[int, int] = {}
    calls: dict[int, int] = {}
    for index in order:
        node = graph.nodes[index]
        group = group_of.get(index)
        if group is not None:
            if group[0] not in calls:
                operands = [place[operand] for member in group for operand in graph.nodes[member].operands]
                calls[group[0]] = len(new)
                new.append(Node(Kind.LIBRARY, 0, 0, operands, op=node.op))
            node = Node(Kind.PART, node.bytes, node.rank, [calls[group[0]]], op=node.op)
        else:
            node.operands = [place[operand] for operand in node.operands]
        place[index] = len(new)
        new.append(node)
    arguments, results = ([place[index] for index in ends] for ends in (graph.arguments, graph.results))
    return Lowered(new, arguments, results, graph.captured)
