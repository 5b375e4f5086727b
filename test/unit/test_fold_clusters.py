"""Clusters: what they join, and that the exact ones lose nothing, by trying every assignment of layouts."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence

import pytest
from fold_support import VECTOR, Program, imported, layers
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation, SSAValue

from eggshard.fold import Folding, fold
from eggshard.fold.clusters import Cluster, clusters
from eggshard.fold.sites import width_of

NARROW = "tensor<8xbf16>"
PREDICATE = "tensor<8xi1>"
MATRIX = "tensor<8x8xf32>"


def names(folding: Folding, cluster: Cluster) -> list[str]:
    found = [folding.classes[c].representative for c in cluster.classes]
    return [op.name.removeprefix("stablehlo.") for op in found if isinstance(op, Operation)]


def joined(function: FuncOp, *, exact: bool = True) -> list[list[str]]:
    """The clusters of more than one class."""
    folding = fold(function)
    found = clusters(folding, exact=exact)
    covered = [c for cluster in found for c in cluster.classes]
    assert sorted(covered) == sorted(set(covered))
    return [names(folding, cluster) for cluster in found if len(cluster.classes) > 1]


def convert(p: Program, value: str, before: str, after: str) -> str:
    return p.op("convert", value, type=f"({before}) -> {after}")


def test_chain_is_one() -> None:
    p = Program(x=VECTOR)
    function = p.returning(p.op("abs", p.op("tanh", p.op("negate", "%x"))))
    assert joined(function) == [["negate", "tanh", "abs"]]


def test_diamond_is_one() -> None:
    """x * tanh(x), as in gelu."""
    p = Program(x=VECTOR)
    h = p.op("negate", "%x")
    function = p.returning(p.op("abs", p.op("multiply", h, p.op("tanh", h))))
    assert joined(function) == [["negate", "tanh", "multiply", "abs"]]


def test_second_use_keeps_a_value_visible() -> None:
    p = Program(x=VECTOR)
    h = p.op("negate", "%x")
    function = p.returning(p.op("abs", p.op("tanh", h)), h)
    assert joined(function) == [["tanh", "abs"]]
    assert joined(function, exact=False) == [["negate", "tanh", "abs"]]
    folding = fold(function)
    (cluster,) = (c for c in clusters(folding, exact=False) if len(c.classes) > 1)
    assert [names(folding, Cluster((c,), None, (), ())) for c in cluster.visible] == [["negate"], ["abs"]]


def test_second_input_is_not_joined() -> None:
    p = Program(a=VECTOR, b=VECTOR, c=VECTOR)
    y = p.op("add", "%a", "%b")
    function = p.returning(p.op("multiply", y, "%c"))
    assert joined(function) == []
    assert joined(function, exact=False) == [["add", "multiply"]]


def test_literals_and_scalars_are_free() -> None:
    p = Program(x=VECTOR, s="tensor<f32>")
    scale = p.op(
        "broadcast_in_dim", "%s", rest="<{broadcast_dimensions = array<i64>}>", type=f"(tensor<f32>) -> {VECTOR}"
    )
    h = p.op("multiply", p.op("tanh", "%x"), scale)
    function = p.returning(p.op("power", h, p.constant(0.5)))
    assert joined(function) == [["tanh", "multiply", "power"]]


def test_narrow_between_wide_is_a_boundary() -> None:
    """A reshard of the bf16 value would cost half."""
    p = Program(x=VECTOR)
    h = convert(p, p.op("tanh", "%x"), VECTOR, NARROW)
    h = p.op("negate", h, type=f"({NARROW}) -> {NARROW}")
    function = p.returning(p.op("abs", convert(p, h, NARROW, VECTOR)))
    assert all("abs" not in group or "tanh" not in group for group in joined(function))
    assert joined(function)[0] == ["tanh", "convert"]


def test_wide_between_narrow_is_one() -> None:
    p = Program(x=NARROW)
    h = p.op("tanh", convert(p, "%x", NARROW, VECTOR))
    function = p.returning(convert(p, h, VECTOR, NARROW), types=[NARROW])
    assert joined(function) == [["convert", "tanh", "convert"]]


def test_predicate_is_a_boundary() -> None:
    p = Program(x=VECTOR)
    h = p.op("tanh", "%x")
    rest = "<{comparison_direction = #stablehlo<comparison_direction GT>}>"
    positive = p.op("compare", h, p.constant(0.0), rest=rest, result=PREDICATE)
    function = p.returning(
        p.op("select", positive, h, p.constant(0.0), type=f"({PREDICATE}, {VECTOR}, {VECTOR}) -> {VECTOR}")
    )
    assert joined(function) == []


def test_partial_sums_stop_at_what_is_not_linear() -> None:
    p = Program(x=MATRIX)
    dims = "#stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>"
    h = p.op(
        "dot_general",
        "%x",
        "%x",
        rest=f"<{{dot_dimension_numbers = {dims}}}>",
        type=f"({MATRIX}, {MATRIX}) -> {MATRIX}",
    )
    for name in ("negate", "real", "tanh", "abs"):
        h = p.op(name, h, type=f"({MATRIX}) -> {MATRIX}")
    function = p.returning(h, types=[MATRIX])
    assert joined(function) == [["negate", "real"], ["tanh", "abs"]]


def test_blocks_stay_apart() -> None:
    """The last op of one block and the first of the next are different clusters, though one uses the other."""
    p = Program(x=VECTOR, **layers(4, "w"))
    x = "%x"
    for i in range(4):
        x = p.op("tanh", p.op("negate", p.op("multiply", x, f"%params__layer_{i}__w")))
    folding = fold(p.returning(x))
    found = clusters(folding)
    assert [names(folding, c) for c in found if c.family == 0] == [["multiply"], ["negate", "tanh"]]


def test_carried_sums_may_be_partial() -> None:
    """In a loop's body what is carried counts as partial, so what is not linear is a cluster of its own."""
    import jax
    import jax.numpy as jnp

    def body(x: jax.Array, _: None) -> tuple[jax.Array, None]:
        return jnp.abs(jnp.tanh(-jnp.real(x) * 2.0)), None

    function = imported(lambda x: jax.lax.scan(body, x, None, length=4)[0], (jax.ShapeDtypeStruct((8,), jnp.float32),))
    folding = fold(function)
    (bodies,) = folding.bodies.values()
    found = [names(inner, cluster) for inner in bodies for cluster in clusters(inner) if len(cluster.classes) > 1]
    assert found == [["negate", "multiply"], ["tanh", "abs"]]


