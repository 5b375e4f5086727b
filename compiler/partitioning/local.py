"""Builds the ops of one device's program: small helpers over an insertion point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from xdsl.dialects.builtin import DenseArrayBase, IntegerAttr, IntegerType, TensorType, i32, i64
from xdsl.ir import Attribute, Block, Operation, SSAValue

from eggshard.dialects import stablehlo
from eggshard.dialects.sharding.layout import Axis, Mesh
from eggshard.dialects.spmd import DeviceIndexOp
from eggshard.partitioning.identity import encode

Tensor = TensorType[Any]
Op = TypeVar("Op", bound=Operation)

BOOL = IntegerType(1)

COMBINERS: dict[str, type[Operation]] = {
    "sum": stablehlo.AddOp,
    "prod": stablehlo.MultiplyOp,
    "max": stablehlo.MaximumOp,
    "min": stablehlo.MinimumOp,
    "and": stablehlo.AndOp,
    "or": stablehlo.OrOp,
    "xor": stablehlo.XorOp,
}
"""Kind of reduction -> the op that combines two terms."""


def tensor_type(value: SSAValue) -> Tensor:
    """The tensor type of a value that must be a tensor."""
    assert isinstance(value.type, TensorType), f"{value.type} stands where a tensor is due"
    return value.type


def retype(value: SSAValue, kind: Attribute) -> None:
    """Changes a value's type in place."""
    value._type = kind  # pyright: ignore[reportPrivateUsage]


def shape_of(value: SSAValue) -> tuple[int, ...]:
    return tensor_type(value).get_shape()


def ints(values: Sequence[int]) -> DenseArrayBase[Any]:
    """`array<i64: ...>`."""
    return DenseArrayBase.from_list(i64, list(values))


