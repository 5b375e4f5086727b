"""Products, convolutions, transforms, solvers, normalization and random bits on the interpreter against XLA."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from interpreter_support import check_jax, check_text, interpret, random, same, tensor

NUMBERS = ("float32", "float64", "bfloat16", "float16", "int32", "uint8", "complex64")


@pytest.mark.parametrize("name", NUMBERS)
def test_dot_general(name: str) -> None:
    from jax import lax

    def dots(x: Any, y: Any) -> Any:
        return (
            lax.dot_general(x, y, (((2,), (1,)), ((0,), (0,)))),
            lax.dot_general(x, y, (((2,), (1,)), ((), ()))),
            lax.dot_general(x, y, (((0, 2), (0, 1)), ((), ()))),
            lax.dot_general(x, y, (((), ()), ((0,), (0,)))),
            x[0] @ y[0],
            x[0, 0] @ y[0, :, 0],
        )

    check_jax(dots, random((2, 3, 4), name, 1), random((2, 4, 5), name, 2), tolerance=1e-5 if name[0] == "c" else None)


@pytest.mark.parametrize(
    ("lhs", "rhs", "result"),
    [("bfloat16", "bfloat16", "float32"), ("int8", "int8", "int32"), ("uint8", "uint8", "uint32"),
     ("float32", "float32", "float64"), ("float8_e4m3fn", "float8_e4m3fn", "float32"),
     ("bfloat16", "float32", "float32")],
)  # fmt: skip
def test_preferred_element_type(lhs: str, rhs: str, result: str) -> None:
    from jax import lax

    dims = (((1,), (0,)), ((), ()))
    preferred = np.dtype(result)
    x, y = random((3, 20), lhs, 1), random((20, 4), rhs, 2)
    check_jax(lambda x, y: lax.dot_general(x, y, dims, preferred_element_type=preferred), x, y, tolerance=1e-5)


def test_integers_wrap_in_the_result_type() -> None:
    from jax import lax

    x = np.full((2, 300), 100, np.int8)
    check_jax(lambda x: lax.dot_general(x, x.T, (((1,), (0,)), ((), ()))), x)


def test_einsum_ops() -> None:
    x, y = random((3, 4), "float32", 1), random((4, 5), "float32", 2)
    text = """func.func @main(%x: tensor<3x4xf32>, %y: tensor<4x5xf32>)
    -> (tensor<5x3xf32>, tensor<3xf32>, tensor<3x5xf32>) {
  %0 = "stablehlo.einsum"(%x, %y) <{einsum_config = "ij,jk->ki"}>
      : (tensor<3x4xf32>, tensor<4x5xf32>) -> tensor<5x3xf32>
  %1 = "stablehlo.unary_einsum"(%x) <{einsum_config = "ij->i"}> : (tensor<3x4xf32>) -> tensor<3xf32>
  %2 = stablehlo.dot %x, %y : (tensor<3x4xf32>, tensor<4x5xf32>) -> tensor<3x5xf32>
  return %0, %1, %2 : tensor<5x3xf32>, tensor<3xf32>, tensor<3x5xf32>
}"""
    for found, wanted in zip(interpret(text, x, y), ((x @ y).T, x.sum(1), x @ y), strict=True):
        same(found, wanted)


CONVOLUTIONS: list[dict[str, Any]] = [
    {},
    {"window_strides": (2, 1), "padding": ((1, 2), (0, 3))},
    {"padding": ((-1, 2), (2, -1)), "lhs_dilation": (2, 3)},
    {"rhs_dilation": (2, 1), "padding": ((2, 2), (1, 1)), "window_strides": (1, 2)},
    {"dimension_numbers": ("NHWC", "HWIO", "NHWC")},
    {"dimension_numbers": ("HNWC", "IOHW", "CNHW"), "lhs_dilation": (1, 2), "padding": ((0, 1), (3, 2))},
    {"feature_group_count": 2},
    {"feature_group_count": 4, "window_strides": (2, 2)},
    {"batch_group_count": 2},
]


@pytest.mark.parametrize("config", CONVOLUTIONS)
@pytest.mark.parametrize("name", ("float32", "float64", "bfloat16"))
def test_convolution(name: str, config: dict[str, Any]) -> None:
    from jax import lax

    options = {"window_strides": (1, 1), "padding": ((0, 0), (0, 0)), **config}
    left, right, _ = options.get("dimension_numbers", ("NCHW", "OIHW", "NCHW"))
    sizes = {"N": 2, "C": 4, "H": 7, "W": 6}
    kernel = {"O": 8, "I": 4 // options.get("feature_group_count", 1), "H": 3, "W": 2}
    x = random([sizes[c] for c in left], name, 1)
    y = random([kernel[c] for c in right], name, 2)
    check_jax(
        lambda x, y: lax.conv_general_dilated(x, y, **options), x, y, tolerance=5e-6 if name == "float32" else None
    )


def test_window_reversal() -> None:
    x, y = random((1, 2, 6), "float32", 1), random((3, 2, 3), "float32", 2)
    for reversal in ("false", "true"):
        text = f"""func.func @main(%x: tensor<1x2x6xf32>, %y: tensor<3x2x3xf32>) -> tensor<1x3x4xf32> {{
  %0 = "stablehlo.convolution"(%x, %y) <{{dimension_numbers = #stablehlo.conv<[b, f, 0]x[o, i, 0]->[b, f, 0]>,
      window_reversal = array<i1: {reversal}>, batch_group_count = 1 : i64, feature_group_count = 1 : i64}}>
      : (tensor<1x2x6xf32>, tensor<3x2x3xf32>) -> tensor<1x3x4xf32>
  return %0 : tensor<1x3x4xf32>
}}"""
        check_text(text, x, y)


def test_gradients_of_convolutions() -> None:
    """They use dilations, batch groups and odd dimension numbers."""
    import jax
    from jax import lax

    def loss(x: Any, y: Any, groups: int) -> Any:
        z = lax.conv_general_dilated(
            x, y, (2, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"), feature_group_count=groups
        )
        return (z * z).sum()

    for groups, depth in ((1, 4), (2, 2), (4, 1)):
        x, y = random((2, 8, 7, 4), "float64", 1), random((3, 3, depth, 8), "float64", 2)
        check_jax(jax.grad(lambda x, y, g=groups: loss(x, y, g), argnums=(0, 1)), x, y, tolerance=1e-12)


def test_dynamic_convolution() -> None:
    from jax import lax

    x, y = random((1, 2, 6), "float32", 1), random((3, 2, 3), "float32", 2)
    text = """func.func @main(%x: tensor<1x2x6xf32>, %y: tensor<3x2x3xf32>, %p: tensor<1x2xi32>) -> tensor<1x3x7xf32> {
  %0 = "stablehlo.dynamic_conv"(%x, %y, %p) <{dimension_numbers = #stablehlo.conv<[b, f, 0]x[o, i, 0]->[b, f, 0]>,
      batch_group_count = 1 : i64, feature_group_count = 1 : i64}>
      : (tensor<1x2x6xf32>, tensor<3x2x3xf32>, tensor<1x2xi32>) -> tensor<1x3x7xf32>
  return %0 : tensor<1x3x7xf32>
}"""
    wanted = lax.conv_general_dilated(x, y, (1,), [(1, 2)])
    same(interpret(text, x, y, np.array([[1, 2]], np.int32))[0], np.asarray(wanted))


@pytest.mark.parametrize("name", ("complex64", "complex128"))
def test_fft(name: str) -> None:
    import jax.numpy as jnp

    def transforms(z: Any) -> Any:
        x = z.real
        return (
            jnp.fft.fft(z),
            jnp.fft.ifft2(z),
            jnp.fft.rfft(x),
            jnp.fft.rfftn(x),
            jnp.fft.irfft(z),
            jnp.fft.irfft2(z, (4, 7)),
        )

    check_jax(transforms, random((3, 4, 6), name, 1), tolerance=2e-6 if name == "complex64" else None)


def spd(n: int, name: str) -> Any:
    a = random((2, n, n), name, 1, 1.0)
    return a @ np.conj(np.swapaxes(a, -1, -2)) + n * np.eye(n, dtype=name)


@pytest.mark.parametrize("name", ("float32", "float64", "complex64", "complex128"))
@pytest.mark.parametrize("lower", ("true", "false"))
def test_cholesky(lower: str, name: str) -> None:
    type = tensor((2, 4, 4), name)
    text = f"""func.func @main(%a: {type}) -> {type} {{
  %0 = stablehlo.cholesky %a, lower = {lower} : {type}
  return %0 : {type}
}}"""
    a = spd(4, name)
    check_text(text, a, tolerance=2e-6 if name.endswith(("32", "x64")) else 1e-13)
    a[1, 2, 2] = -1
    check_text(text, a, tolerance=2e-6 if name.endswith(("32", "x64")) else 1e-13)


@pytest.mark.parametrize("name", ("float64", "complex128"))
def test_triangular_solve(name: str) -> None:
    flags = itertools.product(
        ("true", "false"), ("true", "false"), ("true", "false"), ("NO_TRANSPOSE", "TRANSPOSE", "ADJOINT")
    )
    a = random((2, 3, 3), name, 1) + 3 * np.eye(3, dtype=name)
    for left, lower, unit, transpose in flags:
        shape = (2, 3, 5) if left == "true" else (2, 5, 3)
        text = f"""func.func @main(%a: {tensor(a.shape, name)}, %b: {tensor(shape, name)}) -> {tensor(shape, name)} {{
  %0 = "stablehlo.triangular_solve"(%a, %b) <{{left_side = {left}, lower = {lower}, unit_diagonal = {unit},
      transpose_a = #stablehlo<transpose {transpose}>}}>
      : ({tensor(a.shape, name)}, {tensor(shape, name)}) -> {tensor(shape, name)}
  return %0 : {tensor(shape, name)}
}}"""
        check_text(text, a, random(shape, name, 2), tolerance=1e-12)


@pytest.mark.parametrize("name", ("float32", "float64", "complex128"))
def test_linear_algebra_of_jax(name: str) -> None:
    """The LAPACK custom calls, with equal signs and orders."""
    import jax.numpy as jnp
    from jax.scipy import linalg

    def factor(a: Any, s: Any, b: Any) -> Any:
        return (
            jnp.linalg.qr(a),
            jnp.linalg.qr(b),
            linalg.lu(a[0]),
            jnp.linalg.solve(a, b),
            jnp.linalg.svd(b, full_matrices=False),
            jnp.linalg.svd(b, full_matrices=True),
            jnp.linalg.svd(b, compute_uv=False),
            jnp.linalg.eigh(s),
            jnp.linalg.cholesky(s),
            linalg.cho_solve((jnp.linalg.cholesky(s), True), b),
            linalg.solve_triangular(a, b, lower=True, trans=1),
            linalg.hessenberg(a[0]),
            jnp.linalg.det(a),
            jnp.linalg.inv(a),
            linalg.schur(a[0], output="complex" if name[0] == "c" else "real"),
            linalg.qr(a[0], pivoting=True),
        )

    a, b = random((2, 4, 4), name, 1), random((2, 4, 3), name, 2)
    check_jax(factor, a, spd(4, name), b, tolerance=2e-4 if name == "float32" else 1e-11)


@pytest.mark.parametrize("name", ("float64", "complex128"))
def test_eigenvalues(name: str) -> None:
    import jax.numpy as jnp

    check_jax(lambda a: (jnp.linalg.eig(a), jnp.linalg.eigvals(a)), random((2, 5, 5), name, 1), tolerance=1e-12)


def test_tridiagonal_solve() -> None:
    from jax import lax

    d, e, b = random((6,), "float64", 1) + 9, random((6,), "float64", 2), random((6, 2), "float64", 3)
    check_jax(lambda d, e, b: lax.linalg.tridiagonal_solve(e, d, e, b), d, e, b)
    check_jax(lambda a: lax.linalg.tridiagonal(a), spd(5, "float64"), tolerance=1e-12)


BATCH_NORM = {
    "inference": (("scale", "offset", "mean", "variance"), ("x",)),
    "training": (("scale", "offset"), ("x", "f", "f")),
    "grad": (("scale", "mean", "variance"), ("x", "f", "f")),
}


@pytest.mark.parametrize("kind", BATCH_NORM)
@pytest.mark.parametrize("name", ("float32", "float64"))
def test_batch_norm(name: str, kind: str) -> None:
    parameters, results = BATCH_NORM[kind]
    shape, feature = (3, 4, 5), 1
    types = {"x": tensor(shape, name), "f": tensor((shape[feature],), name)}
    inputs = [random(shape, name, 1), *(np.abs(random((4,), name, 2 + i)) + 0.5 for i in range(len(parameters)))]
    if kind == "grad":
        inputs.append(random(shape, name, 9))
    operands = [tensor(x.shape, name) for x in inputs]
    made = [types[r] for r in results]
    names = [f"%{i}" for i in range(len(inputs))]
    outputs = "%r" if len(made) == 1 else f"%r:{len(made)}"
    returned = ["%r"] if len(made) == 1 else [f"%r#{i}" for i in range(len(made))]
    arguments = ", ".join(f"{n}: {t}" for n, t in zip(names, operands, strict=True))
    text = f"""func.func @main({arguments}) -> ({", ".join(made)}) {{
  {outputs} = "stablehlo.batch_norm_{kind}"({", ".join(names)})
      <{{epsilon = 0.01 : f32, feature_index = {feature} : i64}}> : ({", ".join(operands)}) -> ({", ".join(made)})
  return {", ".join(returned)} : {", ".join(made)}
}}"""
    check_text(text, *inputs, tolerance=5e-6 if name == "float32" else 1e-12)


@pytest.mark.parametrize("state", ([1, 2], [2**64 - 1, 2**64 - 1], [7, 2**64 - 2]))
@pytest.mark.parametrize("algorithm", ("DEFAULT", "PHILOX", "THREE_FRY"))
def test_random_bits(algorithm: str, state: list[int]) -> None:
    """Bit by bit, for every width, and for shapes with and without even dimensions."""
    shapes = ((), (1,), (5,), (6,), (3, 5), (3, 4), (2, 3, 5), (5, 3, 7), (4, 6))
    types = [tensor(shape, name) for name in ("uint8", "uint16", "uint32", "uint64") for shape in shapes]
    draws = [
        f"%s{i}, %r{i} = stablehlo.rng_bit_generator %s, algorithm = {algorithm}"
        f" : (tensor<2xui64>) -> (tensor<2xui64>, {type})"
        for i, type in enumerate(types)
    ]
    values = [*(f"%s{i}" for i in range(len(types))), *(f"%r{i}" for i in range(len(types)))]
    results = ", ".join([*["tensor<2xui64>"] * len(types), *types])
    newline = "\n  "
    text = f"""func.func @main(%s: tensor<2xui64>) -> ({results}) {{
  {newline.join(draws)}
  return {", ".join(values)} : {results}
}}"""
    check_text(text, np.array(state, np.uint64))


def test_random_bits_of_a_counter_of_128_bits() -> None:
    text = """func.func @main(%s: tensor<3xui64>) -> (tensor<3xui64>, tensor<9xui32>) {
  %0, %1 = stablehlo.rng_bit_generator %s, algorithm = PHILOX : (tensor<3xui64>) -> (tensor<3xui64>, tensor<9xui32>)
  return %0, %1 : tensor<3xui64>, tensor<9xui32>
}"""
    for state in ([1, 2, 3], [5, 2**64 - 1, 8]):
        check_text(text, np.array(state, np.uint64))


def test_random_numbers_of_jax() -> None:
    """Keys, uniform, normal, bernoulli, permutations and categorical draws equal JAX's."""
    import jax

    def draw(seed: Any) -> Any:
        key = jax.random.key(seed)
        a, b, c, d, e = jax.random.split(key, 5)
        return (
            jax.random.uniform(a, (3, 5)),
            jax.random.normal(b, (7,), "float32"),
            jax.random.bernoulli(c, 0.3, (20,)),
            jax.random.permutation(d, 12),
            jax.random.categorical(e, jax.numpy.arange(5.0), shape=(9,)),
            jax.random.randint(a, (6,), -5, 1000),
        )

    check_jax(draw, np.int32(42), tolerance=1e-6)
    rbg = jax.random.key_data(jax.random.key(3, impl="rbg"))
    check_jax(lambda k: jax.random.uniform(jax.random.wrap_key_data(k, impl="rbg"), (5, 3)), np.asarray(rbg))


def test_rng_repeats_and_stays_in_its_range() -> None:
    text = """func.func @main(%a: tensor<f32>, %b: tensor<f32>) -> (tensor<100xf32>, tensor<100xf32>) {
  %s = stablehlo.constant dense<100> : tensor<1xi64>
  %0 = stablehlo.rng %a, %b, %s, distribution = UNIFORM : (tensor<f32>, tensor<f32>, tensor<1xi64>) -> tensor<100xf32>
  %1 = stablehlo.rng %a, %b, %s, distribution = NORMAL : (tensor<f32>, tensor<f32>, tensor<1xi64>) -> tensor<100xf32>
  return %0, %1 : tensor<100xf32>, tensor<100xf32>
}"""
    uniform, normal = interpret(text, np.float32(-1), np.float32(3))
    assert uniform.min() >= -1 and uniform.max() < 3 and abs(uniform.mean() - 1) < 0.5
    assert abs(normal.mean() + 1) < 1.5 and 2 < normal.std() < 4
    for again, once in zip(interpret(text, np.float32(-1), np.float32(3)), (uniform, normal), strict=True):
        same(again, once, 0)
