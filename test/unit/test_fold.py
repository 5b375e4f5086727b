"""Folding of hand-made programs: what repeats, and what only nearly does."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import pytest
from fold_support import VECTOR, Program, checked, class_of, imported, layers, name_of, unique, without_names
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation, SSAValue

from eggshard.fold import Folding, Inside, Literal, Own, Shared


def chain(count: int, odd: dict[int, str] | None = None, swapped: tuple[int, ...] = ()) -> tuple[FuncOp, list[str]]:
    """x = tanh(x * w_i) - b_i per layer; `odd` replaces tanh, `swapped` has w_i * x."""
    p = Program(x=VECTOR, **layers(count, "w", "b"))
    x = "%x"
    for i in range(count):
        w, b = f"%params__layer_{i}__w", f"%params__layer_{i}__b"
        h = p.op("multiply", *((w, x) if i in swapped else (x, w)))
        h = p.op((odd or {}).get(i, "tanh"), h)
        x = p.op("subtract", h, b)
    return p.returning(x), p.lines


def ops(function: FuncOp, name: str) -> list[Operation]:
    return [op for op in function.body.block.ops if op.name == f"stablehlo.{name}"]


def shape(folding: Folding) -> list[tuple[int, int]]:
    """Per family its blocks and its classes of ops."""
    return [(f.length, sum(not folding.classes[c].is_argument for c in f.classes)) for f in folding.families]


def describe(folding: Folding) -> list[object]:
    """Everything in terms of positions, for comparing two foldings."""
    place: dict[object, int] = {node: n for n, node in enumerate([*folding.block.args, *folding.block.ops])}
    return [
        [(c.family, [(b, place[n]) for b, n in c.members.items()], c.representative_block) for c in folding.classes],
        [(sorted(c.swapped), c.varying, list(c.exceptions)) for c in folding.classes],
        [(f.length, f.classes, f.crossings, f.exits) for f in folding.families],
        sorted((place[op], place[original]) for op, original in folding.duplicate_of.items()),
    ]


@pytest.mark.parametrize("count", [2, 3, 4, 5, 9])
@pytest.mark.parametrize("names", [True, False])
def test_chain(count: int, names: bool) -> None:
    function, _ = chain(count)
    folding = checked(function, structure=False) if names else checked(without_names(function), names=False)
    if not names and count < 9:
        return  # Too little to gain without names.
    assert shape(folding) == [(count, 3)]
    assert unique(folding) == 4  # The return too.
    (family,) = folding.families
    tanh, *_ = ops(function, "tanh") if names else ops_of(folding, "tanh")
    assert sorted(class_of(folding, tanh).members) == list(range(count))
    # One value goes from block to block; the last one leaves.
    assert len(family.interface) == 1 and family.interface[0][2] == -1
    assert len(family.exits) == 1


def ops_of(folding: Folding, name: str) -> list[Operation]:
    return [op for op in folding.block.ops if op.name == f"stablehlo.{name}"]


def test_first_block_is_the_exception() -> None:
    function, _ = chain(4)
    folding = checked(function)
    c = class_of(folding, ops(function, "multiply")[0])
    (argument,) = (a for a in function.body.block.args if name_of(function, a) == "x")
    assert c.exceptions == {
        (0, next(p for p, r in enumerate(c.operands) if isinstance(r, Inside) and r.shift)): argument
    }
    assert not c.is_full(0) and c.is_full(1)
    assert folding.families[0].representative_block == c.representative_block == 1


def test_arguments_are_classified() -> None:
    function, _ = chain(3)
    folding = checked(function)
    classes = {
        tuple(name_of(function, n) for n in c.members.values() if isinstance(n, SSAValue))
        for c in folding.classes
        if c.is_argument
    }
    assert classes == {("x",), *(tuple(f"params/layer_{i}/{n}" for i in range(3)) for n in "wb")}


def test_representatives_stand_for_everything() -> None:
    function, _ = chain(5)
    folding = checked(function)
    assert len(folding.representatives) == 4
    assert set(folding.representative_of.values()) == set(folding.representatives)
    assert [list(folding.members(op)) for op in folding.representatives if op.name == "stablehlo.tanh"] == [
        ops(function, "tanh")
    ]


def test_another_op_in_one_layer_is_apart() -> None:
    function, _ = chain(5, odd={2: "abs"})
    folding = checked(function)
    (odd,) = ops(function, "abs")
    assert class_of(folding, odd).family is None
    assert sorted(class_of(folding, ops(function, "tanh")[0]).members) == [0, 1, 3, 4]
    # What uses it has no partner there, and is a member all the same.
    subtract = class_of(folding, ops(function, "subtract")[0])
    assert sorted(subtract.members) == [0, 1, 2, 3, 4]
    assert list(subtract.exceptions) == [(2, 0)]


def test_another_attribute_is_apart() -> None:
    p = Program(x=VECTOR, **layers(4, "w"))
    x = "%x"
    for i in range(4):
        direction = "GT" if i == 1 else "LT"
        rest = f"<{{comparison_direction = #stablehlo<comparison_direction {direction}>}}>"
        less = p.op("compare", x, f"%params__layer_{i}__w", rest=rest, result="tensor<8xi1>")
        x = p.op("select", less, x, f"%params__layer_{i}__w", type=f"(tensor<8xi1>, {VECTOR}, {VECTOR}) -> {VECTOR}")
    function = p.returning(x)
    folding = checked(function)
    compares = ops(function, "compare")
    assert class_of(folding, compares[1]).family is None
    assert sorted(class_of(folding, compares[0]).members) == [0, 2, 3]
    assert sorted(class_of(folding, ops(function, "select")[0]).members) == [0, 1, 2, 3]


def test_operands_in_another_order() -> None:
    p = Program(x=VECTOR, **layers(4, "w"))
    x = "%x"
    for i in range(4):
        w = f"%params__layer_{i}__w"
        h = p.op("subtract", *((w, x) if i == 2 else (x, w)))
        x = p.op("tanh", h)
    function = p.returning(x)
    folding = checked(function)
    subtracts = ops(function, "subtract")
    assert class_of(folding, subtracts[2]).family is None
    assert class_of(folding, subtracts[1]).family is not None


def test_commutative_operands_in_another_order() -> None:
    function, _ = chain(4, swapped=(1, 3))
    folding = checked(function)
    c = class_of(folding, ops(function, "multiply")[0])
    assert sorted(c.members) == [0, 1, 2, 3]
    assert sorted(c.swapped) in ([1, 3], [0, 2])


def test_no_repetition() -> None:
    p = Program(x=VECTOR)
    function = p.returning(p.op("negate", p.op("tanh", p.op("abs", "%x"))))
    folding = checked(function)
    assert not folding.families and unique(folding) == 4


def test_shared_and_own_and_varied() -> None:
    """One table for all layers, recomputed in each; a slice of one argument per layer; a literal of each layer."""
    p = Program(x=VECTOR, table=VECTOR, stacked="tensor<5x8xf32>", **layers(5, "w"))
    x = "%x"
    for i in range(5):
        cosine = p.op("cosine", "%table")
        places = f"start_indices = array<i64: {i}, 0>, limit_indices = array<i64: {i + 1}, 8>"
        rest = f"<{{{places}, strides = array<i64: 1, 1>}}>"
        row = p.op("slice", "%stacked", rest=rest, type="(tensor<5x8xf32>) -> tensor<1x8xf32>")
        row = p.op("reshape", row, type=f"(tensor<1x8xf32>) -> {VECTOR}")
        h = p.op("multiply", x, f"%params__layer_{i}__w")
        h = p.op("divide", h, cosine)
        h = p.op("subtract", h, row)
        x = p.op("power", h, p.constant(i + 0.5))
    function = p.returning(x)
    folding = checked(function)
    assert shape(folding) == [(5, 6)]
    cosines = ops(function, "cosine")
    assert {folding.duplicate_of.get(op) for op in cosines[1:]} == {cosines[0]}
    divide = class_of(folding, ops(function, "divide")[0])
    assert divide.operands[1] == Shared(cosines[0].results[0])
    assert class_of(folding, ops(function, "slice")[3]).varying == {"start_indices", "limit_indices"}
    assert class_of(folding, ops(function, "power")[0]).operands[1] == Literal(None)
    assert folding.role(ops(function, "divide")[4], 1) == Shared(cosines[0].results[0])
    # The same literal everywhere but in one layer: that layer's op is apart.
    assert not any(isinstance(role, Own) for c in folding.classes for role in c.operands)


def test_one_slice_at_another_place_is_apart() -> None:
    p = Program(x=VECTOR, **layers(4, "w", type="tensor<16xf32>"))
    x = "%x"
    for i in range(4):
        at = 4 if i == 2 else 0
        rest = f"<{{start_indices = array<i64: {at}>, limit_indices = array<i64: {at + 8}>, strides = array<i64: 1>}}>"
        half = p.op("slice", f"%params__layer_{i}__w", rest=rest, type=f"(tensor<16xf32>) -> {VECTOR}")
        x = p.op("multiply", x, half)
    function = p.returning(x)
    folding = checked(function)
    assert class_of(folding, ops(function, "slice")[2]).family is None
    assert sorted(class_of(folding, ops(function, "slice")[0]).members) == [0, 1, 3]


# -- whole steps ------------------------------------------------------------------------------------------------------


def step_of(count: int, width: int = 16) -> FuncOp:
    """Forward, backward and momentum update of residual layers with one mask for all."""

    def layer(x: jax.Array, p: dict[str, jax.Array], mask: jax.Array) -> jax.Array:
        h = jax.nn.relu(x @ p["w1"] + p["b1"]) * mask
        return x + jnp.tanh(h) @ p["w2"]

    def loss(params: dict[str, dict[str, jax.Array]], x: jax.Array, mask: jax.Array) -> jax.Array:
        for i in range(count):
            x = layer(x, params[f"layer_{i}"], jnp.cos(mask))
        return jnp.mean(x**2)

    def step(
        params: dict[str, dict[str, jax.Array]], mu: dict[str, dict[str, jax.Array]], x: jax.Array, mask: jax.Array
    ) -> object:
        grads = jax.grad(loss)(params, x, mask)
        mu = jax.tree.map(lambda m, g: 0.9 * m + g, mu, grads)
        return jax.tree.map(lambda p, m: p - 0.1 * m, params, mu), mu

    one = {"w1": (width, 32), "b1": (32,), "w2": (32, width)}
    tree = {f"layer_{i}": {n: jax.ShapeDtypeStruct(s, jnp.float32) for n, s in one.items()} for i in range(count)}
    return imported(
        step, (tree, tree, jax.ShapeDtypeStruct((8, width), jnp.float32), jax.ShapeDtypeStruct((32,), jnp.float32))
    )


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_train_step_folds_as_one(count: int) -> None:
    """Parameters, moments, forward, backward and update are one family, whatever the depth."""
    function = step_of(count)
    folding = checked(function)
    assert [family.length for family in folding.families] == [count]
    (family,) = folding.families
    arguments = [folding.classes[c] for c in family.classes if folding.classes[c].is_argument]
    assert len(arguments) == 6 and all(len(c.members) == count for c in arguments)
    for c in arguments:
        names = [name_of(function, value) for value in c.members.values() if isinstance(value, SSAValue)]
        assert [name.split("/")[1] for name in names] == [f"layer_{b}" for b in c.members]
    dots = [
        c
        for c in folding.classes
        if not c.is_argument and getattr(c.representative, "name", "") == "stablehlo.dot_general"
    ]
    # Two forward, two for the weights' gradients, two for the inputs'; the first layer's input needs none.
    assert len([c for c in dots if c.family is not None]) == 6 - (count == 2)
    assert unique(folding) == unique(checked(step_of(6))) or count < 4


def test_train_step_without_names() -> None:
    function = step_of(5)
    assert unique(checked(without_names(function))) <= unique(checked(function)) + 2


def test_same_program_same_folding() -> None:
    assert describe(checked(step_of(4))) == describe(checked(step_of(4)))
    assert describe(checked(step_of(4), names=False)) == describe(checked(step_of(4), names=False))


def test_two_towers_are_two_families() -> None:
    def fn(a: dict[str, jax.Array], b: dict[str, jax.Array], x: jax.Array, y: jax.Array) -> object:
        for i in range(4):
            x = jnp.tanh(x @ a[f"layer_{i}"])
        for i in range(3):
            y = jnp.sin(y @ b[f"layer_{i}"])
        return x @ y

    square = jax.ShapeDtypeStruct((8, 8), jnp.float32)
    function = imported(
        fn, ({f"layer_{i}": square for i in range(4)}, {f"layer_{i}": square for i in range(3)}, square, square)
    )
    assert shape(checked(function)) == [(4, 2), (3, 2)]


def test_alternating_layers_have_period_two() -> None:
    def fn(params: dict[str, dict[str, jax.Array]], x: jax.Array) -> jax.Array:
        for i in range(8):
            p = params[f"layer_{i}"]
            x = jnp.tanh(x @ p["w"]) if i % 2 == 0 else jnp.sin(x @ p["up"]) @ p["down"]
        return x

    wide, square = (jax.ShapeDtypeStruct(s, jnp.float32) for s in ((8, 16), (8, 8)))
    down = jax.ShapeDtypeStruct((16, 8), jnp.float32)
    tree = {f"layer_{i}": {"w": square} if i % 2 == 0 else {"up": wide, "down": down} for i in range(8)}
    folding = checked(imported(fn, (tree, square)))
    assert [(f.length, f.period) for f in folding.families] == [(4, 2)]
    assert unique(folding) == 6


def test_loops_are_folded_by_themselves() -> None:
    """Two loops like one another, each with four like layers in its body."""

    def body(x: jax.Array, _: None) -> tuple[jax.Array, None]:
        for _layer in range(12):
            x = jnp.tanh(x @ x)
        return x, None

    def fn(params: dict[str, jax.Array], x: jax.Array) -> jax.Array:
        for i in range(3):
            x, _ = jax.lax.scan(body, x * params[f"layer_{i}"], None, length=5)
        return x

    square = jax.ShapeDtypeStruct((8, 8), jnp.float32)
    folding = checked(imported(fn, ({f"layer_{i}": square for i in range(3)}, square)))
    loops = ops_of(folding, "while")
    assert len(loops) == 3 and len({folding.class_of[op] for op in loops}) == 1
    ((op, bodies),) = folding.bodies.items()
    assert op is folding.representative_of[loops[2]]
    assert [f.length for body_folding in bodies for f in body_folding.families] == [12]
