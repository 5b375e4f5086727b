"""What every op family shares: operand and property constraints, and the base classes of elementwise ops."""

from __future__ import annotations

from abc import ABC
from typing import Any

from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    FloatAttr,
    IntegerAttr,
    StringAttr,
    TensorType,
)
from xdsl.irdl import BaseAttr, IRDLOperation, operand_def, opt_prop_def, result_def, traits_def
from xdsl.traits import Pure

from eggshard.dialects.stablehlo.structures import ResultAccuracyAttr

# Constraints look at the class only (one isinstance): what lies deeper is the business of each op's verifier, which
# can say what it found in the words of the op.
TENSOR: BaseAttr[TensorType[Any]] = BaseAttr(TensorType)
INTEGER: BaseAttr[IntegerAttr[Any]] = BaseAttr(IntegerAttr)
FLOAT: BaseAttr[FloatAttr[Any]] = BaseAttr(FloatAttr)
INTEGERS: BaseAttr[DenseArrayBase[Any]] = BaseAttr(DenseArrayBase)
ARRAY: BaseAttr[ArrayAttr[Any]] = BaseAttr(ArrayAttr)
STRING: BaseAttr[StringAttr] = BaseAttr(StringAttr)


class UnaryOp(IRDLOperation, ABC):
    """Applies a function of one element to each element of a tensor."""

    operand = operand_def(TENSOR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


class AccurateUnaryOp(UnaryOp, ABC):
    """A unary op whose precision the program may ask for."""

    result_accuracy = opt_prop_def(ResultAccuracyAttr)


class BinaryOp(IRDLOperation, ABC):
    """Applies a function of two elements to the elements of two tensors of one shape."""

    lhs = operand_def(TENSOR)
    rhs = operand_def(TENSOR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())
