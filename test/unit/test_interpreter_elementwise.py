"""Elementwise ops on the interpreter against XLA, in every dtype they take."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from interpreter_support import COMPLEX, FLOATS, INTEGERS, check_op, check_text, dtype, random, tensor

UNARY_FLOAT = ("abs", "cbrt", "ceil", "cosine", "exponential", "exponential_minus_one", "floor", "logistic", "negate",
               "round_nearest_afz", "round_nearest_even", "sign", "sine", "tan", "tanh")  # fmt: skip
UNARY_POSITIVE = ("log", "log_plus_one", "rsqrt", "sqrt")
UNARY_COMPLEX = ("cosine", "exponential", "exponential_minus_one", "log", "log_plus_one", "logistic", "negate", "rsqrt",
                 "sign", "sine", "sqrt", "tan", "tanh")  # fmt: skip
BINARY_FLOAT = ("add", "atan2", "divide", "maximum", "minimum", "multiply", "remainder", "subtract")
BINARY_INTEGER = ("add", "and", "divide", "maximum", "minimum", "multiply", "or", "power", "remainder", "shift_left",
                  "shift_right_arithmetic", "shift_right_logical", "subtract", "xor")  # fmt: skip
SPECIAL = [
    0.0,
    -0.0,
    np.inf,
    -np.inf,
    np.nan,
    1.0,
    -1.0,
    0.5,
    -0.5,
    1.5,
    -2.5,
    3e38,
    1e-30,
]  # XLA's CPU backend flushes subnormal numbers


def generic(op: str, inputs: list[np.ndarray], result: str, **options: Any) -> None:
    names = ", ".join(f"%{i}" for i in range(len(inputs)))
    check_op(f'"stablehlo.{op}"({names})', inputs, result, **options)


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("op", UNARY_FLOAT)
def test_unary_float(op: str, name: str) -> None:
    generic(op, [random((17,), name, 1)], tensor((17,), name))


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("op", UNARY_POSITIVE)
def test_unary_of_positive(op: str, name: str) -> None:
    generic(op, [np.abs(random((17,), name, 2))], tensor((17,), name))


@pytest.mark.parametrize("name", ("float32", "float64"))
@pytest.mark.parametrize("op", sorted({*UNARY_FLOAT, *UNARY_POSITIVE} - {"cosine", "sine", "tan"}))
def test_unary_of_special_values(op: str, name: str) -> None:
    """Without trigonometry: XLA's is off for 3e38."""
    values = np.array(SPECIAL, name)
    generic(op, [values], tensor((13,), name))


@pytest.mark.parametrize("name", COMPLEX)
@pytest.mark.parametrize("op", UNARY_COMPLEX)
def test_unary_complex(op: str, name: str) -> None:
    generic(op, [random((11,), name, 3, 1.0)], tensor((11,), name))


@pytest.mark.parametrize("name", COMPLEX)
@pytest.mark.parametrize("op", ("abs", "real", "imag"))
def test_parts_of_complex(op: str, name: str) -> None:
    generic(op, [random((11,), name, 3)], tensor((11,), "float32" if name == "complex64" else "float64"))


@pytest.mark.parametrize("name", ("float32", "float64"))
def test_complex_of_parts(name: str) -> None:
    parts = [random((5,), name, 1), random((5,), name, 2)]
    generic("complex", parts, tensor((5,), "complex64" if name == "float32" else "complex128"))


UNARY_INTEGER = [
    (op, name)
    for op in ("abs", "negate", "sign", "not", "popcnt", "count_leading_zeros")
    for name in INTEGERS
    if op not in ("abs", "sign") or not name.startswith("u")
]


@pytest.mark.parametrize(("op", "name"), UNARY_INTEGER)
def test_unary_integer(op: str, name: str) -> None:
    info = np.iinfo(name)
    x = np.concatenate([random((9,), name, 4), np.array([info.min, info.max, 0, 1], name)])
    generic(op, [x], tensor(x.shape, name))


BINARY_INEXACT = [
    *((op, name) for op in BINARY_FLOAT for name in FLOATS),
    *((op, name) for op in ("add", "divide", "multiply", "subtract") for name in COMPLEX),
]


@pytest.mark.parametrize(("op", "name"), BINARY_INEXACT)
def test_binary_float(op: str, name: str) -> None:
    generic(op, [random((23,), name, 5), random((23,), name, 6)], tensor((23,), name))


@pytest.mark.parametrize("name", ("float32", "float64", "complex64"))
def test_power(name: str) -> None:
    base = random((23,), name, 5)
    generic("power", [base if name == "complex64" else np.abs(base), random((23,), name, 6, 1.0)], tensor((23,), name))


