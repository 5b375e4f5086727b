"""Factorizations, solvers and Fourier transforms."""

from __future__ import annotations

from xdsl.irdl import IRDLOperation, irdl_op_definition, operand_def, opt_prop_def, prop_def, result_def, traits_def
from xdsl.traits import Pure

from eggshard.dialects.stablehlo.attributes import FftTypeAttr, TransposeAttr
from eggshard.dialects.stablehlo.base import INTEGER, INTEGERS, TENSOR


@irdl_op_definition
class CholeskyOp(IRDLOperation):
    """
    The Cholesky factor of each matrix of a batch.

    `%l = stablehlo.cholesky %a, lower = true : tensor<3x3xf32>`
    """

    name = "stablehlo.cholesky"

    a = operand_def(TENSOR)
    lower = opt_prop_def(INTEGER)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class TriangularSolveOp(IRDLOperation):
    """Solves op(a) x = b, or x op(a) = b, for triangular a."""

    name = "stablehlo.triangular_solve"

    a = operand_def(TENSOR)
    b = operand_def(TENSOR)
    left_side = prop_def(INTEGER)
    lower = prop_def(INTEGER)
    unit_diagonal = prop_def(INTEGER)
    transpose_a = prop_def(TransposeAttr)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class FftOp(IRDLOperation):
    """
    The Fourier transform of the last dimensions.

    `%r = stablehlo.fft %x, type = FFT, length = [8] : (tensor<8xcomplex<f32>>) -> tensor<8xcomplex<f32>>`
    """

    name = "stablehlo.fft"

    operand = operand_def(TENSOR)
    fft_type = prop_def(FftTypeAttr)
    fft_length = prop_def(INTEGERS)
    result = result_def(TENSOR)

    traits = traits_def(Pure())
