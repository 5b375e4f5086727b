"""Collectives named by mesh axes become StableHLO ones over device ids."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any, cast

from xdsl.dialects.builtin import (
    ArrayAttr,
    DictionaryAttr,
    FunctionType,
    IntegerAttr,
    IntegerType,
    ModuleOp,
    Signedness,
    StringAttr,
    TensorType,
    UnitAttr,
    i32,
    i64,
)
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Block, Operation, SSAValue

from eggshard.dialects import spmd, stablehlo
from eggshard.dialects.sharding import MeshOp
from eggshard.dialects.sharding.access import LAYOUTS
from eggshard.dialects.sharding.layout import Axis, Mesh
from eggshard.dialects.sharding.syntax import mesh_text
from eggshard.dialects.stablehlo import ChannelHandle, ChannelHandleAttr, DenseElements
from eggshard.partitioning.emit_reductions import (
    body,
    from_ordered,
    is_gathered,
    is_ordered,
    reduce_first,
    to_ordered,
)
from eggshard.partitioning.local import Local, tensor_type
from eggshard.partitioning.program import main_function, the_mesh


def emit(module: ModuleOp) -> None:
    """
    Leaves StableHLO alone: no `spmd` op, no mesh op, no claims on ops.

    The mesh goes into the module's attribute `sharding.mesh`, so that the program can be run and read by itself.
    """
    found = the_mesh(module)
    if found is None:
        return
    name, mesh = found
    module.attributes["mhlo.num_partitions"] = IntegerAttr(mesh.device_count, i32)
    module.attributes["mhlo.num_replicas"] = IntegerAttr(1, i32)
    module.attributes["sharding.mesh"] = StringAttr(mesh_text(mesh))
    func = main_function(module)
    emitter = _Emitter(name, mesh, max(_channels(func), default=0))
    _describe(func)
    for op in list(func.walk()):
        op.attributes.pop(LAYOUTS, None)
        if isinstance(op, spmd.PerDeviceOp):
            emitter.lower(op)
    for op in list(module.ops):
        if isinstance(op, MeshOp):
            op.detach()
            op.erase()


def _channels(func: FuncOp) -> Iterator[int]:
    """The channels in use."""
    for op in func.walk():
        channel = op.properties.get("channel_handle")
        if isinstance(channel, ChannelHandleAttr):
            yield channel.data.handle


def _describe(func: FuncOp) -> None:
    """Keeps the types of the whole tensors with each argument and result."""
    func.attributes.pop(spmd.MESH, None)
    whole = func.attributes.pop("spmd.global", func.function_type)
    assert isinstance(whole, FunctionType)
    for key, types in (("arg_attrs", whole.inputs), ("res_attrs", whole.outputs)):
        given = cast("ArrayAttr[DictionaryAttr] | None", func.properties.get(key))
        entries = [dict(entry.data) for entry in given] if given else [{} for _ in types]
        for entry, kind in zip(entries, types, strict=True):
            entry["sharding.global"] = kind
        func.properties[key] = ArrayAttr([DictionaryAttr(entry) for entry in entries])


class _Emitter:
    def __init__(self, name: str, mesh: Mesh, taken: int = 0):
        """`taken` is the largest channel that collectives of the program's author have."""
        self.local = Local(name, mesh)
        self.mesh = mesh
        self.channels = taken
        self.indices: dict[tuple[Block, tuple[Axis, ...]], SSAValue] = {}

    def lower(self, op: spmd.PerDeviceOp) -> None:
        self.local.anchor = op
        values = list(LOWERINGS[type(op)](self, op))
        for old, new in zip(op.results, values, strict=True):
            new.name_hint = old.name_hint
            old.replace_all_uses_with(new)
        op.detach()
        op.erase()

    def channel(self) -> ChannelHandleAttr:
        """A handle of its own for each collective; type 1 is device to device."""
        self.channels += 1
        return ChannelHandleAttr(ChannelHandle(self.channels, 1))

    def groups(self, axes: tuple[Axis, ...]) -> DenseElements:
        return matrix(self.mesh.groups(axes))

    def place(self, op: Operation) -> Iterator[SSAValue]:
        self.local.add(op)
        yield from op.results

    def all_reduce(self, op: spmd.AllReduceOp) -> Iterator[SSAValue]:
        for value in op.inputs:
            yield self.reduced(value, op, {})

    def reduced(
        self, value: SSAValue, op: spmd.AllReduceOp | spmd.ReduceScatterOp, more: dict[str, Attribute]
    ) -> SSAValue:
        """One tensor through the collective that `op` stands for; `more` are properties that it has besides groups."""
        local, kind, element = self.local, op.kind.data, tensor_type(value).element_type
        axes = op.axes.data
        if is_gathered(kind, element):
            listed = local.reshape(value, (1, *tensor_type(value).get_shape()))
            whole = reduce_first(local, self.gathered(listed, axes, 0), kind)
            return self.sliced(whole, axes, op.dim.value.data) if isinstance(op, spmd.ReduceScatterOp) else whole
        if is_ordered(kind, element):
            return from_ordered(local, self.reduced(to_ordered(local, value, kind), op, more), element)
        scatters = isinstance(op, spmd.ReduceScatterOp)
        new = (stablehlo.ReduceScatterOp if scatters else stablehlo.AllReduceOp).create(
            operands=[value],
            result_types=[TensorType(element, tensor_type(op.results[0]).get_shape()) if scatters else value.type],
            properties={
                **more,
                "replica_groups": self.groups(axes),
                "channel_handle": self.channel(),
                "use_global_device_ids": UnitAttr(),
            },
            regions=[body(kind, element)],
        )
        return local.add(new).results[0]

    def all_gather(self, op: spmd.AllGatherOp) -> Iterator[SSAValue]:
        yield self.gathered(op.operand, op.axes.data, op.dim.value.data)

    def gathered(self, value: SSAValue, axes: tuple[Axis, ...], dim: int) -> SSAValue:
        kind = tensor_type(value)
        shape = list(kind.get_shape())
        shape[dim] *= self.mesh.span(axes)
        new = stablehlo.AllGatherOp.create(
            operands=[value],
            result_types=[TensorType(kind.element_type, shape)],
            properties={
                "all_gather_dim": IntegerAttr(dim, i64),
                "replica_groups": self.groups(axes),
                "channel_handle": self.channel(),
                "use_global_device_ids": UnitAttr(),
            },
        )
        return self.local.add(new).results[0]

    def reduce_scatter(self, op: spmd.ReduceScatterOp) -> Iterator[SSAValue]:
        yield self.reduced(op.operand, op, {"scatter_dimension": op.dim})

    def all_to_all(self, op: spmd.AllToAllOp) -> Iterator[SSAValue]:
        new = stablehlo.AllToAllOp.create(
            operands=[op.operand],
            result_types=[op.result.type],
            properties={
                "split_dimension": op.split_dim,
                "concat_dimension": op.concat_dim,
                "split_count": IntegerAttr(self.mesh.span(op.axes.data), i64),
                "replica_groups": self.groups(op.axes.data),
                "channel_handle": self.channel(),
            },
        )
        yield from self.place(new)

    def collective_permute(self, op: spmd.CollectivePermuteOp) -> Iterator[SSAValue]:
        new = stablehlo.CollectivePermuteOp.create(
            operands=[op.operand],
            result_types=[op.result.type],
            properties={
                "source_target_pairs": matrix(tuple(op.source_target_pairs)),
                "channel_handle": self.channel(),
            },
        )
        yield from self.place(new)

    def slice(self, op: spmd.SliceOp) -> Iterator[SSAValue]:
        yield self.sliced(op.operand, op.axes.data, op.dim.value.data)

    def sliced(self, value: SSAValue, axes: tuple[Axis, ...], dim: int) -> SSAValue:
        """The part of `value` that is this device's along `axes`."""
        size = tensor_type(value).get_shape()[dim] // self.mesh.span(axes)
        start = self.local.multiply(self.device_index(axes), self.local.scalar(size))
        return self.local.dynamic_slice(value, dim, start, size)

    def index(self, op: spmd.DeviceIndexOp) -> Iterator[SSAValue]:
        yield self.device_index(op.axes.data)

    def device_index(self, axes: tuple[Axis, ...]) -> SSAValue:
        """The shard number from the device id: digit by digit, or from a table where devices are renumbered."""
        local, mesh = self.local, self.mesh
        assert local.anchor is not None and local.anchor.parent is not None
        key = (local.anchor.parent, axes)
        if key in self.indices:
            return self.indices[key]
        identifier = local.emit(stablehlo.PartitionIdOp, [], TensorType(IntegerType(32, Signedness.UNSIGNED), []))
        device = local.convert(identifier, i32)
        if mesh.device_ids is not None:
            places = [0] * mesh.device_count
            for position, number in enumerate(mesh.device_ids):
                places[number] = position
            table = local.emit(stablehlo.ConstantOp, [], vector(places).type, {"value": vector(places)})
            device = local.reshape(local.dynamic_slice(table, 0, device, 1), ())
        index: SSAValue | None = None
        for axis in axes:
            digit = self.remainder(self.quotient(device, mesh.stride(axis)), mesh.size(axis))
            index = digit if index is None else local.add_values(self.times(index, mesh.size(axis)), digit)
        self.indices[key] = index if index is not None else local.scalar(0)
        return self.indices[key]

    def times(self, value: SSAValue, factor: int) -> SSAValue:
        return self.local.multiply(value, self.local.scalar(factor))

    def quotient(self, value: SSAValue, divisor: int) -> SSAValue:
        if divisor == 1:
            return value
        return self.local.emit(stablehlo.DivideOp, [value, self.local.scalar(divisor)], value.type)

    def remainder(self, value: SSAValue, divisor: int) -> SSAValue:
        return self.local.emit(stablehlo.RemainderOp, [value, self.local.scalar(divisor)], value.type)


def matrix(rows: tuple[tuple[int, ...], ...]) -> DenseElements:
    """`dense<[[0, 1], [2, 3]]> : tensor<2x2xi64>`."""
    flat = [number for row in rows for number in row]
    kind: TensorType[Any] = TensorType(i64, [len(rows), len(rows[0]) if rows else 2])
    return DenseElements(kind, struct.pack(f"<{len(flat)}q", *flat))


def vector(numbers: list[int]) -> DenseElements:
    return DenseElements(TensorType(i32, [len(numbers)]), struct.pack(f"<{len(numbers)}i", *numbers))


LOWERINGS: dict[type[Operation], Callable[[_Emitter, Any], Iterator[SSAValue]]] = {
    spmd.AllReduceOp: _Emitter.all_reduce,
    spmd.AllGatherOp: _Emitter.all_gather,
    spmd.ReduceScatterOp: _Emitter.reduce_scatter,
    spmd.AllToAllOp: _Emitter.all_to_all,
    spmd.CollectivePermuteOp: _Emitter.collective_permute,
    spmd.SliceOp: _Emitter.slice,
    spmd.DeviceIndexOp: _Emitter.index,
}
