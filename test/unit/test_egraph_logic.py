"""Logical rules: where they fire, where they must not, and every form of every class of random trees computes it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy as np
import pytest

from eggshard.dialects.assembly import parse_module
from eggshard.egraph.logic.islands import Island, islands
from eggshard.egraph.logic.pieces import pieces
from eggshard.egraph.logic.saturate import GROWTH, RULESETS, Forms, saturate
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
        kind = self.rng.choice(["dot", "dot", "dot", "batched", "add", "add", "multiply", "transpose", "sum", "leaf"])
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
        return self.leaf(shape)

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
    wanted = dict.fromkeys(leaf.value for leaf in forms.leaves if leaf is not None)
    return {value: run_to(module, value, inputs) for value in wanted}


def run_to(module: Any, value: Any, inputs: list[Any]) -> Any:
    """A value of the main function, by a program that returns it."""
    block = main_function(module).body.block
    if value in block.args:
        return inputs[value.index]
    clone = module.clone()
    main = main_function(clone)
    index = list(block.ops).index(value.owner)
    last = main.body.block.last_op
    assert last is not None
    last.operands = [list(main.body.block.ops)[index].results[0]]
    return run_module(clone, inputs)[0]


def check_forms(island: Island, forms: Forms, leaves: dict[Any, Any]) -> list[Any]:
    """Every form of every class agrees; returns the arrays of the classes, dimensions in order of their index."""
    values: list[Any] = []
    for c, mask in enumerate(forms.masks):
        indices = [index for index in range(len(island.sizes)) if mask >> index & 1]
        leaf = forms.leaves[c]
        if leaf is not None:
            values.append(np.einsum(leaves[leaf.value], list(leaf.indices), indices))
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
                flat = [entry for pair in zip(arrays, kept, strict=True) for entry in pair]
                ways.append(np.einsum(*flat, indices))
        for way in ways[1:]:
            np.testing.assert_array_equal(way, ways[0])
        values.append(ways[0])
    return values


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


BATCH = 60


@pytest.mark.parametrize("batch", range(6))
def test_every_form_of_random_trees_computes_them(batch: int) -> None:
    made = [(RandomTree(seed), seed) for seed in range(batch * BATCH, (batch + 1) * BATCH)]
    modules = [(tree.made(), integers(tree.arguments, seed)) for tree, seed in made]
    found = [(module, inputs, island) for module, inputs in modules for island in islands(module)]
    forms = saturate([island for _, _, island in found])
    assert sum(form is not None for form in forms) >= BATCH // 4
    for number, ((module, inputs, island), form) in enumerate(zip(found, forms, strict=True)):
        if form is None:
            continue
        leaves = leaves_of(module, island, form, inputs)
        values = check_forms(island, form, leaves)
        wanted = run_to(module, island.root.results[0], inputs)
        np.testing.assert_array_equal(values[form.root], wanted)
        if number % 3 == 0:
            np.testing.assert_array_equal(check_pieces(island, form, leaves), wanted)


M: Shape = (2, 2)


def product(program: Program, a: str, b: str) -> str:
    return program.dot(a, b, (M, M, M))


def agrees(
    program: Program, result: str, shape: Shape = M, rulesets: Sequence[str] = RULESETS
) -> tuple[Island, Forms] | None:
    """The one island of a program and its forms (None: it has but one), all of which compute what it does."""
    module = program.module(result, shape)
    inputs = integers(program.arguments, 0)
    found = islands(module)
    for island, forms in zip(found, saturate(found, rulesets), strict=True):
        if forms is None:
            return None
        leaves = leaves_of(module, island, forms, inputs)
        wanted = run_to(module, island.root.results[0], inputs)
        np.testing.assert_array_equal(check_forms(island, forms, leaves)[forms.root], wanted)
        np.testing.assert_array_equal(check_pieces(island, forms, leaves), wanted)
        return island, forms
    return None


def kinds(found: tuple[Island, Forms] | None) -> list[str]:
    """How the result can be made."""
    assert found is not None
    forms = found[1]
    return sorted(form.kind for form in forms.forms[forms.root])


def test_an_index_that_is_summed_inside_two_factors_is_not_one() -> None:
    """Terms of a sum share the names of what they sum; a product of two of them must not."""
    p = Program()
    a, b, c, u, v, w, e, f = (p.argument(M) for _ in range(8))
    first = product(p, product(p, a, b), c)
    inner = p.binary("add", product(p, u, v), w, M)
    second = product(p, inner, product(p, e, f))
    agrees(p, p.binary("add", first, second, M))


def test_products_associate() -> None:
    p = Program()
    result = product(p, product(p, p.argument(M), p.argument(M)), p.argument(M))
    assert kinds(agrees(p, result, rulesets=["associate"])) == ["product", "product"]


def test_products_on_the_right_associate_once_they_commute() -> None:
    p = Program()
    result = product(p, p.argument(M), product(p, p.argument(M), p.argument(M)))
    assert agrees(p, result, rulesets=["associate"]) is None
    assert kinds(agrees(p, result, rulesets=["associate", "commute"])) == ["product", "product"]


def test_a_tensor_times_its_transpose_times_a_vector() -> None:
    """One value under two names of its dimensions."""
    p = Program()
    a = p.argument((3, 2))
    turned = p.transpose(a, (3, 2), [1, 0])
    square = p.dot(a, turned, ((3, 2), (2, 3), (3, 3)))
    found = agrees(p, p.dot(square, p.argument((3,)), ((3, 3), (3,), (3,))), (3,))
    assert kinds(found) == ["product", "product"]


def test_no_product_becomes_an_outer_one() -> None:
    """(A v) w^T = A (v w^T), but not through v w^T where nothing is summed."""
    p = Program()
    a, v, s = p.argument((3, 2)), p.argument((2,)), p.argument((3,))
    scaled = p.binary("multiply", p.dot(a, v, ((3, 2), (2,), (3,))), s, (3,))
    found = agrees(p, scaled, (3,))
    assert found is not None
    forms = found[1]
    made = {mask for mask, leaf in zip(forms.masks, forms.leaves, strict=True) if leaf is None}
    assert made == {0b01, 0b11}, "(A v) s = (A s) v, and v s would be an outer product"


@pytest.mark.parametrize(("size", "fires"), [(4 * GROWTH, True), (4 * GROWTH + 1, False)])
def test_no_form_makes_a_much_larger_tensor(size: int, fires: bool) -> None:
    """A (B v), where A B has as many times the elements of A as it has rows over columns."""
    p = Program()
    a, b, v = p.argument((size, 4)), p.argument((4, size)), p.argument((size,))
    right = p.dot(b, v, ((4, size), (size,), (4,)))
    found = agrees(p, p.dot(a, right, ((size, 4), (4,), (size,))), (size,))
    assert (found is not None) == fires


def test_sums_of_products_with_a_common_factor() -> None:
    p = Program()
    a, b, c = (p.argument(M) for _ in range(3))
    found = agrees(p, p.binary("add", product(p, a, b), product(p, a, c)), rulesets=["distribute"])
    assert kinds(found) == ["add", "product"]
    p = Program()
    a, b, c, d = (p.argument(M) for _ in range(4))
    assert agrees(p, p.binary("add", product(p, a, b), product(p, d, c)), rulesets=["distribute"]) is None


def test_common_factors_that_stand_behind() -> None:
    p = Program()
    a, b, c = (p.argument(M) for _ in range(3))
    result = p.binary("add", product(p, a, c), product(p, b, c))
    assert kinds(agrees(p, result, rulesets=["distribute", "commute"])) == ["add", "product"]


def test_no_common_factor_where_it_is_summed_with_another_dimension() -> None:
    """A B + A^T C reads A twice, but not alike."""
    p = Program()
    a, b, c = (p.argument(M) for _ in range(3))
    turned = p.transpose(a, M, [1, 0])
    assert agrees(p, p.binary("add", product(p, a, b), product(p, turned, c))) is None


def test_products_of_sums() -> None:
    p = Program()
    a, b, c = (p.argument(M) for _ in range(3))
    found = agrees(p, product(p, a, p.binary("add", b, c)), rulesets=["distribute"])
    assert kinds(found) == ["add", "product"]


def test_sums_of_products_are_summed_in_them() -> None:
    """sum_j (A B)_ij = A (sum_j B_kj)"""
    p = Program()
    result = p.sum(product(p, p.argument(M), p.argument(M)), M, 1)
    found = agrees(p, result, (2,), rulesets=["reduce", "commute"])
    assert found is not None and kinds(found) == ["product", "sum"]
    assert any(form.kind == "sum" for forms in found[1].forms[:-1] for form in forms)


def test_sums_of_broadcast_products_count_them() -> None:
    """sum_j u_i v_i is not u_i v_i: neither factor knows how many j there are."""
    p = Program()
    u, v, w = p.argument((2,)), p.argument((2,)), p.argument(M)
    wide = [p.broadcast(x, (2,), [0], M) for x in (u, v)]
    both = p.binary("multiply", wide[0], wide[1])
    agrees(p, p.sum(product(p, both, w), M, 1), (2,))
    p = Program()
    wide = [p.broadcast(p.argument((2,)), (2,), [0], M) for _ in range(2)]
    both = p.binary("multiply", wide[0], wide[1])
    assert agrees(p, p.sum(both, M, 1), (2,)) is None


def test_sums_of_sums_and_of_other_tensors_stay() -> None:
    """Nothing is summed but products: there is nothing to gain."""
    p = Program()
    both = p.binary("add", p.argument(M), p.argument(M))
    assert agrees(p, p.sum(both, M, 1), (2,)) is None


@pytest.mark.parametrize(("init", "fires"), [("0.0", True), ("1.0", False)])
def test_only_sums_from_zero(init: str, fires: bool) -> None:
    p = Program()
    made = product(p, p.argument(M), p.argument(M))
    assert (agrees(p, p.sum(made, M, 1, init), (2,)) is not None) == fires


def test_what_is_read_twice_is_made() -> None:
    """A product that another op reads too is no part of a tree."""
    p = Program()
    a, b, c = (p.argument(M) for _ in range(3))
    shared = product(p, a, b)
    assert agrees(p, p.binary("subtract", product(p, shared, c), shared, M)) is None


@pytest.mark.parametrize(("precision", "fires"), [("HIGHEST", True), ("DEFAULT", False)])
def test_products_of_one_precision(precision: str, fires: bool) -> None:
    """Other forms keep the precision that the program asks for; products that differ in it stay apart."""
    p = Program()
    result = product(p, product(p, p.argument(M), p.argument(M)), p.argument(M))
    for number, asked in enumerate(("HIGHEST", precision)):
        p.lines[number] = p.lines[number].replace(" : ", f", precision = [{asked}, {asked}] : ")
    found = agrees(p, result)
    assert (found is not None) == fires
    if found is not None:
        for piece in pieces(*found):
            for way in piece.ways:
                asked_for: Any = way.op.properties["precision_config"]
                assert [entry.data for entry in asked_for] == [precision] * 2


def test_integers_stay() -> None:
    """They wrap around, and other forms would not be faster anyhow."""
    p = Program()
    module = p.module(product(p, product(p, p.argument(M), p.argument(M)), p.argument(M)), M)
    assert len(islands(module)) == 1
    assert not islands(parse_module(str(module).replace("f64", "i64")))
