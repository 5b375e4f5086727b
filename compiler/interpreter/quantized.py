"""
Quantized tensors: integers that stand for floats, `expressed = (stored - zero_point) * scale`.

Values of quantized type are kept as their stored integers. An op on them is executed as StableHLO defines it:
dequantize the operands, compute in floats, quantize the results. Ops that only move elements skip all three steps.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import ml_dtypes
import numpy as np
from xdsl.dialects.builtin import IntegerType, Signedness, TensorType
from xdsl.ir import Attribute, Operation

from eggshard.frontends.dtypes import numpy_dtype
from eggshard.interpreter.call import Call, Kernel, Table
from eggshard.interpreter.numerics import integer_range, narrow, widen
from eggshard.interpreter.values import Array, Value

# `i8<-128:127>:f32:1, {0.1:3,0.2:5}`: storage with optional range, expressed type, optional axis, parameters
PATTERN = re.compile(r"(u?)i(\d+)(?:<(-?\d+):(-?\d+)>)?:(\w+)(?::(\d+))?,\s*(.*)$", re.DOTALL)
PARAMETER = re.compile(r"([^\s:,{}<>]+)(?::(-?\d+))?")


@dataclass(frozen=True)
class Quantization:
    """The parameters of a quantized element type; one scale and zero point, or one per index of `axis`."""

    stored: np.dtype[Any]
    expressed: np.dtype[Any]
    low: int
    high: int
    axis: int | None
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]

    def along(self, values: Sequence[Any], rank: int) -> Array:
        """The parameters shaped so that they broadcast against a tensor of `rank` dimensions."""
        shape = [1] * rank
        if self.axis is not None:
            shape[self.axis] = len(values)
        return np.asarray(values, np.float64).reshape(shape)

    def dequantize(self, x: Array) -> Array:
        """Stored integers to the floats they stand for."""
        exact = (widen(x).astype(np.float64) - self.along(self.zero_points, x.ndim)) * self.along(self.scales, x.ndim)
        return narrow(exact, self.expressed)

    def quantize(self, x: Array) -> Array:
        """Floats to the nearest stored integers, ties to even, clamped to the storage range."""
        exact = widen(x).astype(np.float64) / self.along(self.scales, x.ndim) + self.along(self.zero_points, x.ndim)
        whole = np.clip(np.nan_to_num(np.rint(exact)), self.low, self.high)
        return narrow(whole.astype(np.int64), self.stored)


@cache
def quantization_of(type: Attribute) -> Quantization | None:
    """The quantization of a tensor type's elements, or None."""
    if not isinstance(type, TensorType):
        return None
    text = str(type.element_type)
    if "quant.uniform<" not in text:
        return None
    found = PATTERN.match(text[text.index("<") + 1 : text.rindex(">")])
    if found is None:
        raise NotImplementedError(f"element type {text}")
    unsigned, bits, low, high, expressed, axis, parameters = found.groups()
    stored = numpy_dtype(IntegerType(int(bits), Signedness.UNSIGNED if unsigned else Signedness.SIGNLESS))
    least, greatest = integer_range(stored)
    pairs = PARAMETER.findall(parameters)
    return Quantization(
        stored,
        np.dtype({"f16": np.float16, "f32": np.float32, "f64": np.float64, "bf16": ml_dtypes.bfloat16}[expressed]),
        least if low is None else int(low),
        greatest if high is None else int(high),
        None if axis is None else int(axis),
        tuple(float(scale) for scale, _ in pairs),
        tuple(int(zero or 0) for _, zero in pairs),
    )


def is_quantized(op: Operation) -> bool:
    """Whether an operand or a result is quantized."""
    return any(quantization_of(value.type) is not None for value in (*op.operands, *op.results))


def run_dequantized(call: Call, kernel: Kernel, arguments: Sequence[Value]) -> tuple[Value, ...]:
    """dequantize, compute, quantize."""
    floats = []
    for value, argument in zip(call.op.operands, arguments, strict=True):
        quantization = quantization_of(value.type)
        floats.append(quantization.dequantize(argument) if quantization else argument)
    made = kernel(call, *floats)
    outputs = []
    for value, output in zip(call.op.results, made if isinstance(made, tuple) else (made,), strict=True):
        quantization = quantization_of(value.type)
        outputs.append(quantization.quantize(output) if quantization else output)
    return tuple(outputs)


def identity(call: Call, x: Array) -> Array:
    """uniform_quantize and uniform_dequantize: what happens around every op on quantized values is all they do."""
    return narrow(x, call.dtype())


TABLE: Table = {
    "stablehlo.uniform_quantize": identity,
    "stablehlo.uniform_dequantize": identity,
}
