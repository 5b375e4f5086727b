"""
Spreads layouts through a graph until nothing changes.

A stack of nodes starts with the whole program, first op on top. A node whose step changes a slot puts every other node
at that slot on the stack. What a step does depends only on the node's rule and on its layouts, so it is kept: a model
of twelve equal layers pays for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from eggshard.dialects.sharding.layout import Layout
from eggshard.propagation.factors import Crossing, Step, propagate_op
from eggshard.propagation.graph import Graph, Node, Way, directions, identity_rule
from eggshard.propagation.manual import inside, outside

Change = tuple[int, int]
"""(position among operands and results, number of the new layout)"""

MOST_SWEEPS = 10
"""A second sweep confirms; more are needed only where groups pull in different directions."""


class Engine:
    """
    Runs rounds of propagation over one graph.

    Layouts are numbered, 0 for none, so that a node's situation is a tuple of small integers.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.layouts: list[Layout | None] = [None]
        self.numbers: dict[Layout | None, int] = {None: 0}
        self.held = [self.number(layout) for layout in graph.layouts]
        self.slots = [node.slots for node in graph.nodes]
        self.readers = [_reader(slots) for slots in self.slots]
        self.uses = list(graph.uses)
        self.unused = bytearray(map(self._is_unused, graph.nodes))
        """Nodes that go when they are looked at, since nobody uses their results."""
        self.promises = [
            Node(identity_rule(r.shape, 1), Way.BOTH, (r.value,), (r.slot,), passage=True) for r in graph.results
        ]
        self.promised: dict[Any, tuple[Change, ...]] = {}
        self.memos: dict[tuple[int, Step], list[dict[Any, tuple[Change, ...]]]] = {}
        self.dead = bytearray(len(graph.nodes))

    def number(self, layout: Layout | None) -> int:
        found = self.numbers.get(layout)
        if found is None:
            found = self.numbers[layout] = len(self.layouts)
            self.layouts.append(layout)
        return found

    def get(self, slot: int) -> Layout | None:
        return self.layouts[self.held[slot]]

    def put(self, slot: int, layout: Layout | None) -> None:
        self.held[slot] = self.number(layout)

    def run(self, level: int, step: Step) -> None:
        """One round: to the end at one level of op priority with one strategy."""
        memos = self.memos.get((level, step))
        if memos is None:
            memos = self.memos[level, step] = self._memos()
        self._function_results(step)
        for _ in range(MOST_SWEEPS):
            if not self._sweep(level, step, memos):
                break
        self._function_results(step)

    def _memos(self) -> list[dict[Any, tuple[Change, ...]]]:
        """Per node where its steps are kept; nodes that behave alike share the place."""
        shared: dict[Any, dict[Any, tuple[Change, ...]]] = {}
        return [{} if node.manual else shared.setdefault(_behaviour(node), {}) for node in self.graph.nodes]

    def _sweep(self, level: int, step: Step, memos: list[dict[Any, tuple[Change, ...]]]) -> bool:
        """Visits every node once, and those at changed slots again; says whether anything changed."""
        count = len(self.graph.nodes)
        stack = list(range(count - 1, -1, -1))
        waiting = bytearray(b"\1") * count
        held, readers, unused = self.held, self.readers, self.unused
        changed = False
        while stack:
            place = stack.pop()
            waiting[place] = 0
            if unused[place]:
                self._drop(place, stack, waiting)
                continue
            situation = readers[place](held)
            memo = memos[place]
            changes = memo.get(situation)
            if changes is None:
                changes = self._step(self.graph.nodes[place], level, step)
                memo[situation] = changes
            if changes:
                changed = True
                slots = self.slots[place]
                for position, number in changes:
                    self._set(slots[position], number, place, stack, waiting)
        return changed

    def _is_unused(self, node: Node) -> int:
        return node.removable and not any(self.uses[slot] for slot in node.results)

    def _drop(self, place: int, stack: list[int], waiting: bytearray) -> None:
        """Drops an unused node, once; what feeds it is looked at again, since it may be next."""
        if self.dead[place]:
            return
        self.dead[place] = 1
        for slot in self.graph.nodes[place].operands:
            self.uses[slot] -= 1
            owner = self.graph.owners[slot]
            if owner is not None:
                self.unused[owner] = self._is_unused(self.graph.nodes[owner])
                if not waiting[owner]:
                    waiting[owner] = 1
                    stack.append(owner)

    def _set(self, slot: int, number: int, place: int, stack: list[int], waiting: bytearray) -> None:
        """Gives a slot its layout, and all of its group the same."""
        graph = self.graph
        for member in graph.groups.get(slot, (slot,)):
            self._assign(member, number)
            for watcher in graph.watchers[member]:
                if not waiting[watcher] and watcher != place:
                    waiting[watcher] = 1
                    stack.append(watcher)

    def _assign(self, slot: int, number: int) -> None:
        self.held[slot] = number
        layout = self.layouts[number]
        for sibling in self.graph.siblings.get(slot, ()):
            if not self.held[sibling] and layout is not None:
                self.put(sibling, Layout.replicate(layout.mesh, self.graph.ranks[sibling], open=True))

    def _step(self, node: Node, level: int, step: Step) -> tuple[Change, ...]:
        """What the node does to the layouts around it."""
        before: list[Layout | None] = [self.get(slot) for slot in node.operands]
        after: list[Layout | None] = [self.get(slot) for slot in node.results]
        if node.manual:
            after = [self._across(node, after[0])]
        changes = self._changes(node, before, after, level, step)
        if node.manual:
            split = len(node.operands)
            changes = [(p, self._back(node, new) if p >= split else new) for p, new in changes]
        return tuple((position, self.number(layout)) for position, layout in changes)

    def _changes(
        self, node: Node, before: Sequence[Layout | None], after: Sequence[Layout | None], level: int, step: Step
    ) -> list[tuple[int, Layout]]:
        graph = self.graph
        name = graph.common_mesh((*before, *after))
        if name is None:
            return []
        ways = directions(node, level)
        if node.passage:
            step = Step(step.aggressive)
        at = Crossing(node.rule, ways, name, graph.meshes[name], node.elementwise, step)
        return propagate_op(at, before, after)

    def _across(self, node: Node, layout: Layout | None) -> Layout | None:
        """The layout of a manual computation's slot as its sources see it."""
        manual = node.manual
        if layout is None or manual is None:
            return layout
        return outside(layout, manual.outer, manual.axes) if manual.inward else inside(layout, manual.axes)

    def _back(self, node: Node, layout: Layout) -> Layout:
        """The inverse of `_across`."""
        manual = node.manual
        assert manual is not None
        return inside(layout, manual.axes) if manual.inward else outside(layout, manual.outer, manual.axes)

    def _function_results(self, step: Step) -> None:
        """Values that functions return and the layouts that they promise for them follow each other."""
        for node in self.promises:
            situation = (node.rule, step.aggressive, *[self.held[slot] for slot in node.slots])
            changes = self.promised.get(situation)
            if changes is None:
                changes = self.promised[situation] = self._step(node, 0, step)
            for position, number in changes:
                slot = node.slots[position]
                for member in self.graph.groups.get(slot, (slot,)):
                    self._assign(member, number)


def _behaviour(node: Node) -> tuple[Any, ...]:
    """Nodes with equal behaviour do the same to equal layouts; rules are equal only if identical."""
    return (id(node.rule), node.way, node.single_use, node.elementwise, node.passage)


def _reader(slots: tuple[int, ...]) -> Any:
    """A function from all numbers to those of `slots`; a single one comes without a tuple."""
    return itemgetter(*slots) if slots else _nothing


def _nothing(held: list[int]) -> tuple[int, ...]:
    return ()
