"""How results of two runs are compared, and what models are run on."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from xdsl.dialects.builtin import FunctionType

from eggshard.dialects.assembly import Parser, make_context
from eggshard.runtime.inputs import random_inputs
from eggshard.runtime.verify import compare, largest_error

INF, NAN = float("inf"), float("nan")


def types(text: str) -> FunctionType:
    kind = Parser(make_context(), text).parse_type()
    assert isinstance(kind, FunctionType)
    return kind


def test_error_is_relative_to_the_scale_of_the_result() -> None:
    expected = np.array([1.0, -200.0])
    assert largest_error(expected, np.array([1.0, -198.0])) == pytest.approx(0.01)
    assert largest_error(expected, np.array([3.0, -200.0])) == pytest.approx(0.01)


def test_zeros_have_scale_one() -> None:
    assert largest_error(np.zeros(3), np.array([0.0, 0.0, 0.25])) == 0.25


def test_nan_and_infinity_must_stand_in_the_same_places() -> None:
    odd = np.array([NAN, INF, -INF, 2.0])
    assert largest_error(odd, odd.copy()) == 0.0
    for other in ([NAN, INF, INF, 2.0], [1.0, INF, -INF, 2.0], [NAN, INF, -INF, NAN], [NAN, 3.0, -INF, 2.0]):
        assert largest_error(odd, np.array(other)) == INF


def test_all_nan_is_equal_and_reported() -> None:
    found = compare("x", np.full(2, NAN, np.float32), np.full(2, NAN, np.float32))
    assert found.ok and found.has_nan


@pytest.mark.parametrize("dtype", [np.int32, np.uint8, np.bool_, ml_dtypes.int4])
def test_integers_must_be_equal(dtype: type) -> None:
    ones: Any = np.ones(3).astype(dtype)
    assert compare("x", ones, ones.copy(), coarsest=2e-2).ok
    off = ones.copy()
    off[1] = 0
    assert not compare("x", ones, off, coarsest=2e-2).ok


@pytest.mark.parametrize(
    "dtype, limit", [(np.float64, 1e-9), (np.float32, 1e-4), (ml_dtypes.bfloat16, 2e-2), (np.complex64, 1e-4)]
)
def test_limit_follows_the_dtype(dtype: type, limit: float) -> None:
    ones: Any = np.ones(2).astype(dtype)
    assert compare("x", ones, ones).limit == limit


def test_coarsest_input_sets_the_limit() -> None:
    wide = np.ones(2, np.float32)
    assert compare("x", wide, wide, coarsest=2e-2).limit == 2e-2


def test_shape_and_dtype_must_agree() -> None:
    assert compare("x", np.ones(2), np.ones(3)).error == INF
    assert compare("x", np.ones(2), np.ones(2, np.float32)).error == INF


def test_random_inputs_have_the_types_asked_for() -> None:
    text = "(tensor<3x4xf32>, tensor<5xbf16>, tensor<i32>, tensor<4xi1>, tensor<2xcomplex<f32>>, tensor<2xui8>) -> ()"
    arrays = random_inputs(types(text), seed=0)
    assert [array.shape for array in arrays] == [(3, 4), (5,), (), (4,), (2,), (2,)]
    assert [str(array.dtype) for array in arrays] == ["float32", "bfloat16", "int32", "bool", "complex64", "uint8"]
    assert set(np.ravel(arrays[2])) <= {0, 1}


def test_random_inputs_follow_the_seed() -> None:
    kind = types("(tensor<8xf32>) -> ()")
    (one,), (same,), (other,) = random_inputs(kind, 1), random_inputs(kind, 1), random_inputs(kind, 2)
    assert np.array_equal(one, same) and not np.array_equal(one, other)
    assert (random_inputs(kind, 1, positive=True)[0] >= 0).all()
