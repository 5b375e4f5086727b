"""Neutral elements of reductions, as the raw bytes of one element."""

from __future__ import annotations

import struct

from xdsl.dialects.builtin import (
    BFloat16Type,
    ComplexType,
    Float16Type,
    Float32Type,
    Float64Type,
    IntegerType,
    Signedness,
)
from xdsl.ir import Attribute


def encode(value: float, element: Attribute) -> bytes:
    """One element in MLIR's raw layout: little endian, a byte for each i1, i2 and i4."""
    if isinstance(element, IntegerType):
        width = element.width.data
        mask: int = (1 << width) - 1
        return (int(value) & mask).to_bytes(max(1, width // 8), "little")
    if isinstance(element, Float32Type):
        return struct.pack("<f", value)
    if isinstance(element, Float64Type):
        return struct.pack("<d", value)
    if isinstance(element, Float16Type):
        return struct.pack("<e", value)
    if isinstance(element, BFloat16Type):
        return struct.pack("<f", value)[2:]
    if isinstance(element, ComplexType):
        return encode(value, element.element_type) + encode(0, element.element_type)
    return _encode_small_float(value, str(element))


def _encode_small_float(value: float, name: str) -> bytes:
    import ml_dtypes
    import numpy as np

    dtype = getattr(ml_dtypes, {"f8E": "float8_e", "f6E": "float6_e", "f4E": "float4_e"}[name[:3]] + name[3:].lower())
    limit = ml_dtypes.finfo(dtype)
    raw: bytes = np.asarray(min(max(value, float(limit.min)), float(limit.max)), dtype).tobytes()
    return raw


def identity(kind: str, element: Attribute) -> bytes:
    """x such that combining it by `kind` changes nothing."""
    if kind in ("sum", "or", "xor"):
        return encode(0, element)
    if kind == "prod":
        return encode(1, element)
    if kind == "and":
        return encode(-1, element)
    if kind not in ("max", "min"):
        raise ValueError(f"no neutral element is known for a reduction of kind {kind}")
    if not isinstance(element, IntegerType):
        return encode(float("-inf") if kind == "max" else float("inf"), element)
    width = element.width.data
    signed = element.signedness.data != Signedness.UNSIGNED and width > 1
    low, high = (-(1 << (width - 1)), (1 << (width - 1)) - 1) if signed else (0, (1 << width) - 1)
    return encode(low if kind == "max" else high, element)
