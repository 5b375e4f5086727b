"""Sharding rules: their text is Shardy's, and what they call independent is independent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jaxlib.mlir import ir, passmanager
from xdsl.ir import Operation

from eggshard.frontends.load import from_jax
from eggshard.frontends.reader import Reader
from eggshard.frontends.writer import mlir_context
from eggshard.rules.rule import Rule, factor_name
from eggshard.rules.table import OWN, TABLE, WINDOWED, rule_of
from eggshard.tools.bench.random_programs import random_program
from eggshard.tools.bench.random_regions import FAMILIES


@pytest.fixture(autouse=True)
def doubles() -> Iterator[None]:
    """Numbers are compared exactly, or to twelve digits."""
    with jax.enable_x64(True):
        yield


SOURCES = ("stablehlo.constant", "stablehlo.iota", "stablehlo.rng")
"""Ops without tensor operands: Shardy has no rule for them since there is nothing to propagate."""


def rules(text: str, conservative: bool) -> list[tuple[str, str | None, str | None]]:
    """Per op its name, Shardy's rule and ours."""
    option = str(conservative).lower()
    with mlir_context(), ir.Location.unknown():
        module = ir.Module.parse(text)
        ours = Reader().module(module)
        passes = f"builtin.module(func.func(sdy-populate-op-sharding-rules{{conservative-propagation={option}}}))"
        passmanager.PassManager.parse(passes).run(module.operation)
        theirs = [_shardy_rule(op) for op in _walk(module.operation)]
    mine = [op for op in ours.walk() if op is not ours]
    assert [op.name for op in mine] == [name for name, _ in theirs]
    return [(name, rule, _text(rule_of(op, conservative))) for (name, rule), op in zip(theirs, mine, strict=True)]


def _walk(op: Any) -> Any:
    for region in op.regions:
        for block in region.blocks:
            for inner in block.operations:
                yield inner.operation
                yield from _walk(inner.operation)


def _shardy_rule(op: Any) -> tuple[str, str | None]:
    if "sdy.sharding_rule" not in op.attributes:
        return op.name, None
    return op.name, str(op.attributes["sdy.sharding_rule"]).removeprefix("#sdy.op_sharding_rule<").removesuffix(">")


def _text(rule: Rule | None) -> str | None:
    return None if rule is None else str(rule)


@pytest.mark.parametrize("conservative", [False, True])
@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_rules_are_shardys(family: str, conservative: bool) -> None:
    """Six random programs of each family, and what else they need, have the rules that Shardy gives them."""
    for seed in range(6):
        program = random_program(seed, {family: FAMILIES[family]}, ops=6)
        for name, theirs, ours in rules(program.text, conservative):
            if theirs is not None or (name not in OWN and name not in SOURCES):
                assert ours == theirs, f"{name} in seed {seed}"


