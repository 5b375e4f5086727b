"""The values the interpreter computes with: numpy arrays, and how IR types and constants become them."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from xdsl.dialects.builtin import IndexType, TensorType
from xdsl.ir import Attribute

from eggshard.frontends.dtypes import numpy_dtype

Array = NDArray[Any]
"""One device's tensor. Never written to: several values and devices may share it."""

Value = Any
"""An Array, a tuple of Values (tuples and futures), or TOKEN."""

Lanes = list[Value]
"""One value on every device, indexed by device id; None on devices that do not run."""


class Token:
    """The value of every token: the interpreter runs ops in order anyway."""

    def __repr__(self) -> str:
        return "token"


TOKEN = Token()


@cache
def dtype_of(type: Attribute) -> np.dtype[Any]:
    """The dtype in which the elements of a tensor type are computed; of a quantized type what they stand for."""
    from eggshard.interpreter.quantized import quantization_of

    quantization = quantization_of(type)
    return quantization.expressed if quantization else _plain_dtype(type)


@cache
def stored_dtype_of(type: Attribute) -> np.dtype[Any]:
    """The dtype of the arrays that hold a tensor type; of a quantized type its integers."""
    from eggshard.interpreter.quantized import quantization_of

    quantization = quantization_of(type)
    return quantization.stored if quantization else _plain_dtype(type)


def _plain_dtype(type: Attribute) -> np.dtype[Any]:
    element = cast("TensorType[Any]", type).element_type
    if isinstance(element, IndexType):
        return np.dtype(np.int64)
    try:
        return numpy_dtype(element)
    except AttributeError:
        raise NotImplementedError(f"element type {element}") from None


@cache
def shape_of(type: Attribute) -> tuple[int, ...]:
    """The shape of a tensor type; a dimension it leaves open is negative."""
    return cast("TensorType[Any]", type).get_shape()


def elements(attribute: Any) -> Array:
    """The array of a DenseElements attribute; a splat is a view of one element."""
    type = attribute.type
    dtype, shape = stored_dtype_of(type), shape_of(type)
    if attribute.is_splat:
        return np.broadcast_to(_from_bytes(attribute.data, dtype)[0], shape)
    return _from_bytes(attribute.data, dtype).reshape(shape)


def _from_bytes(data: bytes, dtype: np.dtype[Any]) -> Array:
    if dtype == np.bool_ or dtype.name in (
        "int2",
        "int4",
        "uint2",
        "uint4",
    ):  # one byte an element, high bits undefined
        return np.frombuffer(data, np.int8).astype(dtype)
    return np.frombuffer(data, dtype)
