"""Reductions, windows and sorts on the interpreter against XLA."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from interpreter_support import FLOATS, check_jax, check_text, dtype, interpret, on_xla, random, same, tensor

BODIES = ("add", "multiply", "maximum", "minimum")


def reduction(op: str, name: str, attributes: str, body: str, shape: tuple[int, ...], result: str) -> str:
    """A module that applies `op` with one operand, its initial value, and a body of one op."""
    return f"""func.func @main(%x: {tensor(shape, name)}, %i: {tensor((), name)}) -> {result} {{
  %0 = "stablehlo.{op}"(%x, %i) <{{{attributes}}}> ({{
  ^bb0(%a: {tensor((), name)}, %b: {tensor((), name)}):
    %c = stablehlo.{body} %a, %b : {tensor((), name)}
    stablehlo.return %c : {tensor((), name)}
  }}) : ({tensor(shape, name)}, {tensor((), name)}) -> {result}
  return %0 : {result}
}}"""


@pytest.mark.parametrize("name", ("float32", "float64", "bfloat16", "int8", "uint32", "int64"))
@pytest.mark.parametrize("body", BODIES)
def test_reduce(body: str, name: str) -> None:
    x = random((3, 4, 5), name, 1, 1.0)
    for axes, kept in (((1,), (3, 5)), ((2, 0), (4,)), ((0, 1, 2), ())):
        listed = ", ".join(map(str, axes))
        attributes = f"dimensions = array<i64: {listed}>"
        text = reduction("reduce", name, attributes, body, x.shape, tensor(kept, name))
        check_text(text, x, random((), name, 2, 1.0), tolerance=0.05 if name == "bfloat16" else None)


@pytest.mark.parametrize("body", ("and", "or", "xor", "add", "multiply", "maximum", "minimum"))
@pytest.mark.parametrize("name", ("bool", "int32"))
def test_reduce_bits(body: str, name: str) -> None:
    text = reduction("reduce", name, "dimensions = array<i64: 1>", body, (4, 3), tensor((4,), name))
    check_text(text, random((4, 3), name, 1), random((), name, 2))


def test_reduce_of_nothing() -> None:
    text = reduction("reduce", "float32", "dimensions = array<i64: 1>", "maximum", (4, 0), tensor((4,), "float32"))
    check_text(text, np.zeros((4, 0), np.float32), np.float32(-3))


@pytest.mark.parametrize("name", (*FLOATS, "int32", "complex64"))
def test_reductions_of_jax(name: str) -> None:
    import jax.numpy as jnp

    def reduce(x: Any) -> Any:
        plain = jnp.sum(x, 0), jnp.prod(x[:, :2], 1), jnp.mean(x, axis=1), jnp.cumsum(x, 0), jnp.cumprod(x[:3], 0)
        if name == "complex64":
            return plain
        return (
            *plain,
            jnp.argmax(x, 1),
            jnp.argmin(x),
            jnp.max(x, 0),
            jnp.any(x > 2),
            jnp.all(x > -99, 1),
            jnp.var(x, 1),
        )

    check_jax(reduce, random((7, 6), name, 1, 1.0), tolerance={"bfloat16": 0.04, "float16": 5e-3}.get(name))


def test_argmax_of_nan_and_ties() -> None:
    import jax.numpy as jnp

    x = np.array([[1, np.nan, np.nan, 5], [2, 7, 7, 1]], np.float32)
    check_jax(lambda x: (jnp.argmax(x, 1), jnp.argmin(x, 1), jnp.argmax(x), jnp.max(x, 1)), x)


def test_logsumexp_over_a_long_axis() -> None:
    import jax

    check_jax(lambda x: (jax.nn.logsumexp(x, 1), jax.nn.softmax(x)), random((4, 1000), "float32", 1), tolerance=1e-5)


def windows(shape: tuple[int, ...], **config: Any) -> tuple[str, tuple[int, ...]]:
    """The attributes of a window op, and the shape of its result."""
    rank = len(shape)
    size, stride = config["size"], config.get("stride", (1,) * rank)
    base, dilation = config.get("base", (1,) * rank), config.get("dilation", (1,) * rank)
    padding = config.get("padding", ((0, 0),) * rank)
    result = []
    for n, w, s, b, d, (low, high) in zip(shape, size, stride, base, dilation, padding, strict=True):
        whole = (n - 1) * b + 1 + low + high
        result.append((whole - ((w - 1) * d + 1)) // s + 1)
    lists = {"window_dimensions": size, "window_strides": stride, "base_dilations": base, "window_dilations": dilation}
    text = ", ".join(f"{name} = array<i64: {', '.join(map(str, values))}>" for name, values in lists.items())
    pairs = "[" + ", ".join(f"[{low}, {high}]" for low, high in padding) + "]"
    return f"{text}, padding = dense<{pairs}> : tensor<{rank}x2xi64>", tuple(result)


WINDOWS: list[dict[str, Any]] = [
    {"size": (2, 3)},
    {"size": (2, 2), "stride": (2, 3), "padding": ((1, 0), (2, 1))},
    {"size": (3, 2), "dilation": (2, 1), "padding": ((2, 2), (0, 0))},
    {"size": (2, 2), "base": (2, 3), "stride": (1, 2), "padding": ((0, 1), (-1, 2))},
    {"size": (1, 7), "padding": ((0, 0), (6, 0))},
]


@pytest.mark.parametrize("config", WINDOWS)
@pytest.mark.parametrize("body", (*BODIES, "subtract"))
def test_reduce_window(body: str, config: dict[str, Any]) -> None:
    """`subtract` takes the general way, whose result XLA shares because each window is folded in order."""
    shape = (6, 7)
    attributes, result = windows(shape, **config)
    text = reduction("reduce_window", "float32", attributes, body, shape, tensor(result, "float32"))
    check_text(text, random(shape, "float32", 1, 1.0), np.float32(0.5))


@pytest.mark.parametrize("name", ("float32", "bfloat16"))
@pytest.mark.parametrize("config", WINDOWS[:2])
@pytest.mark.parametrize("select", ("GE", "GT"))
def test_select_and_scatter(select: str, config: dict[str, Any], name: str) -> None:
    shape = (6, 7)
    _, result = windows(shape, **config)
    stride, padding = config.get("stride", (1, 1)), config.get("padding", ((0, 0), (0, 0)))
    pairs = "[" + ", ".join(f"[{low}, {high}]" for low, high in padding) + "]"
    scalar = tensor((), name)
    whole, size = tensor(shape, name), config["size"]
    text = f"""func.func @main(%x: {whole}, %s: {tensor(result, name)}, %i: {scalar}) -> {whole} {{
  %0 = "stablehlo.select_and_scatter"(%x, %s, %i) <{{window_dimensions = array<i64: {size[0]}, {size[1]}>,
      window_strides = array<i64: {stride[0]}, {stride[1]}>, padding = dense<{pairs}> : tensor<2x2xi64>}}> ({{
  ^bb0(%a: {scalar}, %b: {scalar}):
    %p = stablehlo.compare {select}, %a, %b : ({scalar}, {scalar}) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  }}, {{
  ^bb0(%a: {scalar}, %b: {scalar}):
    %p = stablehlo.add %a, %b : {scalar}
    stablehlo.return %p : {scalar}
  }}) : ({tensor(shape, name)}, {tensor(result, name)}, {scalar}) -> {tensor(shape, name)}
  return %0 : {tensor(shape, name)}
}}"""
    x = np.round(random(shape, "float32", 1, 1.0), 0).astype(dtype(name))  # with ties
    tolerance = 0.03 if name == "bfloat16" else None
    check_text(text, x, random(result, name, 2), np.zeros((), dtype(name)), tolerance=tolerance)


def test_pooling_and_its_gradients() -> None:
    import jax
    from jax import lax

    def pool(x: Any) -> Any:
        top = lax.reduce_window(x, -np.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "SAME")
        mean = lax.reduce_window(x, 0.0, lax.add, (1, 3, 3, 1), (1, 1, 1, 1), "VALID")
        return (top**2).sum() + (mean**2).sum()

    check_jax(jax.value_and_grad(pool), random((2, 7, 8, 3), "float64", 1))


@pytest.mark.parametrize("name", (*FLOATS, "int32", "uint8", "bool"))
def test_sort(name: str) -> None:
    import jax.numpy as jnp
    from jax import lax

    def sort(x: Any, y: Any) -> Any:
        return (
            jnp.sort(x, 0),
            jnp.argsort(x, 1),
            -jnp.sort(-x) if name != "bool" else x,
            lax.sort((x, y), dimension=1, num_keys=2),
            lax.sort((x, y), dimension=0, num_keys=1),
            jnp.argsort(x, axis=1, descending=True),
        )

    x = random((9, 13), name, 1, 1.0)
    x[:, ::3] = x[:, 1:2]
    check_jax(sort, x, random((9, 13), "int32", 2))


def test_sort_of_special_values() -> None:
    import jax.numpy as jnp
    from jax import lax

    x = np.array([0.0, np.nan, -0.0, np.inf, -np.inf, -np.nan, 1.0, 0.0, -0.0, np.nan], np.float32)
    check_jax(lambda x: (jnp.sort(x), jnp.argsort(x), lax.top_k(x, 6)), x)


COMPARATORS = {
    "the plain order": "%p = stablehlo.compare LT, %a, %b, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1>",
    "the second operand, falling": "%p = stablehlo.compare LT, %d, %c : (tensor<i32>, tensor<i32>) -> tensor<i1>",
    "by magnitude": """%e = stablehlo.abs %a : tensor<f32>
    %f = stablehlo.abs %b : tensor<f32>
    %p = stablehlo.compare LT, %e, %f : (tensor<f32>, tensor<f32>) -> tensor<i1>""",
    "element by element": """%e = stablehlo.reshape %a : (tensor<f32>) -> tensor<1xf32>
    %f = stablehlo.reshape %e : (tensor<1xf32>) -> tensor<f32>
    %p = stablehlo.compare GT, %f, %b : (tensor<f32>, tensor<f32>) -> tensor<i1>""",
}


@pytest.mark.parametrize("comparator", COMPARATORS)
def test_sort_with_a_comparator(comparator: str) -> None:
    text = f"""func.func @main(%x: tensor<3x11xf32>, %y: tensor<3x11xi32>) -> (tensor<3x11xf32>, tensor<3x11xi32>) {{
  %0:2 = "stablehlo.sort"(%x, %y) <{{dimension = 1 : i64, is_stable = true}}> ({{
  ^bb0(%a: tensor<f32>, %b: tensor<f32>, %c: tensor<i32>, %d: tensor<i32>):
    {COMPARATORS[comparator]}
    stablehlo.return %p : tensor<i1>
  }}) : (tensor<3x11xf32>, tensor<3x11xi32>) -> (tensor<3x11xf32>, tensor<3x11xi32>)
  return %0#0, %0#1 : tensor<3x11xf32>, tensor<3x11xi32>
}}"""
    x = np.round(random((3, 11), "float32", 1))
    check_text(text, x, np.round(random((3, 11), "float32", 2)).astype(np.int32))


@pytest.mark.parametrize("name", ("float32", "bfloat16", "int32", "uint8"))
def test_top_k(name: str) -> None:
    from jax import lax

    check_jax(lambda x: lax.top_k(x, 4), random((3, 17), name, 1, 1.0))


def test_approximate_top_k_is_exact_on_cpu() -> None:
    from jax import lax

    check_jax(lambda x: (lax.approx_max_k(x, 3), lax.approx_min_k(x, 2)), random((4, 30), "float32", 1))


def test_reduce_precision_of_sums() -> None:
    """Sums of many bf16 numbers are rounded once; XLA's error is the larger one."""
    text = reduction("reduce", "bfloat16", "dimensions = array<i64: 0>", "add", (3000,), tensor((), "bfloat16"))
    x = np.full(3000, 0.01, np.float32).astype(dtype("bfloat16"))
    zero = np.zeros((), dtype("bfloat16"))
    same(interpret(text, x, zero)[0], np.asarray(30.0, np.float32).astype(dtype("bfloat16")), 0.004)
    assert on_xla(text, x, zero)[0].dtype == dtype("bfloat16")


def test_scan_of_pairs() -> None:
    """A linear recurrence by associative_scan, as state-space models use it."""
    import jax
    from jax import lax

    def recurrence(a: Any, b: Any) -> Any:
        return lax.associative_scan(lambda p, q: (p[0] * q[0], q[0] * p[1] + q[1]), (a, b), axis=1)

    check_jax(recurrence, random((2, 9, 3), "float64", 1, 0.5), random((2, 9, 3), "float64", 2))
    check_jax(lambda x: (jax.lax.cummax(x, 1), jax.lax.cumlogsumexp(x, 0, reverse=True)), random((4, 6), "float64", 3))
