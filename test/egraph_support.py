"""Small programs of products and sums, and a check of every form that the logical rules find for them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy as np

from eggshard.dialects.assembly import parse_module
from eggshard.egraph.logic.dims import flat
from eggshard.egraph.logic.islands import Island, islands
from eggshard.egraph.logic.pieces import pieces
from eggshard.egraph.logic.saturate import Forms, saturate
from eggshard.egraph.rulesets import LOGICAL
from eggshard.interpreter import run_module
from eggshard.partitioning.program import main_function

Shape = tuple[int, ...]


class Program:
    """MLIR text, an op a line."""

    def __init__(self) -> None:
        self.arguments: list[Shape] = []
        self.lines: list[str] = []
        self.names = count()

    def argument(self, shape: Shape) -> str:
        self.arguments.append(shape)
        return f"%a{len(self.arguments) - 1}"

    def line(self, text: str) -> str:
        name = f"%v{next(self.names)}"
        self.lines.append(f"{name} = {text}")
        return name

    def dot(self, a: str, b: str, types: tuple[Shape, Shape, Shape], batch: int = 0) -> str:
        """The dimension behind those of a batch is summed: the last one of a, the first one of b."""
        dims = list(range(batch))
        batching = f"batching_dims = {dims} x {dims}, " if batch else ""
        last = len(types[0]) - 1
        return self.line(
            f"stablehlo.dot_general {a}, {b}, {batching}contracting_dims = [{last}] x [{batch}] "
            f": ({tensor(types[0])}, {tensor(types[1])}) -> {tensor(types[2])}"
        )

    def binary(self, op: str, a: str, b: str, shape: Shape = (2, 2)) -> str:
        return self.line(f"stablehlo.{op} {a}, {b} : {tensor(shape)}")

    def transpose(self, a: str, source: Shape, order: list[int]) -> str:
        target = tuple(source[dim] for dim in order)
        return self.line(f"stablehlo.transpose {a}, dims = {order} : ({tensor(source)}) -> {tensor(target)}")

    def broadcast(self, a: str, source: Shape, dims: list[int], target: Shape) -> str:
        return self.line(f"stablehlo.broadcast_in_dim {a}, dims = {dims} : ({tensor(source)}) -> {tensor(target)}")

    def scalar(self, op: str, a: str, factor: float, shape: Shape) -> str:
        """A tensor times (or over) a constant, broadcast."""
        number = self.line(f"stablehlo.constant dense<{factor}> : tensor<f64>")
        return self.binary(op, a, self.broadcast(number, (), [], shape), shape)

    def reshape(self, a: str, source: Shape, target: Shape) -> str:
        return self.line(f"stablehlo.reshape {a} : ({tensor(source)}) -> {tensor(target)}")

    def sum(self, a: str, source: Shape, dim: int, init: str = "0.0") -> str:
        target = source[:dim] + source[dim + 1 :]
        zero = self.line(f"stablehlo.constant dense<{init}> : tensor<f64>")
        return self.line(
            f"stablehlo.reduce({a} init: {zero}) applies stablehlo.add across dimensions = [{dim}] "
            f": ({tensor(source)}, tensor<f64>) -> {tensor(target)}"
        )

    def module(self, result: str, shape: Shape) -> Any:
        arguments = ", ".join(f"%a{i}: {tensor(s)}" for i, s in enumerate(self.arguments))
        body = "\n".join(self.lines)
        return parse_module(
            f"func.func @main({arguments}) -> {tensor(shape)} {{\n{body}\nreturn {result} : {tensor(shape)}\n}}"
        )


def tensor(shape: Shape) -> str:
    return f"tensor<{''.join(f'{size}x' for size in shape)}f64>"


KINDS = (
    *("dot",) * 6,
    *("batched",) * 2,
    *("add",) * 4,
    *("multiply",) * 2,
    *("transpose",) * 2,
    *("sum",) * 2,
    *("scalar", "divided", "broadcast", "broadcast", "reshape", "reshape"),
    *("leaf",) * 2,
)


class RandomTree(Program):
    """A random tree of sums of products, over sizes 2 and 3, whose leaves are often equal."""

    def __init__(self, seed: int):
        super().__init__()
        self.rng = np.random.default_rng(seed)
        self.left = int(self.rng.integers(3, 8))  # leaves
        self.shape = tuple(int(size) for size in self.rng.integers(2, 4, self.rng.integers(1, 3)))
        self.root = self.tree(self.shape, 4)

    def size(self) -> int:
        return int(self.rng.integers(2, 4))

    def leaf(self, shape: Shape) -> str:
        self.left -= 1
        same = [index for index, other in enumerate(self.arguments) if other == shape]
        if same and self.rng.random() < 0.5:
            return f"%a{self.rng.choice(same)}"
        return self.argument(shape)

    def tree(self, shape: Shape, depth: int) -> str:
        if depth == 0 or self.left <= 1:
            return self.leaf(shape)
        kind = self.rng.choice(KINDS)
        if kind == "dot" and shape:
            cut, size = int(self.rng.integers(0, len(shape) + 1)), self.size()
            left, right = (*shape[:cut], size), (size, *shape[cut:])
            return self.dot(self.tree(left, depth - 1), self.tree(right, depth - 1), (left, right, shape))
        if kind == "batched" and len(shape) == 2:
            left, right = (shape[0], size := self.size()), (shape[0], size, shape[1])
            return self.dot(self.tree(left, depth - 1), self.tree(right, depth - 1), (left, right, shape), batch=1)
        if kind in ("add", "multiply"):
            make = self.tree if kind == "add" else self.factor
            return self.binary(kind, make(shape, depth - 1), make(shape, depth - 1), shape)
        if kind == "transpose" and len(shape) == 2:
            return self.transpose(self.tree(shape[::-1], depth - 1), shape[::-1], [1, 0])
        if kind == "sum" and len(shape) < 3:
            dim = int(self.rng.integers(0, len(shape) + 1))
            source = (*shape[:dim], self.size(), *shape[dim:])
            return self.sum(self.tree(source, depth - 1), source, dim)
        if kind in ("scalar", "divided"):
            factor = float(self.rng.choice([-2.0, 0.5, 2.0]))
            return self.scalar("multiply" if kind == "scalar" else "divide", self.tree(shape, depth - 1), factor, shape)
        if kind == "broadcast" and shape:
            return self.broadcasted(shape, depth)
        if kind == "reshape":
            return self.reshaped(shape, depth)
        return self.leaf(shape)

    def broadcasted(self, shape: Shape, depth: int) -> str:
        kept = [dim for dim in range(len(shape)) if self.rng.random() < 0.5]
        source = tuple(shape[dim] for dim in kept)
        if len(kept) == len(shape):
            return self.tree(shape, depth - 1)
        return self.broadcast(self.tree(source, depth - 1), source, kept, shape)

    def reshaped(self, shape: Shape, depth: int) -> str:
        """Two dimensions as one, one as two, or one of one element more."""
        if len(shape) == 2 and self.rng.random() < 0.5:
            source: Shape = (shape[0] * shape[1],)
        elif len(shape) == 1 and shape[0] in (4, 6, 9):
            major = {4: 2, 6: int(self.rng.choice([2, 3])), 9: 3}[shape[0]]
            source = (major, shape[0] // major)
        else:
            place = int(self.rng.integers(0, len(shape) + 1))
            source = (*shape[:place], 1, *shape[place:])
        return self.reshape(self.tree(source, depth - 1), source, shape)

    def factor(self, shape: Shape, depth: int) -> str:
        """A factor, now and then broadcast along some dimensions."""
        kept = [dim for dim in range(len(shape)) if self.rng.random() < 0.6]
        if len(kept) == len(shape):
            return self.tree(shape, depth)
        source = tuple(shape[dim] for dim in kept)
        return self.broadcast(self.leaf(source), source, kept, shape)

    def made(self) -> Any:
        return self.module(self.root, self.shape)


def integers(shapes: list[Shape], seed: int) -> list[Any]:
    rng = np.random.default_rng(seed)
    return [rng.integers(-2, 3, shape).astype(np.float64) for shape in shapes]


def leaves_of(module: Any, island: Island, forms: Forms, inputs: list[Any]) -> dict[Any, Any]:
    """What the leaves of an island stand for: values of the program, run up to there."""
    wanted = dict.fromkeys(leaf.value for leaf in forms.leaves if leaf is not None and leaf.value is not None)
    return {value: run_to(module, value, inputs) for value in wanted}


def run_to(module: Any, value: Any, inputs: list[Any]) -> Any:
    """A value of the main function, by a program that returns it."""
    block = main_function(module).body.block
    if value in block.args:
        return inputs[value.index]
    if value.owner.parent is None:
        return run_module(alone(value.owner, []), [])[0]  # a constant of a form's own
    clone = module.clone()
    main = main_function(clone)
    index = list(block.ops).index(value.owner)
    last = main.body.block.last_op
    assert last is not None
    last.operands = [list(main.body.block.ops)[index].results[0]]
    return run_module(clone, inputs)[0]


def check_forms(island: Island, forms: Forms, leaves: dict[Any, Any]) -> Any:
    """Every form of every class agrees; returns the island's result."""
    values: list[Any] = []  # dimensions in order of their index
    for c, mask in enumerate(forms.masks):
        indices = [index for index in range(len(island.sizes)) if mask >> index & 1]
        leaf = forms.leaves[c]
        if leaf is not None:
            sizes = [island.sizes[index] for index in leaf.indices]
            value: Any = np.ones(sizes) if leaf.value is None else np.reshape(leaves[leaf.value], sizes)
            values.append(np.einsum(value, list(leaf.indices), indices))
            continue
        ways = []
        for form in forms.forms[c]:
            arrays = [values[operand] for operand in form.operands]
            kept = [[i for i in range(len(island.sizes)) if forms.masks[o] >> i & 1] for o in form.operands]
            if form.kind == "add":
                assert kept[0] == kept[1] == indices
                ways.append(arrays[0] + arrays[1])
            else:
                assert set(indices) <= set().union(*kept)
                joined = [entry for pair in zip(arrays, kept, strict=True) for entry in pair]
                ways.append(np.einsum(*joined, indices))
        for way in ways[1:]:
            np.testing.assert_array_equal(way, ways[0])
        values.append(ways[0])
    order = flat(island.dims)
    turned = np.einsum(values[forms.root], sorted(order), list(order))
    return np.reshape(turned, island.kind.get_shape())


