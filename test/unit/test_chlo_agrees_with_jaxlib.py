"""Our `chlo` against jaxlib's: equal text for equal programs, and the same ops refused."""

from __future__ import annotations

from io import StringIO

import pytest
from jax._src.interpreters.mlir import make_ir_context
from jaxlib.mlir import ir
from xdsl.printer import Printer
from xdsl.utils.exceptions import ParseError, VerifyException

from eggshard.dialects.assembly import parse_module
from eggshard.dialects.chlo import ChloDialect

CONTEXT = make_ir_context()
UNARY = (
    "acos acosh asin asinh atan atanh bessel_i1e conj cosh digamma erf_inv erf erfc is_inf is_neg_inf is_pos_inf "
    "lgamma sinh square tan _asin_acos_kernel"
).split()
BROADCAST = (
    "add and atan2 divide maximum minimum multiply next_after or polygamma power remainder shift_left "
    "shift_right_arithmetic shift_right_logical subtract xor zeta complex"
).split()
BINARY = ["mulhi", "next_after", "polygamma", "zeta"]
ELEMENTS = ["f32", "bf16", "f8E4M3FN", "i32", "ui8", "i1", "i2", "complex<f32>", "index"]


def theirs(text: str) -> str | None:
    with CONTEXT, ir.Location.unknown():
        try:
            return str(ir.Module.parse(text))
        except ir.MLIRError:
            return None


def ours(text: str) -> str | None:
    try:
        module = parse_module(text)
        module.verify()
    except (ParseError, VerifyException):
        return None
    out = StringIO()
    Printer(out).print_op(module)
    return out.getvalue()


def check(text: str) -> None:
    """Both refuse the program, or both print it so that the other's print is the same."""
    expected, found = theirs(text), ours(text)
    assert (expected is None) == (found is None)
    if expected is not None and found is not None:
        assert theirs(found) == expected
        assert ours(expected) is not None


def function(op: str, arguments: str) -> str:
    return f"func.func @f({arguments}) {{\n  {op}\n  return\n}}"


def test_every_op_is_there() -> None:
    from jaxlib.mlir.dialects import _chlo_ops_gen as generated

    classes = [c for c in vars(generated).values() if isinstance(c, type) and hasattr(c, "OPERATION_NAME")]
    assert {c.OPERATION_NAME for c in classes} == {op.name for op in ChloDialect.operations}


@pytest.mark.parametrize("name", UNARY)
def test_unary(name: str) -> None:
    for element in ELEMENTS:
        for result in dict.fromkeys([element, "i1", "f32"]):
            op = f'%0 = "chlo.{name}"(%x) {{note}} : (tensor<4x{element}>) -> tensor<4x{result}>'
            check(function(op, f"%x: tensor<4x{element}>"))
    check(function(f'%0 = "chlo.{name}"(%x) : (tensor<4xf32>) -> tensor<5xf32>', "%x: tensor<4xf32>"))


@pytest.mark.parametrize("name", [f"broadcast_{name}" for name in BROADCAST] + BINARY)
def test_binary(name: str) -> None:
    for element in ELEMENTS:
        for result in dict.fromkeys([element, "complex<f32>", "i64"]):
            type = f"tensor<4x{element}>"
            op = f'%0 = "chlo.{name}"(%x, %x) : ({type}, {type}) -> tensor<4x{result}>'
            check(function(op, f"%x: {type}"))
    types = "(tensor<4xi32>, tensor<4xi64>) -> tensor<4xi32>"
    check(function(f'%0 = "chlo.{name}"(%x, %y) : {types}', "%x: tensor<4xi32>, %y: tensor<4xi64>"))


