"""Random numbers."""

from __future__ import annotations

from xdsl.irdl import IRDLOperation, irdl_op_definition, operand_def, prop_def, result_def, traits_def
from xdsl.traits import Pure

from eggshard.dialects.stablehlo.attributes import RngAlgorithmAttr, RngDistributionAttr
from eggshard.dialects.stablehlo.base import TENSOR


@irdl_op_definition
class RngOp(IRDLOperation):
    """
    Random numbers from the state of the backend; two equal ops give different numbers.

    `%r = stablehlo.rng %a, %b, %s, distribution = UNIFORM : (tensor<f32>, tensor<f32>, tensor<1xi64>) -> tensor<4xf32>`
    """

    name = "stablehlo.rng"

    a = operand_def(TENSOR)
    b = operand_def(TENSOR)
    shape = operand_def(TENSOR)
    rng_distribution = prop_def(RngDistributionAttr)
    result = result_def(TENSOR)


@irdl_op_definition
class RngBitGeneratorOp(IRDLOperation):
    """
    Random bits that follow from a state, and the state after them.

    `%s1, %r = stablehlo.rng_bit_generator %s0, algorithm = THREE_FRY : (tensor<2xui64>) -> (tensor<2xui64>, tensor<4xui32>)`
    """

    name = "stablehlo.rng_bit_generator"

    initial_state = operand_def(TENSOR)
    rng_algorithm = prop_def(RngAlgorithmAttr)
    output_state = result_def(TENSOR)
    output = result_def(TENSOR)

    traits = traits_def(Pure())
