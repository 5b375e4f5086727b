"""What every op family shares: operand and property constraints, and the base classes of elementwise ops."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from typing import Any, ClassVar

from xdsl.dialects.builtin import ArrayAttr, DenseArrayBase, FloatAttr, IntegerAttr, StringAttr
from xdsl.ir import Attribute
from xdsl.irdl import BaseAttr, operand_def, opt_prop_def, result_def, traits_def
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.checks import check_same_type, element_of
from eggshard.dialects.stablehlo.kinds import ANY, Kind, TensorOf, kind_of, names
from eggshard.dialects.stablehlo.structures import ResultAccuracy, ResultAccuracyAttr
from eggshard.dialects.stablehlo.syntax import SAME, PrettyOp, Signature

# Constraints on properties look at the class only (one isinstance): what lies deeper is the business of each op's
# verifier, which can say what it found in the words of the op.
TENSOR = TensorOf(ANY)
SHAPE = TensorOf(Kind.SIGNED | Kind.UNSIGNED | Kind.INDEX)
INT_ATTR: BaseAttr[IntegerAttr[Any]] = BaseAttr(IntegerAttr)
FLOAT_ATTR: BaseAttr[FloatAttr[Any]] = BaseAttr(FloatAttr)
INTS_ATTR: BaseAttr[DenseArrayBase[Any]] = BaseAttr(DenseArrayBase)
ARRAY_ATTR: BaseAttr[ArrayAttr[Any]] = BaseAttr(ArrayAttr)
STRING_ATTR: BaseAttr[StringAttr] = BaseAttr(StringAttr)


def check_elements(op: PrettyOp, kinds: Kind) -> None:
    """The first operand has elements of one of `kinds`."""
    if kind_of(element := element_of(op.operands[0])) not in kinds:
        raise VerifyException(f"operand has elements of type {element}, must be {names(kinds)}")


class UnaryOp(PrettyOp, ABC):
    """Applies a function of one element to each element of a tensor."""

    ELEMENTS: ClassVar[Kind] = ANY
    """The kinds of elements the function is defined for."""
    SIGNATURE: ClassVar[Signature] = SAME

    operand = operand_def(TENSOR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        check_elements(self, self.ELEMENTS)
        check_same_type("result", self.result, self.operand, "operand")


class AccurateUnaryOp(UnaryOp, ABC):
    """A unary op whose precision the program may ask for."""

    DEFAULTS: ClassVar[Mapping[str, Attribute]] = {"result_accuracy": ResultAccuracyAttr(ResultAccuracy())}
    ELEMENTS: ClassVar[Kind] = Kind.FLOAT | Kind.COMPLEX | Kind.QUANTIZED

    result_accuracy = opt_prop_def(ResultAccuracyAttr)


class BinaryOp(PrettyOp, ABC):
    """Applies a function of two elements to the elements of two tensors of one shape."""

    ELEMENTS: ClassVar[Kind] = ANY
    """The kinds of elements the function is defined for."""
    SIGNATURE: ClassVar[Signature] = SAME

    lhs = operand_def(TENSOR)
    rhs = operand_def(TENSOR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        check_elements(self, self.ELEMENTS)
        check_same_type("rhs", self.rhs, self.lhs, "lhs")
        check_same_type("result", self.result, self.lhs, "lhs")