def test_gelu() -> None:
    import jax
    import jax.numpy as jnp

    def fn(params: dict[str, jax.Array], x: jax.Array) -> jax.Array:
        for i in range(4):
            x = jax.nn.gelu(x @ params[f"layer_{i}"])
        return x

    square = jax.ShapeDtypeStruct((8, 8), jnp.float32)
    function = imported(fn, ({f"layer_{i}": square for i in range(4)}, square))
    # A partial sum may still pass the linear ops in front of the cube.
    assert joined(function) == [["tanh", "add", "multiply"]]


# -- every assignment ------------------------------------------------------------------------------------------------

LAYOUTS = range(3)


def random_function(rng: random.Random, count: int) -> FuncOp:
    """A few elementwise ops of two widths on two arguments; some results are returned."""
    p = Program(a=VECTOR, b=NARROW)
    values = [("%a", VECTOR), ("%b", NARROW)]
    used: set[str] = set()
    while len(p.lines) < count:
        # Late values more often, so that chains come about.
        value, type = values[max(rng.randrange(len(values)), rng.randrange(len(values)))]
        kind = rng.choice(("tanh", "negate", "convert", "add", "multiply"))
        used.add(value)
        if kind == "convert":
            to = NARROW if type == VECTOR else VECTOR
            values.append((convert(p, value, type, to), to))
        elif kind in ("add", "multiply"):
            other = rng.choice([v for v, t in values if t == type])
            used.add(other)
            values.append((p.op(kind, value, other, type=f"({type}, {type}) -> {type}"), type))
        else:
            values.append((p.op(kind, value, type=f"({type}) -> {type}"), type))
    returned = [(v, t) for v, t in values[2:] if v not in used or rng.random() < 0.15]
    return p.returning(*(v for v, _ in returned), types=[t for _, t in returned])


