"""Ops that make, move and cut elements, and gather and scatter, on the interpreter against XLA."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from interpreter_support import check_jax, check_op, check_text, interpret, random, same, tensor

DTYPES = ("float32", "int32", "bool", "bfloat16", "complex64", "int4")


@pytest.mark.parametrize("name", DTYPES)
def test_moving_elements(name: str) -> None:
    import jax.numpy as jnp
    from jax import lax

    def move(x: Any, y: Any, fill: Any) -> Any:
        return (
            lax.transpose(x, (2, 0, 1)),
            lax.reshape(x, (6, 4)),
            lax.slice(x, (0, 1, 1), (2, 3, 4), (1, 2, 2)),
            lax.rev(x, (0, 2)),
            jnp.concatenate([x, y], axis=1),
            lax.broadcast_in_dim(x, (2, 5, 3, 4), (0, 2, 3)),
            lax.broadcast_in_dim(x[:1], (7, 3, 4), (0, 1, 2)),
            lax.broadcast_in_dim(fill, (2, 2), ()),
        )

    check_jax(move, random((2, 3, 4), name, 1), random((2, 5, 4), name, 2), random((), name, 3))


@pytest.mark.parametrize(
    "config",
    [((0, 0, 0), (0, 0, 0)), ((2, 1, 3), (1, 4, 2)), ((-1, 2, 0), (3, -2, 1)), ((-3, -1, 2), (5, 0, 3)),
     ((-9, 4, 1), (2, 0, 0))],
)  # fmt: skip
@pytest.mark.parametrize("name", ("float32", "int8", "bfloat16"))
def test_pad(name: str, config: tuple[tuple[int, int, int], ...]) -> None:
    from jax import lax

    check_jax(lambda x, fill: lax.pad(x, fill, config), random((4, 5), name, 1), random((), name, 2))


def test_iota() -> None:
    for name in ("int32", "float32", "uint8", "complex64", "bfloat16"):
        check_op('"stablehlo.iota"() <{iota_dimension = 1 : i64}>', [], tensor((2, 4), name))


def test_constants() -> None:
    check_text("""func.func @main() -> (tensor<2x2xf32>, tensor<3xi1>, tensor<2xbf16>, tensor<4xi4>, tensor<2xcomplex<f32>>, tensor<1000xf32>) {
  %0 = stablehlo.constant dense<[[1.5, 0xFF800000], [-0.0, 3.0]]> : tensor<2x2xf32>
  %1 = stablehlo.constant dense<[true, false, true]> : tensor<3xi1>
  %2 = stablehlo.constant dense<[1.5, 0x7FC0]> : tensor<2xbf16>
  %3 = stablehlo.constant dense<[1, -8, 7, -1]> : tensor<4xi4>
  %4 = stablehlo.constant dense<[(1.0, 2.0), (3.0, -4.0)]> : tensor<2xcomplex<f32>>
  %5 = stablehlo.constant dense<2.5> : tensor<1000xf32>
  return %0, %1, %2, %3, %4, %5 : tensor<2x2xf32>, tensor<3xi1>, tensor<2xbf16>, tensor<4xi4>, tensor<2xcomplex<f32>>, tensor<1000xf32>
}""")  # noqa: E501


@pytest.mark.parametrize("start", [(0, 0), (1, 2), (-3, 9), (100, -1)])
@pytest.mark.parametrize("index", ("int32", "uint8", "int64"))
def test_dynamic_slices_are_clamped(index: str, start: tuple[int, int]) -> None:
    from jax import lax

    indices = [np.asarray(s).astype(index) for s in start]
    x, update = random((4, 5), "float32", 1), random((2, 3), "float32", 2)
    scalar = tensor((), index)
    text = f"""func.func @main(%x: tensor<4x5xf32>, %u: tensor<2x3xf32>, %i: {scalar}, %j: {scalar})
    -> (tensor<2x3xf32>, tensor<4x5xf32>) {{
  %0 = stablehlo.dynamic_slice %x, %i, %j, sizes = [2, 3] : (tensor<4x5xf32>, {scalar}, {scalar}) -> tensor<2x3xf32>
  %1 = stablehlo.dynamic_update_slice %x, %u, %i, %j
      : (tensor<4x5xf32>, tensor<2x3xf32>, {scalar}, {scalar}) -> tensor<4x5xf32>
  return %0, %1 : tensor<2x3xf32>, tensor<4x5xf32>
}}"""
    check_text(text, x, update, *indices)
    check_jax(lambda x, i: lax.dynamic_slice(x, (i, i), (2, 2)), x, np.int32(start[0]))


def gather_case(operand: tuple[int, ...], indices: np.ndarray, sizes: tuple[int, ...], **numbers: Any) -> None:
    from jax import lax

    dims, x = lax.GatherDimensionNumbers(**numbers), random(operand, "float32", 1)
    for mode in (lax.GatherScatterMode.CLIP, lax.GatherScatterMode.FILL_OR_DROP):
        check_jax(partial(lax.gather, dimension_numbers=dims, slice_sizes=sizes, mode=mode), x, indices)


def test_gather() -> None:
    gather_case(
        (10, 4), np.array([[3], [11], [-2]]), (1, 4), offset_dims=(1,), collapsed_slice_dims=(0,), start_index_map=(0,)
    )
    gather_case(
        (10, 4),
        np.array([[3, 1], [9, 3], [0, 0]]),
        (3, 2),
        offset_dims=(0, 2),
        collapsed_slice_dims=(),
        start_index_map=(0, 1),
    )
    gather_case(
        (5, 6, 7),
        np.array([[[1, 2], [4, 5]]]),
        (1, 6, 2),
        offset_dims=(1, 3),
        collapsed_slice_dims=(0,),
        start_index_map=(0, 2),
    )
    gather_case(
        (5, 6, 7),
        np.array([[2, 1], [0, 6]]),
        (2, 1, 7),
        offset_dims=(0, 1),
        collapsed_slice_dims=(1,),
        start_index_map=(2, 1),
    )
    gather_case(
        (3, 8, 4), np.array([[[1], [2]], [[7], [3]], [[9], [0]]]), (1, 1, 4), offset_dims=(2,),
        collapsed_slice_dims=(1,), start_index_map=(1,), operand_batching_dims=(0,), start_indices_batching_dims=(0,),
    )  # fmt: skip


@pytest.mark.parametrize("name", ("float32", "int32", "bfloat16", "bool"))
def test_indexing_in_numpy_style(name: str) -> None:
    import jax.numpy as jnp

    def index(x: Any, i: Any, j: Any) -> Any:
        return x[i], x[:, j], x[i, j], x[i[:, None], :, j[None]], jnp.take_along_axis(x, j[:, None, None] % 3, axis=1)

    check_jax(index, random((4, 5, 6), name, 1), np.array([1, 3, 9, 0]), np.array([0, 2, -1, 4]))


COMBINERS = ("add", "mul", "min", "max", "set", "apply")


@pytest.mark.parametrize("name", ("float32", "int32", "bfloat16"))
@pytest.mark.parametrize("combiner", COMBINERS)
def test_scatter(combiner: str, name: str) -> None:
    """Repeated and out-of-range positions, single elements, rows and windows."""

    def put(x: Any, i: Any, u: Any) -> Any:
        if combiner == "apply":
            return x.at[i, i].apply(lambda v: v * v + 1), x.at[i[:2]].apply(lambda v: v + v)
        rows, points = x.at[i], x.at[i, i]
        return getattr(rows, combiner)(u), getattr(points, combiner)(u[:, 0]), getattr(x.at[:, i], combiner)(u.T)

    i = np.array([1, 3, 1, 40, 0, 3])
    if combiner == "set":
        i = np.array([1, 3, 2, 40, 0, -1])  # the order of repeated writes is left open
    check_jax(put, random((5, 5), name, 1), i, random((6, 5), name, 2), tolerance=0.05 if name == "bfloat16" else None)


def test_scatter_drops_a_window_that_is_not_inside() -> None:
    from jax import lax

    numbers = lax.ScatterDimensionNumbers((0, 1), (), (0, 1))
    for start in ([1, 2], [2, 2], [-1, 0], [1, 3]):
        check_jax(
            lambda x, i, u: lax.scatter_add(x, i, u, numbers, mode=lax.GatherScatterMode.FILL_OR_DROP),
            random((4, 4), "float32", 1), np.array(start), random((3, 2), "float32", 2),
        )  # fmt: skip


def test_scatter_in_a_batch() -> None:
    import jax

    def put(x: Any, i: Any, u: Any) -> Any:
        return jax.vmap(lambda x, i, u: x.at[i].add(u))(x, i, u)

    check_jax(put, random((3, 6, 2), "float32", 1), np.array([[1, 1], [5, 0], [2, 9]]), random((3, 2, 2), "float32", 2))


def test_scatter_of_two_operands_with_a_body_of_its_own() -> None:
    """Keeps the pair with the larger first element; several updates meet at one place."""
    x, y = random((4,), "float32", 1), np.arange(4, dtype=np.int32)
    u, v = random((7,), "float32", 2), np.arange(10, 17, dtype=np.int32)
    text = """func.func @main(%x: tensor<4xf32>, %y: tensor<4xi32>, %i: tensor<7x1xi32>, %u: tensor<7xf32>,
    %v: tensor<7xi32>) -> (tensor<4xf32>, tensor<4xi32>) {
  %0:2 = "stablehlo.scatter"(%x, %y, %i, %u, %v) <{scatter_dimension_numbers = #stablehlo.scatter<
      inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<i32>, %c: tensor<f32>, %d: tensor<i32>):
    %p = stablehlo.compare GT, %c, %a : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %m = stablehlo.select %p, %c, %a : tensor<i1>, tensor<f32>
    %n = stablehlo.select %p, %d, %b : tensor<i1>, tensor<i32>
    stablehlo.return %m, %n : tensor<f32>, tensor<i32>
  }) : (tensor<4xf32>, tensor<4xi32>, tensor<7x1xi32>, tensor<7xf32>, tensor<7xi32>) -> (tensor<4xf32>, tensor<4xi32>)
  return %0#0, %0#1 : tensor<4xf32>, tensor<4xi32>
}"""
    check_text(text, x, y, np.array([1, 1, 0, 3, 1, 7, 3], np.int32)[:, None], u, v)


def test_dynamically_shaped_ops() -> None:
    """What XLA's CPU backend does not take at all: checked against the static forms."""
    x = random((2, 3), "float32", 1)
    text = """func.func @main(%x: tensor<2x3xf32>) -> (tensor<3x2xf32>, tensor<4x2x3xf32>, tensor<4x2xi32>, tensor<3x5xf32>, tensor<1x2xf32>, tensor<i32>) {
  %s = stablehlo.constant dense<[3, 2]> : tensor<2xi32>
  %0 = stablehlo.dynamic_reshape %x, %s : (tensor<2x3xf32>, tensor<2xi32>) -> tensor<3x2xf32>
  %t = stablehlo.constant dense<[4, 2, 3]> : tensor<3xi32>
  %1 = "stablehlo.dynamic_broadcast_in_dim"(%x, %t) <{broadcast_dimensions = array<i64: 1, 2>}> : (tensor<2x3xf32>, tensor<3xi32>) -> tensor<4x2x3xf32>
  %u = stablehlo.constant dense<[4, 2]> : tensor<2xi32>
  %2 = stablehlo.dynamic_iota %u, dim = 0 : (tensor<2xi32>) -> tensor<4x2xi32>
  %f = stablehlo.constant dense<7.0> : tensor<f32>
  %lo = stablehlo.constant dense<[1, 2]> : tensor<2xi32>
  %hi = stablehlo.constant dense<[0, 0]> : tensor<2xi32>
  %3 = stablehlo.dynamic_pad %x, %f, %lo, %hi, %hi : (tensor<2x3xf32>, tensor<f32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>) -> tensor<3x5xf32>
  %st = stablehlo.constant dense<[1, 0]> : tensor<2xi32>
  %li = stablehlo.constant dense<[2, 3]> : tensor<2xi32>
  %sr = stablehlo.constant dense<[1, 2]> : tensor<2xi32>
  %4 = stablehlo.real_dynamic_slice %x, %st, %li, %sr : (tensor<2x3xf32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>) -> tensor<1x2xf32>
  %5 = stablehlo.get_dimension_size %x, dim = 1 : (tensor<2x3xf32>) -> tensor<i32>
  return %0, %1, %2, %3, %4, %5 : tensor<3x2xf32>, tensor<4x2x3xf32>, tensor<4x2xi32>, tensor<3x5xf32>, tensor<1x2xf32>, tensor<i32>
}"""  # noqa: E501
    wanted = [
        x.reshape(3, 2),
        np.broadcast_to(x, (4, 2, 3)),
        np.broadcast_to(np.arange(4, dtype=np.int32)[:, None], (4, 2)),
        np.pad(x, ((1, 0), (2, 0)), constant_values=7),
        x[1:2, 0:3:2],
        np.asarray(3, np.int32),
    ]
    for found, one in zip(interpret(text, x), wanted, strict=True):
        same(found, one)


