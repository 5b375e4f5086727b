"""Convolutions: grouped features and batches split dimensions, windows reduce and exchange halos."""

from __future__ import annotations

from typing import Any

from xdsl.ir import Operation

from eggshard.rules.build import NO, Kind, RuleBuilder, number, shape_of
from eggshard.rules.rule import Rule


def convolution(op: Operation, conservative: bool) -> Rule:
    """
    `([i, jk, n], [k, n, o])->([i, j, o]) reduction={k, n} permutation={j}` in one spatial dimension.

    Batch groups, batch, spatial dimensions, feature groups, contracted features, output features.
    """
    numbers: Any = op.properties["dimension_numbers"]
    n = numbers.data
    lhs, rhs, out = shape_of(op.operands[0]), shape_of(op.operands[1]), shape_of(op.results[0])
    batch_groups = number(op.properties["batch_group_count"])
    feature_groups = number(op.properties["feature_group_count"])
    builder = RuleBuilder(op)
    if batch_groups > 1:
        builder.add(
            (n.input_batch_dimension, n.kernel_output_feature_dimension), (n.output_feature_dimension,), batch_groups
        )
    builder.add((n.input_batch_dimension, NO), (n.output_batch_dimension,), out[n.output_batch_dimension])
    if not conservative:
        for dims in zip(
            n.input_spatial_dimensions, n.kernel_spatial_dimensions, n.output_spatial_dimensions, strict=True
        ):
            _add_spatial(builder, lhs[dims[0]], rhs[dims[1]], out[dims[2]], dims)
    if feature_groups > 1:
        builder.add(
            (n.input_feature_dimension, n.kernel_output_feature_dimension),
            (n.output_feature_dimension,),
            feature_groups,
        )
    builder.add(
        (n.input_feature_dimension, n.kernel_input_feature_dimension),
        (NO,),
        rhs[n.kernel_input_feature_dimension],
        Kind.REDUCTION,
    )
    outputs = out[n.output_feature_dimension] // (batch_groups * feature_groups)
    if outputs > 1:
        builder.add((NO, n.kernel_output_feature_dimension), (n.output_feature_dimension,), outputs)
    return builder.build()


def _add_spatial(builder: RuleBuilder, size: int, window: int, windows: int, dims: tuple[int, int, int]) -> None:
    """
    Cuts an input dimension into the number of windows and the window, the larger of the two major.

    The number of windows tiles the output, with halos; the window tiles the kernel, and is reduced.
    """
    lhs, rhs, out = dims
    steps = [(windows, False), (window, True)]
    for factor, contracted in steps if windows >= window else reversed(steps):
        factor = min(size, factor)
        if factor > 1:
            if contracted:
                builder.add((lhs, rhs), (NO,), factor, Kind.REDUCTION)
            else:
                builder.add((lhs, NO), (out,), factor, Kind.PERMUTE)
            size //= factor
