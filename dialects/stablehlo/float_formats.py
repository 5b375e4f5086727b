"""The float types as bit patterns: exact conversion between bits and Python's double, for every width."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from enum import Enum

from xdsl.dialects.builtin import AnyFloat


class Specials(Enum):
    """Which bit patterns of a float type do not stand for finite numbers."""

    IEEE = "the largest exponent is infinity (mantissa 0) or NaN"
    NAN_ONLY = "all ones is NaN, there is no infinity"
    NEGATIVE_ZERO = "minus zero is NaN, there is no infinity and no other minus zero"
    FINITE = "none"


@dataclass(frozen=True)
class FloatFormat:
    """A sign (unless `unsigned`), `exponent` bits and `mantissa` bits; exponent field e of a normal means e - bias."""

    exponent: int
    mantissa: int
    bias: int
    specials: Specials = Specials.IEEE
    unsigned: bool = False

    @property
    def bits(self) -> int:
        return self.exponent + self.mantissa + (not self.unsigned)

    @property
    def precision(self) -> int:
        """Significant bits of a normal number."""
        return self.mantissa + 1

    @property
    def largest(self) -> int:
        """The bit pattern of the largest finite number."""
        last = (1 << (self.exponent + self.mantissa)) - 1
        if self.specials is Specials.IEEE:
            return last - (1 << self.mantissa)
        return last - (self.specials is Specials.NAN_ONLY)

    @property
    def sign_bit(self) -> int:
        return 0 if self.unsigned else 1 << (self.exponent + self.mantissa)

    @property
    def nan(self) -> int:
        """The bit pattern of a quiet NaN."""
        if self.specials is Specials.NEGATIVE_ZERO:
            return self.sign_bit
        if self.specials is Specials.IEEE:
            return self.largest + 1 + (1 << (self.mantissa - 1))
        return (1 << (self.exponent + self.mantissa)) - 1

    def decode(self, bits: int) -> float:
        """The number that a bit pattern stands for."""
        magnitude = bits & ~self.sign_bit
        if self.specials is Specials.NEGATIVE_ZERO and bits == self.sign_bit:
            return math.nan
        if magnitude > self.largest:
            return self._special(magnitude, bits != magnitude)
        field, fraction = magnitude >> self.mantissa, magnitude & ((1 << self.mantissa) - 1)
        if field or self.unsigned:
            fraction |= 1 << self.mantissa
        value = math.ldexp(fraction, (field if self.unsigned else max(field, 1)) - self.bias - self.mantissa)
        return -value if bits != magnitude else value

    def _special(self, magnitude: int, negative: bool) -> float:
        if self.specials is Specials.IEEE and magnitude == self.largest + 1:
            return -math.inf if negative else math.inf
        return math.nan

    def encode(self, value: float) -> int:
        """The bit pattern nearest to a number, ties to even; what is too large becomes infinity, NaN or the largest."""
        negative = math.copysign(1.0, value) < 0
        sign = self.sign_bit if negative else 0
        if math.isnan(value):
            return self.nan
        if math.isinf(value):
            return sign | self._overflow()
        if value == 0:
            # Minus zero is NaN where the format has no minus zero.
            return 0 if self.specials is Specials.NEGATIVE_ZERO else sign
        _, exponent = math.frexp(abs(value))
        # One unit in the last place of the result is 2 ** ulp.
        lowest = (0 if self.unsigned else 1) - self.bias - self.mantissa
        ulp = max(exponent - 1 - self.mantissa, lowest)
        # Exact but for the smallest doubles, which only f64 could tell apart, and f64 does not come here.
        significand = round(math.ldexp(abs(value), -ulp))
        magnitude = significand + ((ulp - lowest) << self.mantissa)
        if self.unsigned:
            magnitude -= 1 << self.mantissa
        if magnitude > self.largest:
            return sign | self._overflow() if self.specials is not Specials.NEGATIVE_ZERO else self.nan
        if magnitude == 0 and self.specials is Specials.NEGATIVE_ZERO:
            return 0
        return sign | max(magnitude, 0)

    def _overflow(self) -> int:
        match self.specials:
            case Specials.IEEE:
                return self.largest + 1
            case Specials.FINITE:
                return self.largest
            case _:
                return self.nan


FORMATS: dict[str, FloatFormat] = {
    "f64": FloatFormat(11, 52, 1023),
    "f32": FloatFormat(8, 23, 127),
    "tf32": FloatFormat(8, 10, 127),
    "bf16": FloatFormat(8, 7, 127),
    "f16": FloatFormat(5, 10, 15),
    "f8E5M2": FloatFormat(5, 2, 15),
    "f8E4M3": FloatFormat(4, 3, 7),
    "f8E3M4": FloatFormat(3, 4, 3),
    "f8E4M3FN": FloatFormat(4, 3, 7, Specials.NAN_ONLY),
    "f8E5M2FNUZ": FloatFormat(5, 2, 16, Specials.NEGATIVE_ZERO),
    "f8E4M3FNUZ": FloatFormat(4, 3, 8, Specials.NEGATIVE_ZERO),
    "f8E4M3B11FNUZ": FloatFormat(4, 3, 11, Specials.NEGATIVE_ZERO),
    "f8E8M0FNU": FloatFormat(8, 0, 127, Specials.NAN_ONLY, unsigned=True),
    "f6E2M3FN": FloatFormat(2, 3, 1, Specials.FINITE),
    "f6E3M2FN": FloatFormat(3, 2, 3, Specials.FINITE),
    "f4E2M1FN": FloatFormat(2, 1, 1, Specials.FINITE),
}


def format_of(type: AnyFloat) -> FloatFormat | None:
    """The format of a float type; None for f80 and f128, which no double can hold."""
    return FORMATS.get(type.name)


def encode(type: AnyFloat, value: float) -> int:
    """The bits of the number of float type `type` nearest to `value`."""
    if type.name == "f64":
        return int(struct.unpack("<Q", struct.pack("<d", value))[0])
    return FORMATS[type.name].encode(value)


def decode(type: AnyFloat, bits: int) -> float:
    """The number that `bits` stand for."""
    if type.name == "f64":
        return float(struct.unpack("<d", struct.pack("<Q", bits))[0])
    return FORMATS[type.name].decode(bits)
