"""Elementwise ops on bits: logic, shifts, counts, conversions and reinterpretations."""

from __future__ import annotations

from typing import Any

import numpy as np

from eggshard.interpreter.call import Call, Kernel, Table
from eggshard.interpreter.elementwise import lift
from eggshard.interpreter.numerics import bit_width, convert, is_integer, narrow, widen
from eggshard.interpreter.values import Array


def shift(function: Any) -> Kernel:
    """A shift op from `function(x, amount, bits)`, which sees amounts only where 0 <= amount < bits."""

    def kernel(call: Call, x: Array, amount: Array) -> Array:
        bits = bit_width(x.dtype)
        wide, steps = widen(x), widen(amount)
        over = (steps < 0) | (steps >= bits)
        return narrow(function(wide, np.where(over, np.asarray(0, steps.dtype), steps), over, bits), call.dtype())

    return kernel


def _left(x: Array, steps: Array, over: Array, bits: int) -> Array:
    return np.where(over, np.asarray(0, x.dtype), x << steps)


def _right_logical(x: Array, steps: Array, over: Array, bits: int) -> Array:
    return np.where(
        over, np.asarray(0, x.dtype), (unsigned(x, bits) >> steps.astype(f"u{x.dtype.itemsize}")).astype(x.dtype)
    )


def _right_arithmetic(x: Array, steps: Array, over: Array, bits: int) -> Array:
    """Copies of the top bit come in, for unsigned integers too."""
    signed = x.view(f"i{x.dtype.itemsize}") if bits == x.dtype.itemsize * 8 else _sign_extend(x, bits)
    shifted: Array = signed >> np.where(over, bits - 1, steps).astype(signed.dtype)
    return shifted.astype(x.dtype)


def _sign_extend(x: Array, bits: int) -> Array:
    spare = x.dtype.itemsize * 8 - bits
    return np.asarray((x.astype(f"i{x.dtype.itemsize}") << spare) >> spare)


def unsigned(x: Array, bits: int) -> Array:
    """The low `bits` bits of each integer as an unsigned number."""
    return np.asarray(x.astype(f"u{x.dtype.itemsize}") & np.asarray((1 << bits) - 1, f"u{x.dtype.itemsize}"))


def popcount(call: Call, x: Array) -> Array:
    return narrow(np.bitwise_count(unsigned(widen(x), bit_width(x.dtype))), call.dtype())


def count_leading_zeros(call: Call, x: Array) -> Array:
    """Sets every bit below the top one, then counts those that are left."""
    bits = bit_width(x.dtype)
    smeared = unsigned(widen(x), bits)
    for step in (1, 2, 4, 8, 16, 32):
        if step < bits:
            smeared = smeared | (smeared >> np.asarray(step, smeared.dtype))
    return narrow(bits - np.bitwise_count(smeared), call.dtype())


def convert_op(call: Call, x: Array) -> Array:
    return convert(x, call.dtype())


def bitcast_convert(call: Call, x: Array) -> Array:
    """A wider element is the narrower ones of a new last dimension, the lowest bits first."""
    source, target = bit_width(x.dtype), bit_width(call.dtype())
    if is_whole_bytes(source) and is_whole_bytes(target):
        contiguous = np.ascontiguousarray(x).reshape(x.shape)
        if source == target:
            return contiguous.view(call.dtype())
        if source > target:
            return contiguous[..., None].view(call.dtype())
        return contiguous.view(call.dtype())[..., 0]
    numbers = x.view(np.dtype(f"u{max(1, source // 8)}")) & np.asarray((1 << source) - 1, f"u{max(1, source // 8)}")
    if source > target:
        steps = np.arange(0, source, target).astype(numbers.dtype)
        numbers = np.asarray((numbers[..., None] >> steps) & np.asarray((1 << target) - 1, numbers.dtype))
    elif source < target:
        word = np.dtype(f"u{max(1, target // 8)}")
        steps = np.arange(0, target, source).astype(word)
        numbers = np.bitwise_or.reduce(numbers.astype(word) << steps, axis=-1)
    if is_whole_bytes(target) or not is_integer(call.dtype()):
        return np.asarray(numbers.astype(f"u{max(1, target // 8)}").view(call.dtype()))
    return np.asarray(numbers.astype(np.uint8).astype(call.dtype()))


def is_whole_bytes(bits: int) -> bool:
    return bits % 8 == 0


def reduce_precision(call: Call, x: Array) -> Array:
    """Rounds to fewer exponent and mantissa bits (ties to even), as XLA does: what is too small becomes zero."""
    return reduced_precision(x, call.integer("exponent_bits"), call.integer("mantissa_bits"))


MANTISSA_BITS = {"float16": 10, "bfloat16": 7, "float32": 23, "float64": 52}


def reduced_precision(x: Array, exponent_bits: int, mantissa_bits: int) -> Array:
    if x.dtype.name not in MANTISSA_BITS:
        raise NotImplementedError(f"reduce_precision of {x.dtype}")
    mantissa = MANTISSA_BITS[x.dtype.name]
    width = x.dtype.itemsize * 8
    word = np.dtype(f"u{x.dtype.itemsize}")

    def number(value: int) -> Array:
        return np.asarray(value, word)

    bits = np.ascontiguousarray(x).reshape(x.shape).view(word)
    if mantissa_bits < mantissa:
        dropped = mantissa - mantissa_bits
        last = (bits >> number(dropped)) & number(1)
        bits = (bits + number((1 << dropped - 1) - 1) + last) & ~number((1 << dropped) - 1)
    own_exponent_bits = width - 1 - mantissa
    if exponent_bits < own_exponent_bits:
        sign = bits & number(1 << width - 1)
        exponent = bits & number(((1 << own_exponent_bits) - 1) << mantissa)
        bias, new_bias = (1 << own_exponent_bits - 1) - 1, (1 << exponent_bits - 1) - 1
        infinity = number(((1 << own_exponent_bits) - 1) << mantissa)
        bits = np.where(exponent > number(bias + new_bias << mantissa), sign | infinity, bits)
        bits = np.where(exponent <= number(bias - new_bias << mantissa), sign, bits)
    return np.where(np.isnan(x), x, bits.view(x.dtype))


TABLE: Table = {
    "stablehlo.and": lift(np.bitwise_and),
    "stablehlo.or": lift(np.bitwise_or),
    "stablehlo.xor": lift(np.bitwise_xor),
    "stablehlo.not": lift(np.invert),
    "stablehlo.shift_left": shift(_left),
    "stablehlo.shift_right_logical": shift(_right_logical),
    "stablehlo.shift_right_arithmetic": shift(_right_arithmetic),
    "stablehlo.popcnt": popcount,
    "stablehlo.count_leading_zeros": count_leading_zeros,
    "stablehlo.convert": convert_op,
    "stablehlo.bitcast_convert": bitcast_convert,
    "stablehlo.reduce_precision": reduce_precision,
}