class World:
    """Costs drawn at random: a metric of layouts, elements per device, and what arguments and results must have."""

    def __init__(self, rng: random.Random, folding: Folding) -> None:
        self.folding = folding
        self.distance = [[0 if i == j else rng.randint(1, 9) for j in LAYOUTS] for i in LAYOUTS]
        for k, i, j in itertools.product(LAYOUTS, repeat=3):
            self.distance[i][j] = min(self.distance[i][j], self.distance[i][k] + self.distance[k][j])
        self.elements = [rng.choice((1, 2, 4)) for _ in LAYOUTS]
        self.fixed: dict[SSAValue, int] = {argument: rng.choice(LAYOUTS) for argument in folding.block.args}
        self.ops = [op for op in folding.representatives if op.results]
        self.weights = {op: rng.randint(1, 20) for op in self.ops}
        last = folding.block.last_op
        assert last is not None
        self.wanted = [(value, rng.choice(LAYOUTS)) for value in last.operands]

    def least(self, groups: Sequence[Sequence[Operation]]) -> float:
        """The cheapest assignment that gives each group one layout."""
        found = float("inf")
        for chosen in itertools.product(LAYOUTS, repeat=len(groups)):
            layout = {op: l for group, l in zip(groups, chosen, strict=True) for op in group}
            found = min(found, self.cost(layout))
        return found

    def cost(self, layout: Mapping[Operation, int]) -> float:
        targets: dict[SSAValue, set[int]] = {}
        for op in self.ops:
            for value in op.operands:
                targets.setdefault(self.canonical(value), set()).add(layout[op])
        for value, wanted in self.wanted:
            targets.setdefault(self.canonical(value), set()).add(wanted)
        total = sum(self.weights[op] * self.elements[layout[op]] for op in self.ops)
        for value, wanted_here in targets.items():
            owner = value.owner
            start = layout[owner] if isinstance(owner, Operation) else self.fixed[value]
            total += width_of(value) * self.spread(start, wanted_here)
        return total

    def canonical(self, value: SSAValue) -> SSAValue:
        owner = value.owner
        if isinstance(owner, Operation) and owner in self.folding.duplicate_of:
            return self.folding.duplicate_of[owner].results[0]
        return value

    def spread(self, start: int, targets: set[int]) -> int:
        """The cheapest way to have a value in all targets, each made from any layout in which it is there already."""
        best: list[int] = []
        for order in itertools.permutations(LAYOUTS):
            have, total, left = {start}, 0, targets - {start}
            for layout in order:
                if left and layout not in have:
                    total += min(self.distance[h][layout] for h in have)
                    have.add(layout)
                    left = left - {layout}
            if not left:
                best.append(total)
        return min(best)


@pytest.mark.parametrize("seed", range(60))
def test_nothing_is_lost(seed: int) -> None:
    rng = random.Random(seed)
    folding = fold(random_function(rng, 6), structure=False)
    world = World(rng, folding)
    representative = {c.index: c.representative for c in folding.classes}
    groups = [[representative[c] for c in cluster.classes] for cluster in clusters(folding)]
    together = [[op for op in group if isinstance(op, Operation) and op.results] for group in groups]
    together = [group for group in together if group]
    assert world.least(together) == world.least([[op] for op in world.ops])


def test_connected_clusters_may_lose() -> None:
    """y = a + b, z = y * c: a and b in one layout, c and the result in another."""
    p = Program(a=VECTOR, b=VECTOR, c=VECTOR)
    folding = fold(p.returning(p.op("multiply", p.op("add", "%a", "%b"), "%c")))
    world = World(random.Random(0), folding)
    world.distance = [[0, 1, 1], [1, 0, 1], [1, 1, 0]]
    world.fixed = dict(zip(folding.block.args, (0, 0, 1), strict=True))
    world.elements = [1, 1, 1]
    world.wanted = [(world.wanted[0][0], 1)]
    assert world.least([world.ops]) > world.least([[op] for op in world.ops])
