"""What makes two ops equal but for their operands: name, attributes, types and regions, as one number."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping

from xdsl.ir import Attribute, Operation, Region, SSAValue

COMMUTATIVE = frozenset(f"stablehlo.{name}" for name in "add multiply maximum minimum and or xor".split())
"""Ops whose two operands may change places."""

OFFSETS: dict[str, frozenset[str]] = {
    "stablehlo.slice": frozenset(("start_indices", "limit_indices")),
    "stablehlo.pad": frozenset(("edge_padding_low", "edge_padding_high")),
}
"""
The properties of an op that say where, not what: they may differ from block to block, as where each layer takes its own
slice of one tensor. How the op can be tiled follows from its shapes and its other properties alone.
"""

ARGUMENT_NAMES = frozenset(("sharding.name",))
NUMBERED_ARGUMENTS = frozenset(("tf.aliasing_output",))
"""Attributes of an argument of which only the presence counts."""


class Signatures:
    """
    Numbers signatures; equal ones get equal numbers, in the order in which they are first seen.

    `exact` covers everything but the operands themselves; `loose` leaves the `OFFSETS` out as well.
    """

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._attributes: dict[Attribute, int] = {}
        # By identity first: attributes are shared between ops, and hashing a nested one is slow.
        self._seen: dict[int, int] = {}
        self._kept: list[Attribute] = []
        self._loose: dict[int, int] = {}

    def of_argument(self, value: SSAValue, attributes: Mapping[str, Attribute]) -> int:
        """The signature of a value that comes from outside: its type, and what is pinned on it."""
        pinned = tuple(
            (key, -1 if key in NUMBERED_ARGUMENTS else self.attribute(attribute))
            for key, attribute in sorted(attributes.items())
            if key not in ARGUMENT_NAMES
        )
        number = self._number(("argument", self.attribute(value.type), pinned))
        self._loose[number] = number
        return number

    def of(self, op: Operation) -> tuple[int, tuple[SSAValue, ...]]:
        """The exact signature, and the operands followed by the values that the op's regions capture."""
        captured: dict[SSAValue, int] = {}
        regions = tuple([self._region(region, {}, captured) for region in op.regions]) if op.regions else ()
        operands = op.operands
        values = (*operands, *captured) if captured else tuple(operands)
        attribute = self.attribute
        types = (tuple([attribute(v.type) for v in values]), tuple([attribute(r.type) for r in op.results]))
        properties = tuple([(key, attribute(value)) for key, value in sorted(op.properties.items())])
        others = tuple([(key, attribute(value)) for key, value in sorted(op.attributes.items())])
        number = self._number((op.name, properties, others, types, regions))
        if number not in self._loose:
            offsets = OFFSETS.get(op.name)
            if offsets is None:
                self._loose[number] = number
            else:
                rest = tuple([pair for pair in properties if pair[0] not in offsets])
                self._loose[number] = self._number(("loose", op.name, rest, others, types, regions))
        return number, values

    def loose(self, exact: int) -> int:
        """The loose signature of an exact one."""
        return self._loose[exact]

    def attribute(self, attribute: Attribute) -> int:
        """The number of an attribute or a type."""
        key = id(attribute)
        number = self._seen.get(key)
        if number is None:
            number = self._attributes.setdefault(attribute, len(self._attributes))
            self._seen[key] = number
            # An identity is only good as long as its object lives.
            self._kept.append(attribute)
        return number

    def _number(self, key: Hashable) -> int:
        return self._numbers.setdefault(key, len(self._numbers))

    def _region(self, region: Region, local: dict[SSAValue, int], captured: dict[SSAValue, int]) -> Hashable:
        """A region with its values numbered in order; those from outside are numbered apart, as they are met."""
        blocks: list[Hashable] = []
        for block in region.blocks:
            for argument in block.args:
                local[argument] = len(local)
            ops: list[Hashable] = []
            for op in block.ops:
                operands = tuple([self._reference(value, local, captured) for value in op.operands])
                nested = tuple([self._region(inner, local, captured) for inner in op.regions])
                for result in op.results:
                    local[result] = len(local)
                ops.append((op.name, self._pairs(op), operands, self._types(op.results), nested))
            blocks.append((self._types(block.args), tuple(ops)))
        return self._number(("region", tuple(blocks)))

    @staticmethod
    def _reference(value: SSAValue, local: dict[SSAValue, int], captured: dict[SSAValue, int]) -> int:
        number = local.get(value)
        return number if number is not None else -1 - captured.setdefault(value, len(captured))

    def _types(self, values: Iterable[SSAValue]) -> tuple[int, ...]:
        return tuple([self.attribute(value.type) for value in values])

    def _pairs(self, op: Operation) -> tuple[tuple[str, int], ...]:
        properties = [(key, self.attribute(value)) for key, value in sorted(op.properties.items())]
        others = [(f" {key}", self.attribute(value)) for key, value in sorted(op.attributes.items())]
        return (*properties, *others)
