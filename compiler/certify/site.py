"""One op of the per-device program with what is known of its operands: what a rule reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product
from typing import Any, cast

from xdsl.dialects.builtin import DenseArrayBase, IntegerType, TensorType
from xdsl.ir import Attribute, Operation, SSAValue

from eggshard.certify.facts import Claim, Fact, Unknown, claims_of
from eggshard.certify.terms import Node, Terms
from eggshard.dialects.sharding.layout import Mesh

COMBINATIONS = 16
"""Ways in which the operands of an op may be read; more are not tried, which can only lose claims."""


@dataclass(eq=False)
class Site:
    """`facts` are those of the operands, `known` those of all values so far."""

    op: Operation
    facts: list[Fact]
    terms: Terms
    mesh: Mesh
    known: dict[SSAValue, Fact]

    @property
    def devices(self) -> int:
        return self.mesh.device_count

    def shape(self, operand: int = 0) -> tuple[int, ...]:
        return shape_of(self.op.operands[operand])

    def result_shape(self, result: int = 0) -> tuple[int, ...]:
        return shape_of(self.op.results[result])

    def integer(self, name: str) -> int:
        return int(cast(Any, self.op.properties[name]).value.data)

    def integers(self, name: str) -> tuple[int, ...]:
        return integers(self.op, name)

    def nodes(self) -> Iterator[Node]:
        """Ops of the whole program that have this op's name and an operand that a device holds as this one's."""
        name = self.op.name
        seen: set[Node] = set()
        named = [(place, claim.term) for place, fact in enumerate(self.facts) for claim in fact.claims]
        found = (node for place, term in named for node in self.terms.uses.get((name, place, term), ()))
        for node in found if named else self.terms.generic.get(name, ()):
            if node not in seen and len(node.operands) == len(self.facts):
                seen.add(node)
                yield node

    def claims(self, operand: int, node: Node) -> list[Claim]:
        """One operand as that of `node`."""
        return claims_of(self.facts[operand], node.operands[operand], self.op.operands[operand].type)

    def readings(self, node: Node) -> Iterator[tuple[Claim, ...]]:
        """The operands as those of `node`, in each way known."""
        ways = [self.claims(operand, node) for operand in range(len(self.facts))]
        yield from islice(product(*ways), COMBINATIONS)


def shape_of(value: SSAValue) -> tuple[int, ...]:
    return value.type.get_shape() if isinstance(value.type, TensorType) else ()


def element_of(value: SSAValue) -> Attribute:
    found: Attribute = cast("TensorType[Any]", value.type).element_type
    return found


def integers(op: Operation, name: str) -> tuple[int, ...]:
    attribute = op.properties.get(name)
    if attribute is None:
        raise Unknown(f"it has no {name}")
    if isinstance(attribute, DenseArrayBase):
        return tuple(int(x) for x in attribute.get_values())
    return tuple(row for row in rows(attribute))


def rows(attribute: Any) -> list[int]:
    """The integers of `dense<..> : tensor<..xi64>`, flat."""
    kind, raw = attribute.type, attribute.data
    assert isinstance(kind.element_type, IntegerType)
    width = max(1, kind.element_type.width.data // 8)
    flat = [int.from_bytes(raw[i : i + width], "little", signed=True) for i in range(0, len(raw), width)]
    count = 1
    for size in kind.get_shape():
        count *= size
    return flat * count if attribute.is_splat else flat


def same_properties(a: Operation, b: Operation, *sizes: str) -> bool:
    """Whether two ops have equal properties, those named `sizes` apart."""
    if a.properties == b.properties:
        return True
    names = {*a.properties, *b.properties} - set(sizes)
    return all(a.properties.get(name) == b.properties.get(name) for name in names)
