"""
Ops that JAX does not write, or not in this form, partitioned.

What the per-device program computes is what the whole one does: on the interpreter, with garbage in all padding, and
on XLA where it runs the op.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import eggshard
from eggshard.frontends.load import from_file
from eggshard.interpreter import run_module
from eggshard.runtime.verify import Verifier
from eggshard.tools.bench.fuzzing.oracle import difference, interpret

MESH = {"a": 4, "b": 2}
DTYPES = {"f64": np.float64, "f32": np.float32, "i32": np.int32, "i64": np.int64, "i1": np.bool_}


@pytest.fixture(autouse=True)
def wide() -> None:
    """64-bit numbers; the folder's fixture puts back what was."""
    jax.config.update("jax_enable_x64", True)


def numbers(kind: str, seed: int) -> Any:
    """Small whole numbers for `8x4xf64`."""
    *sizes, element = kind.split("x")
    shape = [int(size) for size in sizes]
    return np.random.default_rng(seed).integers(-4, 5, shape).astype(DTYPES[element])


def partitioned(
    body: str,
    types: Sequence[str],
    result: str,
    layouts: Sequence[str],
    folder: Path,
    values: Sequence[Any] | None = None,
    on_xla: bool = True,
) -> dict[str, int]:
    """
    The collectives of a function of %0, %1, .. of these types laid out as `layouts`, of which `body` makes %r.

    What it computes has been held against the whole function.
    """
    arguments = ", ".join(f'%{index}: tensor<{kind}> loc("arg{index}")' for index, kind in enumerate(types))
    path = folder / "model.mlir"
    head = f"func.func public @main({arguments}) -> tensor<{result}>"
    path.write_text(f"{head} {{\n{body}\nreturn %r : tensor<{result}>\n}}")
    args = list(values) if values is not None else [numbers(kind, seed) for seed, kind in enumerate(types)]
    (expected,) = run_module(from_file(str(path)).module, args)
    model = from_file(str(path))
    verifier = Verifier(model) if on_xla else None
    plan = eggshard.plan_model(model, mesh=MESH, shard={f"arg{i}": text for i, text in enumerate(layouts) if text})
    (found,) = interpret(plan, args)
    assert not difference(expected, found, 1e-9)
    assert not plan.warnings
    for comparison in verifier.compare(plan.program) if verifier else ():
        assert comparison.ok, comparison
    return dict(plan.collectives())


def operation(name: str, types: Sequence[str], result: str, properties: str, constants: Sequence[str] = ()) -> str:
    """%r = the op `name` of the arguments and of constants like `[9, 6] : 2xi64` behind them."""
    lines = []
    kinds = [f"tensor<{kind}>" for kind in types]
    for index, constant in enumerate(constants):
        value, _, kind = constant.partition(" : ")
        kinds.append(f"tensor<{kind}>")
        lines.append(f"%c{index} = stablehlo.constant dense<{value}> : tensor<{kind}>")
    operands = [f"%{index}" for index in range(len(types))] + [f"%c{index}" for index in range(len(constants))]
    given = f" <{{{properties}}}>" if properties else ""
    call = f'%r = "{name}"({", ".join(operands)}){given} : ({", ".join(kinds)}) -> tensor<{result}>'
    return "\n".join([*lines, call])


EINSUMS = {
    "ij,jk->ik": (("13x9xf64", "9x6xf64"), "13x6xf64"),
    "bij,bkj->kbi": (("9x6x5xf64", "9x7x5xf64"), "7x9x6xf64"),
    "ii,ij->j": (("9x9xf64", "9x6xf64"), "6xf64"),
    "ij,kl->il": (("9x6xf64", "5x7xf64"), "9x7xf64"),
    "ij->j": (("13x9xf64",), "9xf64"),
}


@pytest.mark.parametrize("config", EINSUMS)
@pytest.mark.parametrize("layouts", [("a,b", "b"), ("-,a", "a,b"), ("b", "")])
def test_einsum(config: str, layouts: tuple[str, str], tmp_path: Path) -> None:
    types, result = EINSUMS[config]
    name = "stablehlo.einsum" if "," in config else "stablehlo.unary_einsum"
    body = operation(name, types, result, f'einsum_config = "{config}"')
    partitioned(body, types, result, layouts[: len(types)], tmp_path, on_xla=config == "ij,jk->ik")


