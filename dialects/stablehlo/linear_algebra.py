"""Factorizations and solvers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from xdsl.dialects.builtin import BoolAttr
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import IRDLOperation, irdl_op_definition, operand_def, opt_prop_def, prop_def, result_def, traits_def
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.attributes import TransposeAttr
from eggshard.dialects.stablehlo.base import INT_ATTR
from eggshard.dialects.stablehlo.checks import (
    check_element,
    check_rank,
    check_same_type,
    check_shape,
    element_of,
    shape_of,
    sizes_match,
    text,
)
from eggshard.dialects.stablehlo.kinds import COMPLEX, FLOAT, TensorOf
from eggshard.dialects.stablehlo.syntax import BOOL, SAME, Key, PrettyOp, Signature

MATRICES = TensorOf(FLOAT | COMPLEX)


def check_square(what: str, value: SSAValue) -> None:
    """A batch of square matrices."""
    shape = shape_of(value)
    if len(shape) < 2 or not sizes_match(shape[-2], shape[-1]):
        raise VerifyException(f"{what} has shape {text(shape)}, must be square in its last two dimensions")


@irdl_op_definition
class CholeskyOp(PrettyOp):
    """
    The Cholesky factor of each matrix of a batch.

    `%l = stablehlo.cholesky %a, lower = true : tensor<3x3xf32>`
    """

    name = "stablehlo.cholesky"

    KEYS: ClassVar[tuple[Key, ...]] = (Key("lower", "lower", BOOL),)
    SIGNATURE: ClassVar[Signature] = SAME
    DEFAULTS: ClassVar[Mapping[str, Attribute]] = {"lower": BoolAttr.from_bool(False)}

    a = operand_def(MATRICES)
    lower = opt_prop_def(INT_ATTR)
    result = result_def(MATRICES)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        check_square("a", self.a)
        check_same_type("result", self.result, self.a, "a")


@irdl_op_definition
class TriangularSolveOp(IRDLOperation):
    """Solves op(a) x = b if left_side, else x op(a) = b, for triangular a; op is given by transpose_a."""

    name = "stablehlo.triangular_solve"

    a = operand_def(MATRICES)
    b = operand_def(MATRICES)
    left_side = prop_def(INT_ATTR)
    lower = prop_def(INT_ATTR)
    unit_diagonal = prop_def(INT_ATTR)
    transpose_a = prop_def(TransposeAttr)
    result = result_def(MATRICES)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        check_square("a", self.a)
        a, b = shape_of(self.a), shape_of(self.b)
        check_element("b", self.b, element_of(self.a), "a")
        check_rank("b", self.b, len(a), " like a")
        check_shape("b, in its batch dimensions,", b[:-2], a[:-2], "like a")
        side = -2 if self.left_side.value.data else -1
        if not sizes_match(b[side], a[-1]):
            raise VerifyException(f"b has size {b[side]} in dimension {len(b) + side}, must be {a[-1]} like a")
        if self.transpose_a.data == "TRANSPOSE_INVALID":
            raise VerifyException("transpose_a is TRANSPOSE_INVALID, must be NO_TRANSPOSE, TRANSPOSE or ADJOINT")
        check_same_type("result", self.result, self.b, "b")
