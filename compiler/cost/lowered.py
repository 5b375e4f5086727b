"""A program as a compiler's back end sees it: ops that fuse, ops that call a library, values that are only views."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from xdsl.dialects.builtin import AnyFloat, TensorType
from xdsl.ir import Attribute, Operation, SSAValue

from eggshard.dialects.stablehlo.dense import element_bytes

TUPLE_ENTRY = 8
"""Bytes of the pointer to one of several results."""


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


def bytes_of(kind: Attribute) -> int:
    return kind.element_count() * element_bytes(kind.element_type) if isinstance(kind, TensorType) else 0


def widening(element: Attribute) -> int:
    """How many times 32 bits are what a float takes; 1 for everything but narrow floats."""
    return 4 // element_bytes(element) if isinstance(element, AnyFloat) and element_bytes(element) < 4 else 1


def shape_of(value: SSAValue) -> tuple[int, ...]:
    return value.type.get_shape() if isinstance(value.type, TensorType) else ()


def rank_of(kind: Attribute) -> int:
    return sum(1 for size in kind.get_shape() if size > 1) if isinstance(kind, TensorType) else 0
