"""Builds the nodes of a block (`lowered.py`) out of its ops."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, Block, Operation, SSAValue

from eggshard.cost.batch import Category
from eggshard.cost.combining import combine_all_reduces
from eggshard.cost.features import CATEGORIES, COSTLY
from eggshard.cost.lowered import COMPUTED, Kind, Lowered, Node, bytes_of, rank_of, shape_of, widening

Uneven = Mapping[int, tuple[int, int]]
"""Argument or result -> its bytes on a device with uneven dimensions padded, and without."""

MOSTLY = 2
"""How many times a result may be padded to and still be gathered so."""

Handler = Callable[["Builder", Operation, list[int]], None]
"""Adds the nodes of an op, whose operands' nodes it is given, and notes which of them its results are."""


class Builder:
    """
    Makes the nodes of one block, op by op; `handlers` are the ops that are more than what their category says.

    With `widens` floats of less than 32 bits are computed, and kept until they are returned, in 32.
    """

    def __init__(self, handlers: Mapping[str, Handler], widens: bool = False) -> None:
        self.handlers, self.widens = handlers, widens
        self.wide: set[int] = set()
        """Nodes whose narrow floats are held in 32 bits."""
        self.out = Lowered()
        self.values: dict[SSAValue, int] = {}
        self.known: dict[Any, int] = {}

    def block(self, block: Block, held: Uneven, gathered: Uneven) -> Lowered:
        """The nodes of a whole block, its all_reduces combined."""
        self.start(block.args, held)
        for op in block.ops:
            if op.next_op is None and op.name.endswith("return"):
                self.finish(op.operands, gathered)
            else:
                self.lower(op)
        return combine_all_reduces(self.out)

    def inner(self, block: Block) -> Lowered:
        """The nodes of a block of one of the ops."""
        return Builder(self.handlers, self.widens).block(block, {}, {})

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
                node = self.gathered(node, value.type, *gathered[index])
            elif self.out.nodes[node].kind is Kind.ELEMENTWISE:
                self.out.nodes[node].bytes = bytes_of(value.type)
            self.out.results.append(node)

    def gathered(self, node: int, kind: Attribute, padded: int, size: int) -> int:
        """
        A result that leaves whole: gathered with its padding, which is cut off, if that is not most of it.

        Otherwise each device writes its part into zeros, which lie ready from the start, and all are added up.
        """
        if padded <= MOSTLY * size:
            node = self.add(Kind.LIBRARY, kind, [node])
            self.out.nodes[node].bytes = padded
            node = self.add(Kind.SHAPE, kind, [node])
        else:
            zeros = self.add(Kind.LIBRARY, kind, [])
            self.out.nodes[zeros].bytes = size
            node = self.add(Kind.IN_PLACE, kind, [zeros, node])
            self.out.nodes[node].bytes = size
            node = self.add(Kind.LIBRARY, kind, [node])
        self.out.nodes[node].bytes = size
        return node

    def add(self, kind: Kind, result: Attribute, operands: list[int], op: Operation | None = None, **more: Any) -> int:
        node = Node(kind, bytes_of(result), rank_of(result), operands, op=op, **more)
        computed = kind in COMPUTED or (
            kind in (Kind.SHAPE, Kind.VIEW, Kind.SOURCE) and self.wide.issuperset(operands[:1])
        )
        if self.widens and computed and operands and isinstance(result, TensorType) and node.carries < 0:
            node.bytes *= widening(result.element_type)
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
        special = self.handlers.get(name)
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
        for value in (v for region in op.regions for v in captured(region.blocks)):
            operands.append(self.read(value))
        first = self.add(Kind.LIBRARY, op.results[0].type, operands, op)
        self.values[op.results[0]] = first
        for result in op.results[1:]:
            self.values[result] = self.add(Kind.PART, result.type, [first], op)

    def permuted(self, node: int, value: SSAValue, order: Sequence[int], folds: bool) -> int:
        """The operand with its dimensions in `order`: a view where that moves none of size above 1, else a copy."""
        shape = shape_of(value)
        moved = [dim for dim in order if shape[dim] > 1]
        if moved == sorted(moved) or folds:
            return node
        key = ("permuted", node, tuple(order))
        if key not in self.known:
            self.known[key] = self.add(Kind.SHAPE, value.type, [node])
        return self.known[key]


def captured(blocks: Any) -> list[SSAValue]:
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
