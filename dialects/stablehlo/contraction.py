"""Matrix products and their generalisations."""

from __future__ import annotations

from xdsl.irdl import IRDLOperation, irdl_op_definition, operand_def, opt_prop_def, prop_def, result_def, traits_def
from xdsl.traits import Pure

from eggshard.dialects.stablehlo.base import ARRAY, STRING, TENSOR
from eggshard.dialects.stablehlo.structures import DotAlgorithmAttr, DotDimensionNumbersAttr


@irdl_op_definition
class DotGeneralOp(IRDLOperation):
    """
    Sums products over the contracting dimensions, for each index of the batching dimensions.

    `%r = stablehlo.dot_general %x, %y, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<8x2x3xf32>, tensor<8x3x4xf32>) -> tensor<8x2x4xf32>`
    """

    name = "stablehlo.dot_general"

    lhs = operand_def(TENSOR)
    rhs = operand_def(TENSOR)
    dot_dimension_numbers = prop_def(DotDimensionNumbersAttr)
    precision_config = opt_prop_def(ARRAY)
    algorithm = opt_prop_def(DotAlgorithmAttr)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class DotOp(IRDLOperation):
    """
    The product of vectors and matrices: contracts the last dimension of lhs with the first of rhs.

    `%r = stablehlo.dot %x, %y : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>`
    """

    name = "stablehlo.dot"

    lhs = operand_def(TENSOR)
    rhs = operand_def(TENSOR)
    precision_config = opt_prop_def(ARRAY)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class EinsumOp(IRDLOperation):
    """
    A product of two tensors in Einstein notation.

    `%r = stablehlo.einsum %x, %y, config = "ij,jk->ik" : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>`
    """

    name = "stablehlo.einsum"

    lhs = operand_def(TENSOR)
    rhs = operand_def(TENSOR)
    einsum_config = prop_def(STRING)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class UnaryEinsumOp(IRDLOperation):
    """
    A sum or permutation of one tensor in Einstein notation.

    `%r = stablehlo.unary_einsum %x, config = "ij->i" : (tensor<2x3xf32>) -> tensor<2xf32>`
    """

    name = "stablehlo.unary_einsum"

    operand = operand_def(TENSOR)
    einsum_config = prop_def(STRING)
    result = result_def(TENSOR)

    traits = traits_def(Pure())