RAGGED = {
    "rows": (
        ("9x6xf64", "2x6x5xf64", "2xi32"),
        "9x5xf64",
        "lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1], lhs_ragged_dimensions = [0], "
        "rhs_group_dimensions = [0]",
        ("-,a", "-,-,b"),
        [4, 3],
    ),
    "contracted": (
        ("9x6xf64", "9x5xf64", "2xi32"),
        "2x6x5xf64",
        "lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0], lhs_ragged_dimensions = [0]",
        ("a,b", "-,b"),
        [4, 3],
    ),
    "rows, other groups in each batch": (
        ("5x9x6xf64", "2x5x6x3xf64", "5x2xi32"),
        "5x9x3xf64",
        "lhs_batching_dimensions = [0], rhs_batching_dimensions = [1], lhs_contracting_dimensions = [2], "
        "rhs_contracting_dimensions = [2], lhs_ragged_dimensions = [1], rhs_group_dimensions = [0]",
        ("a,-,b", ""),
        [[4, 3], [1, 2], [0, 9], [9, 0], [3, 3]],
    ),
    "batches": (
        ("6x9x5xf64", "6x5x3xf64", "2xi32"),
        "6x9x3xf64",
        "lhs_batching_dimensions = [0], rhs_batching_dimensions = [0], lhs_contracting_dimensions = [2], "
        "rhs_contracting_dimensions = [1], lhs_ragged_dimensions = [0]",
        ("a,b", ""),
        [2, 4],
    ),
}


@pytest.mark.parametrize("case", RAGGED)
def test_ragged_dot(case: str, tmp_path: Path) -> None:
    types, result, dimensions, layouts, sizes = RAGGED[case]
    body = operation("chlo.ragged_dot", types, result, f"ragged_dot_dimension_numbers = #chlo.ragged_dot<{dimensions}>")
    values = [*(numbers(kind, seed) for seed, kind in enumerate(types[:2])), np.array(sizes, np.int32)]
    partitioned(body, types, result, layouts, tmp_path, values, on_xla=False)


OPS = {
    "index_select": (
        "stablehlo.torch_index_select",
        ("9x4x6xf64", "9x3xi32"),
        "9x3x6xf64",
        "dim = 1 : i64, batch_dims = 1 : i64",
        ("a,-,b", "a"),
    ),
    "index_select from a sharded dimension": (
        "stablehlo.torch_index_select",
        ("4x6xf64", "9x5xi32"),
        "9x5x6xf64",
        "dim = 0 : i64, batch_dims = 0 : i64",
        ("a", "a,b"),
    ),
    "broadcast": ("stablehlo.broadcast", ("9x4xf64",), "3x9x4xf64", "broadcast_sizes = array<i64: 3>", ("a,b",)),
    "vector on a matrix": ("chlo.broadcast_add", ("9x6xf64", "6xf64"), "9x6xf64", "", ("a,b", "a")),
    "column on a row": ("chlo.broadcast_subtract", ("9x1xf64", "1x6xf64"), "9x6xf64", "", ("a", "-,b")),
    "scalar": ("chlo.broadcast_maximum", ("f64", "9x6xf64"), "9x6xf64", "", ("", "a,b")),
    "select": ("chlo.broadcast_select", ("9x6xi1", "f64", "6xf64"), "9x6xf64", "", ("a", "", "b")),
    "constant_like": ("chlo.constant_like", ("9x6xf64",), "9x6xf64", "value = 3.0 : f64", ("a,b",)),
}


@pytest.mark.parametrize("case", OPS)
def test_op(case: str, tmp_path: Path) -> None:
    name, types, result, properties, layouts = OPS[case]
    partitioned(operation(name, types, result, properties), types, result, layouts, tmp_path)


def test_broadcast_to_given_dimensions(tmp_path: Path) -> None:
    """XLA knows no others than the last ones."""
    types, given = ("9xf64", "9x6xf64"), "broadcast_dimensions = array<i64: 0>"
    body = operation("chlo.broadcast_divide", types, "9x6xf64", given)
    partitioned(
        body, types, "9x6xf64", ("a", "b"), tmp_path, [numbers("9xf64", 0), 1.0 + np.arange(54.0).reshape(9, 6)], False
    )


def test_high_bits_of_a_product(tmp_path: Path) -> None:
    body = operation("chlo.mulhi", ("9x6xi32",) * 2, "9x6xi32", "")
    partitioned(body, ("9x6xi32",) * 2, "9x6xi32", ("a", "b"), tmp_path, on_xla=False)


def test_constant_of_chlo(tmp_path: Path) -> None:
    constant = (
        '%c = "chlo.constant"() <{value = dense<[1., 2., 3., 4., 5., 6.]> : tensor<6xf64>}> : () -> tensor<6xf64>'
    )
    assert not partitioned(
        f"{constant}\n%r = stablehlo.add %c, %0 : tensor<6xf64>", ("6xf64",), "6xf64", ("a",), tmp_path
    )


CONV = (
    "dimension_numbers = #stablehlo.conv<[b, f, 0]x[o, i, 0]->[b, f, 0]>, batch_group_count = 1 : i64, "
    "feature_group_count = 1 : i64"
)
ROWS = (
    "dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], "
    "index_vector_dim = 1>"
)
SIZED = {
    "dynamic_broadcast_in_dim": (
        ("6xf64",),
        "9x6xf64",
        "broadcast_dimensions = array<i64: 1>",
        ["[9, 6] : 2xi64"],
        ("a",),
    ),
    "dynamic_reshape": (("54xf64",), "9x6xf64", "", ["[9, 6] : 2xi64"], ("b",)),
    "dynamic_pad": (
        ("9x6xf64", "f64"),
        "11x8xf64",
        "",
        ["1 : 2xi64", "[1, 1] : 2xi64", "0 : 2xi64"],
        ("a,b", ""),
    ),
    "real_dynamic_slice": (
        ("9x6xf64",),
        "8x3xf64",
        "",
        ["[1, 0] : 2xi32", "[9, 6] : 2xi32", "[1, 2] : 2xi32"],
        ("a,b",),
    ),
    "dynamic_gather": (("9x6xf64", "5x1xi32"), "5x6xf64", ROWS, ["[1, 6] : 2xi32"], ("a,b", "")),
    "dynamic_conv": (("1x2x16xf64", "3x2x3xf64"), "1x3x16xf64", CONV, ["1 : 1x2xi64"], ("-,-,a", "")),
}