def check_pieces(island: Island, forms: Forms, leaves: dict[Any, Any]) -> Any:
    """Every way of every piece agrees, run op by op; returns the last piece: the island's result."""
    values: list[Any] = []
    for piece in pieces(island, forms):
        ways = []
        for way in piece.ways:
            arrays = []
            types: list[Any] = []
            for read in way.reads:
                if isinstance(read, int):
                    arrays.append(values[read])
                elif read in leaves:
                    arrays.append(leaves[read])
                else:
                    arrays.append(np.zeros(()))  # the zero that a sum starts from
                types.append(way.op.operands[len(types)].type)
            ways.append(run_module(alone(way.op, types), arrays)[0])
        for found in ways:
            assert found.shape == tuple(piece.type.get_shape())
            np.testing.assert_array_equal(found, ways[0])
        values.append(ways[0])
    return values[-1]


def alone(op: Any, types: list[Any]) -> Any:
    """A module that runs one op on its operands."""
    from xdsl.dialects.builtin import ModuleOp
    from xdsl.dialects.func import FuncOp, ReturnOp
    from xdsl.ir import Block, Region

    block = Block(arg_types=types)
    copy = op.clone()
    for index, argument in enumerate(block.args):
        copy.operands[index] = argument
    block.add_ops([copy, ReturnOp(copy.results[0])])
    return ModuleOp([FuncOp("main", (types, [copy.results[0].type]), Region(block))])


M: Shape = (2, 2)


def product(program: Program, a: str, b: str) -> str:
    return program.dot(a, b, (M, M, M))


def agrees(
    program: Program, result: str, shape: Shape = M, rulesets: Sequence[str] = LOGICAL
) -> tuple[Island, Forms] | None:
    """The one island of a program and its forms (None: it has but one), all of which compute what it does."""
    module = program.module(result, shape)
    inputs = integers(program.arguments, 0)
    found = islands(module, rulesets)
    for island, forms in zip(found, saturate(found, rulesets), strict=True):
        if forms is None:
            return None
        leaves = leaves_of(module, island, forms, inputs)
        wanted = run_to(module, island.root.results[0], inputs)
        np.testing.assert_array_equal(check_forms(island, forms, leaves), wanted)
        np.testing.assert_array_equal(check_pieces(island, forms, leaves), wanted)
        return island, forms
    return None


def kinds(found: tuple[Island, Forms] | None) -> list[str]:
    """How the result can be made."""
    assert found is not None
    forms = found[1]
    return sorted(form.kind for form in forms.forms[forms.root])