def test_dynamic_gather_and_set_dimension_size() -> None:
    x = random((5, 4), "float32", 1)
    text = """func.func @main(%x: tensor<5x4xf32>, %i: tensor<2xi32>, %n: tensor<i32>)
    -> (tensor<2x4xf32>, tensor<i32>) {
  %s = stablehlo.constant dense<[1, 4]> : tensor<2xi32>
  %0 = "stablehlo.dynamic_gather"(%x, %i, %s) <{dimension_numbers = #stablehlo.gather<offset_dims = [1],
      collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>}>
      : (tensor<5x4xf32>, tensor<2xi32>, tensor<2xi32>) -> tensor<2x4xf32>
  %1 = stablehlo.set_dimension_size %x, %n, dim = 0
      : (tensor<5x4xf32>, tensor<i32>) -> tensor<?x4xf32, #stablehlo.bounds<5, ?>>
  %2 = stablehlo.get_dimension_size %1, dim = 0 : (tensor<?x4xf32, #stablehlo.bounds<5, ?>>) -> tensor<i32>
  return %0, %2 : tensor<2x4xf32>, tensor<i32>
}"""
    found = interpret(text, x, np.array([4, 1], np.int32), np.int32(3))
    same(found[0], x[[4, 1]])
    same(found[1], np.asarray(3, np.int32))