@pytest.mark.parametrize(
    ("lhs", "rhs", "result", "dims"),
    [
        ("4x", "", "4x", None),
        ("4x", "", "5x", None),
        ("4x", "1x", "4x", None),
        ("2x4x", "4x", "2x4x", None),
        ("4x", "2x4x", "2x4x", None),
        ("2x4x", "2x", "2x4x", "0"),
        ("2x4x", "4x", "2x4x", "1"),
        ("2x4x", "2x4x", "2x4x", "0, 1"),
        ("2x1x", "2x4x", "2x4x", None),
        ("4x", "4x", "4x4x", None),
        ("?x", "4x", "?x", None),
        ("?x", "4x", "4x", None),
        ("4x", "4x", "?x", None),
    ],
)
def test_broadcast(lhs: str, rhs: str, result: str, dims: str | None) -> None:
    attribute = "" if dims is None else f" {{broadcast_dimensions = array<i64: {dims}>}}"
    types = f"(tensor<{lhs}f32>, tensor<{rhs}f32>) -> tensor<{result}f32>"
    arguments = f"%x: tensor<{lhs}f32>, %y: tensor<{rhs}f32>"
    check(function(f"%0 = chlo.broadcast_add %x, %y{attribute} : {types}", arguments))


@pytest.mark.parametrize(
    ("lhs", "rhs", "dims"),
    [("4x", "3x", None), ("2x4x", "2x", "1"), ("2x4x", "2x", "2"), ("2x4x", "2x4x", "1, 0"), ("2x4x", "2x4x", "0, 0")],
)
def test_broadcasts_that_mean_nothing_are_refused(lhs: str, rhs: str, dims: str | None) -> None:
    """jaxlib takes these, and then fails to lower them."""
    attribute = "" if dims is None else f" {{broadcast_dimensions = array<i64: {dims}>}}"
    types = f"(tensor<{lhs}f32>, tensor<{rhs}f32>) -> tensor<{lhs}f32>"
    arguments = f"%x: tensor<{lhs}f32>, %y: tensor<{rhs}f32>"
    assert ours(function(f"%0 = chlo.broadcast_add %x, %y{attribute} : {types}", arguments)) is None


COMPARE = "%0 = chlo.broadcast_compare %x, %y "
LT = "{comparison_direction = #chlo<comparison_direction LT>}"
SELECT = "%0 = chlo.broadcast_select %p, %x, %y : "
OTHERS: list[tuple[str, str]] = [
    (f"{COMPARE}{LT} : (tensor<4xf32>, tensor<f32>) -> tensor<4xi1>", "%x: tensor<4xf32>, %y: tensor<f32>"),
    (f"{COMPARE}{LT} : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>", "%x: tensor<4xf32>, %y: tensor<f32>"),
    (
        f"{COMPARE}{LT[:-1]}, compare_type = #chlo<comparison_type TOTALORDER>, broadcast_dimensions = array<i64>}} "
        ": (tensor<4xf32>, tensor<f32>) -> tensor<4xi1>",
        "%x: tensor<4xf32>, %y: tensor<f32>",
    ),
    (f"{COMPARE} : (tensor<4xf32>, tensor<f32>) -> tensor<4xi1>", "%x: tensor<4xf32>, %y: tensor<f32>"),
    (
        f"{SELECT}(tensor<4xi1>, tensor<4xf32>, tensor<f32>) -> tensor<4xf32>",
        "%p: tensor<4xi1>, %x: tensor<4xf32>, %y: tensor<f32>",
    ),
    (
        f"{SELECT}(tensor<4xi32>, tensor<4xf32>, tensor<f32>) -> tensor<4xf32>",
        "%p: tensor<4xi32>, %x: tensor<4xf32>, %y: tensor<f32>",
    ),
    ("%0 = chlo.constant dense<[1.0, 2.0]> : tensor<2xf32>", ""),
    ("%0 = chlo.constant {note} dense<1.0> : tensor<2xf32>", ""),
    ('%0 = "chlo.constant"() <{value = dense<1.0> : tensor<2xf32>}> : () -> tensor<3xf32>', ""),
    ('%0 = "chlo.constant_like"(%x) <{value = 1.0 : f32}> : (tensor<4xi32>) -> tensor<4xf32>', "%x: tensor<4xi32>"),
    ('%0 = "chlo.constant_like"(%x) <{value = 1 : i32}> : (tensor<4xi32>) -> tensor<4xf32>', "%x: tensor<4xi32>"),
    ('%0 = "chlo.constant_like"(%x) <{value = 1.0 : f32}> : (tensor<4xi32>) -> tensor<5xf32>', "%x: tensor<4xi32>"),
    ("%0, %1 = chlo.top_k(%x, k = 2) : tensor<2x3xf32> -> (tensor<2x2xf32>, tensor<2x2xi32>)", "%x: tensor<2x3xf32>"),
    ("%0, %1 = chlo.top_k(%x, k = 4) : tensor<2x3xf32> -> (tensor<2x4xf32>, tensor<2x4xi32>)", "%x: tensor<2x3xf32>"),
    ("%0, %1 = chlo.top_k(%x, k = 2) : tensor<2x3xf32> -> (tensor<2x2xf32>, tensor<2x2xi64>)", "%x: tensor<2x3xf32>"),
    ("%0, %1 = chlo.top_k(%x, k = 2) : tensor<2x3xf32> -> (tensor<2x2xf64>, tensor<2x2xi32>)", "%x: tensor<2x3xf32>"),
    ("%0, %1 = chlo.top_k(%x, k = 1) : tensor<f32> -> (tensor<f32>, tensor<i32>)", "%x: tensor<f32>"),
    ("%0, %1 = chlo.top_k(%x, k = 2) : tensor<?xi8> -> (tensor<2xi8>, tensor<2xi32>)", "%x: tensor<?xi8>"),
]


