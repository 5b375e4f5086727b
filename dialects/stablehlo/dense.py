"""Constants: tensors of bytes in MLIR's raw layout, exact for every element type, splats kept as splats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    AnyFloat,
    ComplexType,
    IndexType,
    IntegerType,
    Signedness,
    TensorType,
)
from xdsl.ir import Attribute, BuiltinAttribute, Data
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException


def element_bytes(element_type: Attribute) -> int:
    """How many bytes one element takes in a constant: whole bytes, so i1, i4 and f4 take one."""
    if isinstance(element_type, ComplexType):
        return 2 * element_bytes(element_type.element_type)
    if isinstance(element_type, IndexType):
        return 8
    if isinstance(element_type, IntegerType):
        return int(element_type.width.data + 7) // 8
    if isinstance(element_type, AnyFloat):
        return (element_type.bitwidth + 7) // 8
    raise VerifyException(f"element type of a constant is {element_type}, must be integer, float or complex")


@dataclass(frozen=True, init=False)
class DenseElements(BuiltinAttribute, Data[bytes]):
    """
    The elements of a tensor, `dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>`.

    `data` holds the elements row-major and little-endian, `element_bytes` each; or one element only, which then is
    every element (a splat).
    """

    name = "builtin.dense_elements"

    type: TensorType[Any]

    def __init__(self, type: TensorType[Any], data: bytes) -> None:
        """Equal elements are always kept as a splat, so that equal constants are equal attributes."""
        size = element_bytes(type.element_type)
        if len(data) > size and data[:size] == data[size : 2 * size] and data[size:] == data[:-size]:
            data = data[:size]
        object.__setattr__(self, "type", type)
        super().__init__(data)

    @classmethod
    def from_integers(cls, values: Sequence[int], shape: Sequence[int], element_type: IntegerType) -> DenseElements:
        """The integers in row-major order."""
        size = element_bytes(element_type)
        signed = element_type.signedness.data is not Signedness.UNSIGNED
        data = b"".join(value.to_bytes(size, "little", signed=signed) for value in values)
        return cls(TensorType(element_type, shape), data)

    def integers(self) -> tuple[int, ...]:
        """The elements in row-major order, of a constant of integers."""
        element_type = self.type.element_type
        size = element_bytes(element_type)
        signed = not (isinstance(element_type, IntegerType) and element_type.signedness.data is Signedness.UNSIGNED)
        values = tuple(
            int.from_bytes(self.data[i : i + size], "little", signed=signed) for i in range(0, len(self.data), size)
        )
        return values * prod(self.shape) if self.is_splat else values

    @property
    def shape(self) -> tuple[int, ...]:
        return self.type.get_shape()

    @property
    def is_splat(self) -> bool:
        """Whether one element is stored for all of them."""
        return len(self.data) == element_bytes(self.type.element_type)

    def verify(self) -> None:
        size = element_bytes(self.type.element_type)
        count = prod(self.shape)
        if DYNAMIC_INDEX in self.shape:
            raise VerifyException(f"constant has type {self.type}, must have a static shape")
        if len(self.data) not in (size, count * size):
            raise VerifyException(
                f"constant of type {self.type} holds {len(self.data)} bytes, must hold {size} or {count} times {size}"
            )

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> bytes:
        raise NotImplementedError("parsed by the parser itself")

    def print_parameter(self, printer: Printer) -> None:
        self.print_builtin(printer)

    def print_builtin(self, printer: Printer) -> None:
        from eggshard.dialects.stablehlo.dense_text import elements_text

        printer.print_string(f"dense<{elements_text(self)}> : ")
        printer.print_attribute(self.type)