def test_torch_index_select() -> None:
    x, i = random((2, 5, 3), "float32", 1), np.array([[4, 0], [1, 1]], np.int32)
    check_text(
        """func.func @main(%x: tensor<2x5x3xf32>, %i: tensor<2x2xi32>) -> tensor<2x2x3xf32> {
  %0 = "stablehlo.torch_index_select"(%x, %i) <{batch_dims = 1 : i64, dim = 1 : i64}>
      : (tensor<2x5x3xf32>, tensor<2x2xi32>) -> tensor<2x2x3xf32>
  return %0 : tensor<2x2x3xf32>
}""",
        x,
        i,
    )


def test_tuples_tokens_and_barriers() -> None:
    x = random((3,), "float32", 1)
    text = """func.func @main(%x: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  %0 = stablehlo.tuple %x, %x : tuple<tensor<3xf32>, tensor<3xf32>>
  %1 = stablehlo.get_tuple_element %0[1] : (tuple<tensor<3xf32>, tensor<3xf32>>) -> tensor<3xf32>
  %t = stablehlo.create_token : !stablehlo.token
  %u = stablehlo.after_all %t, %t : !stablehlo.token
  %2:2 = stablehlo.optimization_barrier %1, %x : tensor<3xf32>, tensor<3xf32>
  return %2#0, %2#1 : tensor<3xf32>, tensor<3xf32>
}"""
    for found in interpret(text, x):
        same(found, x)
