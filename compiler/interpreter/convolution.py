"""convolution with every dimension number, dilation, reversal and group, as one matrix product per group."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from eggshard.interpreter.call import Call, Table
from eggshard.interpreter.contraction import prepared
from eggshard.interpreter.numerics import narrow
from eggshard.interpreter.values import Array
from eggshard.interpreter.windows import Windows


def convolve(
    lhs: Array, rhs: Array, numbers: Any, windows: Windows, reversal: tuple[int, ...], groups: int, batch_groups: int
) -> Array:
    """
    `windows` covers the spatial dimensions: sizes those of the kernel, base dilations those of the input.

    With feature groups, group g of input features makes group g of output features. With batch groups, group g of the
    batch makes group g of output features.
    """
    n = numbers
    image = lhs.transpose(n.input_batch_dimension, n.input_feature_dimension, *n.input_spatial_dimensions)
    kernel = rhs.transpose(
        n.kernel_output_feature_dimension, n.kernel_input_feature_dimension, *n.kernel_spatial_dimensions
    )
    kernel = np.flip(kernel, tuple(2 + axis for axis, flip in enumerate(reversal) if flip))
    spatial = len(windows.sizes)
    flat = Windows(
        (1, 1, *windows.sizes),
        (1, 1, *windows.strides),
        (1, 1, *windows.base_dilations),
        (1, 1, *windows.window_dilations),
        ((0, 0), (0, 0), *windows.padding),
    )
    padded = flat.pad(image, np.zeros((), image.dtype))
    counts = flat.counts(padded.shape)[2:]
    view = flat.view(padded)  # batch, feature, spatial counts, 1, 1, window
    batch, features = image.shape[:2]
    outputs = kernel.shape[0]
    split = groups * batch_groups
    view = view.reshape(batch_groups, batch // batch_groups, groups, features // groups, *counts, *windows.sizes)
    # (group), (batch, counts), (feature, window)
    order = [0, 2, 1, *range(4, 4 + spatial), 3, *range(4 + spatial, 4 + 2 * spatial)]
    depth = features // groups * math.prod(windows.sizes)
    rows = view.transpose(order).reshape(split, batch // batch_groups * math.prod(counts), depth)
    columns = kernel.reshape(split, outputs // split, depth).transpose(0, 2, 1)
    product = np.matmul(rows, columns).reshape(split, batch // batch_groups, *counts, outputs // split)
    made = product.transpose(1, 0, 2 + spatial, *range(2, 2 + spatial)).reshape(batch // batch_groups, outputs, *counts)
    place = [n.output_batch_dimension, n.output_feature_dimension, *n.output_spatial_dimensions]
    return np.asarray(made.transpose(np.argsort(place)))


def convolution(call: Call, lhs: Array, rhs: Array) -> Array:
    padding = call.numbers("padding")
    spatial = len(call.data("dimension_numbers").input_spatial_dimensions)
    return _run(call, lhs, rhs, np.zeros((spatial, 2), np.int64) if padding is None else padding)


def dynamic_conv(call: Call, lhs: Array, rhs: Array, padding: Array) -> Array:
    return _run(call, lhs, rhs, padding)


def _run(call: Call, lhs: Array, rhs: Array, padding: Array) -> Array:
    numbers = call.data("dimension_numbers")
    ones = (1,) * len(numbers.input_spatial_dimensions)
    windows = Windows(
        tuple(rhs.shape[dim] for dim in numbers.kernel_spatial_dimensions),
        call.integers("window_strides", ones),
        call.integers("lhs_dilation", ones),
        call.integers("rhs_dilation", ones),
        tuple((int(low), int(high)) for low, high in padding.reshape(-1, 2)),
    )
    dtype = call.dtype()
    made = convolve(
        prepared(lhs, dtype),
        prepared(rhs, dtype),
        numbers,
        windows,
        call.integers("window_reversal", (0,) * len(ones)),
        call.integer("feature_group_count", 1),
        call.integer("batch_group_count", 1),
    )
    return narrow(made, dtype)


TABLE: Table = {
    "stablehlo.convolution": convolution,
    "stablehlo.dynamic_conv": dynamic_conv,
}
