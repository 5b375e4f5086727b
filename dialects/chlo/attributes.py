"""The attributes of CHLO: enumerations of its own, and the dimension numbers of a ragged product."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar

from xdsl.irdl import irdl_attr_definition

from eggshard.dialects.stablehlo.attributes import EnumAttr
from eggshard.dialects.stablehlo.structures import Ints, StructAttr


@irdl_attr_definition
class ComparisonDirectionAttr(EnumAttr):
    name = "chlo.comparison_direction"
    cases = ("EQ", "NE", "GE", "GT", "LE", "LT")


@irdl_attr_definition
class ComparisonTypeAttr(EnumAttr):
    name = "chlo.comparison_type"
    cases = ("NOTYPE", "FLOAT", "TOTALORDER", "SIGNED", "UNSIGNED")


@irdl_attr_definition
class PrecisionAttr(EnumAttr):
    name = "chlo.precision"
    cases = ("DEFAULT", "HIGH", "HIGHEST")


@dataclass(frozen=True)
class RaggedDotDimensionNumbers:
    """
    Which dimensions are batching and contracting, as for a matrix product; which one of lhs is cut into groups of
    different sizes, and which of rhs, if any, counts the groups.
    """

    lhs_batching_dimensions: Ints = ()
    rhs_batching_dimensions: Ints = ()
    lhs_contracting_dimensions: Ints = ()
    rhs_contracting_dimensions: Ints = ()
    lhs_ragged_dimensions: Ints = ()
    rhs_group_dimensions: Ints = ()


@irdl_attr_definition
class RaggedDotDimensionNumbersAttr(StructAttr[RaggedDotDimensionNumbers]):
    """`#chlo.ragged_dot<lhs_contracting_dimensions = [1], ...>`; what is empty is left out."""

    name = "chlo.ragged_dot"
    struct: ClassVar[type[RaggedDotDimensionNumbers]] = RaggedDotDimensionNumbers
    elided: ClassVar[frozenset[str]] = frozenset(field.name for field in fields(RaggedDotDimensionNumbers))
