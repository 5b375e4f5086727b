"""
Parts of a program that are sums of products: trees of matrix products, products, sums and reductions.

In such a tree each dimension is an index; a node is known by the indices that it keeps, whatever their order. Only the
root of a tree is read from outside, so that nothing inside has to be made in the form in which it was written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from xdsl.dialects.builtin import AnyFloat, ModuleOp, TensorType
from xdsl.ir import Attribute, Block, Operation, OpResult, SSAValue

from eggshard.dialects.sharding.access import attached_layouts
from eggshard.partitioning.identity import identity
from eggshard.partitioning.localize.simple import is_splat
from eggshard.partitioning.program import CONTROL_FLOW, main_function
from eggshard.rules.table import rule_of

DOT = "stablehlo.dot_general"
Indices = tuple[int, ...]
LARGEST = 40
"""Nodes of a tree beyond which it is cut."""
MOST_INDICES = 60
"""Indices are bits of one integer."""


@dataclass
class Term:
    """
    A node of a tree: what it is, its indices in the order of its dimensions, its operands.

    `value` is the value that a leaf stands for, or that the program computes by this node (None for a transposed one).
    """

    kind: Literal["leaf", "product", "add", "sum"]
    indices: Indices
    operands: list[Term] = field(default_factory=list)
    value: SSAValue | None = None

    @property
    def mask(self) -> int:
        return sum(1 << index for index in self.indices)


@dataclass
class Island:
    """
    A tree with the op whose result it makes, the ops inside it, and the size of each index.

    `precision` is that of its matrix products, which are all alike.
    """

    root: Operation
    term: Term
    inside: list[Operation]
    sizes: list[int]
    precision: Attribute | None = None

    def elements(self, mask: int) -> int:
        total = 1
        for index, size in enumerate(self.sizes):
            if mask >> index & 1:
                total *= size
        return total


def islands(module: ModuleOp) -> list[Island]:
    """The trees of the main function and its loops in which there is something to rearrange."""
    found: list[Island] = []
    _collect(main_function(module).body.block, found)
    return found


def _collect(block: Block, found: list[Island]) -> None:
    taken: set[Operation] = set()
    for op in reversed(list(block.ops)):
        if op.name in CONTROL_FLOW:
            for region in op.regions:
                for inner in region.blocks:
                    _collect(inner, found)
        elif op not in taken and _kind(op) is not None:
            island = _Reader(op).read()
            if island is not None:
                taken.update(island.inside)
                found.append(island)


def _kind(op: Operation) -> str | None:
    """What an op is in a tree, or through which it is seen; None for anything else."""
    if len(op.results) != 1 or not isinstance(op.results[0].type, TensorType):
        return None
    element = op.results[0].type.element_type
    if not isinstance(element, AnyFloat):
        return None
    if op.properties.get("algorithm") is not None:
        return None  # says how its own factors are rounded
    if op.name in (DOT, "stablehlo.add", "stablehlo.multiply", "stablehlo.transpose"):
        kinds = {getattr(value.type, "element_type", None) for value in op.operands}
        return op.name.removeprefix("stablehlo.") if kinds == {element} else None
    if op.name == "stablehlo.reduce":
        rule = rule_of(op)
        plain = rule is not None and rule.kind == "sum" and is_splat(op.operands[1], identity("sum", element))
        return "reduce" if plain else None
    return None


class _Reader:
    def __init__(self, root: Operation):
        self.root = root
        self.sizes: list[int] = []
        self.inside: list[Operation] = []
        self.nodes = 0
        self.reusable: list[int] = []
        self.precisions: set[Attribute | None] = set()

    def read(self) -> Island | None:
        result = self.root.results[0]
        assert isinstance(result.type, TensorType)
        indices = tuple(self.index(size) for size in result.type.get_shape())
        term = self.op(self.root, indices)
        if term is None or len(self.sizes) > MOST_INDICES or not _rearranges(term):
            return None
        (precision,) = self.precisions  # what is rearranged has a matrix product
        return Island(self.root, term, self.inside, self.sizes, precision)

    def joins(self, op: Operation) -> bool:
        """Whether an op may be inside the tree: its result has no layout given, its matrix products one precision."""
        if op.parent is not self.root.parent or _kind(op) is None or attached_layouts(op) is not None:
            return False
        return op.name != DOT or not self.precisions or op.properties.get("precision_config") in self.precisions

    def index(self, size: int) -> int:
        """A new index, or one that a term of the same sum has used up inside itself: so equal factors look equal."""
        for index in self.reusable:
            if self.sizes[index] == size:
                self.reusable.remove(index)
                return index
        self.sizes.append(size)
        return len(self.sizes) - 1

    def terms(self, values: Sequence[SSAValue], indices: Indices) -> list[Term]:
        """The terms of a sum; what is summed inside one of them is named alike in the others."""
        before, start = list(self.reusable), len(self.sizes)
        made = []
        for value in values:
            self.reusable = [*before, *range(start, len(self.sizes))]
            made.append(self.term(value, indices))
        self.reusable = before
        return made

    def term(self, value: SSAValue, indices: Indices) -> Term:
        """A value, as deep as the tree goes."""
        if isinstance(value, OpResult) and value.has_one_use() and self.nodes < LARGEST:
            op = value.op
            if self.joins(op):
                term = self.op(op, indices)
                if term is not None:
                    return term
        return Term("leaf", indices, value=value)

    def op(self, op: Operation, indices: Indices) -> Term | None:
        """The term of an op whose result's dimensions are `indices`."""
        self.nodes += 1
        self.inside.append(op)
        kind = _kind(op)
        if kind == "transpose":
            order: Any = op.properties["permutation"]
            inner = [0] * len(indices)
            for place, dim in enumerate(order.get_values()):
                inner[dim] = indices[place]
            return self.term(op.operands[0], tuple(inner))
        if kind == "add":
            return Term("add", indices, self.terms(op.operands, indices), op.results[0])
        if kind == "multiply":
            return Term("product", indices, self.factors(op.operands, indices), op.results[0])
        if kind == "reduce":
            dims: Any = op.properties["dimensions"]
            return Term(
                "sum", indices, [self.term(op.operands[0], self.spread(op, indices, dims.get_values()))], op.results[0]
            )
        return self.dot(op, indices)

    def spread(self, op: Operation, indices: Indices, reduced: Sequence[int]) -> Indices:
        shape = op.operands[0].type.get_shape()  # type: ignore[attr-defined]
        kept = iter(indices)
        return tuple(self.index(size) if dim in reduced else next(kept) for dim, size in enumerate(shape))

    def factors(self, values: Sequence[SSAValue], indices: Indices) -> list[Term]:
        """Both factors of a product; each index is one's of them, or what sums over it would not know its size."""
        first, second = (self.factor(value, indices) for value in values)
        if {*first.indices, *second.indices} != set(indices):
            second = Term("leaf", indices, value=values[1])
        return [first, second]

    def factor(self, value: SSAValue, indices: Indices) -> Term:
        """A factor of a product, seen through a broadcast."""
        if isinstance(value, OpResult) and value.op.name == "stablehlo.broadcast_in_dim":
            dims: Any = value.op.properties["broadcast_dimensions"]
            source, target = value.op.operands[0].type.get_shape(), value.type.get_shape()  # type: ignore[attr-defined]
            places = dims.get_values()
            if all(source[i] == target[d] for i, d in enumerate(places)):
                return Term("leaf", tuple(indices[d] for d in places), value=value.op.operands[0])
        return self.term(value, indices)

    def dot(self, op: Operation, indices: Indices) -> Term:
        self.precisions.add(op.properties.get("precision_config"))
        numbers = op.properties["dot_dimension_numbers"].data  # type: ignore[attr-defined]
        shapes = [value.type.get_shape() for value in op.operands]  # type: ignore[attr-defined]
        sides: list[list[int | None]] = [[None] * len(shape) for shape in shapes]
        left = iter(indices)
        for a, b in zip(numbers.lhs_batching_dimensions, numbers.rhs_batching_dimensions, strict=True):
            sides[0][a] = sides[1][b] = next(left)
        for a, b in zip(numbers.lhs_contracting_dimensions, numbers.rhs_contracting_dimensions, strict=True):
            sides[0][a] = sides[1][b] = self.index(shapes[0][a])
        named = []
        for side in sides:
            named.append(tuple(next(left) if index is None else index for index in side))
        operands = [self.term(value, names) for value, names in zip(op.operands, named, strict=True)]
        return Term("product", indices, operands, op.results[0])


def _rearranges(term: Term) -> bool:
    """Whether rules may find another form: a contraction in a product, a sum of contractions, a reduction of one."""

    def contracts(t: Term) -> bool:
        inner = t.operands[0].mask | t.operands[1].mask if t.kind == "product" else 0
        return t.kind == "product" and inner != t.mask

    def walk(t: Term) -> bool:
        below = [o for o in t.operands if contracts(o)]
        if t.kind == "product" and (below or (contracts(t) and any(o.kind in ("add", "sum") for o in t.operands))):
            return contracts(t) or any(contracts(o) for o in below)
        if (t.kind == "add" and len(below) == 2) or (t.kind == "sum" and below):
            return True
        return any(walk(o) for o in t.operands)

    return walk(term)
