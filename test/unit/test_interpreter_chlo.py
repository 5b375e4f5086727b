"""CHLO's ops on the interpreter against XLA."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from interpreter_support import FLOATS, check_jax, check_op, interpret, random, same, tensor

SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 0.5, -0.5, 2.0, -2.5, 30.0, -3.0]
REAL = ("asinh", "atan", "bessel_i1e", "cosh", "digamma", "erf", "erfc", "lgamma", "sinh", "square", "tan")
UNIT = ("acos", "asin", "atanh", "erf_inv")
COMPLEX = (
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "conj",
    "cosh",
    "sinh",
    "square",
    "tan",
    "_asin_acos_kernel",
)


def tolerance(name: str) -> float | None:
    """XLA's polynomials are a few units in the last place off."""
    return {"float32": 1e-5, "float64": 1e-11, "complex64": 2e-5, "complex128": 1e-11}.get(name)


def check(op: str, inputs: list[np.ndarray], result: str, name: str) -> None:
    names = ", ".join(f"%{i}" for i in range(len(inputs)))
    check_op(f'"chlo.{op}"({names})', inputs, result, tolerance=tolerance(name))


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("op", REAL)
def test_real(op: str, name: str) -> None:
    check(op, [random((23,), name, 1, 1.5)], tensor((23,), name), name)


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("op", UNIT)
def test_on_the_unit_interval(op: str, name: str) -> None:
    x = np.tanh(random((23,), "float64", 2)).astype(random((), name).dtype)
    check(op, [x], tensor((23,), name), name)


@pytest.mark.parametrize("name", ("float32", "float64"))
def test_acosh(name: str) -> None:
    check("acosh", [1 + np.abs(random((23,), name, 2))], tensor((23,), name), name)


@pytest.mark.parametrize("op", (*REAL, *UNIT, "acosh"))
def test_special_values(op: str) -> None:
    values = [v for v in SPECIAL if not (op == "tan" and np.isinf(v))]
    check(op, [np.array(values)], tensor((len(values),), "float64"), "float64")


@pytest.mark.parametrize("name", ("complex64", "complex128"))
@pytest.mark.parametrize("op", COMPLEX)
def test_complex(op: str, name: str) -> None:
    z = random((40,), name, 3, 1.0)
    check(op, [z], tensor((40,), name), name)


@pytest.mark.parametrize("op", ("is_inf", "is_neg_inf", "is_pos_inf"))
def test_infinities(op: str) -> None:
    check(op, [np.array(SPECIAL, np.float32)], tensor((13,), "bool"), "bool")


@pytest.mark.parametrize("name", ("float32", "float64"))
def test_zeta_and_polygamma(name: str) -> None:
    x, q = np.abs(random((40,), name, 1)) + 1.1, np.abs(random((40,), name, 2)) + 0.1
    check("zeta", [x.astype(name), q.astype(name)], tensor((40,), name), name)
    n = np.arange(40).astype(name) % 6
    check("polygamma", [n, q.astype(name)], tensor((40,), name), name)


def test_zeta_of_special_values() -> None:
    values = np.array([-2.0, -1.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, np.nan])
    x, q = (v.reshape(-1) for v in np.meshgrid(values, values))
    check("zeta", [x, q], tensor(x.shape, "float64"), "float64")


@pytest.mark.parametrize("name", ("float32", "float64", "bfloat16", "float16"))
def test_next_after(name: str) -> None:
    kind = random((), name).dtype
    values = np.array([0.0, -0.0, 1.0, -1.0, 2.5, np.inf, -np.inf, np.nan, 1.5e-5], np.float32).astype(kind)
    x, y = (v.reshape(-1) for v in np.meshgrid(values, values))
    keep = (x != 0) | (y == 0)  # XLA's CPU backend flushes what is next to zero
    check_op('"chlo.next_after"(%0, %1)', [x[keep], y[keep]], tensor(x[keep].shape, name), tolerance=0)