SINGLE = {
    "concatenate, the joined dimension alone": (
        "stablehlo.concatenate %a, %a, dim = 0 : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<16x4xf32>",
        "([i, j], [i, j])->([i, j]) {i=16, j=4} need_replication={i}",
    ),
    "reshape, split and merged": (
        "stablehlo.reshape %a : (tensor<8x4xf32>) -> tensor<2x16xf32>",
        "([ij, k])->([i, jk]) {i=2, j=4, k=4}",
    ),
    "reshape, without a common factor": (
        "stablehlo.reshape %b : (tensor<6x7x5xf32>) -> tensor<15x14xf32>",
        "([ij, l, n])->([ik, m]) {i=3, j=2, k=5, l=7, m=14, n=5}",
    ),
    "transpose": (
        "stablehlo.transpose %a, dims = [1, 0] : (tensor<8x4xf32>) -> tensor<4x8xf32>",
        "([j, i])->([i, j]) {i=4, j=8}",
    ),
    "broadcast, a stretched dimension": (
        "stablehlo.broadcast_in_dim %c, dims = [1, 0] : (tensor<16x1xf32>) -> tensor<3x16xf32>",
        "([k, i])->([j, k]) {i=1, j=3, k=16}",
    ),
    "update at run-time positions": (
        "stablehlo.dynamic_update_slice %a, %d, %s, %s : "
        "(tensor<8x4xf32>, tensor<8x2xf32>, tensor<i32>, tensor<i32>) -> tensor<8x4xf32>",
        "([i, j], [i, k], [], [])->([i, j]) {i=8, j=4, k=2} need_replication={k}",
    ),
    "all_gather": (
        '"stablehlo.all_gather"(%a) <{all_gather_dim = 0 : i64, replica_groups = dense<0> : tensor<1x1xi64>}> '
        ": (tensor<8x4xf32>) -> tensor<16x4xf32>",
        "([j, i])->([k, i]) {i=4, j=8, k=16} need_replication={j, k}",
    ),
    "all_gather of two": (
        '"stablehlo.all_gather"(%a, %a) <{all_gather_dim = 0 : i64, replica_groups = dense<0> : tensor<1x1xi64>}> '
        ": (tensor<8x4xf32>, tensor<8x4xf32>) -> (tensor<16x4xf32>, tensor<16x4xf32>)",
        "([j, i], [j, i])->([k, i], [k, i]) {i=4, j=8, k=16} need_replication={j, k}",
    ),
    "householder product": (
        "stablehlo.custom_call @ProductOfElementaryHouseholderReflectors(%b, %e) : "
        "(tensor<6x7x5xf32>, tensor<6x3xf32>) -> tensor<6x7x5xf32>",
        "([i, j, k], [i, l])->([i, j, k]) {i=6, j=7, k=5, l=3} need_replication={j, k, l}",
    ),
    "partial reduce": (
        "stablehlo.custom_call @PartialReduce(%a, %f, %z, %s) : "
        "(tensor<8x4xf32>, tensor<8x4xi32>, tensor<f32>, tensor<i32>) -> (tensor<8x2xf32>, tensor<8x2xi32>)",
        "([i, j], [i, j], [], [])->([i, k], [i, k]) {i=8, j=4, k=2} need_replication={k} blocked_propagation={k}",
    ),
}


@pytest.mark.parametrize("name", SINGLE)
def test_rule_of_a_single_op(name: str) -> None:
    """The text of the rule, which is also Shardy's."""
    op, expected = SINGLE[name]
    count = "0:2" if op.endswith(")") else "0"
    text = f"""func.func @main(%a: tensor<8x4xf32>, %b: tensor<6x7x5xf32>, %c: tensor<16x1xf32>, %d: tensor<8x2xf32>,
        %e: tensor<6x3xf32>, %f: tensor<8x4xi32>, %s: tensor<i32>, %z: tensor<f32>) {{ %{count} = {op} return }}"""
    found = [(theirs, ours) for kind, theirs, ours in rules(text, False) if kind.startswith("stablehlo.")]
    assert found == [(expected, expected)]


def test_every_op_of_the_table_is_an_op() -> None:
    """No name in the tables is misspelt."""
    from eggshard.dialects.assembly import make_context

    context = make_context()
    for name in {*TABLE, *WINDOWED}:
        assert context.get_optional_op(name) is not None, name


def first(fn: Callable[..., Any], args: tuple[Any, ...], name: str) -> Operation:
    """The op called `name` in a JAX function."""
    module = from_jax(fn, args).module
    return next(op for op in module.walk() if op.name == name)


def draw(*shape: int, high: int | None = None) -> Any:
    random = np.random.default_rng(len(shape))
    return random.integers(0, high, shape, dtype=np.int32) if high else random.standard_normal(shape)


def gather_rows(x: Any, i: Any) -> Any:
    numbers = lax.GatherDimensionNumbers((1,), (0,), (0,))
    return lax.gather(x, i[:, None], numbers, (1, x.shape[1]), mode="promise_in_bounds")


def scatter_rows(x: Any, i: Any, u: Any) -> Any:
    numbers = lax.ScatterDimensionNumbers((1,), (0,), (0,))
    return lax.scatter_add(x, i[:, None], u, numbers, mode="promise_in_bounds")


def convolve(x: Any, w: Any) -> Any:
    return lax.conv_general_dilated(x, w, (1,), "SAME", dimension_numbers=("NWC", "WIO", "NWC"))


