"""Builds the rule of one op, a factor at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum

from xdsl.dialects.builtin import DenseArrayBase, TensorType
from xdsl.ir import Attribute, Operation, SSAValue

from eggshard.rules.rule import Rule

Shape = tuple[int, ...]

NO = -1
"""Stands for "no dimension of this tensor" where a factor names a dimension per tensor."""


class Kind(Enum):
    """What tiling a factor means; see `Rule`."""

    PASS = "pass"
    REDUCTION = "reduction"
    NEED = "need_replication"
    PERMUTE = "permutation"


class RuleBuilder:
    """
    Collects factors in the order in which they are numbered.

    Dimensions that no factor was given get a factor of size 1 each at the end, operands before results.
    """

    def __init__(self, op: Operation, kind: str = "sum") -> None:
        self.kind = kind
        self.operands = [_slots(value) for value in op.operands]
        self.results = [_slots(value) for value in op.results]
        self.sizes: list[int] = []
        self.sets: dict[Kind, set[int]] = {k: set() for k in Kind}
        self.blocked: set[int] = set()
        self.masked: set[int] = set()
        self.lenient: set[int] = set()

    def add(
        self,
        operands: Sequence[int],
        results: Sequence[int],
        size: int,
        kind: Kind = Kind.PASS,
        *,
        blocked: bool = False,
        masked: bool = False,
        lenient: bool = False,
    ) -> RuleBuilder:
        """
        A factor that walks dimension `operands[t]` of operand t and `results[t]` of result t, where not NO.

        A factor of size 1 does not join a dimension that has factors already.
        """
        factor = len(self.sizes)
        for slots, dims in ((self.operands, operands), (self.results, results)):
            for tensor, dim in zip(slots, dims, strict=True):
                if dim != NO and (size != 1 or not tensor[dim]):
                    tensor[dim].append(factor)
        self.sizes.append(size)
        self.sets[kind].add(factor)
        for name, flag in ((self.blocked, blocked), (self.masked, masked), (self.lenient, lenient)):
            if flag:
                name.add(factor)
        return self

    def add_everywhere(self, dim: int, size: int, kind: Kind = Kind.PASS, *, blocked: bool = False) -> RuleBuilder:
        """A factor that walks dimension `dim` of every tensor that is not a scalar."""
        return self.add(
            [dim if tensor else NO for tensor in self.operands],
            [dim if tensor else NO for tensor in self.results],
            size,
            kind,
            blocked=blocked,
        )

    def add_pointwise(self, shape: Iterable[int], kind_of: Callable[[int], Kind] | None = None) -> RuleBuilder:
        """A factor per dimension of `shape`, shared by all tensors."""
        for dim, size in enumerate(shape):
            self.add_everywhere(dim, size, kind_of(dim) if kind_of else Kind.PASS)
        return self

    def build(self) -> Rule:
        for tensor in (*self.operands, *self.results):
            for dim in tensor:
                if not dim:
                    dim.append(len(self.sizes))
                    self.sizes.append(1)
        return Rule(
            operands=tuple(tuple(tuple(dim) for dim in tensor) for tensor in self.operands),
            results=tuple(tuple(tuple(dim) for dim in tensor) for tensor in self.results),
            sizes=tuple(self.sizes),
            reduction=frozenset(self.sets[Kind.REDUCTION]),
            need_replication=frozenset(self.sets[Kind.NEED]),
            permutation=frozenset(self.sets[Kind.PERMUTE]),
            blocked=frozenset(self.blocked),
            masked=frozenset(self.masked),
            kind=self.kind,
            lenient=frozenset(self.lenient),
        )


def _slots(value: SSAValue) -> list[list[int]]:
    return [[] for _ in shape_of(value)]


_SHAPES: dict[int, tuple[Attribute, Shape]] = {}
"""Shapes by the identity of their type; the type is kept so that its identity is not reused."""


def shape_of(value: SSAValue) -> Shape:
    """The shape of a tensor; () for what has none, as a token. A dynamic dimension is -1."""
    type = value.type
    entry = _SHAPES.get(id(type))
    if entry is None:
        shape = tuple(type.get_shape()) if isinstance(type, TensorType) else ()
        if len(_SHAPES) > 100_000:
            _SHAPES.clear()
        _SHAPES[id(type)] = entry = (type, shape)
    return entry[1]


def ints(attribute: Attribute | None) -> tuple[int, ...]:
    """The values of `array<i64: ...>`; () if absent."""
    return tuple(int(v) for v in attribute.get_values()) if isinstance(attribute, DenseArrayBase) else ()


def number(attribute: Attribute | None) -> int:
    """The value of an integer or boolean attribute; 0 if absent."""
    value = getattr(attribute, "value", None)
    return int(value.data) if value is not None else 0


def data(attribute: Attribute) -> object:
    """The plain value behind an attribute of ours, or behind a string."""
    return getattr(attribute, "data", None)
