"""What the interpreter tests share: the same program on XLA's CPU backend and on the interpreter, and a comparison."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import ml_dtypes
import numpy as np

from eggshard.dialects.assembly import parse_module
from eggshard.frontends.load import from_bytes, from_jax
from eggshard.interpreter import run_module

FLOATS = ("float32", "float64", "bfloat16", "float16")
INTEGERS = ("int8", "uint8", "int32", "uint32", "int64", "uint64")
COMPLEX = ("complex64", "complex128")
MLIR_NAMES = {
    "bool": "i1", "bfloat16": "bf16", "complex64": "complex<f32>", "complex128": "complex<f64>",
    "float16": "f16", "float32": "f32", "float64": "f64", "int2": "i2", "uint2": "ui2", "int4": "i4", "uint4": "ui4",
    **{f"int{bits}": f"i{bits}" for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": f"ui{bits}" for bits in (8, 16, 32, 64)},
    "float8_e4m3fn": "f8E4M3FN", "float8_e5m2": "f8E5M2", "float8_e4m3b11fnuz": "f8E4M3B11FNUZ",
    "float8_e4m3fnuz": "f8E4M3FNUZ", "float8_e5m2fnuz": "f8E5M2FNUZ", "float8_e3m4": "f8E3M4", "float8_e4m3": "f8E4M3",
    "float8_e8m0fnu": "f8E8M0FNU", "float4_e2m1fn": "f4E2M1FN", "float6_e2m3fn": "f6E2M3FN",
    "float6_e3m2fn": "f6E3M2FN",
}  # fmt: skip
TOLERANCES = {"float16": 2e-3, "bfloat16": 1.6e-2, "float32": 2e-6, "complex64": 4e-6}
"""Largest error by result dtype, relative to the largest finite magnitude of the result; 1e-13 for wider ones."""


def dtype(name: str) -> np.dtype[Any]:
    return np.dtype(getattr(ml_dtypes, name)) if hasattr(ml_dtypes, name) else np.dtype(name)


def tensor(shape: Sequence[int], name: str) -> str:
    """`tensor<2x3xf32>`."""
    return "tensor<" + "".join(f"{size}x" for size in shape) + MLIR_NAMES[name] + ">"


def random(shape: Sequence[int], name: str, seed: int = 0, scale: float = 3.0) -> Any:
    """Numbers of both signs, or of the whole range of a small integer type."""
    rng = np.random.default_rng([seed, *shape])
    kind = dtype(name)
    if kind == np.bool_:
        return rng.random(tuple(shape)) < 0.5
    if kind.kind == "c":
        return (rng.normal(size=shape) * scale + 1j * rng.normal(size=shape) * scale).astype(kind)
    if "int" in name:
        low = 0 if name.startswith("u") else -100
        return np.asarray(rng.integers(low, 100, tuple(shape)), np.int64).astype(kind)
    return (rng.normal(size=shape) * scale).astype(np.float32 if kind.itemsize < 4 else kind).astype(kind)


@cache
def _xla(text: str) -> Any:
    """The executable of MLIR text, for one device."""
    import jax
    from jax._src import compiler
    from jax._src.interpreters import mlir
    from jax._src.lib import xla_client
    from jaxlib.mlir import ir

    with mlir.make_ir_context():
        data = mlir.module_to_bytecode(ir.Module.parse(text))
    device = jax.devices("cpu")[0]
    devices = xla_client.DeviceList((device,))
    return device.client.compile_and_load(data, devices, compiler.get_compile_options(1, 1))


def on_xla(text: str, *inputs: Any) -> list[Any]:
    import jax

    device = jax.devices("cpu")[0]
    with jax.enable_x64(True):
        results = _xla(text).execute_sharded([jax.device_put(x, device) for x in inputs])
        return [np.asarray(arrays[0]) for arrays in results.disassemble_into_single_device_arrays()]


def interpret(text: str, *inputs: Any) -> list[Any]:
    """Runs a module read by jaxlib's parser; a quantized one by ours, as jaxlib does not know these types."""
    module = parse_module(text) if "!quant" in text else from_bytes(text.encode(), "test.mlir")
    return run_module(module, [np.asarray(x) for x in inputs])


def same(found: Any, wanted: Any, tolerance: float | None = None) -> None:
    """
    Asserts equal shape and dtype, and values equal up to a tolerance relative to the largest magnitude.

    Integers, NaN and infinities must be equal exactly; tolerance 0 demands equal numbers.
    """
    wanted = np.asarray(wanted)
    assert isinstance(found, np.ndarray)
    assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype)
    if not wanted.size:
        return
    if wanted.dtype.kind in "iub" or "int" in wanted.dtype.name:
        np.testing.assert_array_equal(found.astype(object), wanted.astype(object))
        return
    wide = np.complex128 if wanted.dtype.kind == "c" else np.float64
    got, want = found.astype(wide), wanted.astype(wide)
    finite = np.isfinite(want)
    scale = max(float(np.abs(want[finite]).max(initial=0.0)), 1e-30)
    limit = TOLERANCES.get(wanted.dtype.name, 1e-13) if tolerance is None else tolerance
    np.testing.assert_allclose(got / scale, want / scale, rtol=0, atol=limit)


def check_text(text: str, *inputs: Any, tolerance: float | None = None) -> None:
    """The interpreter agrees with XLA on a module."""
    for found, wanted in zip(interpret(text, *inputs), on_xla(text, *inputs), strict=True):
        same(found, wanted, tolerance)


def check_op(op: str, inputs: Sequence[Any], result: str, tolerance: float | None = None) -> None:
    """`op` is the op's text up to its types in generic form, with %0, %1, ... for the inputs."""
    types = [tensor(x.shape, x.dtype.name) for x in inputs]
    arguments = ", ".join(f"%{i}: {type}" for i, type in enumerate(types))
    text = (
        f"func.func @main({arguments}) -> {result} {{\n"
        f"  %r = {op} : ({', '.join(types)}) -> {result}\n"
        f"  func.return %r : {result}\n}}"
    )
    check_text(text, *inputs, tolerance=tolerance)


def check_jax(function: Callable[..., Any], *args: Any, tolerance: float | None = None, options: Any = None) -> None:
    """The interpreter agrees with jax.jit on a function, result by result; `options` are XLA's compile options."""
    import jax

    with jax.enable_x64(True):
        compiled = jax.jit(function).lower(*args).compile(options)
        wanted = [np.asarray(leaf) for leaf in jax.tree.leaves(compiled(*args))]
        model = from_jax(function, args)
    found = run_module(model.module, [np.asarray(leaf) for leaf in jax.tree.leaves(args)])
    for one, other in zip(found, wanted, strict=True):
        same(one, other, tolerance)
