"""
Parts of a program that are sums of products: trees of matrix products, products, sums and reductions.

In such a tree each dimension is an index, or several where a reshape splits or merges it; a node is known by the
indices that it keeps, whatever their order. Only the root of a tree is read from outside, so that nothing inside has to
be made in the form in which it was written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from xdsl.dialects.builtin import AnyFloat, ModuleOp, TensorType
from xdsl.ir import Attribute, Block, Operation, OpResult, SSAValue

from eggshard.dialects.sharding.access import attached_layouts
from eggshard.egraph.logic.dims import Dims, Group, Indices, Splits, flat, plain
from eggshard.egraph.logic.scalars import inverse_of_divisor
from eggshard.egraph.rulesets import LOGICAL
from eggshard.partitioning.identity import identity
from eggshard.partitioning.localize.simple import is_splat
from eggshard.partitioning.program import CONTROL_FLOW, main_function
from eggshard.rules.table import rule_of

DOT = "stablehlo.dot_general"
LARGEST = 40
"""Nodes of a tree beyond which it is cut."""
MOST_INDICES = 60
"""Indices are bits of one integer."""


@dataclass
class Term:
    """
    A node of a tree: what it is, the indices of each of its dimensions, its operands.

    `value` is the value that a leaf stands for, or that the program computes by this node (None for one that the tree
    has in another order or shape, and for a leaf of ones).
    """

    kind: Literal["leaf", "ones", "product", "add", "sum"]
    dims: Dims
    operands: list[Term] = field(default_factory=list)
    value: SSAValue | None = None

    @property
    def indices(self) -> Indices:
        """All of them, in order."""
        return flat(self.dims)

    @property
    def mask(self) -> int:
        return sum(1 << index for index in self.indices)


@dataclass
class Island:
    """
    A tree with the op whose result it makes, the indices of its dimensions, the ops inside, and the size of each index.

    `precision` is that of its matrix products, which are all alike.
    """

    root: Operation
    dims: Dims
    term: Term
    inside: list[Operation]
    sizes: list[int]
    precision: Attribute | None = None

    @property
    def kind(self) -> TensorType[Any]:
        """The type of its result."""
        kind = self.root.results[0].type
        assert isinstance(kind, TensorType)
        return kind

    @property
    def element(self) -> Attribute:
        element: Attribute = self.kind.element_type
        return element

    def elements(self, mask: int) -> int:
        total = 1
        for index, size in enumerate(self.sizes):
            if mask >> index & 1:
                total *= size
        return total


def islands(module: ModuleOp, rulesets: Sequence[str] = LOGICAL) -> list[Island]:
    """The trees of the main function and its loops in which there is something to rearrange by these rules."""
    found: list[Island] = []
    _collect(main_function(module).body.block, found, frozenset(rulesets))
    return found


def _collect(block: Block, found: list[Island], rulesets: frozenset[str]) -> None:
    taken: set[Operation] = set()
    for op in reversed(list(block.ops)):
        if op.name in CONTROL_FLOW:
            for region in op.regions:
                for inner in region.blocks:
                    _collect(inner, found, rulesets)
        elif op not in taken and _kind(op, rulesets) not in (None, "reshape", "broadcast"):
            island = _Reader(op, rulesets).read()
            if island is not None:
                taken.update(island.inside)
                found.append(island)


def _kind(op: Operation, rulesets: frozenset[str]) -> str | None:
    """What an op is in a tree, or through which it is seen; None for anything else."""
    if len(op.results) != 1 or not isinstance(op.results[0].type, TensorType):
        return None
    element = op.results[0].type.element_type
    if not isinstance(element, AnyFloat):
        return None
    if op.properties.get("algorithm") is not None:
        return None  # says how its own factors are rounded
    if op.name == "stablehlo.reshape":
        return "reshape" if "reshape" in rulesets else None
    if op.name == "stablehlo.broadcast_in_dim":
        return "broadcast" if "broadcast" in rulesets else None
    if op.name == "stablehlo.divide":
        return "divide" if "scale" in rulesets and inverse_of_divisor(op) is not None else None
    if op.name in (DOT, "stablehlo.add", "stablehlo.multiply", "stablehlo.transpose"):
        kinds = {getattr(value.type, "element_type", None) for value in op.operands}
        return op.name.removeprefix("stablehlo.") if kinds == {element} else None
    if op.name == "stablehlo.reduce":
        rule = rule_of(op)
        plain = rule is not None and rule.kind == "sum" and is_splat(op.operands[1], identity("sum", element))
        return "reduce" if plain else None
    return None


class _Reader:
    def __init__(self, root: Operation, rulesets: frozenset[str]):
        self.root, self.rulesets = root, rulesets
        self.splits = Splits()
        self.inside: list[Operation] = []
        self.nodes = 0
        self.reusable: list[int] = []
        self.precisions: set[Attribute | None] = set()

    def read(self) -> Island | None:
        result = self.root.results[0]
        assert isinstance(result.type, TensorType)
        dims = tuple(self.group(size) for size in result.type.get_shape())
        term = self.op(self.root, dims)
        if term is None or len(self.splits.sizes) > MOST_INDICES:
            return None
        self.settle(term)
        dims = tuple(self.splits.whole(group) for group in dims)
        if not _rearranges(term):
            return None
        (precision,) = self.precisions  # what is rearranged has a matrix product
        return Island(self.root, dims, term, self.inside, self.splits.sizes, precision)

    def settle(self, term: Term) -> None:
        """Writes indices that were split later by their parts."""
        term.dims = tuple(self.splits.whole(group) for group in term.dims)
        if term.kind != "leaf" and not plain(term.dims):
            term.value = None
        for operand in term.operands:
            self.settle(operand)

    def joins(self, op: Operation) -> bool:
        """Whether an op may be inside the tree: its result has no layout given, its matrix products one precision."""
        kind = _kind(op, self.rulesets)
        if op.parent is not self.root.parent or kind is None or attached_layouts(op) is not None:
            return False
        return op.name != DOT or not self.precisions or op.properties.get("precision_config") in self.precisions

    def index(self, size: int) -> int:
        """A new index, or one that a term of the same sum has used up inside itself: so equal factors look equal."""
        for index in self.reusable:
            if self.splits.sizes[index] == size:
                self.reusable.remove(index)
                return index
        return self.splits.new(size)

    def group(self, size: int) -> Group:
        """The index of a new dimension; reshapes drop and add dimensions of one element, so they have none."""
        return () if size == 1 and "reshape" in self.rulesets else (self.index(size),)

    def terms(self, values: Sequence[SSAValue], dims: Dims) -> list[Term]:
        """The terms of a sum; what is summed inside one of them is named alike in the others."""
        before, start = list(self.reusable), len(self.splits.sizes)
        made = []
        for value in values:
            self.reusable = [*before, *range(start, len(self.splits.sizes))]
            made.append(self.term(value, dims))
        self.reusable = before
        return made

    def term(self, value: SSAValue, dims: Dims) -> Term:
        """A value, as deep as the tree goes."""
        if isinstance(value, OpResult) and value.has_one_use() and self.nodes < LARGEST:
            op = value.op
            if self.joins(op):
                term = self.op(op, dims)
                if term is not None:
                    return term
        return Term("leaf", dims, value=value)

    def op(self, op: Operation, dims: Dims) -> Term | None:
        """The term of an op whose result's dimensions are `dims`; None if it is better left outside."""
        kind = _kind(op, self.rulesets)
        if kind in ("reshape", "broadcast"):
            return self.reshape(op, dims) if kind == "reshape" else self.broadcast(op, dims)
        self.nodes += 1
        self.inside.append(op)
        if kind == "transpose":
            order: Any = op.properties["permutation"]
            inner: list[Group] = [()] * len(dims)
            for place, dim in enumerate(order.get_values()):
                inner[dim] = dims[place]
            return self.term(op.operands[0], tuple(inner))
        if kind == "add":
            return Term("add", dims, self.terms(op.operands, dims), op.results[0])
        if kind == "multiply":
            return Term("product", dims, self.factors(op.operands, dims), op.results[0])
        if kind == "divide":
            scale = Term("leaf", (), value=inverse_of_divisor(op))
            return Term("product", dims, [self.term(op.operands[0], dims), scale], op.results[0])
        if kind == "reduce":
            removed: Any = op.properties["dimensions"]
            inside = self.term(op.operands[0], self.spread(op, dims, removed.get_values()))
            return Term("sum", dims, [inside], op.results[0])
        return self.dot(op, dims)

    def reshape(self, op: Operation, dims: Dims) -> Term | None:
        """Dimensions split and merged are seen through, if there is anything behind."""
        source: Any = op.operands[0]
        if not (isinstance(source, OpResult) and source.has_one_use() and self.joins(source.op)):
            return None
        inner = self.splits.regrouped(dims, source.type.get_shape())
        if inner is None:
            return None
        self.nodes += 1
        self.inside.append(op)
        return self.term(source, inner)

    def broadcast(self, op: Operation, dims: Dims) -> Term | None:
        """A tensor times ones."""
        kept: Any = op.properties["broadcast_dimensions"]
        shapes = [value.type.get_shape() for value in (op.operands[0], op.results[0])]  # type: ignore[attr-defined]
        places = kept.get_values()
        same = {d for i, d in enumerate(places) if shapes[0][i] == shapes[1][d]}
        stretched = "reshape" not in self.rulesets and len(same) < len(places)
        ones = Term("ones", tuple(group for d, group in enumerate(dims) if d not in same))
        if stretched or not ones.indices:
            return None
        self.nodes += 1
        self.inside.append(op)
        inner = self.term(op.operands[0], tuple(dims[d] if d in same else () for d in places))
        return Term("product", dims, [inner, ones], op.results[0])

    def spread(self, op: Operation, dims: Dims, reduced: Sequence[int]) -> Dims:
        shape = op.operands[0].type.get_shape()  # type: ignore[attr-defined]
        kept = iter(dims)
        return tuple(self.group(size) if dim in reduced else next(kept) for dim, size in enumerate(shape))

    def factors(self, values: Sequence[SSAValue], dims: Dims) -> list[Term]:
        """Both factors of a product; each index is one's of them, or what sums over it would not know its size."""
        first, second = (self.factor(value, dims) for value in values)
        have, want = (set(self.splits.whole(flat(d))) for d in ((*first.dims, *second.dims), dims))
        if have != want:
            second = Term("leaf", dims, value=values[1])
        return [first, second]

    def factor(self, value: SSAValue, dims: Dims) -> Term:
        """A factor of a product, seen through a broadcast."""
        if isinstance(value, OpResult) and value.op.name == "stablehlo.broadcast_in_dim":
            kept: Any = value.op.properties["broadcast_dimensions"]
            source, target = value.op.operands[0].type.get_shape(), value.type.get_shape()  # type: ignore[attr-defined]
            places = kept.get_values()
            if all(source[i] == target[d] for i, d in enumerate(places)):
                return Term("leaf", tuple(dims[d] for d in places), value=value.op.operands[0])
        return self.term(value, dims)

    def dot(self, op: Operation, dims: Dims) -> Term:
        self.precisions.add(op.properties.get("precision_config"))
        numbers = op.properties["dot_dimension_numbers"].data  # type: ignore[attr-defined]
        shapes = [value.type.get_shape() for value in op.operands]  # type: ignore[attr-defined]
        sides: list[list[Group | None]] = [[None] * len(shape) for shape in shapes]
        left = iter(dims)
        for a, b in zip(numbers.lhs_batching_dimensions, numbers.rhs_batching_dimensions, strict=True):
            sides[0][a] = sides[1][b] = next(left)
        for a, b in zip(numbers.lhs_contracting_dimensions, numbers.rhs_contracting_dimensions, strict=True):
            sides[0][a] = sides[1][b] = self.group(shapes[0][a])
        named = []
        for side in sides:
            named.append(tuple(next(left) if group is None else group for group in side))
        operands = [self.term(value, names) for value, names in zip(op.operands, named, strict=True)]
        return Term("product", dims, operands, op.results[0])


def _rearranges(term: Term) -> bool:
    """Whether rules may find another form: a contraction in a product, a sum of contractions, a reduction of one."""

    def contracts(t: Term) -> bool:
        inner = t.operands[0].mask | t.operands[1].mask if t.kind == "product" else 0
        return t.kind == "product" and inner != t.mask

    def terms(t: Term) -> list[Term]:
        """The terms of what a sum reduces."""
        return [p for o in t.operands for p in (terms(o) if o.kind == "add" else [o])]

    def movable(t: Term) -> bool:
        """Whether a product may move into it, or out of it: a sum, or a tensor times a scalar."""
        return t.kind in ("add", "sum") or any(o.kind == "leaf" and not o.mask for o in t.operands)

    def walk(t: Term) -> bool:
        below = [o for o in t.operands if contracts(o)]
        if t.kind == "product" and (below or (contracts(t) and any(movable(o) for o in t.operands))):
            return contracts(t) or any(contracts(o) for o in below)
        if (t.kind == "add" and len(below) == 2) or (t.kind == "sum" and any(contracts(o) for o in terms(t))):
            return True
        return any(walk(o) for o in t.operands)

    return walk(term)
