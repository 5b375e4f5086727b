"""
Floats as MLIR prints them: the shortest of three forms that reads back as the same bits.

`1.000000e+00` if six significant digits suffice; else as many digits as any number of the type needs, `3.14159274` or
`1.17549435E-38`; else, where those have no point, and for infinities and NaN, the bits, `0xFF800000`.
"""

from __future__ import annotations

import math

from xdsl.dialects.builtin import AnyFloat

from eggshard.dialects.stablehlo.float_formats import decode, encode, format_of

EXPONENT_DIGITS = 6
LONGEST_PADDING = 3
"""How many zeros may stand between the point and the digits before the long form takes an exponent."""


def decimal_digits(value: float, count: int) -> tuple[str, int]:
    """
    The first `count` significant digits of a positive number and the power of ten of the last one.

    Trailing zeros are dropped: (0.25, 6) gives ("25", -2). As in MLIR, digits far behind are cut off first, and only
    then are halves rounded up, so the last digit may be one too low.
    """
    numerator, denominator = value.as_integer_ratio()
    # denominator = 2 ** k, so numerator * 5 ** k / 10 ** k is the number exactly.
    power = 1 - denominator.bit_length()
    digits: int = numerator * 5**-power
    # 196/59 is a little more than the bits in a decimal digit.
    spare_bits = digits.bit_length() - (count * 196 + 58) // 59
    if spare_bits > 0:
        cut = spare_bits * 59 // 196
        digits //= 10**cut
        power += cut
    text = str(digits)
    if len(text) > count:
        power += len(text) - count
        kept, first_dropped = text[:count], text[count]
        text = str(int(kept) + 1) if first_dropped >= "5" else kept
    stripped = text.rstrip("0")
    return stripped, power + len(text) - len(stripped)


def short_form(value: float) -> str:
    """`1.500000e+00`: six significant digits, padded by a zero."""
    digits, power = decimal_digits(value, EXPONENT_DIGITS)
    exponent = power + len(digits) - 1
    return f"{digits[0]}.{digits[1:].ljust(EXPONENT_DIGITS, '0')}e{exponent:+03d}"


def long_form(value: float, precision: int) -> str:
    """The digits that tell any two numbers of `precision` bits apart, with an exponent if the number is far from 1."""
    count = 2 + precision * 59 // 196
    digits, power = decimal_digits(value, count)
    whole = power + len(digits)
    if power >= 0:
        scientific = power > LONGEST_PADDING or whole > count
    else:
        scientific = whole <= 0 and 1 - whole > LONGEST_PADDING
    if scientific:
        return f"{digits[0]}.{digits[1:] or '0'}E{whole - 1:+d}"
    if power >= 0:
        return digits + "0" * power
    if whole > 0:
        return f"{digits[:whole]}.{digits[whole:]}"
    return f"0.{'0' * -whole}{digits}"


def float_text(bits: int, type: AnyFloat) -> str:
    """The text of the number of float type `type` with these bits."""
    value = decode(type, bits)
    if not math.isfinite(value):
        return f"0x{bits:X}"
    sign, magnitude = ("-" if math.copysign(1.0, value) < 0 else ""), abs(value)
    if magnitude == 0:
        return f"{sign}0.000000e+00"
    short = sign + short_form(magnitude)
    if encode(type, float(short)) == bits:
        return short
    float_format = format_of(type)
    assert float_format is not None
    long = sign + long_form(magnitude, float_format.precision)
    return long if "." in long else f"0x{bits:X}"
