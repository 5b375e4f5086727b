"""
The program as propagation sees it: slots that hold layouts, and nodes that relate them.

A slot is one place for a layout: a value, or several that must agree, as the result and the region arguments of a
loop. A node is an op with a rule, or a data flow edge, which ties the sources of a slot (what a loop starts with, what
its body returns) to it as an elementwise op would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from xdsl.ir import Operation, SSAValue

from eggshard.dialects.sharding.layout import Layout, Mesh
from eggshard.propagation.conflicts import BACKWARD, BOTH, FORWARD
from eggshard.rules.build import shape_of
from eggshard.rules.elementwise import ELEMENTWISE, pointwise_rule
from eggshard.rules.rule import Rule


class Way(IntEnum):
    """In which order, and which way, propagation crosses a node; the numbers up to BOTH are fixed directions."""

    NONE = 0
    FORWARD = FORWARD
    BACKWARD = BACKWARD
    BOTH = BOTH
    EARLY = 4
    """Elementwise ops, reshapes, transposes: both ways from the start."""
    SLICE = 5
    """Dynamic slices: forward from the start."""
    BROADCAST = 6
    LATE = 7


LEVELS = 5
"""The number of levels of op priority."""

SLICES = frozenset(["stablehlo.dynamic_slice", "stablehlo.dynamic_update_slice"])
EARLY = ELEMENTWISE | {"stablehlo.reshape", "stablehlo.transpose"}
MOVES = frozenset(["MoveToDevice", "MoveToHost"])


def way_of(op: Operation) -> Way:
    """The order of `op` by its kind."""
    name = op.name
    if name in EARLY or is_elementwise(op):
        return Way.EARLY
    if name in SLICES:
        return Way.SLICE
    if name == "stablehlo.broadcast_in_dim":
        return Way.BROADCAST
    if name == "stablehlo.custom_call":
        target: Any = op.properties["call_target_name"]
        return Way.EARLY if target.data in MOVES else Way.LATE
    return Way.LATE


def is_elementwise(op: Operation) -> bool:
    """Whether each element of the result depends on the elements of the operands at its place alone."""
    if op.name == "stablehlo.bitcast_convert":
        return shape_of(op.operands[0]) == shape_of(op.results[0])
    return op.name in ELEMENTWISE


def directions(node: Node, level: int) -> tuple[int, ...]:
    """
    Per factor which way it spreads at one level of op priority; each level includes those before it.

    0: what passes through without a choice, where operands have no other use that could object; 1: where they have;
    2: all pass-through factors, broadcasts only backward; 3: all factors, broadcasts only backward; 4: everything.
    """
    rule = node.rule
    return tuple(
        0 if factor in rule.blocked else _direction(node, level, factor not in rule.special)
        for factor in range(len(rule.sizes))
    )


def _direction(node: Node, level: int, passes: bool) -> int:
    way = node.way
    if way <= Way.BOTH:
        return int(way)
    if level == 4:
        return BOTH
    early = {Way.EARLY: BOTH, Way.SLICE: FORWARD}.get(way, 0) if level >= 1 or node.single_use else 0
    if level < 2 or (level == 2 and not passes):
        return early
    return early | (BACKWARD if way is Way.BROADCAST else BOTH)


@dataclass(slots=True)
class Manual:
    """
    The manual axes that a data flow edge crosses at the border of a manual computation.

    Inside they are not seen. `outer` is the layout outside as it was given; `inward` says that the slot is inside (an
    argument of the body) and its sources outside.
    """

    axes: frozenset[str]
    outer: Layout
    inward: bool


@dataclass(slots=True)
class Node:
    """
    An op with a rule or a data flow edge; slots are operands, then results.

    `removable`: nothing is lost if the op goes when its results have no use. `single_use`: no operand that has
    dimensions is used elsewhere. `passage`: the values on both sides are the same, so that nothing is conservative.
    """

    rule: Rule
    way: Way
    operands: tuple[int, ...]
    results: tuple[int, ...]
    op: Operation | None = None
    manual: Manual | None = None
    removable: bool = False
    single_use: bool = True
    elementwise: bool = False
    passage: bool = False

    @property
    def slots(self) -> tuple[int, ...]:
        return self.operands + self.results


@dataclass(slots=True)
class FunctionResult:
    """A result of a function: the slot of the value that it returns, and the layout that the function promises."""

    function: Operation
    index: int
    value: int
    slot: int
    shape: tuple[int, ...]


@dataclass
class Graph:
    """
    `layouts` holds the layout of each slot, None where nothing is known. `results` are what functions promise, and
    `returned` are function, index and slot of what functions that are called return: they promise nothing themselves.

    `watchers[slot]` are the nodes to look at again when the slot changes, in the order in which they are stacked.
    `groups[slot]` are the slots that always have the same layout, and `siblings[slot]` those of the other results of
    its op, which become open when it gets its first layout. `owners[slot]` is the node that makes it, and `uses[slot]`
    the number of its uses. `hidden` are values whose layout stands at an edge that the program spells out.
    """

    meshes: dict[str, Mesh]
    layouts: list[Layout | None] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    results: list[FunctionResult] = field(default_factory=list)
    returned: list[tuple[Operation, int, int]] = field(default_factory=list)
    slot_of: dict[SSAValue, int] = field(default_factory=dict)
    watchers: list[list[int]] = field(default_factory=list)
    groups: dict[int, list[int]] = field(default_factory=dict)
    siblings: dict[int, tuple[int, ...]] = field(default_factory=dict)
    hidden: set[SSAValue] = field(default_factory=set)
    ranks: list[int] = field(default_factory=list)
    owners: list[int | None] = field(default_factory=list)
    uses: list[int] = field(default_factory=list)

    def add_slot(self, layout: Layout | None, rank: int) -> int:
        self.layouts.append(layout)
        self.ranks.append(rank)
        self.watchers.append([])
        self.owners.append(None)
        self.uses.append(0)
        return len(self.layouts) - 1

    def common_mesh(self, layouts: Sequence[Layout | None]) -> str | None:
        """The name of the mesh that all layouts share; None if there is none, they differ, or it is one device."""
        found: str | None = None
        for layout in layouts:
            if layout is None or layout.mesh == found:
                continue
            mesh = self.meshes[layout.mesh]
            if not mesh.axes and mesh.device_ids:
                return None
            if found is None or _is_empty(self.meshes[found]):
                found = layout.mesh
            elif mesh != self.meshes[found] and not _is_empty(mesh):
                return None
        return found


def _is_empty(mesh: Mesh) -> bool:
    return not mesh.axes and not mesh.device_ids


def identity_rule(shape: tuple[int, ...], sources: int) -> Rule:
    """The rule of a data flow edge: all sources and the target have the same dimensions."""
    return pointwise_rule((bool(shape),) * sources, 1, shape)
