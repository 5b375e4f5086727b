"""
Quantized tensors: integers that stand for floats, `expressed = (stored - zero_point) * scale`.

Values of quantized type are kept as their stored integers. An op on them is executed as StableHLO defines it:
dequantize the operands, compute in floats, quantize the results. Ops that only move elements skip all three steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from xdsl.dialects.builtin import IntegerType, Signedness, TensorType
from xdsl.ir import Attribute, Operation

from eggshard.dialects.stablehlo.quantized_types import QuantizedType, Step
from eggshard.frontends.dtypes import numpy_dtype
from eggshard.interpreter.call import Call, Kernel, Table
from eggshard.interpreter.numerics import narrow, widen
from eggshard.interpreter.values import Array, Value


@dataclass(frozen=True)
class Quantization:
    """The parameters of a tensor type; `scales` and `zero_points` broadcast against its tensors."""

    stored: np.dtype[Any]
    expressed: np.dtype[Any]
    bounds: tuple[int, int]
    scales: Array
    zero_points: Array

    def dequantize(self, x: Array) -> Array:
        """Stored integers to the floats they stand for."""
        return narrow((widen(x).astype(np.float64) - self.zero_points) * self.scales, self.expressed)

    def quantize(self, x: Array) -> Array:
        """Floats to the nearest stored integers, ties to even, clamped to the storage range."""
        exact = widen(x).astype(np.float64) / self.scales + self.zero_points
        return narrow(np.clip(np.nan_to_num(np.rint(exact)), *self.bounds).astype(np.int64), self.stored)


@cache
def quantization_of(type: Attribute) -> Quantization | None:
    """The quantization of a tensor type's elements, or None."""
    if not isinstance(type, TensorType) or not isinstance(type.element_type, QuantizedType):
        return None
    element = type.element_type
    sign = Signedness.UNSIGNED if element.data.storage.startswith("u") else Signedness.SIGNLESS
    axes = [axis if isinstance(axis, tuple) else (axis, 1) for axis in element.data.axes]
    rank = len(type.get_shape())
    return Quantization(
        numpy_dtype(IntegerType(element.storage_width, sign)),
        numpy_dtype(element.expressed_type),
        element.data.bounds,
        spread(_each(element.data.steps, "scale"), axes, rank),
        spread(_each(element.data.steps, "zero_point"), axes, rank),
    )


def _each(steps: Any, name: str) -> Any:
    """One field of nested steps."""
    return getattr(steps, name) if isinstance(steps, Step) else [_each(step, name) for step in steps]


def spread(parameters: Any, axes: Sequence[tuple[int, int]], rank: int) -> Array:
    """Parameters per index of each (dimension, block size), shaped to broadcast against `rank` dimensions."""
    values = np.asarray(parameters, np.float64)
    for position, (_, block) in enumerate(axes):
        values = np.repeat(values, block, axis=position)
    order = sorted(range(len(axes)), key=lambda position: axes[position][0])
    shape = [1] * rank
    for position, (dim, _) in enumerate(axes):
        shape[dim] = values.shape[position]
    return values.transpose(order).reshape(shape)


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
