"""Elementwise ops of two operands: `%r = chlo.zeta %x, %q : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>`."""

from __future__ import annotations

from abc import ABC
from typing import ClassVar

from xdsl.irdl import irdl_op_definition, operand_def, result_def, traits_def
from xdsl.traits import Pure

from eggshard.dialects.chlo.syntax import ARROW
from eggshard.dialects.stablehlo.base import TENSOR, check_elements
from eggshard.dialects.stablehlo.checks import check_same_type
from eggshard.dialects.stablehlo.kinds import FLOAT, INTEGER, Kind
from eggshard.dialects.stablehlo.syntax import PrettyOp, Signature


class FunctionOfTwoOp(PrettyOp, ABC):
    """A function of two numbers of one type; each op names its operands as mathematics does."""

    ELEMENTS: ClassVar[Kind] = FLOAT
    """The kinds of elements the function is defined for."""
    SIGNATURE: ClassVar[Signature] = ARROW

    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        check_elements(self, self.ELEMENTS)
        first, second = self.operands
        check_same_type("second operand", second, first, "the first")
        check_same_type("result", self.result, first, "the operands")


@irdl_op_definition
class MulhiOp(FunctionOfTwoOp):
    """The upper half of the bits of the product."""

    name = "chlo.mulhi"

    ELEMENTS: ClassVar[Kind] = INTEGER

    lhs = operand_def(TENSOR)
    rhs = operand_def(TENSOR)


@irdl_op_definition
class NextAfterOp(FunctionOfTwoOp):
    """The next number after x that can be represented, towards y."""

    name = "chlo.next_after"

    x = operand_def(TENSOR)
    y = operand_def(TENSOR)


@irdl_op_definition
class PolygammaOp(FunctionOfTwoOp):
    """The derivative of order n of digamma, at x."""

    name = "chlo.polygamma"

    n = operand_def(TENSOR)
    x = operand_def(TENSOR)


@irdl_op_definition
class ZetaOp(FunctionOfTwoOp):
    """The Hurwitz zeta function: the sum of (q + k) to the power -x over k = 0, 1, 2, ..."""

    name = "chlo.zeta"

    x = operand_def(TENSOR)
    q = operand_def(TENSOR)
