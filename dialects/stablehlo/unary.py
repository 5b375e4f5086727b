"""Elementwise ops of one operand: `%r = stablehlo.abs %x : tensor<4xf32>`."""

from __future__ import annotations

from abc import ABC
from typing import ClassVar

from xdsl.dialects.builtin import ComplexType
from xdsl.irdl import irdl_op_definition

from eggshard.dialects.stablehlo.base import AccurateUnaryOp, UnaryOp, check_elements
from eggshard.dialects.stablehlo.checks import check_element, check_shape, element_of, shape_of
from eggshard.dialects.stablehlo.kinds import BOOLEAN, COMPLEX, FLOAT, INTEGER, QUANTIZED, SIGNED, Kind


class PartOp(UnaryOp, ABC):
    """A unary op that gives a real number for a complex one."""

    def verify_(self) -> None:
        check_elements(self, self.ELEMENTS)
        element = element_of(self.operand)
        real = element.element_type if isinstance(element, ComplexType) else element
        check_element("result", self.result, real, "the real part of operand")
        check_shape("result", shape_of(self.result), shape_of(self.operand), "like operand")


@irdl_op_definition
class AbsOp(PartOp):
    """|x|; the magnitude of a complex number."""

    name = "stablehlo.abs"

    ELEMENTS: ClassVar[Kind] = SIGNED | FLOAT | COMPLEX | QUANTIZED


@irdl_op_definition
class CbrtOp(AccurateUnaryOp):
    """The cube root."""

    name = "stablehlo.cbrt"


@irdl_op_definition
class CeilOp(UnaryOp):
    """The least integer that is not less."""

    name = "stablehlo.ceil"

    ELEMENTS: ClassVar[Kind] = FLOAT | QUANTIZED


@irdl_op_definition
class CosineOp(AccurateUnaryOp):
    """The cosine."""

    name = "stablehlo.cosine"


@irdl_op_definition
class CountLeadingZerosOp(UnaryOp):
    """The number of zero bits above the highest one."""

    name = "stablehlo.count_leading_zeros"

    ELEMENTS: ClassVar[Kind] = INTEGER


@irdl_op_definition
class ExponentialOp(AccurateUnaryOp):
    """e to the power x."""

    name = "stablehlo.exponential"


@irdl_op_definition
class ExponentialMinusOneOp(AccurateUnaryOp):
    """e to the power x, less 1, exact near 0."""

    name = "stablehlo.exponential_minus_one"


@irdl_op_definition
class FloorOp(UnaryOp):
    """The greatest integer that is not greater."""

    name = "stablehlo.floor"

    ELEMENTS: ClassVar[Kind] = FLOAT | QUANTIZED


@irdl_op_definition
class ImagOp(PartOp):
    """The imaginary part; 0 for a real number."""

    name = "stablehlo.imag"

    ELEMENTS: ClassVar[Kind] = FLOAT | COMPLEX


@irdl_op_definition
class LogOp(AccurateUnaryOp):
    """The natural logarithm."""

    name = "stablehlo.log"


@irdl_op_definition
class LogPlusOneOp(AccurateUnaryOp):
    """The natural logarithm of 1 + x, exact near 0."""

    name = "stablehlo.log_plus_one"


@irdl_op_definition
class LogisticOp(AccurateUnaryOp):
    """1 / (1 + e to the power -x)."""

    name = "stablehlo.logistic"


@irdl_op_definition
class NegateOp(UnaryOp):
    """-x, modulo the width of an integer."""

    name = "stablehlo.negate"

    ELEMENTS: ClassVar[Kind] = INTEGER | FLOAT | COMPLEX | QUANTIZED


@irdl_op_definition
class NotOp(UnaryOp):
    """Each bit inverted; logical not of booleans."""

    name = "stablehlo.not"

    ELEMENTS: ClassVar[Kind] = BOOLEAN | INTEGER


@irdl_op_definition
class PopcntOp(UnaryOp):
    """The number of one bits."""

    name = "stablehlo.popcnt"

    ELEMENTS: ClassVar[Kind] = INTEGER


@irdl_op_definition
class RealOp(PartOp):
    """The real part."""

    name = "stablehlo.real"

    ELEMENTS: ClassVar[Kind] = FLOAT | COMPLEX


@irdl_op_definition
class RoundNearestAfzOp(UnaryOp):
    """The nearest integer, halves away from zero."""

    name = "stablehlo.round_nearest_afz"

    ELEMENTS: ClassVar[Kind] = FLOAT | QUANTIZED


@irdl_op_definition
class RoundNearestEvenOp(UnaryOp):
    """The nearest integer, halves to the even one."""

    name = "stablehlo.round_nearest_even"

    ELEMENTS: ClassVar[Kind] = FLOAT | QUANTIZED


@irdl_op_definition
class RsqrtOp(AccurateUnaryOp):
    """1 / sqrt(x)."""

    name = "stablehlo.rsqrt"


@irdl_op_definition
class SignOp(UnaryOp):
    """-1, 0 or 1; x / |x| of a complex number."""

    name = "stablehlo.sign"

    ELEMENTS: ClassVar[Kind] = SIGNED | FLOAT | COMPLEX | QUANTIZED


@irdl_op_definition
class SineOp(AccurateUnaryOp):
    """The sine."""

    name = "stablehlo.sine"


@irdl_op_definition
class SqrtOp(AccurateUnaryOp):
    """The square root."""

    name = "stablehlo.sqrt"


@irdl_op_definition
class TanOp(AccurateUnaryOp):
    """The tangent."""

    name = "stablehlo.tan"


@irdl_op_definition
class TanhOp(AccurateUnaryOp):
    """The hyperbolic tangent."""

    name = "stablehlo.tanh"
