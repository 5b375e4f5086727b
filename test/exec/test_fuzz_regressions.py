"""
Programs that random testing found wrong once, cut down; each test is named after the fault.

`python -m eggshard.tools.bench.fuzz_partition` finds them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from jax import lax

from eggshard.tools.bench.fuzzing.oracle import differences

ONE = {"a": 8}
TWO = {"a": 4, "b": 2}
THREE = {"a": 2, "b": 2, "c": 2}


@pytest.fixture(autouse=True)
def wide() -> None:
    """64-bit numbers; the folder's fixture puts back what was."""
    jax.config.update("jax_enable_x64", True)


def holds(function: Callable[..., Any], args: tuple[Any, ...], mesh: dict[str, int], **shard: str) -> None:
    """`function` partitioned computes what it computes whole, on XLA and on the interpreter."""
    assert differences(function, args, mesh, shard) == []


def counting(*shape: int, dtype: Any = np.float32) -> Any:
    """Different small numbers, which every type holds."""
    return (np.arange(np.prod(shape)) * 7 % 11 - 5).reshape(shape).astype(dtype)


# -- positions ------------------------------------------------------------------------------------------------------


def test_gathered_slice_reaches_into_the_next_shard() -> None:
    def f(x: Any, i: Any) -> Any:
        numbers = lax.GatherDimensionNumbers(offset_dims=(1,), collapsed_slice_dims=(), start_index_map=(0,))
        return lax.gather(x, i, numbers, (3,), mode="clip")

    holds(f, (counting(12), np.arange(-2, 14)[:, None]), TWO, x="a")


def test_unsigned_starts_of_slices_are_compared_with_signed_ones() -> None:
    def f(x: Any, y: Any, i: Any, j: Any) -> Any:
        return lax.dynamic_slice(lax.dynamic_update_slice(x, y, (i, j)), (j, i), (3, 2))

    for dtype in (np.uint8, np.uint32, np.uint64):
        args = (counting(8, 8), counting(2, 3), dtype(5), dtype(6))
        holds(f, args, TWO, x="a")


def test_position_beyond_a_narrow_type_is_compared_in_a_wider_one() -> None:
    def f(x: Any, i: Any) -> Any:
        return lax.dynamic_slice(x, (i,), (3,))

    holds(f, (counting(300), np.int8(120)), ONE, x="a")


# -- reductions -----------------------------------------------------------------------------------------------------


def test_starting_value_survives_where_one_element_is_left_on_a_device() -> None:
    def f(x: Any, start: Any) -> Any:
        return lax.reduce(x, start, lax.add, [0]), lax.reduce(x, start, lax.max, [0])

    holds(f, (counting(5), np.float32(3)), ONE, x="a")


def test_starting_value_of_an_unknown_body_enters_once() -> None:
    def f(x: Any) -> Any:
        return lax.reduce(x, jnp.float64(0.5), jnp.logaddexp, [0]), jnp.argmax(x), jnp.argmin(x)

    holds(f, (counting(16, dtype=np.float64),), ONE, x="a")


def test_largest_of_several_devices_is_nan_if_one_is() -> None:
    def f(x: Any, i: Any) -> Any:
        return jax.ops.segment_max(x, i, 4), x.max(), x.min(0)

    for dtype in (np.float32, np.float64, ml_dtypes.bfloat16):
        x = counting(16, dtype=dtype)
        x[3], x[4], x[5], x[6] = np.nan, np.inf, -np.inf, -0.0
        holds(f, (x, np.arange(16) % 4), ONE, x="a")


def test_bits_of_integers_are_reduced_over_devices() -> None:
    def f(x: Any) -> Any:
        ones = jnp.int32(-1)
        return (
            lax.reduce(x, ones, lax.bitwise_and, [0]),
            lax.reduce(x, jnp.int32(0), lax.bitwise_or, [0]),
            lax.reduce(x, jnp.int32(0), lax.bitwise_xor, [0, 1]),
            lax.reduce(x > 0, False, lax.bitwise_xor, [0]),
        )

    holds(f, (counting(8, 8, dtype=np.int32),), TWO, x="a,b")


# -- shapes ---------------------------------------------------------------------------------------------------------


def test_counting_in_bfloat16_rounds_each_number_by_itself() -> None:
    def f(x: Any) -> Any:
        return lax.iota(jnp.bfloat16, 600).astype(jnp.int32) + x

    holds(f, (np.zeros(600, np.int32),), ONE, x="a")


def test_reshape_of_sizes_without_a_common_divisor_stays_whole() -> None:
    def f(x: Any) -> Any:
        return x.reshape((18, 21))

    holds(f, (counting(21, 18),), TWO, x="-,b")


def test_convolution_without_results_is_not_cut() -> None:
    def f(x: Any, w: Any) -> Any:
        return lax.conv_general_dilated(x, w, (2,), [(0, -1)], lhs_dilation=(2,))

    holds(f, (counting(1, 2, 3), counting(3, 2, 5)), ONE, w="-,-,a")


def test_factor_of_one_operand_in_a_rule_of_the_program_stays_whole() -> None:
    def f(a: Any, b: Any) -> Any:
        return lax.linalg.triangular_solve(a, b, left_side=False, lower=True)

    a = np.tril(counting(12, 8, 4, 4)) / 8 + 4 * np.eye(4, dtype=np.float32)
    holds(f, (a, counting(12, 8, 1, 4)), THREE, a="-,-,-,a")


def test_groups_of_a_convolution_do_not_divide() -> None:
    def f(x: Any, w: Any) -> Any:
        return lax.conv_general_dilated(x, w, (1,), "SAME", feature_group_count=3)

    holds(f, (counting(2, 3, 5), counting(3, 1, 2)), TWO, w="a")


def test_all_arguments_are_empty() -> None:
    def f(x: Any, y: Any) -> Any:
        return x @ y

    holds(f, (counting(8, 0), counting(0, 4)), TWO, x="a")


def test_slice_without_a_start_along_a_sharded_dimension() -> None:
    def f(x: Any, i: Any) -> Any:
        numbers = lax.GatherDimensionNumbers(offset_dims=(1,), collapsed_slice_dims=(0,), start_index_map=(0,))
        return lax.gather(x, i, numbers, (1, 6), mode="clip")

    holds(f, (counting(6, 8), np.arange(5)[:, None]), TWO, x="-,a")


def test_slice_longer_than_a_shard() -> None:
    def f(x: Any, y: Any, i: Any) -> Any:
        return lax.dynamic_slice(x, (i,), (5,)), lax.dynamic_update_slice(x, y, (i,))

    for i in (-1, 2, 7, 40):
        holds(f, (counting(15), counting(6), np.int32(i)), ONE, x="a")
