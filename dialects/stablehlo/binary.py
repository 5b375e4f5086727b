"""Elementwise ops of two operands: `%r = stablehlo.add %x, %y : tensor<4xf32>`."""

from __future__ import annotations

from typing import ClassVar

from xdsl.irdl import irdl_op_definition

from eggshard.dialects.stablehlo.base import BinaryOp
from eggshard.dialects.stablehlo.kinds import BOOLEAN, COMPLEX, FLOAT, INTEGER, QUANTIZED, Kind


@irdl_op_definition
class AddOp(BinaryOp):
    """Sum; logical or of booleans."""

    name = "stablehlo.add"


@irdl_op_definition
class AndOp(BinaryOp):
    """Bitwise and; logical and of booleans."""

    name = "stablehlo.and"

    ELEMENTS: ClassVar[Kind] = BOOLEAN | INTEGER


@irdl_op_definition
class Atan2Op(BinaryOp):
    """The angle of the point (rhs, lhs)."""

    name = "stablehlo.atan2"

    ELEMENTS: ClassVar[Kind] = FLOAT | COMPLEX | QUANTIZED


@irdl_op_definition
class DivideOp(BinaryOp):
    """Quotient, rounded towards zero for integers."""

    name = "stablehlo.divide"

    ELEMENTS: ClassVar[Kind] = INTEGER | FLOAT | COMPLEX | QUANTIZED


@irdl_op_definition
class MaximumOp(BinaryOp):
    """The greater; NaN if either is; logical or of booleans."""

    name = "stablehlo.maximum"


@irdl_op_definition
class MinimumOp(BinaryOp):
    """The lesser; NaN if either is; logical and of booleans."""

    name = "stablehlo.minimum"


@irdl_op_definition
class MultiplyOp(BinaryOp):
    """Product; logical and of booleans."""

    name = "stablehlo.multiply"


@irdl_op_definition
class OrOp(BinaryOp):
    """Bitwise or; logical or of booleans."""

    name = "stablehlo.or"

    ELEMENTS: ClassVar[Kind] = BOOLEAN | INTEGER


@irdl_op_definition
class PowerOp(BinaryOp):
    """lhs to the power rhs."""

    name = "stablehlo.power"

    ELEMENTS: ClassVar[Kind] = INTEGER | FLOAT | COMPLEX | QUANTIZED


@irdl_op_definition
class RemainderOp(BinaryOp):
    """Remainder of the division, with the sign of lhs."""

    name = "stablehlo.remainder"

    ELEMENTS: ClassVar[Kind] = INTEGER | FLOAT | COMPLEX | QUANTIZED


@irdl_op_definition
class ShiftLeftOp(BinaryOp):
    """lhs shifted left by rhs bits."""

    name = "stablehlo.shift_left"

    ELEMENTS: ClassVar[Kind] = INTEGER


@irdl_op_definition
class ShiftRightArithmeticOp(BinaryOp):
    """lhs shifted right by rhs bits, keeping its sign."""

    name = "stablehlo.shift_right_arithmetic"

    ELEMENTS: ClassVar[Kind] = INTEGER


@irdl_op_definition
class ShiftRightLogicalOp(BinaryOp):
    """lhs shifted right by rhs bits, filled with zeros."""

    name = "stablehlo.shift_right_logical"

    ELEMENTS: ClassVar[Kind] = INTEGER


@irdl_op_definition
class SubtractOp(BinaryOp):
    """Difference."""

    name = "stablehlo.subtract"

    ELEMENTS: ClassVar[Kind] = INTEGER | FLOAT | COMPLEX | QUANTIZED


@irdl_op_definition
class XorOp(BinaryOp):
    """Bitwise exclusive or."""

    name = "stablehlo.xor"

    ELEMENTS: ClassVar[Kind] = BOOLEAN | INTEGER