@pytest.mark.parametrize("op", (*BINARY_FLOAT, "power"))
def test_binary_of_special_values(op: str) -> None:
    x, y = (v.reshape(-1) for v in np.meshgrid(np.array(SPECIAL, "float64"), np.array(SPECIAL, "float64")))
    generic(op, [x, y], tensor(x.shape, "float64"))


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize("op", BINARY_INTEGER)
def test_binary_integer(op: str, name: str) -> None:
    """Wraparound, division by zero, the least number by -1, negative exponents, shifts beyond the width."""
    info = np.iinfo(name)
    edges = np.array([0, 1, 2, 3, 7, 8, 31, 33, 64, info.min, info.max, *(() if info.min == 0 else (-1, -2, -3))], name)
    x, y = (v.reshape(-1) for v in np.meshgrid(edges, edges))
    if op == "power":  # XLA looks at the low six bits of the exponent only
        x, y = x[y < 64], y[y < 64]
    generic(op, [x, y], tensor(x.shape, name))


@pytest.mark.parametrize("op", ("add", "and", "maximum", "minimum", "multiply", "or", "xor"))
def test_binary_boolean(op: str) -> None:
    x, y = np.array([0, 0, 1, 1], bool), np.array([0, 1, 0, 1], bool)
    generic(op, [x, y], tensor((4,), "bool"))


def test_not_boolean() -> None:
    generic("not", [np.array([True, False])], tensor((2,), "bool"))


DIRECTIONS = ("EQ", "NE", "LT", "LE", "GT", "GE")
COMPARABLE = [
    *((direction, name) for direction in DIRECTIONS for name in (*FLOATS, *INTEGERS, "bool")),
    *((direction, "complex64") for direction in ("EQ", "NE")),
]


@pytest.mark.parametrize(("direction", "name"), COMPARABLE)
def test_compare(direction: str, name: str) -> None:
    x, y = random((40,), name, 1, 1.0), random((40,), name, 2, 1.0)
    y[:10] = x[:10]
    check_op(f"stablehlo.compare {direction}, %0, %1", [x, y], tensor((40,), "bool"))


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("name", FLOATS)
def test_compare_in_total_order(direction: str, name: str) -> None:
    values = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, -np.nan, 1.0, -1.0], np.float32).astype(dtype(name))
    x, y = (v.reshape(-1) for v in np.meshgrid(values, values))
    check_op(f"stablehlo.compare {direction}, %0, %1, TOTALORDER", [x, y], tensor(x.shape, "bool"))


@pytest.mark.parametrize("name", ("float32", "int32", "bfloat16", "bool", "complex64", "int8"))
def test_select(name: str) -> None:
    for shape in ((), (6,)):
        inputs = [random(shape, "bool", 1), random((6,), name, 2), random((6,), name, 3)]
        generic("select", inputs, tensor((6,), name))


@pytest.mark.parametrize("name", ("float32", "int32", "bfloat16", "uint8"))
def test_clamp(name: str) -> None:
    x = random((9,), name, 1)
    for shape in ((), (9,)):
        generic("clamp", [random(shape, name, 2, 0.5), x, random(shape, name, 3)], tensor((9,), name))


def test_is_finite() -> None:
    generic("is_finite", [np.array(SPECIAL)], tensor((13,), "bool"))


REAL = ("bool", *FLOATS, *INTEGERS, "float8_e4m3fn", "float8_e5m2", "int4", "uint4")


@pytest.mark.parametrize("source", REAL)
@pytest.mark.parametrize("target", (*REAL, "complex64"))
def test_convert(source: str, target: str) -> None:
    check_op("stablehlo.convert %0", [random((40,), source, 7, 40.0)], tensor((40,), target))


@pytest.mark.parametrize("target", (*INTEGERS, "bool"))
@pytest.mark.parametrize("source", ("float32", "float64", "bfloat16"))
def test_convert_saturates(source: str, target: str) -> None:
    values = [
        np.nan,
        np.inf,
        -np.inf,
        300.7,
        -300.7,
        -0.5,
        0.5,
        2.0**31,
        -(2.0**31),
        2.0**63,
        -(2.0**63),
        2.0**64,
        1e30,
    ]
    x = np.array(values, np.float64).astype(dtype(source))
    check_op("stablehlo.convert %0", [x], tensor(x.shape, target))