@pytest.mark.parametrize(("op", "arguments"), OTHERS)
def test_other_ops(op: str, arguments: str) -> None:
    check(function(op, arguments))


# (lhs, rhs, group_sizes, result, batching of lhs and rhs, contracting of lhs and rhs, ragged, group)
FREE, CONTRACTED = ("", "", "1", "1", "0", "0"), ("", "", "0", "0", "0", "")
RAGGED: list[tuple[str, str, str, str, tuple[str, ...]]] = [
    ("11x5xf32", "3x5x7xf32", "3xi64", "11x7xf32", FREE),
    ("11x5xf32", "3x5x7xbf16", "3xui8", "11x7xf64", FREE),
    ("11x5xf32", "3x5x7xf32", "4xi64", "11x7xf32", FREE),
    ("11x5xf32", "3x5x7xf32", "3xf32", "11x7xf32", FREE),
    ("11x5xf32", "3x5x7xf32", "3xi64", "11x8xf32", FREE),
    ("11x5xf32", "3x5x7xf32", "3xi64", "11x7xf32", ("", "", "1", "1", "0, 1", "0")),
    ("11x5xf32", "3x5x7xf32", "3xi64", "11x7xf32", ("", "", "1", "1", "0", "")),
    ("11x5xf32", "3x5x7xf32", "3xi64", "11x7xf32", ("", "", "0", "1", "0", "0")),
    ("5x11xf32", "5x7xf32", "3xi64", "3x11x7xf32", CONTRACTED),
    ("5x11xf32", "5x7xf32", "3xi64", "11x7xf32", CONTRACTED),
    ("5x11xf32", "5x7xf32", "3xi64", "3x11x7xf32", ("", "", "0", "0", "0", "1")),
    ("3x11x5xf32", "3x5x7xf32", "3xi64", "3x11x7xf32", ("0", "0", "2", "1", "0", "")),
    ("2x11x5xf32", "3x2x5x7xf32", "2x3xi64", "2x11x7xf32", ("0", "1", "2", "2", "1", "0")),
    ("2x11x5xf32", "3x2x5x7xf32", "1x3xi64", "2x11x7xf32", ("0", "1", "2", "2", "1", "0")),
    ("2x4x11x5xf32", "3x2x5x7xf32", "2x3xi64", "2x4x11x7xf32", ("0", "1", "3", "2", "2", "0")),
    ("2x4x11x5xf32", "3x2x5x7xf32", "2x4x3xi64", "2x4x11x7xf32", ("0", "1", "3", "2", "2", "0")),
    ("2x4x11xf32", "2x4x7xf32", "2x3xi64", "3x2x11x7xf32", ("0", "0", "1", "1", "1", "")),
    ("2x4x11xf32", "2x4x7xf32", "3xi64", "3x2x11x7xf32", ("0", "0", "1", "1", "1", "")),
]


