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

from xdsl.ir import Operation, SSAValue

from eggshard.dialects.sharding.layout import Layout, Mesh
from eggshard.propagation.conflicts import BACKWARD, BOTH, FORWARD
from eggshard.rules.elementwise import ELEMENTWISE, pointwise_rule
from eggshard.rules.rule import Rule


class Way(IntEnum):
    """In which order, and which way, propagation crosses a node; the numbers up to BOTH are fixed directions."""

    NONE = 0
    FORWARD = FORWARD
    BACKWARD = BACKWARD
    BOTH = BOTH
    SLICE = 4
    BROADCAST = 5
    LATE = 6


SLICES = frozenset(["stablehlo.dynamic_slice", "stablehlo.dynamic_update_slice"])
EARLY = ELEMENTWISE | {"stablehlo.reshape", "stablehlo.transpose"}


def way_of(op: Operation) -> Way:
    """Elementwise ops, reshapes and transposes come first, dynamic slices (forward) with them, broadcasts last."""
    name = op.name
    if name in EARLY:
        return Way.BOTH
    if name in SLICES:
        return Way.SLICE
    if name == "stablehlo.broadcast_in_dim":
        return Way.BROADCAST
    if name == "stablehlo.bitcast_convert" and op.operands[0].type.get_shape() == op.results[0].type.get_shape():  # type: ignore[attr-defined]
        return Way.BOTH
    return Way.LATE


def directions(rule: Rule, way: Way, level: int) -> tuple[int, ...]:
    """
    Per factor which way it spreads at one level of op priority.

    Level 0: what passes through without a choice. Level 1: all pass-through factors, broadcasts only backward.
    Level 2: everything. Each level includes those before it.
    """
    return tuple(
        0 if factor in rule.blocked else _direction(way, level, factor not in rule.special)
        for factor in range(len(rule.sizes))
    )


def _direction(way: Way, level: int, passes: bool) -> int:
    if way <= Way.BOTH:
        return int(way)
    if level == 2:
        return BOTH
    early = FORWARD if way is Way.SLICE else 0
    if level == 0 or not passes:
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

    `removable`: nothing is lost if the op goes when its results have no use.
    """

    rule: Rule
    way: Way
    operands: tuple[int, ...]
    results: tuple[int, ...]
    op: Operation | None = None
    manual: Manual | None = None
    removable: bool = False

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
    `layouts` holds the layout of each slot, None where nothing is known.

    `watchers[slot]` are the nodes to look at again when the slot changes, in the order in which they are stacked.
    `groups[slot]` are the slots that always have the same layout, and `siblings[slot]` those of the other results of
    its op, which become open when it gets its first layout. `owners[slot]` is the node that makes it, and `uses[slot]`
    the number of its uses.
    """

    meshes: dict[str, Mesh]
    layouts: list[Layout | None] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    results: list[FunctionResult] = field(default_factory=list)
    slot_of: dict[SSAValue, int] = field(default_factory=dict)
    watchers: list[list[int]] = field(default_factory=list)
    groups: dict[int, list[int]] = field(default_factory=dict)
    siblings: dict[int, tuple[int, ...]] = field(default_factory=dict)
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
        """The name of the mesh that all layouts share; None if there is none, or if they differ."""
        found: str | None = None
        for layout in layouts:
            if layout is None or layout.mesh == found:
                continue
            mesh = self.meshes[layout.mesh]
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
