"""Ops that only move elements: broadcasts, permutations, paddings and concatenations."""

from __future__ import annotations

from math import prod
from typing import ClassVar

from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def, traits_def, var_operand_def
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.base import INT_ATTR, INTS_ATTR, TENSOR
from eggshard.dialects.stablehlo.checks import (
    check_dim,
    check_dims,
    check_element,
    check_length,
    check_rank,
    check_same_type,
    check_scalar,
    check_shape,
    element_of,
    integers,
    shape_of,
    sizes_match,
    text,
)
from eggshard.dialects.stablehlo.syntax import DIM, DIMS, SAME, Key, PrettyOp, Signature


@irdl_op_definition
class BroadcastOp(PrettyOp):
    """
    Adds major dimensions, along which the operand repeats.

    `%r = stablehlo.broadcast %x, sizes = [2] : (tensor<3xf32>) -> tensor<2x3xf32>`
    """

    name = "stablehlo.broadcast"

    KEYS: ClassVar[tuple[Key, ...]] = (Key("sizes", "broadcast_sizes", DIMS),)

    operand = operand_def(TENSOR)
    broadcast_sizes = prop_def(INTS_ATTR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        sizes = integers(self.broadcast_sizes)
        if any(size < 0 for size in sizes):
            raise VerifyException(f"broadcast_sizes {list(sizes)} has a negative size")
        check_element("result", self.result, element_of(self.operand), "operand")
        check_shape(
            "result", shape_of(self.result), (*sizes, *shape_of(self.operand)), "the sizes before the operand's"
        )


@irdl_op_definition
class BroadcastInDimOp(PrettyOp):
    """
    Repeats a tensor along new and size-1 dimensions; dimension i of the operand becomes broadcast_dimensions[i].

    `%r = stablehlo.broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>`
    """

    name = "stablehlo.broadcast_in_dim"

    KEYS: ClassVar[tuple[Key, ...]] = (Key("dims", "broadcast_dimensions", DIMS),)

    operand = operand_def(TENSOR)
    broadcast_dimensions = prop_def(INTS_ATTR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        shape, result = shape_of(self.operand), shape_of(self.result)
        check_broadcast(integers(self.broadcast_dimensions), shape, result)
        check_element("result", self.result, element_of(self.operand), "operand")


def check_broadcast(dims: tuple[int, ...], shape: tuple[int, ...], result: tuple[int, ...]) -> None:
    """Dimension i of `shape` may become dimension dims[i] of `result`."""
    check_length("broadcast_dimensions", dims, len(shape), "one per dimension of operand")
    check_dims("broadcast_dimensions", dims, len(result))
    for i, dim in enumerate(dims):
        if shape[i] != 1 and not sizes_match(shape[i], result[dim]):
            raise VerifyException(
                f"operand dimension {i} has size {shape[i]}, must be 1 or {result[dim]} like result dimension {dim}"
            )


@irdl_op_definition
class ConcatenateOp(PrettyOp):
    """
    Joins tensors along one dimension.

    `%r = stablehlo.concatenate %x, %y, dim = 0 : (tensor<2xf32>, tensor<3xf32>) -> tensor<5xf32>`
    """

    name = "stablehlo.concatenate"

    KEYS: ClassVar[tuple[Key, ...]] = (Key("dim", "dimension", DIM),)

    inputs = var_operand_def(TENSOR)
    dimension = prop_def(INT_ATTR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        if not self.inputs:
            raise VerifyException("concatenate has no inputs, must have at least one")
        shapes = [shape_of(value) for value in self.inputs]
        dim = self.dimension.value.data
        check_dim("dimension", dim, len(shapes[0]))
        for i, (value, shape) in enumerate(zip(self.inputs, shapes, strict=True)):
            check_element(f"input {i}", value, element_of(self.inputs[0]), "input 0")
            check_rank(f"input {i}", value, len(shapes[0]), " like input 0")
            like = (*shapes[0][:dim], shape[dim], *shapes[0][dim + 1 :])
            check_shape(f"input {i}", shape, like, f"like input 0 but for dimension {dim}")
        sizes = [shape[dim] for shape in shapes]
        total = DYNAMIC_INDEX if DYNAMIC_INDEX in sizes else sum(sizes)
        check_element("result", self.result, element_of(self.inputs[0]), "input 0")
        check_shape(
            "result", shape_of(self.result), (*shapes[0][:dim], total, *shapes[0][dim + 1 :]), "the inputs joined"
        )


@irdl_op_definition
class PadOp(PrettyOp):
    """
    Puts padding_value before, after and between the elements; negative low and high padding removes elements.

    `%r = stablehlo.pad %x, %c, low = [1], high = [0], interior = [1] : (tensor<2xf32>, tensor<f32>) -> tensor<4xf32>`
    """

    name = "stablehlo.pad"

    KEYS: ClassVar[tuple[Key, ...]] = (
        Key("low", "edge_padding_low", DIMS),
        Key("high", "edge_padding_high", DIMS),
        Key("interior", "interior_padding", DIMS),
    )

    operand = operand_def(TENSOR)
    padding_value = operand_def(TENSOR)
    edge_padding_low = prop_def(INTS_ATTR)
    edge_padding_high = prop_def(INTS_ATTR)
    interior_padding = prop_def(INTS_ATTR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        shape = shape_of(self.operand)
        low, high = integers(self.edge_padding_low), integers(self.edge_padding_high)
        interior = integers(self.interior_padding)
        for what, padding in (("edge_padding_low", low), ("edge_padding_high", high), ("interior_padding", interior)):
            check_length(what, padding, len(shape), "one per dimension of operand")
        if any(size < 0 for size in interior):
            raise VerifyException(f"interior_padding {list(interior)} has a negative size")
        check_scalar("padding_value", self.padding_value, element_of(self.operand), "operand")
        check_element("result", self.result, element_of(self.operand), "operand")
        padded = [
            size if size == DYNAMIC_INDEX else lo + size + max(size - 1, 0) * between + hi
            for size, lo, between, hi in zip(shape, low, interior, high, strict=True)
        ]
        if any(size < 0 and size != DYNAMIC_INDEX for size in padded):
            raise VerifyException(f"padding makes the negative size {min(padded)} of operand shape {text(shape)}")
        check_shape("result", shape_of(self.result), padded, "the operand's and the padding")


@irdl_op_definition
class ReshapeOp(PrettyOp):
    """
    Gives the elements, in row-major order, another shape.

    `%r = stablehlo.reshape %x : (tensor<6xf32>) -> tensor<2x3xf32>`
    """

    name = "stablehlo.reshape"

    operand = operand_def(TENSOR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        check_element("result", self.result, element_of(self.operand), "operand")
        shape, result = shape_of(self.operand), shape_of(self.result)
        if DYNAMIC_INDEX in shape or DYNAMIC_INDEX in result:
            return
        if prod(shape) != prod(result):
            raise VerifyException(f"result has {prod(result)} elements, must have {prod(shape)} like operand")


@irdl_op_definition
class ReverseOp(PrettyOp):
    """
    Reverses the order of elements along some dimensions.

    `%r = stablehlo.reverse %x, dims = [0] : tensor<4xf32>`
    """

    name = "stablehlo.reverse"

    KEYS: ClassVar[tuple[Key, ...]] = (Key("dims", "dimensions", DIMS),)
    SIGNATURE: ClassVar[Signature] = SAME

    operand = operand_def(TENSOR)
    dimensions = prop_def(INTS_ATTR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        check_dims("dimensions", integers(self.dimensions), len(shape_of(self.operand)))
        check_same_type("result", self.result, self.operand, "operand")


@irdl_op_definition
class TransposeOp(PrettyOp):
    """
    Permutes dimensions: dimension i of the result is dimension permutation[i] of the operand.

    `%r = stablehlo.transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>`
    """

    name = "stablehlo.transpose"

    KEYS: ClassVar[tuple[Key, ...]] = (Key("dims", "permutation", DIMS),)

    operand = operand_def(TENSOR)
    permutation = prop_def(INTS_ATTR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        shape = shape_of(self.operand)
        permutation = integers(self.permutation)
        check_length("permutation", permutation, len(shape), "one per dimension of operand")
        check_dims("permutation", permutation, len(shape))
        check_element("result", self.result, element_of(self.operand), "operand")
        check_shape("result", shape_of(self.result), tuple(shape[dim] for dim in permutation), "the operand's permuted")
