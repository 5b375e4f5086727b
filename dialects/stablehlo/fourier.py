"""Fourier transforms."""

from __future__ import annotations

from typing import ClassVar

from xdsl.dialects.builtin import ComplexType
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def, traits_def
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.attributes import FftTypeAttr
from eggshard.dialects.stablehlo.base import INTS_ATTR
from eggshard.dialects.stablehlo.checks import check_shape, element_of, integers, shape_of
from eggshard.dialects.stablehlo.kinds import COMPLEX, FLOAT, Kind, TensorOf, kind_of, names
from eggshard.dialects.stablehlo.syntax import DIMS, Key, PrettyOp, enum_codec


@irdl_op_definition
class FftOp(PrettyOp):
    """
    The Fourier transform of the last dimensions, which have the sizes fft_length where they are not halved.

    `%r = stablehlo.fft %x, type = FFT, length = [8] : (tensor<8xcomplex<f32>>) -> tensor<8xcomplex<f32>>`
    """

    name = "stablehlo.fft"

    KEYS: ClassVar[tuple[Key, ...]] = (
        Key("type", "fft_type", enum_codec(FftTypeAttr)),
        Key("length", "fft_length", DIMS),
    )

    operand = operand_def(TensorOf(FLOAT | COMPLEX))
    fft_type = prop_def(FftTypeAttr)
    fft_length = prop_def(INTS_ATTR)
    result = result_def(TensorOf(FLOAT | COMPLEX))

    traits = traits_def(Pure())

    def verify_(self) -> None:
        shape, lengths, kind = shape_of(self.operand), integers(self.fft_length), self.fft_type.data
        if not 1 <= len(lengths) <= min(3, len(shape)):
            raise VerifyException(f"fft_length has {len(lengths)} values, must have 1 to {min(3, len(shape))}")
        real_input, real_output = kind == "RFFT", kind == "IRFFT"
        self.check_kinds(FLOAT if real_input else COMPLEX, FLOAT if real_output else COMPLEX)
        # Half of the spectrum of real numbers follows from the other half, and is left out.
        half = (*lengths[:-1], lengths[-1] // 2 + 1 if lengths[-1] else 0)
        check_shape(
            "operand", shape, (*shape[: -len(lengths)], *(half if real_output else lengths)), "as fft_length says"
        )
        result = (*shape[: -len(lengths)], *(half if real_input else lengths))
        check_shape("result", shape_of(self.result), result, "as fft_length says")

    def check_kinds(self, operand: Kind, result: Kind) -> None:
        """Operand and result are real or complex as the transform needs, with parts of one width."""
        parts = []
        for what, value, kind in (("operand", self.operand, operand), ("result", self.result, result)):
            element = element_of(value)
            if kind_of(element) is not kind:
                raise VerifyException(
                    f"{what} has elements of type {element}, must be {names(kind)} for this transform"
                )
            parts.append(element.element_type if isinstance(element, ComplexType) else element)
        if parts[0] != parts[1]:
            raise VerifyException(f"result has parts of type {parts[1]}, must be {parts[0]} like operand")
