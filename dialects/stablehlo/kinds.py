"""The element types of StableHLO in the groups that the specification names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Flag, auto
from typing import Any

from xdsl.dialects import builtin
from xdsl.dialects.builtin import ComplexType, Float32Type, Float64Type, IndexType, IntegerType, Signedness, TensorType
from xdsl.ir import Attribute
from xdsl.irdl import AttrConstraint, VerificationContext
from xdsl.utils.exceptions import VerifyException


class Kind(Flag):
    """A set of groups of element types."""

    NONE = 0
    BOOLEAN = auto()
    SIGNED = auto()
    UNSIGNED = auto()
    FLOAT = auto()
    COMPLEX = auto()
    QUANTIZED = auto()
    INDEX = auto()


BOOLEAN, SIGNED, UNSIGNED, FLOAT, COMPLEX, QUANTIZED = (
    Kind.BOOLEAN,
    Kind.SIGNED,
    Kind.UNSIGNED,
    Kind.FLOAT,
    Kind.COMPLEX,
    Kind.QUANTIZED,
)
INTEGER = SIGNED | UNSIGNED
ANY = BOOLEAN | INTEGER | FLOAT | COMPLEX | QUANTIZED

WIDTHS = frozenset((2, 4, 8, 16, 32, 64))
FLOATS = frozenset(
    (
        builtin.BFloat16Type,
        builtin.Float16Type,
        builtin.Float32Type,
        builtin.Float64Type,
        builtin.Float8E5M2Type,
        builtin.Float8E4M3Type,
        builtin.Float8E3M4Type,
        builtin.Float8E4M3FNType,
        builtin.Float8E5M2FNUZType,
        builtin.Float8E4M3FNUZType,
        builtin.Float8E4M3B11FNUZType,
        builtin.Float8E8M0FNUType,
        builtin.Float6E2M3FNType,
        builtin.Float6E3M2FNType,
        builtin.Float4E2M1FNType,
    )
)


def kind_of(element: Attribute) -> Kind:
    """The group of an element type, Kind.NONE if StableHLO has no such elements."""
    element_class = type(element)
    if element_class in FLOATS:
        return FLOAT
    if isinstance(element, IntegerType):
        width = element.width.data
        if element.signedness.data is Signedness.UNSIGNED:
            return UNSIGNED if width in WIDTHS else Kind.NONE
        if element.signedness.data is Signedness.SIGNED:
            return Kind.NONE
        return BOOLEAN if width == 1 else SIGNED if width in WIDTHS else Kind.NONE
    if isinstance(element, ComplexType):
        return COMPLEX if isinstance(element.element_type, Float32Type | Float64Type) else Kind.NONE
    if isinstance(element, IndexType):
        return Kind.INDEX
    return QUANTIZED if element.name.startswith("quant.") else Kind.NONE


def names(kinds: Kind) -> str:
    """`signed integer, float or complex`."""
    words = [
        f"{kind.name.lower()} integer" if kind in INTEGER else kind.name.lower()
        for kind in Kind
        if kind in kinds and kind.name is not None
    ]
    return f"{', '.join(words[:-1])} or {words[-1]}" if words[1:] else words[0]


@dataclass(frozen=True)
class TensorOf(AttrConstraint[TensorType[Any]]):
    """A ranked tensor whose elements are of one of these kinds."""

    kinds: Kind

    def verify(self, attr: Attribute, constraint_context: VerificationContext) -> None:
        if not isinstance(attr, TensorType):
            raise VerifyException(f"type is {attr}, must be a ranked tensor")
        if kind_of(attr.element_type) not in self.kinds:
            raise VerifyException(f"element type is {attr.element_type}, must be {names(self.kinds)}")

    def mapping_type_vars(self, type_var_mapping: Mapping[Any, Any]) -> TensorOf:
        return self