SMALL_FLOATS = ("float8_e4m3fn", "float8_e5m2", "float8_e4m3b11fnuz", "float8_e4m3fnuz", "float8_e5m2fnuz",
                "float8_e3m4", "float8_e4m3", "float8_e8m0fnu", "float4_e2m1fn")  # fmt: skip


@pytest.mark.parametrize("name", SMALL_FLOATS)
def test_small_floats_convert_exactly(name: str) -> None:
    """Every value of the type to f32, and f32 to the type with overflow."""
    bits = np.arange(16 if name == "float4_e2m1fn" else 256, dtype=np.uint8)
    check_op("stablehlo.convert %0", [bits.view(dtype(name))], tensor(bits.shape, "float32"), tolerance=0)
    x = random((50,), "float32", 8, 30.0)
    check_op("stablehlo.convert %0", [np.abs(x) if "e8m0" in name else x], tensor(x.shape, name), tolerance=0)


@pytest.mark.parametrize("name", ("float8_e4m3fn", "float8_e5m2"))
@pytest.mark.parametrize("op", ("add", "multiply", "maximum"))
def test_arithmetic_in_eight_bits(op: str, name: str) -> None:
    generic(op, [random((20,), name, 1), random((20,), name, 2)], tensor((20,), name), tolerance=0)


@pytest.mark.parametrize("name", ("int4", "uint4"))
@pytest.mark.parametrize("op", ("add", "and", "multiply", "or", "subtract", "xor", "maximum"))
def test_arithmetic_in_four_bits(op: str, name: str) -> None:
    x, y = (v.reshape(-1).astype(np.int8).astype(dtype(name)) for v in np.meshgrid(np.arange(16), np.arange(16)))
    generic(op, [x, y], tensor(x.shape, name))


@pytest.mark.parametrize(
    ("source", "shape", "target", "result"),
    [
        ("float32", (3,), "int32", (3,)),
        ("float64", (3,), "uint32", (3, 2)),
        ("uint32", (3, 2), "float64", (3,)),
        ("bfloat16", (4,), "int16", (4,)),
        ("int8", (2, 4), "float32", (2,)),
        ("float32", (2,), "uint8", (2, 4)),
        ("int64", (), "float32", (2,)),
        ("int8", (5,), "int4", (5, 2)),
        ("uint4", (5, 2), "uint8", (5,)),
        ("float8_e5m2", (4,), "uint8", (4,)),
    ],
)
def test_bitcast_convert(source: str, shape: tuple[int, ...], target: str, result: tuple[int, ...]) -> None:
    check_op("stablehlo.bitcast_convert %0", [random(shape, source, 9)], tensor(result, target))


@pytest.mark.parametrize(("exponent", "mantissa"), [(8, 7), (5, 10), (4, 3), (5, 2), (8, 23), (2, 0), (8, 1)])
@pytest.mark.parametrize("name", ("float32", "float64", "float16"))
def test_reduce_precision(name: str, exponent: int, mantissa: int) -> None:
    values = [*SPECIAL, 65504, 65520, 1e-8, 240.0, 250.0, 448.0, 6e-5, *random((30,), "float64", 4, 100.0)]
    with np.errstate(over="ignore"):
        x = np.array(values, np.float64).astype(name)
    type = tensor(x.shape, name)
    check_text(
        f"""func.func @main(%0: {type}) -> {type} {{
  %r = stablehlo.reduce_precision %0, format = e{exponent}m{mantissa} : {type}
  func.return %r : {type}
}}""",
        x,
        tolerance=0,
    )


def test_map() -> None:
    """A body of elementwise ops, and one that has to be run element by element."""
    x, y = random((2, 3), "float32", 1), random((2, 3), "float32", 2)
    check_text(
        """func.func @main(%a: tensor<2x3xf32>, %b: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  %0 = "stablehlo.map"(%a, %b) <{dimensions = array<i64: 0, 1>}> ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    %s = stablehlo.multiply %x, %y : tensor<f32>
    %c = stablehlo.constant dense<2.0> : tensor<f32>
    %t = stablehlo.add %s, %c : tensor<f32>
    stablehlo.return %t : tensor<f32>
  }) : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = "stablehlo.map"(%a, %b) <{dimensions = array<i64: 0, 1>}> ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    %v = stablehlo.reshape %x : (tensor<f32>) -> tensor<1xf32>
    %w = stablehlo.reshape %v : (tensor<1xf32>) -> tensor<f32>
    %t = stablehlo.subtract %w, %y : tensor<f32>
    stablehlo.return %t : tensor<f32>
  }) : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0, %1 : tensor<2x3xf32>, tensor<2x3xf32>
}""",
        x,
        y,
    )
