"""Scalars that a tree multiplies by: constants that belong to nothing until a plan takes a form that reads them."""

from __future__ import annotations

import struct
from math import frexp

from xdsl.dialects.builtin import BFloat16Type, Float16Type, Float32Type, Float64Type, TensorType
from xdsl.ir import Attribute, Operation, OpResult, SSAValue

from eggshard.dialects import stablehlo
from eggshard.partitioning.identity import encode

PLAIN: dict[type[Attribute], str] = {Float16Type: "<e", Float32Type: "<f", Float64Type: "<d"}


def constant(value: float, element: Attribute) -> SSAValue | None:
    """A scalar constant; None if the float does not hold the value exactly."""
    if not isinstance(element, BFloat16Type | Float16Type | Float32Type | Float64Type):
        return None
    try:
        data = encode(value, element)
    except OverflowError:
        return None
    if decoded(data, element) != value:
        return None
    scalar = TensorType(element, [])
    elements = stablehlo.DenseElements(scalar, data)
    return stablehlo.ConstantOp.create(result_types=[scalar], properties={"value": elements}).results[0]


def decoded(data: bytes, element: Attribute) -> float | None:
    """One element; None for a type of which no arithmetic is done here."""
    if isinstance(element, BFloat16Type):
        data, element = bytes(2) + data, Float32Type()
    code = PLAIN.get(type(element))
    return None if code is None else float(struct.unpack(code, data)[0])


def inverse_of_divisor(op: Operation) -> SSAValue | None:
    """1 / c where an op divides by the constant c, a power of two: only then is x / c = x (1 / c) to the last bit."""
    value = op.operands[1]
    while isinstance(value, OpResult) and value.op.name == "stablehlo.broadcast_in_dim":
        value = value.op.operands[0]
    if not isinstance(value, OpResult) or not isinstance(value.op, stablehlo.ConstantOp):
        return None
    data = value.op.properties["value"]
    if not isinstance(data, stablehlo.DenseElements) or not data.is_splat:
        return None
    element = data.type.element_type
    divisor = decoded(data.data, element)
    if divisor is None or abs(frexp(divisor)[0]) != 0.5:
        return None
    return constant(1 / divisor, element)
