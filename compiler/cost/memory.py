"""
Predicted peak memory of a per-device program, as XLA's `memory_analysis` counts it.

Arguments live throughout. Results have memory of their own, which holds temporaries until they are written, or lie in a
donated argument's. Values inside of fused clusters do not exist; loops carry their values in place.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, ModuleOp, StringAttr
from xdsl.dialects.func import FuncOp

from eggshard.cost.buffers import Buffer, arena_bytes, most_live
from eggshard.cost.fusion import Step, materialised
from eggshard.cost.lowered import Kind, Lowered, bytes_of, lower
from eggshard.cost.schedule import breadth_first
from eggshard.partitioning.program import main_function, source_line

TUPLE_ENTRY = 8
"""Bytes of the pointer to one of several results."""


@dataclass(frozen=True)
class Memory:
    """
    Bytes on one device.

    `by_argument` sums arguments by the first part of their path (params, opt_state, ...); `largest` are the largest
    temporaries at the peak: bytes and where they come from.
    """

    arguments: int
    results: int
    temporaries: int
    aliased: int
    by_argument: dict[str, int]
    largest: tuple[tuple[int, str], ...]

    @property
    def peak(self) -> int:
        return self.arguments + self.results + self.temporaries - self.aliased


def predicted_memory(module: ModuleOp, donated: Collection[int] = ()) -> Memory:
    """
    Peak memory of a program in dialects `stablehlo` and `spmd` of which the arguments `donated` may be overwritten.

    A donated argument lends its memory to a result of the same type, the first that is free.
    """
    func = main_function(module)
    block = func.body.block
    graph = lower(block)
    sizes = [bytes_of(argument.type) for argument in block.args]
    results = [bytes_of(value.type) for value in (block.last_op.operands if block.last_op is not None else ())]
    lent = _lent(func, donated)
    layout = _Layout(graph, lent)
    return Memory(
        arguments=sum(sizes),
        results=sum(results) + (TUPLE_ENTRY * len(results) if len(results) > 1 else 0),
        temporaries=arena_bytes(layout.buffers),
        aliased=sum(results[result] for result in lent),
        by_argument=_by_argument(func, sizes),
        largest=layout.largest(),
    )


def _lent(func: FuncOp, donated: Collection[int]) -> dict[int, int]:
    """Result -> the donated argument whose memory it gets."""
    free: dict[object, list[int]] = {}
    for index in sorted(donated):
        free.setdefault(func.body.block.args[index].type, []).append(index)
    lent: dict[int, int] = {}
    last = func.body.block.last_op
    for index, value in enumerate(last.operands if last is not None else ()):
        if free.get(value.type):
            lent[index] = free[value.type].pop(0)
    return lent


def _by_argument(func: FuncOp, sizes: Sequence[int]) -> dict[str, int]:
    total: dict[str, int] = {}
    attributes = func.properties.get("arg_attrs")
    entries = attributes.data if isinstance(attributes, ArrayAttr) else [None] * len(sizes)
    for index, (entry, size) in enumerate(zip(entries, sizes, strict=True)):
        name = entry.data.get("sharding.name") if isinstance(entry, DictionaryAttr) else None
        first = name.data.split("/", 1)[0] if isinstance(name, StringAttr) else str(index)
        total[first] = total.get(first, 0) + size
    return total


class _Layout:
    """The buffers of one block: which steps share one, and from when to when each lives."""

    def __init__(self, graph: Lowered, lent: dict[int, int]):
        self.graph = graph
        self.steps = breadth_first(materialised(graph))
        self.buffers: list[Buffer] = []
        self.origin: list[Step] = []
        self.buffer: dict[int, int] = {}
        """Node -> its buffer, for all but arguments and constants."""
        self.argument: dict[int, int] = {}
        """Node -> the argument that it is, or is a view of."""
        self.last: dict[int, int] = {}
        """Root of a chain of views -> the last step that reads one of them."""
        self.root: dict[int, int] = {}
        self.end = len(self.steps)
        self.mark_uses()
        for at, step in enumerate(self.steps):
            self.place(at, step)
        self.mark_results(lent)

    def mark_uses(self) -> None:
        for at, step in enumerate(self.steps):
            self.root[step.node] = self.root[step.view_of] if step.view_of is not None else step.node
            self.last[self.root[step.node]] = at
            for read in step.reads:
                self.last[self.root[read]] = at
        for index in self.graph.results:
            if index in self.root:
                self.last[self.root[index]] = self.end

    def place(self, at: int, step: Step) -> None:
        node = self.graph.nodes[step.node]
        if node.kind is Kind.ARGUMENT:
            self.argument[step.node] = step.node
        elif step.view_of is not None:
            for known in (self.buffer, self.argument):
                if step.view_of in known:
                    known[step.node] = known[step.view_of]
        elif node.kind is Kind.IN_PLACE:
            self.overwrite(at, step, node.operands[0])
        elif node.carries >= 0:
            self.carry(at, step)
        else:
            size = _workspace(node.body) if node.body is not None else node.bytes
            self.new(at, step, size)

    def new(self, at: int, step: Step, size: int) -> None:
        takes = [self.buffer[o] for o in step.shares if o in self.buffer and self.ends(o, at)]
        self.buffer[step.node] = len(self.buffers)
        self.buffers.append(Buffer(size, at, self.last[self.root[step.node]], takes))
        self.origin.append(step)

    def ends(self, node: int, at: int) -> bool:
        return self.last[self.root[node]] == at

    def overwrite(self, at: int, step: Step, operand: int) -> None:
        """In the operand's buffer if nobody reads that later, else in a copy."""
        if operand in self.buffer and self.ends(operand, at):
            index = self.buffer[step.node] = self.buffer[operand]
            self.buffers[index].last = max(self.buffers[index].last, self.last[self.root[step.node]])
        else:
            self.new(at, step, self.graph.nodes[step.node].bytes)

    def carry(self, at: int, step: Step) -> None:
        """A loop's value lies where its first value lay; one that the loop never changes is that value."""
        loop = self.graph.nodes[self.graph.nodes[step.node].operands[0]]
        index = self.graph.nodes[step.node].carries
        operand = loop.operands[index]
        assert loop.body is not None
        unchanged = loop.body.results[index] == loop.body.arguments[index]
        if unchanged and operand in self.argument:
            self.argument[step.node] = self.argument[operand]
            return
        placed = operand in self.buffer
        ends = placed and self.last[self.root[operand]] <= at
        if placed and (unchanged or (ends and loop.operands.count(operand) == 1)):
            own = self.buffer[step.node] = self.buffer[operand]
            self.buffers[own].last = max(self.buffers[own].last, self.last[self.root[step.node]])
        else:
            self.new(at, step, self.graph.nodes[step.node].bytes)

    def mark_results(self, lent: dict[int, int]) -> None:
        """Results have their own memory; an argument or a value returned twice is copied there at the end."""
        for position, index in enumerate(self.graph.results):
            own = self.buffer.get(index)
            given = None
            if position in lent:
                argument = self.graph.arguments[lent[position]]
                given = (-1, self.last.get(argument, -1))
            if own is None or self.buffers[own].returned:
                # Nothing else to hold: an argument that is returned in its own memory, or a copy at the end.
                self.buffers.append(Buffer(self.graph.nodes[index].bytes, self.end, self.end, [], True, given))
                self.origin.append(Step(index, []))
                continue
            buffer = self.buffers[own]
            if given is not None and self.collide(own, lent[position], given):
                self.buffers.append(Buffer(buffer.bytes, self.end, self.end, [], True, given))
                self.origin.append(self.origin[own])
                buffer.last = self.end
                continue
            buffer.returned, buffer.given, buffer.last = True, given, self.end

    def collide(self, own: int, lent: int, given: tuple[int, int]) -> bool:
        """Whether the result is written while the argument is still read, other than by the op that writes it."""
        buffer = self.buffers[own]
        if buffer.first > given[1]:
            return False
        argument = self.graph.arguments[lent]
        return buffer.first < given[1] or argument not in self.origin[own].shares

    def largest(self, count: int = 8) -> tuple[tuple[int, str], ...]:
        """The largest temporaries at the time when most is alive."""
        _, at = most_live(self.buffers)
        live = [
            (buffer.bytes, index)
            for index, buffer in enumerate(self.buffers)
            if not buffer.returned and buffer.first <= at <= buffer.last
        ]
        live.sort(key=lambda entry: (-entry[0], entry[1]))
        return tuple((size, self.describe(index)) for size, index in live[:count])

    def describe(self, index: int) -> str:
        op = self.graph.nodes[self.origin[index].node].op
        if op is None:
            return "a copy"
        return " ".join(filter(None, (op.name, source_line(op.location))))


def _workspace(body: Lowered) -> int:
    """Temporaries of one round of a loop, whose values are carried in place."""
    carried = {index: index for index in range(len(body.results))}
    return arena_bytes(_Layout(body, carried).buffers)
