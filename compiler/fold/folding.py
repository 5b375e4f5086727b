"""What folding finds, and exactly what it claims."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from xdsl.ir import Block, Operation, SSAValue

from eggshard.fold.graph import Node


@dataclass(frozen=True, slots=True)
class Inside:
    """Result `result` of the member of class `cls` that is `shift` blocks further on (0: in the same block)."""

    cls: int
    shift: int
    result: int


@dataclass(frozen=True, slots=True)
class Shared:
    """One value from outside the family, the same in all blocks."""

    value: SSAValue


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that depends on no argument; None where each block has another one, of one type."""

    value: SSAValue | None


@dataclass(frozen=True, slots=True)
class Own:
    """Every block has a value of its own from outside the family, of one type."""


Role = Inside | Shared | Literal | Own
"""What an operand is to all members of a class."""


@dataclass(frozen=True)
class FoldedClass:
    """
    Ops, or arguments, that correspond to each other in the blocks of a family; or a single one, in block 0 of none.

    The claim: members are equal in name, attributes, types and regions, except for the properties named in `varying`;
    and operand i of every member has the role `operands[i]`, except for those in `exceptions`. It says nothing about
    who uses the results, nor about how members should be partitioned: that stays free per block.

    `operands` are those of the op and then what its regions capture. `swapped` are the blocks whose member, which is
    commutative, has its two operands in the other order. `exceptions` maps (block, operand position in the row) to the
    operand where the partner that `operands` names does not exist, as at the first and the last block.
    """

    index: int
    family: int | None
    members: dict[int, Node]
    operands: tuple[Role, ...]
    representative: Node
    representative_block: int
    swapped: frozenset[int] = frozenset()
    exceptions: dict[tuple[int, int], SSAValue] = field(default_factory=dict)
    varying: frozenset[str] = frozenset()

    @property
    def is_argument(self) -> bool:
        """Whether the members are values from outside."""
        return isinstance(self.representative, SSAValue)

    def is_full(self, block: int) -> bool:
        """Whether the member in `block` exists and has every operand in its role."""
        return block in self.members and not any(b == block for b, _ in self.exceptions)


@dataclass(frozen=True, slots=True)
class Crossing:
    """
    A value that one block of a family takes from another: result `result` of class `producer`, `shift` blocks away,
    is operand `operand` of class `consumer`.
    """

    producer: int
    result: int
    shift: int
    consumer: int
    operand: int


@dataclass(frozen=True)
class Family:
    """
    Classes that share one block index.

    `length` blocks; in the program's own lists a block is `period` elements (0 where no names say so). `classes` are in
    program order within the representative block, the one in which most classes have a full member. `crossings` is all
    that goes from block to block; `shared` the values from outside that all blocks use; `exits` the (class, result)
    whose members are used outside the family. `name` is what its arguments' names have in common.
    """

    index: int
    length: int
    period: int
    name: str
    representative_block: int
    classes: tuple[int, ...]
    crossings: tuple[Crossing, ...]
    shared: tuple[SSAValue, ...]
    exits: tuple[tuple[int, int], ...]

    @property
    def interface(self) -> tuple[tuple[int, int, int], ...]:
        """The values that enter a block from another one, as (class, result, shift), each once."""
        return tuple(dict.fromkeys((c.producer, c.result, c.shift) for c in self.crossings))


@dataclass(frozen=True)
class Folding:
    """
    The folding of one block: every op and argument in exactly one class. The program itself is not changed.

    `class_of` holds every node; an op in `duplicate_of` equals an earlier one in signature and operands, is in its
    class, and is no member. `literals` are the ops that depend on no argument. `bodies` are the foldings of the regions
    of representatives that are loops or branches. `signature_of` numbers ops that are equal but for their operands,
    wherever they are: how one can be tiled is how all can.

    What may be done with it: whatever is derived from a representative alone, or from it and the classes that `Inside`
    roles connect it with, holds for every member whose operands on the way are no exceptions, with literals and
    properties that vary, shared values and `Own` operands taken as opaque. What may not: to choose for one member
    what was chosen for another.
    """

    block: Block
    classes: tuple[FoldedClass, ...]
    families: tuple[Family, ...]
    class_of: dict[Node, int]
    block_of: dict[Node, int]
    duplicate_of: dict[Operation, Operation]
    literals: frozenset[Operation]
    bodies: dict[Operation, tuple[Folding, ...]]
    signature_of: dict[Operation, int]

    @cached_property
    def representatives(self) -> list[Operation]:
        """One op of each class, in program order."""
        chosen = {c.representative for c in self.classes}
        return [op for op in self.block.ops if op in chosen]

    @cached_property
    def representative_of(self) -> dict[Operation, Operation]:
        """Every op, duplicates too -> the representative of its class."""
        found: dict[Operation, Operation] = {}
        for op in self.block.ops:
            representative = self.classes[self.class_of[op]].representative
            assert isinstance(representative, Operation)
            found[op] = representative
        return found

    def role(self, op: Operation, position: int) -> Role:
        """The role of an op's operand, in the op's own order; the exception's value as `Shared` where it has none."""
        op = self.duplicate_of.get(op, op)
        c, block = self.classes[self.class_of[op]], self.block_of[op]
        at = 1 - position if block in c.swapped else position
        exception = c.exceptions.get((block, at))
        return c.operands[at] if exception is None else Shared(exception)

    def members(self, op: Operation) -> Iterator[Operation]:
        """The ops that correspond to `op`, itself included, by block."""
        for member in self.classes[self.class_of[op]].members.values():
            assert isinstance(member, Operation)
            yield member
