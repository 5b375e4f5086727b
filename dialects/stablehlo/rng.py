"""Random numbers."""

from __future__ import annotations

from typing import ClassVar

from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def, traits_def
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.attributes import RngAlgorithmAttr, RngDistributionAttr
from eggshard.dialects.stablehlo.base import SHAPE
from eggshard.dialects.stablehlo.checks import (
    bit_width,
    check_rank,
    check_same_type,
    check_scalar,
    check_shape_operand,
    element_of,
    shape_of,
)
from eggshard.dialects.stablehlo.kinds import BOOLEAN, FLOAT, INTEGER, TensorOf, kind_of
from eggshard.dialects.stablehlo.syntax import Key, PrettyOp, enum_codec


@irdl_op_definition
class RngOp(PrettyOp):
    """
    Random numbers from the state of the backend; two equal ops give different numbers.

    `%r = stablehlo.rng %a, %b, %s, distribution = UNIFORM : (tensor<f32>, tensor<f32>, tensor<1xi64>) -> tensor<4xf32>`
    """

    name = "stablehlo.rng"

    KEYS: ClassVar[tuple[Key, ...]] = (Key("distribution", "rng_distribution", enum_codec(RngDistributionAttr)),)

    a = operand_def(TensorOf(BOOLEAN | INTEGER | FLOAT))
    b = operand_def(TensorOf(BOOLEAN | INTEGER | FLOAT))
    shape = operand_def(SHAPE)
    rng_distribution = prop_def(RngDistributionAttr)
    result = result_def(TensorOf(BOOLEAN | INTEGER | FLOAT))

    def verify_(self) -> None:
        element = element_of(self.result)
        check_scalar("a", self.a, element, "result")
        check_scalar("b", self.b, element, "result")
        check_shape_operand("shape", self.shape, len(shape_of(self.result)), "result")
        if self.rng_distribution.data == "NORMAL" and kind_of(element) is not FLOAT:
            raise VerifyException(f"result has elements of type {element}, must be floats for a NORMAL distribution")


STATE_WORDS = {"DEFAULT": (), "THREE_FRY": (2,), "PHILOX": (2, 3)}
"""How many 64-bit words an algorithm's state may have; any number if none is given."""


@irdl_op_definition
class RngBitGeneratorOp(PrettyOp):
    """
    Random bits that follow from a state, and the state after them.

    `%s1, %r = stablehlo.rng_bit_generator %s0, algorithm = THREE_FRY
    : (tensor<2xui64>) -> (tensor<2xui64>, tensor<4xui32>)`
    """

    name = "stablehlo.rng_bit_generator"

    KEYS: ClassVar[tuple[Key, ...]] = (Key("algorithm", "rng_algorithm", enum_codec(RngAlgorithmAttr)),)

    initial_state = operand_def(TensorOf(INTEGER | FLOAT))
    rng_algorithm = prop_def(RngAlgorithmAttr)
    output_state = result_def(TensorOf(INTEGER | FLOAT))
    output = result_def(TensorOf(INTEGER | FLOAT))

    traits = traits_def(Pure())

    def verify_(self) -> None:
        check_rank("initial_state", self.initial_state, 1)
        check_same_type("output_state", self.output_state, self.initial_state, "initial_state")
        words, size = STATE_WORDS[self.rng_algorithm.data], shape_of(self.initial_state)[0]
        if (
            words
            and size >= 0
            and size * bit_width(element_of(self.initial_state)) not in {64 * word for word in words}
        ):
            raise VerifyException(
                f"initial_state has {size} elements of type {element_of(self.initial_state)}, must have "
                f"{' or '.join(map(str, words))} words of 64 bits for {self.rng_algorithm.data}"
            )
