"""Element types <-> numpy dtypes."""

from __future__ import annotations

from functools import cache
from typing import Any

import ml_dtypes
import numpy as np
from xdsl.dialects.builtin import ComplexType, IntegerType, Signedness
from xdsl.ir import Attribute


@cache
def numpy_dtype(element: Attribute) -> np.dtype[Any]:
    """The numpy dtype of an element type; ml_dtypes serves bf16, the small floats and the small integers."""
    dtype: np.dtype[Any] = np.dtype(_scalar_type(element))
    return dtype


def _scalar_type(element: Attribute) -> Any:
    if isinstance(element, IntegerType):
        width = element.width.data
        if width == 1:
            return np.bool_
        prefix = "uint" if element.signedness.data == Signedness.UNSIGNED else "int"
        return getattr(ml_dtypes if width < 8 else np, f"{prefix}{width}")
    if isinstance(element, ComplexType):
        return np.complex64 if str(element.element_type) == "f32" else np.complex128
    name = str(element)
    plain = {"f16": np.float16, "f32": np.float32, "f64": np.float64, "bf16": ml_dtypes.bfloat16}
    if name in plain:
        return plain[name]
    return getattr(ml_dtypes, f"float{name[1]}_{name[2:].lower()}")
