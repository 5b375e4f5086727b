"""Whatever is proposed, only what is true of the program is accepted."""

from __future__ import annotations

import random

import jax
import jax.numpy as jnp
import pytest
from fold_support import VECTOR, Program, check, checked, class_of, imported
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation, SSAValue

from eggshard.fold import Folding, Inside, fold
from eggshard.fold.graph import build
from eggshard.fold.keys import INSIDE
from eggshard.fold.signatures import Signatures
from eggshard.fold.verify import Verifier

COUNT = 5


@pytest.fixture(scope="module")
def step() -> FuncOp:
    """Forward, backward and update of five layers."""

    def loss(params: dict[str, dict[str, jax.Array]], x: jax.Array) -> jax.Array:
        for i in range(COUNT):
            p = params[f"layer_{i}"]
            x = x + jnp.tanh(x @ p["w"]) * p["s"]
        return jnp.sum(x * x)

    def step(params: dict[str, dict[str, jax.Array]], x: jax.Array) -> object:
        return jax.tree.map(lambda p, g: p - 0.1 * g, params, jax.grad(loss)(params, x))

    layer = {"w": jax.ShapeDtypeStruct((8, 8), jnp.float32), "s": jax.ShapeDtypeStruct((8,), jnp.float32)}
    return imported(step, ({f"layer_{i}": layer for i in range(COUNT)}, jax.ShapeDtypeStruct((8, 8), jnp.float32)))


def mutated(function: FuncOp, folding: Folding, rng: random.Random) -> tuple[FuncOp, int, int] | None:
    """A copy with one operand of one inner member replaced; with the op's place and the operand's position."""
    ops = list(function.body.block.ops)
    at = rng.randrange(len(ops))
    op = ops[at]
    c = class_of(folding, op)
    if c.family is None or op in folding.duplicate_of or not op.operands:
        return None
    b = folding.block_of[op]
    position = rng.randrange(len(op.operands))
    row = 1 - position if b in c.swapped else position
    role = c.operands[row]
    if not isinstance(role, Inside) or not c.is_full(b) or len(c.members) < 4:
        return None
    earlier = [*function.body.block.args, *(r for before in ops[:at] for r in before.results)]
    others = [v for v in earlier if v.type == op.operands[position].type and v not in op.operands]
    if not others:
        return None
    place = earlier.index(rng.choice(others))
    copy = function.clone()
    copied = list(copy.body.block.ops)
    values: list[SSAValue] = [*copy.body.block.args, *(r for before in copied[:at] for r in before.results)]
    copied[at].operands[position] = values[place]
    return copy, at, position


def test_one_operand_changed_is_peeled(step: FuncOp) -> None:
    """An op that reads another value than its fellows is apart from them, or has no partner and is an exception."""
    folding = checked(step)
    rng = random.Random(7)
    apart = tried = 0
    for _ in range(250):
        mutation = mutated(step, folding, rng)
        if mutation is None:
            continue
        function, at, position = mutation
        after = fold(function)
        check(after)
        op = list(function.body.block.ops)[at]
        if op in after.duplicate_of or op in after.duplicate_of.values():
            continue  # It now computes what another layer computes, and stands for that layer.
        tried += 1
        c = class_of(after, op)
        b = after.block_of[op]
        mates = {list(step.body.block.ops).index(m) for m in folding.members(list(step.body.block.ops)[at])}
        still = {list(function.body.block.ops).index(m) for m in after.members(op)} if c.family is not None else set()
        apart += c.family is None
        if len(mates & still) > 2:
            assert (b, 1 - position if b in c.swapped else position) in c.exceptions, (op, position)
    assert tried > 30 and apart > tried // 2


@pytest.mark.parametrize("seed", range(20))
def test_nonsense_is_not_accepted(step: FuncOp, seed: int) -> None:
    """Classes drawn at random leave only what holds."""
    rng = random.Random(seed)
    graph = build(step.body.block, Signatures())
    free = [n for n in range(len(graph)) if not graph.literal[n]]
    rng.shuffle(free)
    classes = [dict(enumerate(free[i : i + 3])) for i in range(0, len(free) - 3, 3)]
    # Half of them at least of one signature.
    by_signature: dict[int, list[int]] = {}
    for n in free:
        by_signature.setdefault(graph.exact[n], []).append(n)
    if seed % 2:
        classes = [dict(enumerate(nodes[:4])) for nodes in by_signature.values() if len(nodes) > 1]
    verifier = Verifier(graph, classes, [0] * len(classes))
    verifier.run()
    for c, members in enumerate(verifier.classes):
        assert len(members) != 1
        assert len({graph.exact[n] for n in members.values()}) <= 1
        for position, role in enumerate(verifier.rows[c] if members else ()):
            if role[0] != INSIDE:
                continue
            for b, n in members.items():
                at = 1 - position if verifier.flips[c].get(b) else position
                partner = verifier.classes[role[1]].get(b + role[2])
                actual = graph.operands[n][at]
                if partner is None:
                    assert verifier.exceptions[c].get((b, position)) == actual
                else:
                    assert actual == graph.first[partner] + role[3]


def test_two_blocks_that_disagree_are_no_family() -> None:
    p = Program(x=VECTOR, params__layer_0__w=VECTOR, params__layer_1__w=VECTOR)
    a = p.op("subtract", "%x", "%params__layer_0__w")
    b = p.op("subtract", "%params__layer_1__w", a)
    function = p.returning(b)
    folding = checked(function)
    assert all(folding.classes[folding.class_of[op]].family is None for op in function.body.block.ops)


def test_captured_values_are_operands() -> None:
    """Branches that capture values of their blocks."""

    def fn(params: dict[str, jax.Array], flag: jax.Array, x: jax.Array) -> jax.Array:
        for i in range(4):
            w = jnp.cos(params[f"layer_{i}"])
            x = jax.lax.cond(flag, lambda x, w=w: x @ w, lambda x, w=w: x - w, x)
        return x

    square = jax.ShapeDtypeStruct((8, 8), jnp.float32)
    function = imported(fn, ({f"layer_{i}": square for i in range(4)}, jax.ShapeDtypeStruct((), jnp.bool_), square))
    folding = checked(function)
    cases = [op for op in function.body.block.ops if op.name == "stablehlo.case"]
    c = class_of(folding, cases[0])
    assert len(cases) == 4 and sorted(c.members) == [0, 1, 2, 3]
    assert len(c.operands) == 3
    assert [isinstance(op, Operation) for op in folding.bodies] == [True]
