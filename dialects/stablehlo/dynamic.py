"""Ops whose shapes are known only when the program runs."""

from __future__ import annotations

from typing import ClassVar

from xdsl.dialects.builtin import DYNAMIC_INDEX, IntegerType, TensorType, i32
from xdsl.irdl import irdl_op_definition, operand_def, opt_prop_def, prop_def, result_def, traits_def
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.base import INT_ATTR, INTS_ATTR, SHAPE, TENSOR
from eggshard.dialects.stablehlo.checks import (
    check_dim,
    check_dims,
    check_element,
    check_rank,
    check_scalar,
    check_shape,
    check_shape_operand,
    element_of,
    integers,
    shape_of,
)
from eggshard.dialects.stablehlo.data_movement import check_broadcast
from eggshard.dialects.stablehlo.kinds import COMPLEX, FLOAT, INTEGER, QUANTIZED, TensorOf
from eggshard.dialects.stablehlo.syntax import DIM, DIMS, Key, PrettyOp


@irdl_op_definition
class DynamicBroadcastInDimOp(PrettyOp):
    """
    broadcast_in_dim to a shape that is an operand.

    `%r = stablehlo.dynamic_broadcast_in_dim %x, %s, dims = [1] : (tensor<3xf32>, tensor<2xi64>) -> tensor<?x3xf32>`
    """

    name = "stablehlo.dynamic_broadcast_in_dim"

    KEYS: ClassVar[tuple[Key, ...]] = (Key("dims", "broadcast_dimensions", DIMS),)

    operand = operand_def(TENSOR)
    output_dimensions = operand_def(SHAPE)
    broadcast_dimensions = prop_def(INTS_ATTR)
    known_expanding_dimensions = opt_prop_def(INTS_ATTR)
    known_nonexpanding_dimensions = opt_prop_def(INTS_ATTR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        shape, result = shape_of(self.operand), shape_of(self.result)
        check_broadcast(integers(self.broadcast_dimensions), shape, result)
        known = [
            dim
            for dims in (self.known_expanding_dimensions, self.known_nonexpanding_dimensions)
            if dims is not None
            for dim in integers(dims)
        ]
        check_dims("known expanding and nonexpanding dimensions", known, len(shape))
        check_shape_operand("output_dimensions", self.output_dimensions, len(result), "result")
        check_element("result", self.result, element_of(self.operand), "operand")


@irdl_op_definition
class DynamicIotaOp(PrettyOp):
    """
    iota of a shape that is an operand.

    `%r = stablehlo.dynamic_iota %s, dim = 0 : (tensor<1xi64>) -> tensor<?xi32>`
    """

    name = "stablehlo.dynamic_iota"

    KEYS: ClassVar[tuple[Key, ...]] = (Key("dim", "iota_dimension", DIM),)

    output_shape = operand_def(SHAPE)
    iota_dimension = prop_def(INT_ATTR)
    result = result_def(TensorOf(INTEGER | FLOAT | COMPLEX | QUANTIZED))

    traits = traits_def(Pure())

    def verify_(self) -> None:
        rank = len(shape_of(self.result))
        check_dim("iota_dimension", self.iota_dimension.value.data, rank)
        check_shape_operand("output_shape", self.output_shape, rank, "result")


@irdl_op_definition
class DynamicPadOp(PrettyOp):
    """
    pad by amounts that are operands.

    `%r = stablehlo.dynamic_pad %x, %c, %lo, %hi, %in
    : (tensor<?xf32>, tensor<f32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xf32>`
    """

    name = "stablehlo.dynamic_pad"

    operand = operand_def(TENSOR)
    padding_value = operand_def(TENSOR)
    edge_padding_low = operand_def(SHAPE)
    edge_padding_high = operand_def(SHAPE)
    interior_padding = operand_def(SHAPE)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        rank = len(shape_of(self.operand))
        check_shape_operand("edge_padding_low", self.edge_padding_low, rank, "operand")
        check_shape_operand("edge_padding_high", self.edge_padding_high, rank, "operand")
        check_shape_operand("interior_padding", self.interior_padding, rank, "operand")
        check_scalar("padding_value", self.padding_value, element_of(self.operand), "operand")
        check_element("result", self.result, element_of(self.operand), "operand")
        check_rank("result", self.result, rank, " like operand")


@irdl_op_definition
class DynamicReshapeOp(PrettyOp):
    """
    reshape to a shape that is an operand.

    `%r = stablehlo.dynamic_reshape %x, %s : (tensor<6xf32>, tensor<2xi64>) -> tensor<?x?xf32>`
    """

    name = "stablehlo.dynamic_reshape"

    operand = operand_def(TENSOR)
    output_shape = operand_def(SHAPE)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        check_shape_operand("output_shape", self.output_shape, len(shape_of(self.result)), "result")
        check_element("result", self.result, element_of(self.operand), "operand")


@irdl_op_definition
class RealDynamicSliceOp(PrettyOp):
    """
    slice at bounds and strides that are operands.

    `%r = stablehlo.real_dynamic_slice %x, %lo, %hi, %st
    : (tensor<?xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xf32>`
    """

    name = "stablehlo.real_dynamic_slice"

    operand = operand_def(TENSOR)
    start_indices = operand_def(SHAPE)
    limit_indices = operand_def(SHAPE)
    strides = operand_def(SHAPE)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        rank = len(shape_of(self.operand))
        check_shape_operand("start_indices", self.start_indices, rank, "operand")
        check_shape_operand("limit_indices", self.limit_indices, rank, "operand")
        check_shape_operand("strides", self.strides, rank, "operand")
        check_element("result", self.result, element_of(self.operand), "operand")
        check_rank("result", self.result, rank, " like operand")


@irdl_op_definition
class GetDimensionSizeOp(PrettyOp):
    """
    The size of one dimension.

    `%n = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?xf32>) -> tensor<i32>`
    """

    name = "stablehlo.get_dimension_size"

    KEYS: ClassVar[tuple[Key, ...]] = (Key("dim", "dimension", DIM),)

    operand = operand_def(TENSOR)
    dimension = prop_def(INT_ATTR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        check_dim("dimension", self.dimension.value.data, len(shape_of(self.operand)))
        if self.result.type != TensorType(i32, ()):
            raise VerifyException(f"result has type {self.result.type}, must be tensor<i32>")


@irdl_op_definition
class SetDimensionSizeOp(PrettyOp):
    """
    Declares the size of one dimension.

    `%r = stablehlo.set_dimension_size %x, %n, dim = 0
    : (tensor<4xf32>, tensor<i32>) -> tensor<?xf32, #stablehlo.bounds<4>>`
    """

    name = "stablehlo.set_dimension_size"

    KEYS: ClassVar[tuple[Key, ...]] = (Key("dim", "dimension", DIM),)

    operand = operand_def(TENSOR)
    size = operand_def(TENSOR)
    dimension = prop_def(INT_ATTR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        shape, dim = list(shape_of(self.operand)), self.dimension.value.data
        check_dim("dimension", dim, len(shape))
        check_scalar("size", self.size, IntegerType(32), "dimension sizes")
        shape[dim] = DYNAMIC_INDEX
        check_element("result", self.result, element_of(self.operand), "operand")
        check_shape("result", shape_of(self.result), shape, "like operand but for dimension")
