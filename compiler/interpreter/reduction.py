"""reduce and map."""

from __future__ import annotations

import numpy as np

from eggshard.interpreter.call import Call, Table
from eggshard.interpreter.folding import fold_axes, fold_tree, ufunc_of
from eggshard.interpreter.values import Array


def reduce(call: Call, *operands: Array) -> tuple[Array, ...]:
    count = len(operands) // 2
    inputs, inits = operands[:count], operands[count:]
    axes = call.integers("dimensions")
    body = call.body()
    ufunc = ufunc_of(body) if count == 1 else None
    if ufunc is not None:
        return (fold_axes(ufunc, inputs[0], axes, inits[0]),)
    return fold_tree(body, [flatten_last(x, axes) for x in inputs], inits)


def flatten_last(x: Array, axes: tuple[int, ...]) -> Array:
    """Joins `axes`, in increasing order, into one last axis."""
    ordered = sorted(axes)
    kept = [axis for axis in range(x.ndim) if axis not in ordered]
    moved = x.transpose(*kept, *ordered)
    return moved.reshape(*moved.shape[: len(kept)], int(np.prod([x.shape[axis] for axis in ordered])))


def map_op(call: Call, *inputs: Array) -> tuple[Array, ...]:
    return call.body().map(*inputs)


TABLE: Table = {
    "stablehlo.reduce": reduce,
    "stablehlo.map": map_op,
}
