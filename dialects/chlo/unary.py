"""Elementwise ops of one operand: `%r = chlo.erf %x : tensor<4xf32> -> tensor<4xf32>`."""

from __future__ import annotations

from abc import ABC
from typing import ClassVar

from xdsl.dialects.builtin import i1
from xdsl.irdl import irdl_op_definition

from eggshard.dialects.chlo.syntax import ARROW
from eggshard.dialects.stablehlo.base import UnaryOp, check_elements
from eggshard.dialects.stablehlo.checks import check_element, check_shape, shape_of
from eggshard.dialects.stablehlo.kinds import COMPLEX, FLOAT, Kind
from eggshard.dialects.stablehlo.syntax import Signature


class ComplexFunctionOp(UnaryOp, ABC):
    """A function of real or complex numbers."""

    ELEMENTS: ClassVar[Kind] = FLOAT | COMPLEX
    SIGNATURE: ClassVar[Signature] = ARROW


class RealFunctionOp(UnaryOp, ABC):
    """A function of real numbers."""

    ELEMENTS: ClassVar[Kind] = FLOAT
    SIGNATURE: ClassVar[Signature] = ARROW


class PredicateOp(RealFunctionOp, ABC):
    """Whether something holds of a real number."""

    def verify_(self) -> None:
        check_elements(self, self.ELEMENTS)
        check_element("result", self.result, i1, "a predicate's")
        check_shape("result", shape_of(self.result), shape_of(self.operand), "like operand")


@irdl_op_definition
class AcosOp(ComplexFunctionOp):
    """The angle whose cosine is x."""

    name = "chlo.acos"


@irdl_op_definition
class AcoshOp(ComplexFunctionOp):
    """The number whose hyperbolic cosine is x."""

    name = "chlo.acosh"


@irdl_op_definition
class AsinAcosKernelOp(ComplexFunctionOp):
    """What asin and acos of a complex number have in common, for the rewriting of both."""

    name = "chlo._asin_acos_kernel"

    ELEMENTS: ClassVar[Kind] = COMPLEX


@irdl_op_definition
class AsinOp(ComplexFunctionOp):
    """The angle whose sine is x."""

    name = "chlo.asin"


@irdl_op_definition
class AsinhOp(ComplexFunctionOp):
    """The number whose hyperbolic sine is x."""

    name = "chlo.asinh"


@irdl_op_definition
class AtanOp(ComplexFunctionOp):
    """The angle whose tangent is x."""

    name = "chlo.atan"


@irdl_op_definition
class AtanhOp(ComplexFunctionOp):
    """The number whose hyperbolic tangent is x."""

    name = "chlo.atanh"


@irdl_op_definition
class BesselI1eOp(ComplexFunctionOp):
    """The modified Bessel function of order 1, times e to the power -|x|."""

    name = "chlo.bessel_i1e"


@irdl_op_definition
class ConjOp(ComplexFunctionOp):
    """The complex conjugate."""

    name = "chlo.conj"


@irdl_op_definition
class CoshOp(ComplexFunctionOp):
    """The hyperbolic cosine."""

    name = "chlo.cosh"


@irdl_op_definition
class DigammaOp(RealFunctionOp):
    """The derivative of lgamma."""

    name = "chlo.digamma"


@irdl_op_definition
class ErfOp(RealFunctionOp):
    """The error function."""

    name = "chlo.erf"


@irdl_op_definition
class ErfInvOp(RealFunctionOp):
    """The inverse of erf."""

    name = "chlo.erf_inv"


@irdl_op_definition
class ErfcOp(RealFunctionOp):
    """1 - erf(x), exact for large x."""

    name = "chlo.erfc"


@irdl_op_definition
class LgammaOp(RealFunctionOp):
    """The logarithm of the absolute value of the gamma function."""

    name = "chlo.lgamma"


@irdl_op_definition
class SinhOp(ComplexFunctionOp):
    """The hyperbolic sine."""

    name = "chlo.sinh"


@irdl_op_definition
class SquareOp(ComplexFunctionOp):
    """x times x."""

    name = "chlo.square"


@irdl_op_definition
class TanOp(ComplexFunctionOp):
    """The tangent."""

    name = "chlo.tan"


@irdl_op_definition
class IsInfOp(PredicateOp):
    """Whether x is infinite."""

    name = "chlo.is_inf"


@irdl_op_definition
class IsNegInfOp(PredicateOp):
    """Whether x is the negative infinity."""

    name = "chlo.is_neg_inf"


@irdl_op_definition
class IsPosInfOp(PredicateOp):
    """Whether x is the positive infinity."""

    name = "chlo.is_pos_inf"