@pytest.mark.parametrize("name", ("int32", "uint32", "int64", "uint64", "int8", "uint8"))
def test_high_half_of_a_product(name: str) -> None:
    info = np.iinfo(name)
    values = np.array([0, 1, 2, 3, 77, info.min, info.max, info.max // 3, info.min // 5], name)
    x, y = (v.reshape(-1) for v in np.meshgrid(values, values))
    bits = x.dtype.itemsize * 8
    wanted = np.array([int(a) * int(b) >> bits for a, b in zip(x, y, strict=True)], object)
    text = f"""func.func @main(%0: {tensor(x.shape, name)}, %1: {tensor(x.shape, name)}) -> {tensor(x.shape, name)} {{
  %r = "chlo.mulhi"(%0, %1) : ({tensor(x.shape, name)}, {tensor(x.shape, name)}) -> {tensor(x.shape, name)}
  return %r : {tensor(x.shape, name)}
}}"""
    same(interpret(text, x, y)[0], wanted.astype(name))


BROADCASTING = ("add", "atan2", "divide", "maximum", "minimum", "multiply", "power", "remainder", "subtract")


@pytest.mark.parametrize("op", BROADCASTING)
def test_broadcasting(op: str) -> None:
    x, y = np.abs(random((3, 4), "float32", 1)), random((4,), "float32", 2)
    x_type, y_type = "tensor<3x4xf32>", "tensor<4xf32>"
    text = f"""func.func @main(%x: {x_type}, %y: {y_type}) -> ({x_type}, {x_type}) {{
  %0 = "chlo.broadcast_{op}"(%x, %y) <{{broadcast_dimensions = array<i64: 1>}}> : ({x_type}, {y_type}) -> {x_type}
  %1 = "chlo.broadcast_{op}"(%x, %y) : ({x_type}, {y_type}) -> {x_type}
  return %0, %1 : {x_type}, {x_type}
}}"""
    plain = f"""func.func @main(%x: {x_type}, %y: {x_type}) -> {x_type} {{
  %0 = "stablehlo.{op}"(%x, %y) : ({x_type}, {x_type}) -> {x_type}
  return %0 : {x_type}
}}"""
    (wanted,) = interpret(plain, x, np.broadcast_to(y, (3, 4)))
    for found in interpret(text, x, y):
        same(found, wanted, 0)


@pytest.mark.parametrize(
    "op", ("and", "or", "xor", "shift_left", "shift_right_arithmetic", "shift_right_logical", "next_after", "zeta",
           "polygamma", "complex", "compare", "select"),
)  # fmt: skip
def test_broadcasting_of_other_kinds(op: str) -> None:
    float_op = op in ("next_after", "zeta", "polygamma", "complex", "compare", "select")
    name = "float32" if float_op else "int32"
    x = np.abs(random((2, 3), name, 1)) + 2
    scalar = np.asarray(3, x.dtype)
    result = {"complex": tensor((2, 3), "complex64"), "compare": tensor((2, 3), "bool")}.get(op, tensor((2, 3), name))
    attributes = "<{comparison_direction = #chlo<comparison_direction GT>}>" if op == "compare" else ""
    x_type, s_type = tensor((2, 3), name), tensor((), name)
    if op == "select":
        operands, types = "%p, %x, %s", f"tensor<2x3xi1>, {x_type}, {s_type}"
    else:
        operands, types = "%x, %s", f"{x_type}, {s_type}"
    text = f"""func.func @main(%p: tensor<2x3xi1>, %x: {x_type}, %s: {s_type}) -> {result} {{
  %0 = "chlo.broadcast_{op}"({operands}) {attributes} : ({types}) -> {result}
  return %0 : {result}
}}"""
    predicate = random((2, 3), "bool", 4)
    (found,) = interpret(text, predicate, x, scalar)
    expanded = {"complex": x + 3j, "compare": x > 3, "select": np.where(predicate, x, scalar)}
    if op in expanded:
        same(found, expanded[op].astype(found.dtype))
    else:
        (wanted,) = interpret(text.replace(s_type, x_type), predicate, x, np.full_like(x, 3))
        same(found, wanted, 0)


def test_constants() -> None:
    text = """func.func @main(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2xi32>) {
  %0 = "chlo.constant_like"(%x) <{value = 2.5 : f32}> : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = "chlo.constant"() <{value = dense<[1, 2]> : tensor<2xi32>}> : () -> tensor<2xi32>
  return %0, %1 : tensor<2x3xf32>, tensor<2xi32>
}"""
    like, constant = interpret(text, np.zeros((2, 3), np.float32))
    same(like, np.full((2, 3), 2.5, np.float32))
    same(constant, np.array([1, 2], np.int32))


RAGGED = {
    "rows": ("tensor<7x3xf32>", "tensor<2x3x5xf32>", "tensor<7x5xf32>",
             "lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1]", 0, "0"),
    "contracted": ("tensor<3x7xf32>", "tensor<7x5xf32>", "tensor<2x3x5xf32>",
                   "lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]", 1, ""),
}  # fmt: skip


@pytest.mark.parametrize("kind", RAGGED)
def test_ragged_dot(kind: str) -> None:
    lhs, rhs, result, dims, ragged, group = RAGGED[kind]
    text = f"""func.func @main(%x: {lhs}, %y: {rhs}, %g: tensor<2xi64>) -> {result} {{
  %0 = "chlo.ragged_dot"(%x, %y, %g) <{{ragged_dot_dimension_numbers = #chlo.ragged_dot<{dims},
      lhs_ragged_dimensions = [{ragged}], rhs_group_dimensions = [{group}]>}}>
      : ({lhs}, {rhs}, tensor<2xi64>) -> {result}
  return %0 : {result}
}}"""
    sizes = np.array([4, 2])  # the last row belongs to no group
    if kind == "rows":
        x, y = random((7, 3), "float32", 1), random((2, 3, 5), "float32", 2)
        wanted = np.concatenate([x[:4] @ y[0], x[4:6] @ y[1], np.zeros((1, 5), np.float32)])
    else:
        x, y = random((3, 7), "float32", 1), random((7, 5), "float32", 2)
        wanted = np.stack([x[:, :4] @ y[:4], x[:, 4:6] @ y[4:6]])
    same(interpret(text, x, y, sizes)[0], wanted)


def test_scan() -> None:
    """Running sums along the second dimension, forwards and backwards, and the last of them."""
    for reverse in (False, True):
        text = f"""func.func @main(%x: tensor<2x5xf32>, %c: tensor<2xf32>) -> (tensor<2x5xf32>, tensor<2xf32>) {{
  %0:2 = "chlo.scan"(%x, %c) <{{dimension = 1 : i64, is_reverse = {str(reverse).lower()},
      operandSegmentSizes = array<i32: 1, 1>, resultSegmentSizes = array<i32: 1, 1>}}> ({{
  ^bb0(%a: tensor<2xf32>, %b: tensor<2xf32>):
    %s = stablehlo.add %a, %b : tensor<2xf32>
    stablehlo.return %s, %s : tensor<2xf32>, tensor<2xf32>
  }}) : (tensor<2x5xf32>, tensor<2xf32>) -> (tensor<2x5xf32>, tensor<2xf32>)
  return %0#0, %0#1 : tensor<2x5xf32>, tensor<2xf32>
}}"""
        x, start = random((2, 5), "float32", 1), random((2,), "float32", 2)
        sums, last = interpret(text, x, start)
        ordered = x[:, ::-1] if reverse else x
        wanted = start[:, None] + np.cumsum(ordered, axis=1)
        same(sums, wanted[:, ::-1] if reverse else wanted)
        same(last, wanted[:, -1])


def test_functions_of_jax() -> None:
    import jax
    from jax.scipy import special

    def functions(x: Any) -> Any:
        return jax.nn.gelu(x, approximate=False), special.erfinv(x), special.gammaln(x), special.ndtr(x), special.i1e(x)

    check_jax(functions, np.tanh(random((30,), "float64", 1)), tolerance=1e-11)
