"""CHLO's ops with implicit broadcasting, its constants, and its scan."""

from __future__ import annotations

import numpy as np

from eggshard.interpreter import bits, chlo_math, elementwise
from eggshard.interpreter.call import Call, Kernel, Table
from eggshard.interpreter.numerics import narrow
from eggshard.interpreter.shapes import broadcast_to_dims
from eggshard.interpreter.values import Array, elements


def aligned(lhs: Array, rhs: Array, dims: tuple[int, ...] | None) -> tuple[Array, Array]:
    """The operand of lower rank placed at `dims` of the other; without `dims` last dimensions are matched."""
    if lhs.ndim == rhs.ndim:
        return lhs, rhs
    low, high = (lhs, rhs) if lhs.ndim < rhs.ndim else (rhs, lhs)
    where = tuple(range(high.ndim - low.ndim, high.ndim)) if dims is None else dims
    spread = [1] * high.ndim
    for size, dim in zip(low.shape, where, strict=True):
        spread[dim] = size
    placed = broadcast_to_dims(low, spread, where)
    return (placed, rhs) if lhs.ndim < rhs.ndim else (lhs, placed)


def broadcasting(kernel: Kernel) -> Kernel:
    def wrapped(call: Call, lhs: Array, rhs: Array) -> Array:
        attribute = call.attribute("broadcast_dimensions")
        dims = None if attribute is None else call.integers("broadcast_dimensions")
        left, right = aligned(lhs, rhs, dims)
        return np.asarray(kernel(call, *np.broadcast_arrays(left, right)))

    return wrapped


def broadcast_select(call: Call, predicate: Array, on_true: Array, on_false: Array) -> Array:
    return np.where(predicate, on_true, on_false)


def constant(call: Call) -> Array:
    return elements(call.attribute("value"))


def constant_like(call: Call, x: Array) -> Array:
    """`value` in every element of a tensor of the operand's shape."""
    attribute = call.attribute("value")
    number = attribute.value.data if hasattr(attribute, "value") else elements(attribute)
    return np.broadcast_to(narrow(np.asarray(number), call.dtype()), x.shape)


def scan(call: Call, *operands: Array) -> tuple[Array, ...]:
    """
    Runs the body on slices along `dimension`, in order (or from the end), handing carries on.

    The body takes slices and carries, and returns slices of the outputs and the new carries.
    """
    carry_count = int(call.attribute("resultSegmentSizes").get_values()[1])
    inputs, carries = operands[: len(operands) - carry_count], operands[len(operands) - carry_count :]
    axis = call.integer("dimension")
    output_count = len(call.op.results) - carry_count
    body = call.body()
    length = inputs[0].shape[axis] if inputs else call.integer("scan_dim_size")
    pieces: list[tuple[Array, ...]] = []
    for index in reversed(range(length)) if call.flag("is_reverse") else range(length):
        made = body(*(np.take(x, index, axis=axis) for x in inputs), *carries)
        pieces.append(made[:output_count])
        carries = made[output_count:]
    if call.flag("is_reverse"):
        pieces.reverse()
    if not pieces:
        return (*(np.empty(call.shape(i), call.dtype(i)) for i in range(output_count)), *carries)
    return (*(np.stack(column, axis=axis) for column in zip(*pieces, strict=True)), *carries)


BINARY: dict[str, Kernel] = {
    **{
        f"broadcast_{name}": elementwise.TABLE[f"stablehlo.{name}"]
        for name in (
            "add", "atan2", "compare", "complex", "divide", "maximum", "minimum", "multiply", "power", "remainder",
            "subtract",
        )
    },
    **{
        f"broadcast_{name}": bits.TABLE[f"stablehlo.{name}"]
        for name in ("and", "or", "xor", "shift_left", "shift_right_arithmetic", "shift_right_logical")
    },
    **{f"broadcast_{name}": chlo_math.TABLE[f"chlo.{name}"] for name in ("next_after", "polygamma", "zeta")},
}  # fmt: skip

TABLE: Table = {
    **{f"chlo.{name}": broadcasting(kernel) for name, kernel in BINARY.items()},
    "chlo.broadcast_select": broadcast_select,
    "chlo.constant": constant,
    "chlo.constant_like": constant_like,
    "chlo.scan": scan,
}