@pytest.mark.parametrize(("lhs", "rhs", "sizes", "result", "dims"), RAGGED)
def test_ragged_dot(lhs: str, rhs: str, sizes: str, result: str, dims: tuple[str, ...]) -> None:
    fields = (
        "lhs_batching_dimensions",
        "rhs_batching_dimensions",
        "lhs_contracting_dimensions",
        "rhs_contracting_dimensions",
        "lhs_ragged_dimensions",
        "rhs_group_dimensions",
    )
    numbers = ", ".join(f"{field} = [{values}]" for field, values in zip(fields, dims, strict=True))
    op = (
        f'%0 = "chlo.ragged_dot"(%l, %r, %g) <{{ragged_dot_dimension_numbers = #chlo.ragged_dot<{numbers}>, '
        "precision_config = [#chlo<precision DEFAULT>, #chlo<precision HIGH>]}> : "
        f"(tensor<{lhs}>, tensor<{rhs}>, tensor<{sizes}>) -> tensor<{result}>"
    )
    check(function(op, f"%l: tensor<{lhs}>, %r: tensor<{rhs}>, %g: tensor<{sizes}>"))


V, X = "tensor<2xf32>", "tensor<2x3xf32>"
BOTH = f"stablehlo.return %b0, %b1 : {V}, {V}"


@pytest.mark.parametrize(
    ("inputs", "inits", "body", "returns", "results", "properties"),
    [
        ([X], [V], [V, V], BOTH, [X, V], ""),
        ([X], [V], [V, V], BOTH, [X, V], ", is_reverse = true, is_associative = false, scan_dim_size = 3 : i64"),
        ([X], [V], [V, V], BOTH, [X, V], ", scan_dim_size = 4 : i64"),
        ([X], [V], [V, V], BOTH, [V, V], ""),
        ([X], [V], [V, V], BOTH, [X, X], ""),
        ([X], [V], [V, V], f"stablehlo.return %b0 : {V}", [X, V], ""),
        ([X], [V], [V, V, V], BOTH, [X, V], ""),
        ([X], ["tensor<3xf32>"], [V, V], BOTH, [X, V], ""),
        ([X], [V], ["tensor<2xi32>", V], f"stablehlo.return %b1, %b1 : {V}, {V}", [X, V], ""),
        ([X, "tensor<2x4xf32>"], [V], [V, V, V], BOTH, [X, V], ""),
        ([X], [], [V], f"stablehlo.return %b0 : {V}", [X], ""),
        ([], [V], [V], f"stablehlo.return %b0, %b0 : {V}, {V}", [X, V], ", scan_dim_size = 3 : i64"),
    ],
)
def test_scan(
    inputs: list[str], inits: list[str], body: list[str], returns: str, results: list[str], properties: str
) -> None:
    types = [*inputs, *inits]
    names = ", ".join(f"%x{i}" for i in range(len(types)))
    block = ", ".join(f"%b{i}: {type}" for i, type in enumerate(body))
    segments = (
        f"operandSegmentSizes = array<i32: {len(inputs)}, {len(inits)}>, "
        f"resultSegmentSizes = array<i32: {len(results) - len(inits)}, {len(inits)}>"
    )
    op = (
        f'%0:{len(results)} = "chlo.scan"({names}) <{{dimension = 1 : i64{properties}, {segments}}}> ({{\n'
        f"  ^bb0({block}):\n    {returns}\n  }}) {{note}} : ({', '.join(types)}) -> ({', '.join(results)})"
    )
    check(function(op, ", ".join(f"%x{i}: {type}" for i, type in enumerate(types))))
