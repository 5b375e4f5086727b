"""
Predicted peak memory of a per-device program, as XLA's `memory_analysis` counts it.

Arguments live throughout. Results have memory of their own, which holds temporaries until they are written, or lie in a
donated argument's. Values inside of fused clusters do not exist; loops carry their values in place.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import prod

from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, FunctionType, ModuleOp, StringAttr, TensorType
from xdsl.dialects.func import FuncOp

from eggshard.cost.buffers import Buffer, arena_bytes, most_live
from eggshard.cost.fusion import Step, materialised
from eggshard.cost.lowered import TUPLE_ENTRY, Kind, Lowered, bytes_of
from eggshard.cost.lowering import lower
from eggshard.cost.schedule import breadth_first
from eggshard.dialects.sharding import LayoutAttr
from eggshard.dialects.stablehlo.dense import element_bytes
from eggshard.partitioning.program import main_function, source_line, the_mesh

GLOBAL = "spmd.global"
"""The function attribute with the types of the whole tensors."""


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


def predicted_memory(module: ModuleOp, donated: Collection[int] = (), widens: bool = True) -> Memory:
    """
    Peak memory of a program in dialects `stablehlo` and `spmd` of which the arguments `donated` may be overwritten.

    A donated argument lends its memory to a result of the same type, the first that is free. `widens` says that narrow
    floats are computed in f32, as XLA does on CPUs; leave it out for machines that compute in bf16.
    """
    func = main_function(module)
    block = func.body.block
    sizes = [bytes_of(argument.type) for argument in block.args]
    results = [bytes_of(value.type) for value in (block.last_op.operands if block.last_op is not None else ())]
    held, gathered = (_uneven(module, func, side) for side in (0, 1))
    for index, (_, size) in held.items():
        sizes[index] = size
    for index, (_, size) in gathered.items():
        results[index] = size
    graph = lower(block, held, gathered, widens)
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


def _uneven(module: ModuleOp, func: FuncOp, side: int) -> dict[int, tuple[int, int]]:
    """
    Arguments (0) or results (1) with a dimension that does not divide, which therefore stays whole outside.

    For each: bytes on a device with such dimensions padded, and without.
    """
    found, whole = the_mesh(module), func.attributes.get(GLOBAL)
    entries = func.properties.get(("arg_attrs", "res_attrs")[side])
    if found is None or not isinstance(whole, FunctionType) or not isinstance(entries, ArrayAttr):
        return {}
    mesh, uneven = found[1], {}
    for index, (kind, entry) in enumerate(zip((whole.inputs, whole.outputs)[side], entries, strict=True)):
        layout = entry.data.get("sharding.layout") if isinstance(entry, DictionaryAttr) else None
        if not isinstance(layout, LayoutAttr) or not isinstance(kind, TensorType):
            continue
        parts = [(size, mesh.span(axes)) for size, axes in zip(kind.get_shape(), layout.data.axes, strict=True)]
        if any(size % span for size, span in parts):
            width = element_bytes(kind.element_type)
            padded = prod(-(-size // span) * (span if size % span else 1) for size, span in parts)
            uneven[index] = (width * padded, width * prod(s if s % span else s // span for s, span in parts))
    return uneven


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
    """
    The buffers of one block: which steps share one, and from when to when each lives.

    A step takes one unit of time, a loop as many as its body, whose buffers are laid out with all others.
    """

    def __init__(self, graph: Lowered, lent: dict[int, int], start: int = 0, outer: _Layout | None = None):
        self.graph = graph
        late = {index for index, node in enumerate(graph.nodes) if node.late}
        self.steps = breadth_first(materialised(graph), late)
        self.buffers: list[Buffer] = outer.buffers if outer is not None else []
        self.origin: list[tuple[Lowered, Step]] = outer.origin if outer is not None else []
        """The step that each buffer is made by."""
        self.buffer: dict[int, int] = {}
        """Node -> its buffer, for all but arguments and constants."""
        self.argument: dict[int, int] = {}
        """Node -> the argument that it is, or is a view of."""
        self.root: dict[int, int] = {}
        """Node -> the node that it is a view of, itself if of none."""
        self.last: dict[int, int] = {}
        """Root of a chain of views -> the last step that reads one of them."""
        self.began: dict[int, int] = {}
        """Node -> its step; all results of a call are there from its step on."""
        self.mark_uses()
        self.begin: list[int] = []
        self.finish: list[int] = []
        """First and last unit of time of each step."""
        self.now = start
        for at, step in enumerate(self.steps):
            self.begin.append(self.now)
            body = graph.nodes[step.node].body
            if body is not None:
                inner = _Layout(body, {}, self.now, self)
                inner.mark_carries()
                self.now = inner.now
            self.finish.append(self.now)
            self.now += 1
            self.place(at, step)
        self.begin.append(self.now)
        self.finish.append(self.now)
        for node, index in self.buffer.items():
            self.buffers[index].last = max(self.buffers[index].last, self.finish[self.last[self.root[node]]])
        if outer is None:
            self.mark_results(lent)

    def mark_uses(self) -> None:
        for at, step in enumerate(self.steps):
            self.root[step.node] = self.root[step.view_of] if step.view_of is not None else step.node
            self.last[self.root[step.node]] = at
            for read in step.reads:
                self.last[self.root[read]] = at
        for index in self.graph.results:
            if index in self.root:
                self.last[self.root[index]] = len(self.steps)

    def place(self, at: int, step: Step) -> None:
        node = self.graph.nodes[step.node]
        self.began[step.node] = at
        if node.kind is Kind.ARGUMENT:
            self.argument[step.node] = step.node
        elif step.view_of is not None:
            for known in (self.buffer, self.argument):
                if step.view_of in known:
                    known[step.node] = known[step.view_of]
        elif node.kind is Kind.IN_PLACE and node.operands[0] in self.buffer and self.ends(node.operands[0], at):
            self.buffer[step.node] = self.buffer[node.operands[0]]
        elif node.carries >= 0:
            self.carry(at, step)
        else:
            self.new(at, step)

    def new(self, at: int, step: Step) -> None:
        node = self.graph.nodes[step.node]
        takes = [self.buffer[o] for o in step.shares if o in self.buffer and self.ends(o, at)]
        first = self.began[node.operands[0]] if node.kind is Kind.PART else at
        self.buffer[step.node] = len(self.buffers)
        self.buffers.append(Buffer(node.bytes, self.begin[first], self.finish[at], takes))
        self.origin.append((self.graph, step))

    def ends(self, node: int, at: int) -> bool:
        return self.last[self.root[node]] <= at

    def carry(self, at: int, step: Step) -> None:
        """A loop's value lies where its first value lay, if nobody else needs that; what never changes stays there."""
        loop = self.graph.nodes[self.graph.nodes[step.node].operands[0]]
        index = self.graph.nodes[step.node].carries
        operand = loop.operands[index]
        assert loop.body is not None
        unchanged = loop.body.results[index] == loop.body.arguments[index]
        if unchanged and operand in self.argument:
            self.argument[step.node] = self.argument[operand]
        elif operand in self.buffer and (unchanged or (self.ends(operand, at) and loop.operands.count(operand) == 1)):
            self.buffer[step.node] = self.buffer[operand]
        else:
            self.new(at, step)

    def mark_carries(self) -> None:
        """In a loop's body: a value for the next round is written over this round's, unless that is read later."""
        for argument, result in zip(self.graph.arguments, self.graph.results, strict=False):
            own = self.buffer.get(result)
            if own is not None and not self.collide(own, argument, self.reads_until(argument)):
                self.buffers[own].bytes = 0

    def reads_until(self, argument: int) -> int:
        """The last unit of time in which an argument is read; before all of them if never."""
        return self.finish[self.last[argument]] if argument in self.last else -1

    def mark_results(self, lent: dict[int, int]) -> None:
        """Results have their own memory; an argument or a value returned twice is copied there at the end."""
        for position, index in enumerate(self.graph.results):
            own = self.buffer.get(index)
            argument = self.graph.arguments[lent[position]] if position in lent else None
            given = (-1, self.reads_until(argument)) if argument is not None else None
            if own is None or self.buffers[own].returned:
                # Nothing else to hold: an argument that is returned in its own memory, or a copy at the end.
                self.copied(index, self.graph.nodes[index].bytes, given)
            elif argument is not None and given is not None and self.collide(own, argument, given[1]):
                self.copied(index, self.buffers[own].bytes, given)
            else:
                buffer = self.buffers[own]
                buffer.returned, buffer.given = True, given

    def copied(self, index: int, size: int, given: tuple[int, int] | None) -> None:
        self.buffers.append(Buffer(size, self.now, self.now, [], True, given))
        self.origin.append((self.graph, Step(index, [])))

    def collide(self, own: int, argument: int, until: int) -> bool:
        """Whether a value is written while the argument is still read, other than by the op that writes it."""
        first = self.buffers[own].first
        if first > until:
            return False
        return first < until or argument not in self.origin[own][1].shares

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
        graph, step = self.origin[index]
        op = graph.nodes[step.node].op
        if op is None:
            return "a copy"
        return " ".join(filter(None, (op.name, source_line(op.location))))
