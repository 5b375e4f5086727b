"""Elementwise ops of two operands: `%r = stablehlo.add %x, %y : tensor<4xf32>`."""

from __future__ import annotations

from xdsl.irdl import irdl_op_definition

from eggshard.dialects.stablehlo.base import BinaryOp


@irdl_op_definition
class AddOp(BinaryOp):
    """Sum; logical or of booleans."""

    name = "stablehlo.add"


@irdl_op_definition
class AndOp(BinaryOp):
    """Bitwise and; logical and of booleans."""

    name = "stablehlo.and"


@irdl_op_definition
class Atan2Op(BinaryOp):
    """The angle of the point (rhs, lhs)."""

    name = "stablehlo.atan2"


@irdl_op_definition
class ComplexOp(BinaryOp):
    """The complex numbers with real part lhs and imaginary part rhs."""

    name = "stablehlo.complex"


@irdl_op_definition
class DivideOp(BinaryOp):
    """Quotient, rounded towards zero for integers."""

    name = "stablehlo.divide"


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


@irdl_op_definition
class PowerOp(BinaryOp):
    """lhs to the power rhs."""

    name = "stablehlo.power"


@irdl_op_definition
class RemainderOp(BinaryOp):
    """Remainder of the division, with the sign of lhs."""

    name = "stablehlo.remainder"


@irdl_op_definition
class ShiftLeftOp(BinaryOp):
    """lhs shifted left by rhs bits."""

    name = "stablehlo.shift_left"


@irdl_op_definition
class ShiftRightArithmeticOp(BinaryOp):
    """lhs shifted right by rhs bits, keeping its sign."""

    name = "stablehlo.shift_right_arithmetic"


@irdl_op_definition
class ShiftRightLogicalOp(BinaryOp):
    """lhs shifted right by rhs bits, filled with zeros."""

    name = "stablehlo.shift_right_logical"


@irdl_op_definition
class SubtractOp(BinaryOp):
    """Difference."""

    name = "stablehlo.subtract"


@irdl_op_definition
class XorOp(BinaryOp):
    """Bitwise exclusive or."""

    name = "stablehlo.xor"
