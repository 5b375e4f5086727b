"""
The program as the planner sees it: tensors that lie somewhere, the ops that make and read them, and when.

Control flow has no strategy of its own. A loop's carry is one tensor, which is fed from outside and by every round; a
branch's result is fed by each branch. What a tensor feeds reads it like an op does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Block, Operation, SSAValue

from eggshard.annotation import linked
from eggshard.dialects.sharding import result_layout
from eggshard.dialects.stablehlo.dense import element_bytes
from eggshard.egraph.logic.islands import Island
from eggshard.egraph.logic.pieces import Piece
from eggshard.partitioning.insert import ANNOTATIONS
from eggshard.partitioning.program import BARRIERS, CONTROL_FLOW, TERMINATORS, main_function
from eggshard.report.collectives import trip_count


@dataclass(frozen=True, slots=True)
class Use:
    """
    A reading of a tensor: by operand `operand` of way `way` of site `site`, or by the tensor `feeds`.

    `times` is how often it happens, `loop` the innermost loop around it that the tensor itself lives outside of (-1:
    none); such a reading may be done once, before the loop.
    """

    position: int
    times: float
    site: int = -1
    way: int = 0
    operand: int = -1
    feeds: int = -1
    loop: int = -1


@dataclass(slots=True)
class Tensor:
    """
    A value that needs a layout.

    `maker` is the site and result that makes it, None where it only has a home: arguments, carries, results. An
    `optional` one is made only in some forms of the program. It lives in steps [start, end), and is another one `times`
    times. `values` are the SSA values that stand for it; `argument` and `result` its number where it is one (or -1).
    """

    values: list[SSAValue]
    shape: tuple[int, ...]
    width: int
    start: int
    times: float = 1.0
    end: int = 0
    maker: tuple[int, int] | None = None
    argument: int = -1
    result: int = -1
    optional: bool = False
    uses: list[Use] = field(default_factory=list)

    @property
    def bytes(self) -> int:
        return prod(self.shape) * self.width


@dataclass(slots=True)
class Way:
    """An op, and the tensors that it reads (-1: a value without one)."""

    op: Operation
    operands: list[int]


@dataclass(slots=True)
class Site:
    """
    What is to be partitioned: when it runs, how often, and the tensors that it makes.

    Most sites have one way, an op of the program. Those of islands have several; an `optional` one may do nothing.
    """

    ways: list[Way]
    position: int
    times: float
    results: list[int]
    optional: bool = False

    @property
    def op(self) -> Operation:
        return self.ways[0].op


@dataclass(slots=True)
class Rewritten:
    """An island in the outline: its pieces, and the site of each."""

    island: Island
    pieces: list[Piece]
    sites: list[int]


@dataclass
class Outline:
    """All of a program; positions count its ops in order, and `steps` is how many there are."""

    sites: list[Site] = field(default_factory=list)
    tensors: list[Tensor] = field(default_factory=list)
    steps: int = 0
    of: dict[SSAValue, int] = field(default_factory=dict)
    linked_results: list[tuple[int, int]] = field(default_factory=list)
    """Pairs (number of a result, tensor whose place it takes): updated state lies like the state that came in."""
    islands: list[Rewritten] = field(default_factory=list)


def outline(module: ModuleOp, islands: Sequence[tuple[Island, list[Piece]]] = ()) -> Outline:
    """The outline of an imported program, `islands` of it with all their ways."""
    return _Reader(main_function(module), islands).run()


class _Reader:
    def __init__(self, func: FuncOp, islands: Sequence[tuple[Island, list[Piece]]]):
        self.func = func
        self.islands = {island.root: (island, pieces) for island, pieces in islands}
        self.inside = {op for island, _ in islands for op in island.inside}
        self.out = Outline()
        self.loops: list[tuple[int, int]] = []  # (start, end) of the loops around the current op
        self.loops_of: dict[int, tuple[tuple[int, int], ...]] = {}  # tensor -> loops around its birth

    def run(self) -> Outline:
        block = self.func.body.block
        for argument in block.args:
            index = self.tensor([argument], 0)
            if index >= 0:
                self.out.tensors[index].argument = argument.index
        self.block(block, 1.0, 1)
        self.finish()
        return self.out

    def tensor(self, values: list[SSAValue], start: int, times: float = 1.0, kind: Attribute | None = None) -> int:
        kind = values[0].type if kind is None else kind
        if not isinstance(kind, TensorType):
            return -1
        index = len(self.out.tensors)
        width = element_bytes(kind.element_type)
        self.out.tensors.append(Tensor(values, tuple(kind.get_shape()), width, start, times, start + 1))
        for value in values:
            self.out.of[value] = index
        self.loops_of[index] = tuple(self.loops)
        return index

    def use(self, value: SSAValue, position: int, times: float, **reader: int) -> int:
        """Notes that a value is read; returns its tensor."""
        index = self.out.of.get(value, -1)
        if index >= 0:
            self.reads(index, position, times, **reader)
        return index

    def reads(self, index: int, position: int, times: float, **reader: int) -> None:
        tensor = self.out.tensors[index]
        entered = self.entered(self.loops_of[index])
        tensor.uses.append(Use(position, times, loop=entered[0][0] if entered else -1, **reader))
        tensor.end = max(tensor.end, position + 1, *(end for _, end in entered))

    def entered(self, outside: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
        """The loops around the current op that are not among those `outside`."""
        return [loop for loop in self.loops if loop not in outside]

    def block(self, block: Block, times: float, position: int) -> int:
        """Reads the ops of a block from `position` on; returns the position behind it."""
        for op in block.ops:
            if op.name in TERMINATORS:
                continue
            if op.name in CONTROL_FLOW:
                position = self.control_flow(op, times, position)
            elif op.name in BARRIERS or op.name in ANNOTATIONS:
                for operand, result in zip(op.operands, op.results, strict=False):
                    home = self.tensor([result], position, times)
                    self.use(operand, position, times, feeds=home)
            elif op in self.islands:
                position = self.island(*self.islands[op], times, position)
            elif op in self.inside:
                continue
            elif not op.operands and op.name.startswith("stablehlo."):
                continue  # constants and iotas are made where and how they are read
            else:
                self.site(op, times, position)
            position += 1
        return position

    def site(self, op: Operation, times: float, position: int) -> None:
        number = len(self.out.sites)
        operands = [
            self.use(value, position, times, site=number, operand=index) for index, value in enumerate(op.operands)
        ]
        results = [self.tensor([value], position, times) for value in op.results]
        for index, tensor in enumerate(results):
            if tensor >= 0:
                self.out.tensors[tensor].maker = (number, index)
        self.out.sites.append(Site([Way(op, operands)], position, times, results))

    def island(self, island: Island, pieces: list[Piece], times: float, position: int) -> int:
        """A site for each piece, one after the other where the island's result is made; returns the last position."""
        made: list[int] = []
        sites: list[int] = []
        for step, piece in enumerate(pieces):
            position += step > 0
            number = len(self.out.sites)
            values: list[SSAValue] = [] if piece is not pieces[-1] else list(island.root.results)
            tensor = self.tensor(values, position, times, piece.type)
            self.out.tensors[tensor].maker = (number, 0)
            self.out.tensors[tensor].optional = piece.optional
            ways = []
            for index, way in enumerate(piece.ways):
                operands = []
                for place, read in enumerate(way.reads):
                    source = made[read] if isinstance(read, int) else self.out.of.get(read, -1)
                    if source >= 0:
                        self.reads(source, position, times, site=number, way=index, operand=place)
                    operands.append(source)
                ways.append(Way(way.op, operands))
            self.out.sites.append(Site(ways, position, times, [tensor], piece.optional))
            made.append(tensor)
            sites.append(number)
        self.out.islands.append(Rewritten(island, pieces, sites))
        return position

    def control_flow(self, op: Operation, times: float, position: int) -> int:
        if op.name == "stablehlo.while":
            return self.loop(op, times, position)
        if op.name == "sdy.manual_computation":
            return self.manual(op, times, position)
        homes = [self.tensor([value], position, times) for value in op.results]
        for region in op.regions:
            for inner in region.blocks:
                position = self.block(inner, times, position + 1)
                last = inner.last_op
                if last is not None:
                    for value, home in zip(last.operands, homes, strict=False):
                        self.use(value, position, times, feeds=home)
        return position

    def manual(self, op: Operation, times: float, position: int) -> int:
        """What its author partitioned: its operands and results lie where it says, its body is not to be planned."""
        for value, argument in zip(op.operands, op.regions[0].block.args, strict=True):
            self.use(value, position, times, feeds=self.tensor([argument], position, times, value.type))
        for result in op.results:
            self.tensor([result], position, times)
        return position

    def loop(self, op: Operation, times: float, position: int) -> int:
        start, rounds = position, times * (trip_count(op) or 1)
        condition, body = (region.block for region in op.regions)
        end = start + sum(self.steps(each) for region in op.regions for each in region.walk()) + 1
        last = body.last_op
        assert last is not None
        homes = []
        for index, value in enumerate(op.operands):
            changes = last.operands[index] is not body.args[index]
            values = [op.results[index], condition.args[index], body.args[index]]
            home = self.tensor(values, start, rounds if changes else times)
            self.use(value, start, times, feeds=home)
            if changes:
                self.loops_of[home] = (*self.loops, (start, end))
            homes.append(home)
        self.loops.append((start, end))
        position = self.block(condition, rounds, position + 1)
        position = self.block(body, rounds, position)
        for value, home in zip(last.operands, homes, strict=True):
            if home >= 0 and self.out.of.get(value, -1) != home:
                self.use(value, position, rounds, feeds=home)
            if home >= 0:
                self.out.tensors[home].end = max(self.out.tensors[home].end, end)
        self.loops.pop()
        return max(position, end)

    def steps(self, op: Operation) -> int:
        """Positions that an op takes, at most."""
        return len(self.islands[op][1]) if op in self.islands else 1

    def finish(self) -> None:
        """What the program returns has to lie somewhere: where the state came from, or anywhere."""
        out, last = self.out, self.func.body.block.last_op
        assert last is not None
        out.steps = max([tensor.end for tensor in out.tensors], default=0) + 1
        pairs = linked(self.func)
        for index, value in enumerate(last.operands):
            source = out.of.get(value, -1)
            if source < 0:
                continue
            argument = pairs.get(index) if result_layout(self.func, index) is None else None
            home = -1 if argument is None else out.of.get(self.func.body.block.args[argument], -1)
            if home >= 0:
                out.linked_results.append((index, home))
                if home != source:
                    self.use(value, out.steps - 1, 1.0, feeds=home)
                continue
            tensor = out.tensors[source]
            home = len(out.tensors)
            made = Tensor([value], tensor.shape, tensor.width, out.steps - 1, 1.0, out.steps, result=index)
            out.tensors.append(made)
            self.use(value, out.steps - 1, 1.0, feeds=home)
        for tensor in out.tensors:
            if tensor.argument >= 0:
                tensor.end = out.steps
