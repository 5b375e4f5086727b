"""Control flow, calls, composites and custom calls on the interpreter; what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from interpreter_support import check_jax, check_text, interpret, random, same

from eggshard.diagnostics import DiagnosticError


def test_loops_and_branches_of_jax() -> None:
    from jax import lax

    def program(x: Any, n: Any) -> Any:
        doubled = lax.while_loop(lambda c: c[0] < n, lambda c: (c[0] + 1, c[1] * 2 + x), (0, x))
        folded = lax.fori_loop(0, 5, lambda i, c: c + i * x, x)
        switched = lax.switch(n, [lambda v: v + 1, lambda v: v * 2, lambda v: -v], x)
        chosen = lax.cond(n > 2, lambda v: v.sum(), lambda v: v.max(), x)
        carry, steps = lax.scan(lambda c, v: (c * 0.5 + v, c.sum()), x, x * x[:, None])
        return doubled, folded, switched, chosen, carry, steps

    for n in (0, 1, 3, 9, -4):
        check_jax(program, random((4,), "float64", 1), np.int32(n))


def test_branch_index_out_of_range_takes_the_last() -> None:
    text = """func.func @main(%i: tensor<i32>, %x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = "stablehlo.case"(%i) ({
    %1 = stablehlo.add %x, %x : tensor<2xf32>
    stablehlo.return %1 : tensor<2xf32>
  }, {
    %1 = stablehlo.negate %x : tensor<2xf32>
    stablehlo.return %1 : tensor<2xf32>
  }) : (tensor<i32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}"""
    for index in (-1, 0, 1, 2):
        check_text(text, np.int32(index), random((2,), "float32", 1))


def test_if() -> None:
    text = """func.func @main(%p: tensor<i1>, %x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = "stablehlo.if"(%p) ({
    %1 = stablehlo.add %x, %x : tensor<2xf32>
    stablehlo.return %1 : tensor<2xf32>
  }, {
    stablehlo.return %x : tensor<2xf32>
  }) : (tensor<i1>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}"""
    for predicate in (True, False):
        check_text(text, np.asarray(predicate), random((2,), "float32", 1))


def test_calls_and_composites() -> None:
    text = """func.func @main(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %0 = call @twice(%x) : (tensor<2xf32>) -> tensor<2xf32>
  %1 = stablehlo.composite "my.op" %0 {decomposition = @twice, composite_attributes = {n = 1 : i32}}
      : (tensor<2xf32>) -> tensor<2xf32>
  return %0, %1 : tensor<2xf32>, tensor<2xf32>
}
func.func private @twice(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = stablehlo.add %x, %x : tensor<2xf32>
  return %0 : tensor<2xf32>
}"""
    x = random((2,), "float32", 1)
    for found, wanted in zip(interpret(text, x), (2 * x, 4 * x), strict=True):
        same(found, wanted)


def test_body_that_captures_a_value() -> None:
    text = """func.func @main(%x: tensor<3xf32>, %z: tensor<f32>, %c: tensor<f32>) -> tensor<f32> {
  %0 = "stablehlo.reduce"(%x, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %m = stablehlo.maximum %a, %b : tensor<f32>
    %n = stablehlo.minimum %m, %c : tensor<f32>
    stablehlo.return %n : tensor<f32>
  }) : (tensor<3xf32>, tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}"""
    x = np.array([1, 5, 3], np.float32)
    same(interpret(text, x, np.float32(0), np.float32(4))[0], np.float32(4))


def test_asynchronous_op_runs_at_once() -> None:
    text = """module attributes {mhlo.num_partitions = 1 : i32} {
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = "stablehlo.async_start"(%x) ({
  ^bb0(%a: tensor<2xf32>):
    %1 = "stablehlo.collective_broadcast"(%a) <{replica_groups = dense<[[0]]> : tensor<1x1xi64>}>
        : (tensor<2xf32>) -> tensor<2xf32>
    stablehlo.return %1 : tensor<2xf32>
  }) : (tensor<2xf32>) -> !stablehlo.future<tensor<2xf32>>
  %2 = "stablehlo.async_done"(%0) : (!stablehlo.future<tensor<2xf32>>) -> tensor<2xf32>
  return %2 : tensor<2xf32>
}}"""
    x = random((2,), "float32", 1)
    same(interpret(text, x)[0], x)


def test_quantized_ops() -> None:
    """dequantize, compute, quantize; ops that move elements leave the stored integers alone."""
    q = "tensor<4x!quant.uniform<i8:f32, 0.5:2>>"
    text = f"""func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xi8>) {{
  %0 = stablehlo.uniform_quantize %x : (tensor<4xf32>) -> {q}
  %1 = stablehlo.uniform_dequantize %0 : ({q}) -> tensor<4xf32>
  %2 = stablehlo.add %0, %0 : {q}
  %3 = stablehlo.reverse %2, dims = [0] : {q}
  %4 = stablehlo.uniform_dequantize %3 : ({q}) -> tensor<4xf32>
  %5 = stablehlo.bitcast_convert %0 : ({q}) -> tensor<4xi8>
  return %1, %4, %5 : tensor<4xf32>, tensor<4xf32>, tensor<4xi8>
}}"""
    x = np.array([0.26, -1.1, 1000, 0.75], np.float32)
    stored = np.array([3, 0, 127, 4], np.int8)
    once, twice, bits = interpret(text, x)
    same(bits, stored)
    same(once, ((stored - np.float32(2)) * np.float32(0.5)))
    same(twice, np.clip((stored.astype(np.float32) - 2) * 2 + 2, -128, 127)[::-1] * np.float32(0.5) - np.float32(1))


def test_quantized_per_axis() -> None:
    q = "tensor<2x2x!quant.uniform<i8:f32:1, {0.5, 0.25:-10}>>"
    text = f"""func.func @main(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {{
  %0 = stablehlo.uniform_quantize %x : (tensor<2x2xf32>) -> {q}
  %1 = stablehlo.uniform_dequantize %0 : ({q}) -> tensor<2x2xf32>
  return %1 : tensor<2x2xf32>
}}"""
    x = np.array([[1.1, 1.1], [-0.3, -0.3]], np.float32)
    same(interpret(text, x)[0], np.array([[1.0, 1.0], [-0.5, -0.25]], np.float32))


def test_marks_on_values_change_nothing() -> None:
    text = """func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = stablehlo.custom_call @Sharding(%x) {mhlo.sharding = "{devices=[2]<=[2]}"} : (tensor<2xf32>) -> tensor<2xf32>
  %1 = stablehlo.custom_call @annotate_device_placement(%0) : (tensor<2xf32>) -> tensor<2xf32>
  return %1 : tensor<2xf32>
}"""
    x = random((2,), "float32", 1)
    same(interpret(text, x)[0], x)


REFUSED = {
    "stablehlo.custom_call @nobody(%x) : (tensor<2xf32>) -> tensor<2xf32>": "@nobody is not known",
    "stablehlo.custom_call @xla_ffi_python_cpu_callback(%x) : (tensor<2xf32>) -> tensor<2xf32>": "without a host",
    "call @missing(%x) : (tensor<2xf32>) -> tensor<2xf32>": "@missing has no body",
}


@pytest.mark.parametrize("op", REFUSED)
def test_refusals_name_the_op_and_the_line(op: str) -> None:
    text = f"""func.func private @missing(tensor<2xf32>) -> tensor<2xf32>
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {{
  %0 = {op}
  return %0 : tensor<2xf32>
}}"""
    with pytest.raises(DiagnosticError, match=REFUSED[op]):
        interpret(text, np.zeros(2, np.float32))


def test_host_ops_are_refused() -> None:
    text = """func.func @main() -> tensor<2xf32> {
  %t = stablehlo.create_token : !stablehlo.token
  %0:2 = "stablehlo.infeed"(%t) <{infeed_config = "", layout = [[0]]}>
      : (!stablehlo.token) -> (tensor<2xf32>, !stablehlo.token)
  return %0#0 : tensor<2xf32>
}"""
    with pytest.raises(DiagnosticError, match=r"stablehlo\.infeed cannot run without a host"):
        interpret(text)


def test_ops_that_do_not_fit_their_operands() -> None:
    text = """func.func @main(%x: tensor<2xf32>, %s: tensor<1xi32>) -> tensor<?xf32> {
  %0 = stablehlo.dynamic_reshape %x, %s : (tensor<2xf32>, tensor<1xi32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}"""
    with pytest.raises(DiagnosticError, match=r"stablehlo\.dynamic_reshape does not fit its operands"):
        interpret(text, np.zeros(2, np.float32), np.array([3], np.int32))


def test_inputs_that_do_not_fit() -> None:
    text = "func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> { return %x : tensor<2xf32> }"
    for inputs in ([], [np.zeros(2)], [np.zeros(3, np.float32)]):
        with pytest.raises(DiagnosticError):
            interpret(text, *inputs)
