"""
Random bits: rng_bit_generator bit by bit as XLA computes it on CPU, and rng.

Philox 4x32-10 and ThreeFry 2x32-20 follow Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from eggshard.interpreter.call import Call, Table
from eggshard.interpreter.numerics import bit_width, convert, is_integer, narrow, widen
from eggshard.interpreter.values import Array

LOW = np.uint64(0xFFFFFFFF)
SHIFT = np.uint64(32)
Words = tuple[Array, ...]


def philox(counter: Words, key: tuple[int, int]) -> Words:
    """Ten rounds on four words of 32 bits (held in u64)."""
    c0, c1, c2, c3 = counter
    k0, k1 = np.uint64(key[0]), np.uint64(key[1])
    for _ in range(10):
        product0, product1 = c0 * np.uint64(0xD2511F53), c2 * np.uint64(0xCD9E8D57)
        c0, c1, c2, c3 = (
            (product1 >> SHIFT) ^ c1 ^ k0,
            product1 & LOW,
            (product0 >> SHIFT) ^ c3 ^ k1,
            product0 & LOW,
        )
        k0, k1 = (k0 + np.uint64(0x9E3779B9)) & LOW, (k1 + np.uint64(0xBB67AE85)) & LOW
    return c0, c1, c2, c3


def threefry(words: tuple[Array, Array], key: tuple[int, int]) -> tuple[Array, Array]:
    """Twenty rounds on two words of 32 bits."""
    keys = (key[0], key[1], key[0] ^ key[1] ^ 0x1BD11BDA)
    x0, x1 = words[0] + np.uint32(keys[0]), words[1] + np.uint32(keys[1])
    for block in range(5):
        for turn in (13, 15, 26, 6) if block % 2 == 0 else (17, 29, 16, 24):
            x0 = x0 + x1
            x1 = ((x1 << np.uint32(turn)) | (x1 >> np.uint32(32 - turn))) ^ x0
        x0 = x0 + np.uint32(keys[(block + 1) % 3])
        x1 = x1 + np.uint32((keys[(block + 2) % 3] + block + 1) & 0xFFFFFFFF)
    return x0, x1


def split(number: int) -> tuple[int, int]:
    """A 64-bit number as its low and its high word."""
    return number & 0xFFFFFFFF, number >> 32 & 0xFFFFFFFF


def philox_bits(state: Sequence[int], shape: Sequence[int], bits: int) -> tuple[list[int], Array]:
    """State: key, then a counter of 64 bits (above the key again) or of 128, which counts blocks of four words."""
    key = state[0]
    counter = state[1] | (state[2] if len(state) == 3 else key) << 64
    per_block = 4 if bits <= 32 else 2
    blocks = -(-prod(shape) // per_block)
    low = np.uint64(counter & (2**64 - 1)) + np.arange(blocks, dtype=np.uint64)
    carry = (low < np.uint64(counter & (2**64 - 1))).astype(np.uint64)
    high = np.uint64(counter >> 64 & (2**64 - 1)) + carry
    words = philox((low & LOW, low >> SHIFT, high & LOW, high >> SHIFT), split(key))
    if bits > 32:
        words = (words[0] | words[1] << SHIFT, words[2] | words[3] << SHIFT)
    after = counter + blocks
    new = [key, after & (2**64 - 1), after >> 64 & (2**64 - 1)]
    return new[: len(state)], np.stack(words, axis=-1).reshape(-1)[: prod(shape)].reshape(tuple(shape))


def threefry_bits(state: Sequence[int], shape: Sequence[int], bits: int) -> tuple[list[int], Array]:
    """State: key and a counter. Words of 32 bits come in pairs that lie next to each other along one dimension."""
    key, counter = state[0], state[1]
    if bits > 32:
        half, axis = tuple(shape), 0
    else:
        # the first even dimension; with none, the longest one, rounded up
        even = [axis for axis, size in enumerate(shape) if size % 2 == 0]
        longest = max(range(len(shape)), key=lambda axis: shape[axis]) if shape else 0
        axis = even[0] if even else longest
        half = tuple(-(-size // 2) if dim == axis else size for dim, size in enumerate(shape))
    steps = np.uint64(counter) + np.arange(prod(half), dtype=np.uint64).reshape(half)
    low, high = threefry(((steps & LOW).astype(np.uint32), (steps >> SHIFT).astype(np.uint32)), split(key))
    new = [key, counter + prod(half) & (2**64 - 1)]
    if bits > 32:
        return new, low.astype(np.uint64) | high.astype(np.uint64) << SHIFT
    if not shape:
        return new, low
    pairs = np.stack((low, high), axis=axis + 1)
    joined = pairs.reshape(*half[:axis], 2 * half[axis], *half[axis + 1 :])
    return new, joined[tuple(slice(0, size) for size in shape)]


def rng_bit_generator(call: Call, state: Array) -> tuple[Array, Array]:
    """DEFAULT is Philox, as on XLA's CPU."""
    dtype, shape = call.dtype(1), call.shape(1)
    generate = threefry_bits if call.data("rng_algorithm") == "THREE_FRY" else philox_bits
    numbers = [int(v) for v in state.astype(np.uint64)]
    new, bits = generate(numbers, shape, bit_width(dtype))
    word = bits.astype(f"u{max(1, bit_width(dtype) // 8)}")
    values = narrow(word, dtype) if is_integer(dtype) else word.view(dtype)
    return np.asarray(new, np.uint64).astype(state.dtype), values


def rng(call: Call, a: Array, b: Array, shape: Array) -> Array:
    """
    The n-th draw of a run uses seed n: runs repeat, and devices that draw with the same operands get the same numbers.

    StableHLO leaves the numbers open, so they are not those of XLA.
    """
    generator = np.random.Generator(np.random.Philox(call.frame.program.next_draw()))
    size = tuple(int(v) for v in shape)
    low, high = widen(a), widen(b)
    if call.data("rng_distribution") == "NORMAL":
        return narrow(low + high * generator.standard_normal(size), call.dtype())
    if low.dtype.kind in "iub":
        return convert(generator.integers(int(low), int(high), size), call.dtype())
    return narrow(low + (high - low) * generator.random(size), call.dtype())


TABLE: Table = {
    "stablehlo.rng": rng,
    "stablehlo.rng_bit_generator": rng_bit_generator,
}
