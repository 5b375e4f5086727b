"""What models are run on when they are verified."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from xdsl.dialects.builtin import FunctionType, TensorType
from xdsl.ir import Attribute

from eggshard.diagnostics import DiagnosticError
from eggshard.frontends.dtypes import numpy_dtype
from eggshard.frontends.load import Model

SCALE = 0.1


def example_inputs(model: Model) -> Sequence[Any] | None:
    """The arrays that the model was made with, flat; None if it has only shapes."""
    if model.args is None:
        return None
    leaves = jax.tree_util.tree_leaves(model.args)
    return None if any(isinstance(leaf, jax.ShapeDtypeStruct) for leaf in leaves) else leaves


def random_inputs(types: FunctionType, seed: int, positive: bool = False) -> list[Any]:
    """
    One array per argument.

    Floating-point numbers are normal with standard deviation 0.1, or their magnitudes where `positive`; integers are 0
    or 1, which are valid as indices into anything that has two elements.
    """
    rng = np.random.default_rng(seed)
    return [_draw(rng, kind, index, positive) for index, kind in enumerate(types.inputs)]


def _draw(rng: np.random.Generator, kind: Attribute, index: int, positive: bool) -> Any:
    if not isinstance(kind, TensorType):
        raise DiagnosticError(f"argument {index} is {kind}; only tensors can be drawn at random")
    shape, dtype = kind.get_shape(), numpy_dtype(kind.element_type)
    if dtype == np.bool_ or np.issubdtype(dtype, np.integer) or "int" in str(dtype):
        return rng.integers(0, 2, shape).astype(dtype)
    values = SCALE * rng.standard_normal(shape)
    if np.issubdtype(dtype, np.complexfloating):
        return (values + SCALE * 1j * rng.standard_normal(shape)).astype(dtype)
    return (np.abs(values) if positive else values).astype(dtype)