@pytest.mark.parametrize("name", SIZED)
def test_sizes_that_are_constants(name: str, tmp_path: Path) -> None:
    types, result, properties, constants, layouts = SIZED[name]
    body = operation(f"stablehlo.{name}", types, result, properties, constants)
    partitioned(body, types, result, layouts, tmp_path, on_xla=name != "dynamic_conv")


def pool_gradient(
    window: int, stride: int, padding: tuple[int, int], select: str, start: str, size: int
) -> tuple[str, int]:
    """%r, which scatters %1 to the elements of %0 that windows prefer, and the number of windows."""
    count = (size + sum(padding) - window) // stride + 1
    scalars = "^bb0(%p: tensor<f64>, %q: tensor<f64>):"
    return (
        f"""%start = stablehlo.constant dense<{start}> : tensor<f64>
        %r = "stablehlo.select_and_scatter"(%0, %1, %start) <{{padding = dense<[{list(padding)}]> : tensor<1x2xi64>,
            window_dimensions = array<i64: {window}>, window_strides = array<i64: {stride}>}}> ({{
        {scalars}
          %c = stablehlo.compare {select}, %p, %q, FLOAT : (tensor<f64>, tensor<f64>) -> tensor<i1>
          stablehlo.return %c : tensor<i1>
        }}, {{
        {scalars}
          %c = stablehlo.add %p, %q : tensor<f64>
          stablehlo.return %c : tensor<f64>
        }}) : (tensor<{size}xf64>, tensor<{count}xf64>, tensor<f64>) -> tensor<{size}xf64>""",
        count,
    )


WINDOWS = [(2, 2), (3, 2), (5, 2), (2, 4), (3, 1), (3, 3)]
PADDINGS = [(0, 0), (1, 1), (0, 1), (2, 1)]


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("window", WINDOWS)
def test_gradient_of_pooling(window: tuple[int, int], padding: tuple[int, int], tmp_path: Path) -> None:
    """No device sees more than its neighbours' elements; low as padding, an element is still preferred to it."""
    if max(padding) >= window[0]:
        return
    for size in (16, 17):
        for select, start, low in (("GE", "0.0", False), ("LE", "1.5", False), ("GE", "0.0", True)):
            body, count = pool_gradient(*window, padding, select, start, size)
            types, result = (f"{size}xf64", f"{count}xf64"), f"{size}xf64"
            operand = np.full(size, -np.inf) if low else numbers(result, size)
            values = [operand, numbers(types[1], 1)]
            on_xla = size == 17 and padding == (1, 1) and select == "GE"
            found = partitioned(body, types, result, ("a", "a"), tmp_path, values, on_xla)
            assert not found.get("all_gather") and not found.get("all_reduce")


def test_gradient_of_pooling_by_any_other_preference_gathers(tmp_path: Path) -> None:
    """The last of equal elements is preferred, so an element beyond the end could be."""
    body, count = pool_gradient(3, 2, (1, 1), "GT", "0.0", 17)
    found = partitioned(body, ("17xf64", f"{count}xf64"), "17xf64", ("a", ""), tmp_path)
    assert found["all_gather"] == 1


@pytest.mark.parametrize("size", [16, 13, 9])
def test_reverse(size: int, tmp_path: Path) -> None:
    """Shards change places; nothing is gathered."""
    types, result = (f"{size}x6xf64",), f"{size}x6xf64"
    body = operation("stablehlo.reverse", types, result, "dimensions = array<i64: 0, 1>")
    assert "all_gather" not in partitioned(body, types, result, ("a,b",), tmp_path)


@pytest.mark.parametrize(("sizes", "gathers"), [((2, 30, 2), 0), ((0, 15, 1), 0), ((1, 14, 3), 0), ((16, 16, 1), 3)])
def test_concatenation(sizes: tuple[int, ...], gathers: int, tmp_path: Path) -> None:
    """The parts of the one large operand move to neighbours; those of two large ones would move far."""
    types, result = tuple(f"{size}x3xf64" for size in sizes), f"{sum(sizes)}x3xf64"
    body = operation("stablehlo.concatenate", types, result, "dimension = 0 : i64")
    found = partitioned(body, types, result, tuple("a" if size > 3 else "-" for size in sizes), tmp_path)
    assert found.get("all_gather", 0) <= gathers