NUMERIC: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "stablehlo.add": (lax.add, (draw(4, 6), draw(4, 6))),
    "stablehlo.select": (lax.select, (draw(4, 6) > 0, draw(4, 6), draw(4, 6))),
    "stablehlo.clamp": (lambda x: lax.clamp(-0.5, x, 0.5), (draw(4, 6),)),
    "stablehlo.broadcast_in_dim": (lambda x: lax.broadcast_in_dim(x, (3, 4, 6), (1, 2)), (draw(4, 6),)),
    "stablehlo.transpose": (lambda x: lax.transpose(x, (2, 0, 1)), (draw(2, 4, 6),)),
    "stablehlo.reshape": (lambda x: lax.reshape(x, (2, 12)), (draw(4, 6),)),
    "stablehlo.dot_general": (
        lambda x, y: lax.dot_general(x, y, (((2,), (1,)), ((0,), (0,)))),
        (draw(2, 4, 6), draw(2, 6, 3)),
    ),
    "stablehlo.reduce": (lambda x: lax.reduce(x, np.float64(0), lax.add, (1,)), (draw(4, 6),)),
    "stablehlo.gather": (gather_rows, (draw(8, 6), draw(5, high=8))),
    "stablehlo.scatter": (scatter_rows, (draw(8, 6), draw(5, high=8), draw(5, 6))),
    "stablehlo.dynamic_slice": (lambda x, i: lax.dynamic_slice(x, (i, np.int32(0)), (2, 6)), (draw(8, 6), np.int32(3))),
    "stablehlo.dynamic_update_slice": (
        lambda x, u, i: lax.dynamic_update_slice(x, u, (i, np.int32(0))),
        (draw(8, 6), draw(2, 6), np.int32(3)),
    ),
    "stablehlo.convolution": (convolve, (draw(2, 8, 4), draw(3, 4, 6))),
    "stablehlo.pad": (lambda x: lax.pad(x, np.float64(0), ((0, 0, 0), (1, -1, 0))), (draw(4, 6),)),
    "stablehlo.slice": (lambda x: lax.slice(x, (0, 1), (4, 5)), (draw(4, 6),)),
    "stablehlo.concatenate": (lambda x, y: lax.concatenate([x, y], 1), (draw(4, 6), draw(4, 2))),
    "stablehlo.reverse": (lambda x: lax.rev(x, (1,)), (draw(4, 6),)),
    "stablehlo.sort": (lambda x: lax.sort(x, dimension=1), (draw(4, 6),)),
    "chlo.top_k": (lambda x: lax.top_k(x, 6), (draw(4, 6),)),
    "stablehlo.reduce_window": (
        lambda x: lax.reduce_window(x, -np.inf, lax.max, (1, 3), (1, 1), "VALID"),
        (draw(4, 6),),
    ),
    "stablehlo.fft": (lambda x: lax.fft(x, lax.FftType.RFFT, (6,)), (draw(4, 6),)),
    "stablehlo.rng_bit_generator": (
        lambda k: lax.rng_bit_generator(k, (4, 6), dtype=np.uint32)[1],
        (np.array([1, 2], dtype=np.uint64),),
    ),
}
"""Op -> a JAX function around it alone, with arguments."""


def index_of(shape: tuple[int, ...], dims: tuple[tuple[int, ...], ...], factor: int, rule: Rule) -> Any:
    """For every element of a tensor its place along `factor`; None if the tensor does not have it."""
    for dim, factors in enumerate(dims):
        if factor in factors:
            places = np.unravel_index(np.arange(shape[dim]), [rule.sizes[f] for f in factors])
            along = places[factors.index(factor)]
            return np.broadcast_to(along.reshape([-1 if d == dim else 1 for d in range(len(shape))]), shape)
    return None


@pytest.mark.parametrize("name", NUMERIC)
def test_pass_through_factors_are_independent(name: str) -> None:
    """What lies at place k along a pass-through factor depends only on what lies at place k in the operands."""
    fn, args = NUMERIC[name]
    rule = rule_of(first(fn, args, name))
    assert rule is not None
    results = [np.asarray(r) for r in jax.tree.leaves(fn(*args))]
    special = rule.reduction | rule.need_replication | rule.permutation | rule.masked
    for factor in sorted(set(range(len(rule.sizes))) - special):
        if rule.sizes[factor] == 1:
            continue
        changed = []
        for arg, dims in zip(args, (*rule.operands, *((),) * len(args)), strict=False):
            places = index_of(np.shape(arg), dims, factor, rule)
            keep = places is None or arg.dtype.kind in "iu" or places == 0
            changed.append(np.where(keep, arg, 1 - arg if arg.dtype != bool else ~arg))
        after = [np.asarray(r) for r in jax.tree.leaves(fn(*changed))]
        for before, now, dims in zip(results, after, rule.results[-len(results) :], strict=True):
            places = index_of(before.shape, dims, factor, rule)
            if places is not None:
                np.testing.assert_array_equal(before[places == 0], now[places == 0], f"{name} {factor_name(factor)}")


