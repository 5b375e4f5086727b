"""
Elementwise ops whose operands are broadcast: `%r = chlo.broadcast_add %x, %y : (tensor<2x3xf32>, tensor<3xf32>) -> ..`.

`broadcast_dimensions` says which dimensions of the result the dimensions of the operand of lower rank are; without it
they are the last ones. A dimension of size 1 is repeated.
"""

from __future__ import annotations

from abc import ABC
from typing import ClassVar

from xdsl.dialects.builtin import ComplexType, Float32Type, Float64Type, i1
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import irdl_op_definition, operand_def, opt_prop_def, prop_def, result_def, traits_def
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.chlo.attributes import ComparisonDirectionAttr, ComparisonTypeAttr
from eggshard.dialects.chlo.broadcast_shape import broadcast, check_broadcast_dimensions
from eggshard.dialects.stablehlo.base import INTS_ATTR, TENSOR, check_elements
from eggshard.dialects.stablehlo.checks import check_element, check_shape, element_of, integers, shape_of
from eggshard.dialects.stablehlo.kinds import ANY, BOOLEAN, FLOAT, INTEGER, Kind, TensorOf
from eggshard.dialects.stablehlo.syntax import PrettyOp


class BroadcastBinaryOp(PrettyOp, ABC):
    """A function of two elements, on tensors that are broadcast to one shape."""

    ELEMENTS: ClassVar[Kind] = ANY
    """The kinds of elements the function is defined for."""

    lhs = operand_def(TENSOR)
    rhs = operand_def(TENSOR)
    broadcast_dimensions = opt_prop_def(INTS_ATTR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def result_element(self) -> Attribute:
        """The type of the result's elements."""
        return element_of(self.lhs)

    def verify_(self) -> None:
        check_elements(self, self.ELEMENTS)
        check_element("rhs", self.rhs, element_of(self.lhs), "lhs")
        check_element("result", self.result, self.result_element(), "what the function gives")
        dims = None if self.broadcast_dimensions is None else integers(self.broadcast_dimensions)
        lhs, rhs = shape_of(self.lhs), shape_of(self.rhs)
        if dims is not None:
            check_broadcast_dimensions(lhs, rhs, dims)
        check_shape("result", shape_of(self.result), broadcast([lhs, rhs], dims), "that of the operands broadcast")


class BroadcastLogicalOp(BroadcastBinaryOp, ABC):
    """A function of bits."""

    ELEMENTS: ClassVar[Kind] = BOOLEAN | INTEGER


@irdl_op_definition
class BroadcastAddOp(BroadcastBinaryOp):
    """Sum."""

    name = "chlo.broadcast_add"


@irdl_op_definition
class BroadcastAtan2Op(BroadcastBinaryOp):
    """The angle of the point (rhs, lhs)."""

    name = "chlo.broadcast_atan2"


@irdl_op_definition
class BroadcastDivideOp(BroadcastBinaryOp):
    """Quotient."""

    name = "chlo.broadcast_divide"


@irdl_op_definition
class BroadcastMaximumOp(BroadcastBinaryOp):
    """The greater."""

    name = "chlo.broadcast_maximum"


@irdl_op_definition
class BroadcastMinimumOp(BroadcastBinaryOp):
    """The lesser."""

    name = "chlo.broadcast_minimum"


@irdl_op_definition
class BroadcastMultiplyOp(BroadcastBinaryOp):
    """Product."""

    name = "chlo.broadcast_multiply"


@irdl_op_definition
class BroadcastNextAfterOp(BroadcastBinaryOp):
    """The next number after lhs that can be represented, towards rhs."""

    name = "chlo.broadcast_next_after"


@irdl_op_definition
class BroadcastPolygammaOp(BroadcastBinaryOp):
    """The derivative of order lhs of digamma, at rhs."""

    name = "chlo.broadcast_polygamma"


@irdl_op_definition
class BroadcastPowerOp(BroadcastBinaryOp):
    """lhs to the power rhs."""

    name = "chlo.broadcast_power"


@irdl_op_definition
class BroadcastRemainderOp(BroadcastBinaryOp):
    """What the division leaves."""

    name = "chlo.broadcast_remainder"


@irdl_op_definition
class BroadcastShiftLeftOp(BroadcastBinaryOp):
    """lhs shifted left by rhs bits."""

    name = "chlo.broadcast_shift_left"


@irdl_op_definition
class BroadcastShiftRightArithmeticOp(BroadcastBinaryOp):
    """lhs shifted right by rhs bits, the sign kept."""

    name = "chlo.broadcast_shift_right_arithmetic"


@irdl_op_definition
class BroadcastShiftRightLogicalOp(BroadcastBinaryOp):
    """lhs shifted right by rhs bits, zeros coming in."""

    name = "chlo.broadcast_shift_right_logical"


@irdl_op_definition
class BroadcastSubtractOp(BroadcastBinaryOp):
    """Difference."""

    name = "chlo.broadcast_subtract"


@irdl_op_definition
class BroadcastZetaOp(BroadcastBinaryOp):
    """The Hurwitz zeta function."""

    name = "chlo.broadcast_zeta"

    ELEMENTS: ClassVar[Kind] = FLOAT


@irdl_op_definition
class BroadcastAndOp(BroadcastLogicalOp):
    """Bitwise and."""

    name = "chlo.broadcast_and"


@irdl_op_definition
class BroadcastOrOp(BroadcastLogicalOp):
    """Bitwise or."""

    name = "chlo.broadcast_or"


@irdl_op_definition
class BroadcastXorOp(BroadcastLogicalOp):
    """Bitwise exclusive or."""

    name = "chlo.broadcast_xor"


@irdl_op_definition
class BroadcastComplexOp(BroadcastBinaryOp):
    """The complex number with real part lhs and imaginary part rhs."""

    name = "chlo.broadcast_complex"

    ELEMENTS: ClassVar[Kind] = FLOAT

    def result_element(self) -> Attribute:
        element = element_of(self.lhs)
        if not isinstance(element, Float32Type | Float64Type):
            raise VerifyException(f"lhs has elements of type {element}, must be f32 or f64")
        return ComplexType(element)


@irdl_op_definition
class BroadcastCompareOp(BroadcastBinaryOp):
    """Whether lhs and rhs are in the relation `comparison_direction`; `compare_type` says by which order."""

    name = "chlo.broadcast_compare"

    comparison_direction = prop_def(ComparisonDirectionAttr)
    compare_type = opt_prop_def(ComparisonTypeAttr)

    def result_element(self) -> Attribute:
        return i1


@irdl_op_definition
class BroadcastSelectOp(PrettyOp):
    """
    `on_true` where `pred` holds, `on_false` elsewhere.

    `%r = chlo.broadcast_select %p, %x, %y : (tensor<i1>, tensor<4xf32>, tensor<f32>) -> tensor<4xf32>`
    """

    name = "chlo.broadcast_select"

    pred = operand_def(TensorOf(BOOLEAN))
    on_true = operand_def(TENSOR)
    on_false = operand_def(TENSOR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        check_element("on_false", self.on_false, element_of(self.on_true), "on_true")
        check_element("result", self.result, element_of(self.on_true), "on_true")
        operands: tuple[SSAValue, ...] = (self.pred, self.on_true, self.on_false)
        shape = broadcast([shape_of(operand) for operand in operands])
        check_shape("result", shape_of(self.result), shape, "that of the operands broadcast")