class Local:
    """
    Inserts ops before `anchor`, with its source location.

    `mesh_name` and `mesh` are those of the devices that run the program.
    """

    def __init__(self, mesh_name: str, mesh: Mesh):
        self.mesh_name = mesh_name
        self.mesh = mesh
        self.anchor: Operation | None = None
        self.indices: dict[tuple[Block, tuple[Axis, ...]], SSAValue] = {}

    def add(self, op: Op) -> Op:
        """Places `op` before the anchor."""
        anchor = self.anchor
        assert anchor is not None and anchor.parent is not None
        op.location = anchor.location
        anchor.parent.insert_op_before(op, anchor)
        return op

    def emit(
        self,
        op_class: type[Operation],
        operands: Sequence[SSAValue],
        type: Attribute,
        properties: Mapping[str, Attribute] | None = None,
    ) -> SSAValue:
        """One op with one result."""
        op = op_class.create(operands=operands, result_types=[type], properties=properties or {})
        return self.add(op).results[0]

    # -- constants and positions -------------------------------------------------------------------------------

    def constant(self, data: bytes, type: Tensor) -> SSAValue:
        """A splat of one element's bytes."""
        return self.emit(stablehlo.ConstantOp, [], type, {"value": stablehlo.DenseElements(type, data)})

    def splat(self, value: float, type: Tensor) -> SSAValue:
        return self.constant(encode(value, type.element_type), type)

    def scalar(self, value: float, element: Attribute = i32) -> SSAValue:
        return self.splat(value, TensorType(element, []))

    def device_index(self, axes: tuple[Axis, ...]) -> SSAValue:
        """Which shard along `axes` this device holds (a scalar i32); one op per block."""
        assert self.anchor is not None and self.anchor.parent is not None
        key = (self.anchor.parent, axes)
        known = self.indices.get(key)
        if known is None:
            known = self.indices[key] = self.add(DeviceIndexOp(axes)).results[0]
        return known

    def offset(self, axes: tuple[Axis, ...], tile: int, element: Attribute = i32) -> SSAValue:
        """Where this device's shard begins along a dimension of `tile` elements a shard (a scalar)."""
        index = self.convert(self.device_index(axes), element)
        return self.multiply(index, self.scalar(tile, element))

    # -- arithmetic --------------------------------------------------------------------------------------------

    def convert(self, value: SSAValue, element: Attribute) -> SSAValue:
        kind = tensor_type(value)
        if kind.element_type == element:
            return value
        return self.emit(stablehlo.ConvertOp, [value], TensorType(element, kind.get_shape()))

    def _binary(self, op_class: type[Operation], lhs: SSAValue, rhs: SSAValue) -> SSAValue:
        return self.emit(op_class, [lhs, rhs], lhs.type)

    def add_values(self, lhs: SSAValue, rhs: SSAValue) -> SSAValue:
        return self._binary(stablehlo.AddOp, lhs, rhs)

    def subtract(self, lhs: SSAValue, rhs: SSAValue) -> SSAValue:
        return self._binary(stablehlo.SubtractOp, lhs, rhs)

    def multiply(self, lhs: SSAValue, rhs: SSAValue) -> SSAValue:
        return self._binary(stablehlo.MultiplyOp, lhs, rhs)

    def minimum(self, lhs: SSAValue, rhs: SSAValue) -> SSAValue:
        return self._binary(stablehlo.MinimumOp, lhs, rhs)

    def maximum(self, lhs: SSAValue, rhs: SSAValue) -> SSAValue:
        return self._binary(stablehlo.MaximumOp, lhs, rhs)

    def both(self, lhs: SSAValue, rhs: SSAValue) -> SSAValue:
        return self._binary(stablehlo.AndOp, lhs, rhs)

    def combine(self, kind: str, lhs: SSAValue, rhs: SSAValue) -> SSAValue:
        """Two terms of a reduction as one."""
        return self._binary(COMBINERS[kind], lhs, rhs)

    def compare(self, lhs: SSAValue, direction: str, rhs: SSAValue) -> SSAValue:
        """Signed integers only."""
        kind = tensor_type(lhs)
        return self.emit(
            stablehlo.CompareOp,
            [lhs, rhs],
            TensorType(BOOL, kind.get_shape()),
            {
                "comparison_direction": stablehlo.ComparisonDirectionAttr(direction),
                "compare_type": stablehlo.ComparisonTypeAttr("SIGNED"),
            },
        )

    def select(self, predicate: SSAValue, on_true: SSAValue, on_false: SSAValue) -> SSAValue:
        return self.emit(stablehlo.SelectOp, [predicate, on_true, on_false], on_true.type)

    # -- shapes ------------------------------------------------------------------------------------------------

    def broadcast(self, value: SSAValue, shape: Sequence[int], dims: Sequence[int] = ()) -> SSAValue:
        if not dims and shape_of(value) == tuple(shape):
            return value
        kind = TensorType(tensor_type(value).element_type, list(shape))
        return self.emit(stablehlo.BroadcastInDimOp, [value], kind, {"broadcast_dimensions": ints(dims)})

    def iota(self, shape: Sequence[int], dim: int, element: Attribute = i32) -> SSAValue:
        kind = TensorType(element, list(shape))
        return self.emit(stablehlo.IotaOp, [], kind, {"iota_dimension": IntegerAttr(dim, i64)})

    def reshape(self, value: SSAValue, shape: Sequence[int]) -> SSAValue:
        if shape_of(value) == tuple(shape):
            return value
        return self.emit(stablehlo.ReshapeOp, [value], TensorType(tensor_type(value).element_type, list(shape)))

    def slice(self, value: SSAValue, dim: int, start: int, limit: int) -> SSAValue:
        """Elements [start, limit) of dimension `dim`."""
        shape = list(shape_of(value))
        if (start, limit) == (0, shape[dim]):
            return value
        starts, limits = [0] * len(shape), list(shape)
        starts[dim], limits[dim] = start, limit
        shape[dim] = limit - start
        return self.emit(
            stablehlo.SliceOp,
            [value],
            TensorType(tensor_type(value).element_type, shape),
            {"start_indices": ints(starts), "limit_indices": ints(limits), "strides": ints([1] * len(shape))},
        )

    def pad(
        self, value: SSAValue, dim: int, low: int, high: int, fill: SSAValue | None = None, interior: int = 0
    ) -> SSAValue:
        """Adds elements around, or `interior` ones between, those of dimension `dim`; zeros unless `fill` is given."""
        if low == high == interior == 0:
            return value
        kind = tensor_type(value)
        shape = list(kind.get_shape())
        lows, highs, interiors = [0] * len(shape), [0] * len(shape), [0] * len(shape)
        lows[dim], highs[dim], interiors[dim] = low, high, interior
        shape[dim] += low + high + interior * max(0, shape[dim] - 1)
        fill = fill if fill is not None else self.scalar(0, kind.element_type)
        return self.emit(
            stablehlo.PadOp,
            [value, fill],
            TensorType(kind.element_type, shape),
            {
                "edge_padding_low": ints(lows),
                "edge_padding_high": ints(highs),
                "interior_padding": ints(interiors),
            },
        )

    def dynamic_slice(self, value: SSAValue, dim: int, start: SSAValue, size: int) -> SSAValue:
        """`size` elements of dimension `dim` from `start` (a scalar)."""
        shape = list(shape_of(value))
        zero = self.scalar(0, tensor_type(start).element_type)
        starts = [start if d == dim else zero for d in range(len(shape))]
        shape[dim] = size
        return self.emit(
            stablehlo.DynamicSliceOp,
            [value, *starts],
            TensorType(tensor_type(value).element_type, shape),
            {"slice_sizes": ints(shape)},
        )

    def concatenate(self, values: Sequence[SSAValue], dim: int) -> SSAValue:
        values = [value for value in values if shape_of(value)[dim]]
        if len(values) == 1:
            return values[0]
        shape = list(shape_of(values[0]))
        shape[dim] = sum(shape_of(value)[dim] for value in values)
        kind = TensorType(tensor_type(values[0]).element_type, shape)
        return self.emit(stablehlo.ConcatenateOp, values, kind, {"dimension": IntegerAttr(dim, i64)})

    # -- padding -----------------------------------------------------------------------------------------------

    def positions(self, shape: Sequence[int], dim: int, axes: tuple[Axis, ...]) -> SSAValue:
        """Per element of a local tensor its index in dimension `dim` of the whole tensor (i32)."""
        local = self.iota(shape, dim)
        if not axes:
            return local
        return self.add_values(local, self.broadcast(self.offset(axes, shape[dim]), shape))

    def mask(self, value: SSAValue, dim: int, axes: tuple[Axis, ...], size: int, fill: bytes) -> SSAValue:
        """`fill` wherever dimension `dim`, sharded over `axes`, lies beyond the whole tensor's `size`."""
        shape = shape_of(value)
        if shape[dim] * self.mesh.span(axes) == size:
            return value
        inside = self.compare(self.positions(shape, dim, axes), "LT", self.splat(size, TensorType(i32, shape)))
        return self.select(inside, value, self.constant(fill, tensor_type(value)))