LINEAR = ("stablehlo.dot_general", "stablehlo.convolution", "stablehlo.reduce", "stablehlo.gather")


@pytest.mark.parametrize("name", LINEAR)
def test_reduction_factors_add_up(name: str) -> None:
    """The result is the sum of the results for the tiles of a reduction factor, zero elsewhere."""
    fn, args = NUMERIC[name]
    rule = rule_of(first(fn, args, name))
    assert rule is not None and rule.kind == "sum" and rule.reduction
    whole = np.asarray(fn(*args))
    for factor in rule.reduction:
        place = next(
            t for t, dims in enumerate(rule.operands) if index_of(np.shape(args[t]), dims, factor, rule) is not None
        )
        along = index_of(np.shape(args[place]), rule.operands[place], factor, rule)
        terms = [
            fn(*[np.where(along == k, arg, 0) if t == place else arg for t, arg in enumerate(args)])
            for k in range(rule.sizes[factor])
        ]
        np.testing.assert_allclose(np.sum(terms, axis=0), whole, atol=1e-12)


def test_local_rule_of_what_is_read() -> None:
    """A cut dimension of a dynamic slice is read by masking: the result is not tiled along it, but partial."""
    rule = rule_of(first(*NUMERIC["stablehlo.dynamic_slice"], "stablehlo.dynamic_slice"))
    assert rule is not None
    assert rule.masked == rule.need_replication == {0}
    assert rule.local.reduction == {0}
    assert rule.local.results == (((), (1,)),)
    assert not rule.local.need_replication and not rule.local.blocked


def test_local_rule_of_what_is_written() -> None:
    """A cut dimension of a dynamic update is written by masking: operand and result are tiled alike."""
    rule = rule_of(first(*NUMERIC["stablehlo.dynamic_update_slice"], "stablehlo.dynamic_update_slice"))
    assert rule is not None
    assert rule.masked == {0}
    assert rule.local.operands[0] == rule.local.results[0] == ((0,), (2,))
    assert rule.local.need_replication == {1}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (lax.add, "sum"),
        (lax.mul, "prod"),
        (lax.max, "max"),
        (lax.min, "min"),
        (lambda x, y: x + 2 * y, "generic"),
        (lambda x, y: y, "generic"),
    ],
)
def test_kind_of_a_reduction(body: Callable[..., Any], kind: str) -> None:
    rule = rule_of(first(lambda x: lax.reduce(x, np.float64(1), body, (0,)), (draw(4, 6),), "stablehlo.reduce"))
    assert rule is not None and rule.kind == kind


def test_kind_of_a_reduction_of_pairs() -> None:
    """Two results that combine alike have that kind, two that do not have none."""

    def pair(second: Callable[..., Any]) -> Rule | None:
        def fn(x: Any) -> Any:
            return lax.reduce((x, x), (0.0, 0.0), lambda a, b: (a[0] + b[0], second(a[1], b[1])), (0,))

        return rule_of(first(fn, (draw(4, 6),), "stablehlo.reduce"))

    assert getattr(pair(lax.add), "kind", None) == "sum"
    assert getattr(pair(lax.max), "kind", None) == "generic"


def test_equal_ops_share_their_rule() -> None:
    module = from_jax(lambda x: jnp.sin(jnp.sin(x)), (draw(4, 6),)).module
    found = [rule_of(op) for op in module.walk() if op.name == "stablehlo.sine"]
    assert found[0] is found[1]


def test_unknown_ops_have_no_rule() -> None:
    op = first(lambda x: jax.pure_callback(lambda y: y, x, x), (draw(4, 6),), "stablehlo.custom_call")
    assert rule_of(op) is None
