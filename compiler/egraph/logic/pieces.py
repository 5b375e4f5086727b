"""
Forms as ops: what each class of an island is computed by, on placeholders for what it reads.

The pieces of an island come after those that they read. A piece is one tensor; it may have several ways to be made,
each a single op. A matrix product whose dimensions come in another order than its class's has a piece of its own, which
a transpose reads; what has a dimension of several indices outside of the island is reshaped on the way in and out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from eggshard.dialects import stablehlo
from eggshard.egraph.logic.dims import Indices, flat, plain
from eggshard.egraph.logic.islands import Island, Term
from eggshard.egraph.logic.saturate import Form, Forms
from eggshard.partitioning.identity import identity
from eggshard.partitioning.local import ints


@dataclass(frozen=True)
class Way:
    """One op, and what its operands are: pieces by number, or values of the program."""

    op: Operation
    reads: tuple[int | SSAValue, ...]


@dataclass
class Piece:
    """
    A tensor of an island with the ways to make it; `optional` if some form of the island does without it.

    `value` is what the program calls it, where it makes it in this order of dimensions, and `written` the way that the
    program takes (0 where it has none).
    """

    indices: Indices
    type: TensorType[Any]
    ways: list[Way] = field(default_factory=list)
    optional: bool = True
    value: SSAValue | None = None
    written: int = 0


def pieces(island: Island, forms: Forms) -> list[Piece]:
    """The pieces of an island, the one that stands for its result last."""
    return _Builder(island, forms).run()


class _Builder:
    def __init__(self, island: Island, forms: Forms):
        self.island, self.forms = island, forms
        self.element = island.element
        self.out: list[Piece] = []
        self.of: dict[int, int | SSAValue] = {}  # ones are none
        self.orders: dict[int, Indices] = {}
        self.transposed: dict[tuple[int, Indices], int] = {}
        self.zero: SSAValue | None = None

    def run(self) -> list[Piece]:
        result = flat(self.island.dims)
        for c in range(len(self.forms.masks)):
            leaf = self.forms.leaves[c]
            if leaf is not None:
                self.orders[c] = leaf.indices
                if leaf.value is not None:
                    self.of[c] = self.leaf(leaf)
                continue
            self.orders[c] = result if c == self.forms.root else self.order(c)
            ways = [way for form in self.forms.forms[c] for way in self.ways(form, c)]
            self.of[c] = number = self.piece(self.orders[c], ways)
            written = self.forms.written[c]
            if written is not None:
                self.out[number].value = written.value
                self.out[number].written = max(self.forms.first[c], 0)
        root = self.of[self.forms.root]
        assert root == len(self.out) - 1
        if not plain(self.island.dims):
            self.out.append(Piece(result, self.island.kind, [self.reshape(root, self.island.kind)]))
        self.out[-1].optional = False
        return self.out

    def leaf(self, leaf: Term) -> int | SSAValue:
        """A value of the program, by its indices."""
        assert leaf.value is not None
        if plain(leaf.dims):
            return leaf.value
        return self.piece(leaf.indices, [self.reshape(leaf.value, self.kind(leaf.indices))])

    def reshape(self, read: int | SSAValue, kind: TensorType[Any]) -> Way:
        op = stablehlo.ReshapeOp.create(operands=[self.placeholder(read)], result_types=[kind])
        return Way(op, (read,))

    def order(self, c: int) -> Indices:
        """The order of dimensions in which the program writes a class, or in which its first form comes."""
        written = self.forms.written[c]
        if written is not None:
            return written.indices
        form = self.forms.forms[c][0]
        if form.kind == "product":
            return self.natural(form, c)
        first = self.orders[form.operands[0]]
        return tuple(index for index in first if self.forms.masks[c] >> index & 1)

    def natural(self, form: Form, c: int) -> Indices:
        """The order in which a matrix product's dimensions come: shared ones, the left one's, the right one's."""
        left, right = (self.orders[operand] for operand in form.operands)
        kept = [index for index in left if self.forms.masks[c] >> index & 1]
        both = [index for index in kept if index in right]
        return (
            *both,
            *(index for index in kept if index not in right),
            *(index for index in right if index not in left),
        )

    def ways(self, form: Form, c: int) -> list[Way]:
        want = self.orders[c]
        if form.kind == "add":
            reads = [self.ordered(operand, want) for operand in form.operands]
            return [self.way(stablehlo.AddOp, want, reads)]
        if form.kind == "sum":
            return [self.sum(form.operands[0], want)]
        a, b = form.operands
        for given, ones in ((a, b), (b, a)):
            if ones not in self.of:
                return [self.broadcast(self.ordered(given, self.kept(given, want)), self.kept(given, want), want)]
        contracted = (self.forms.masks[a] | self.forms.masks[b]) & ~self.forms.masks[c]
        if not contracted:
            return [self.way(stablehlo.MultiplyOp, want, [self.spread(operand, want) for operand in (a, b)])]
        if self.natural(form, c) != want and self.natural(Form("product", (b, a)), c) == want:
            form = Form("product", (b, a))
        order = self.natural(form, c)
        way = self.dot(form, order)
        return [way] if order == want else [self.transpose(self.piece(order, [way]), order, want)]

    def piece(self, indices: Indices, ways: list[Way]) -> int:
        self.out.append(Piece(indices, self.kind(indices), ways))
        return len(self.out) - 1

    def kind(self, indices: Indices) -> TensorType[Any]:
        return TensorType(self.element, [self.island.sizes[index] for index in indices])

    def way(
        self, kind: type[Operation], indices: Indices, reads: Sequence[int | SSAValue], **properties: Attribute
    ) -> Way:
        operands = [self.placeholder(read) for read in reads]
        return Way(
            kind.create(operands=operands, result_types=[self.kind(indices)], properties=properties), tuple(reads)
        )

    def placeholder(self, read: int | SSAValue) -> SSAValue:
        """A value of the right type that belongs to nothing; constants stand for themselves."""
        kind = self.out[read].type if isinstance(read, int) else read.type
        return Block(arg_types=[kind]).args[0]

    def ordered(self, c: int, want: Indices) -> int | SSAValue:
        """A class with its dimensions in another order."""
        have, read = self.orders[c], self.of[c]
        if have == want:
            return read
        if (c, want) not in self.transposed:
            self.transposed[c, want] = self.piece(want, [self.transpose(read, have, want)])
        return self.transposed[c, want]

    def transpose(self, read: int | SSAValue, have: Indices, want: Indices) -> Way:
        order = ints([have.index(index) for index in want])
        return self.way(stablehlo.TransposeOp, want, [read], permutation=order)

    def spread(self, c: int, want: Indices) -> int | SSAValue:
        """A factor of an elementwise product in the shape of the result."""
        kept = self.kept(c, want)
        read = self.ordered(c, kept)
        return read if kept == want else self.piece(want, [self.broadcast(read, kept, want)])

    def kept(self, c: int, want: Indices) -> Indices:
        """The indices that a class has, in an order."""
        return tuple(index for index in want if index in self.orders[c])

    def broadcast(self, read: int | SSAValue, have: Indices, want: Indices) -> Way:
        dims = ints([want.index(index) for index in have])
        return self.way(stablehlo.BroadcastInDimOp, want, [read], broadcast_dimensions=dims)

    def dot(self, form: Form, order: Indices) -> Way:
        left, right = (self.orders[operand] for operand in form.operands)
        both = [index for index in left if index in right]
        batch, summed = [i for i in both if i in order], [i for i in both if i not in order]
        numbers = stablehlo.DotDimensionNumbers(
            tuple(left.index(i) for i in batch),
            tuple(right.index(i) for i in batch),
            tuple(left.index(i) for i in summed),
            tuple(right.index(i) for i in summed),
        )
        reads = [self.of[operand] for operand in form.operands]
        properties: dict[str, Attribute] = {"dot_dimension_numbers": stablehlo.DotDimensionNumbersAttr(numbers)}
        if self.island.precision is not None:
            properties["precision_config"] = self.island.precision
        return self.way(stablehlo.DotGeneralOp, order, reads, **properties)

    def sum(self, c: int, want: Indices) -> Way:
        have = self.orders[c]
        order = tuple(index for index in have if index in want)
        scalar = TensorType(self.element, [])
        body = Block(arg_types=[scalar, scalar])
        total = stablehlo.AddOp.create(operands=list(body.args), result_types=[scalar])
        body.add_ops([total, stablehlo.ReturnOp.create(operands=[total.results[0]])])
        value = stablehlo.DenseElements(scalar, identity("sum", self.element))
        zero = stablehlo.ConstantOp.create(result_types=[scalar], properties={"value": value})
        op = stablehlo.ReduceOp.create(
            operands=[self.placeholder(self.of[c]), zero.results[0]],
            result_types=[self.kind(order)],
            properties={"dimensions": ints([d for d, index in enumerate(have) if index not in want])},
            regions=[Region(body)],
        )
        way = Way(op, (self.of[c], zero.results[0]))
        return way if order == want else self.transpose(self.piece(order, [way]), order, want)
