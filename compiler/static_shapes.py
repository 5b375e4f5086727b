"""Ops whose sizes are operands, where these are constants: the ops whose sizes are attributes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xdsl.dialects.builtin import DYNAMIC_INDEX, DenseArrayBase, ModuleOp, TensorType, i32, i64
from xdsl.ir import Attribute, Operation, OpResult, SSAValue
from xdsl.rewriter import Rewriter

from eggshard.dialects import stablehlo
from eggshard.dialects.stablehlo import DenseElements
from eggshard.dialects.stablehlo.dense import element_bytes

Static = tuple[type[Operation], list[SSAValue], dict[str, Attribute]]
"""The class, the operands and the properties of the op that replaces one."""


def fold_dynamic_shapes(module: ModuleOp) -> None:
    """
    Replaces ops whose sizes are operands by those whose sizes are attributes.

    Where the types of the op are static and the operands that are not plain from them are constants.
    """
    for op in list(module.walk()):
        fold = FOLDS.get(op.name)
        if fold is None or not all(map(_is_static, (*op.operands, *op.results))):
            continue
        found = fold(op)
        if found is None:
            continue
        cls, operands, properties = found
        new = cls.create(
            operands=operands,
            result_types=[result.type for result in op.results],
            properties=properties,
            attributes=dict(op.attributes),
        )
        new.location = op.location
        Rewriter.replace_op(op, new)


def _is_static(value: SSAValue) -> bool:
    return isinstance(value.type, TensorType) and DYNAMIC_INDEX not in value.type.get_shape()


def constant_integers(value: SSAValue) -> list[int] | None:
    """The elements of a constant of signed integers; None if `value` is none."""
    if not isinstance(value, OpResult) or value.op.name != "stablehlo.constant":
        return None
    data = value.op.properties["value"]
    if not isinstance(data, DenseElements):
        return None
    width = element_bytes(data.type.element_type)
    raw = data.data
    found = [int.from_bytes(raw[i : i + width], "little", signed=True) for i in range(0, len(raw), width)]
    return found * data.type.element_count() if data.is_splat else found


def _without(op: Operation, *names: str) -> dict[str, Attribute]:
    return {name: value for name, value in op.properties.items() if name not in names}


def _broadcast(op: Operation) -> Static:
    properties = _without(op, "known_expanding_dimensions", "known_nonexpanding_dimensions")
    return stablehlo.BroadcastInDimOp, [op.operands[0]], properties


def _iota(op: Operation) -> Static:
    return stablehlo.IotaOp, [], dict(op.properties)


def _reshape(op: Operation) -> Static:
    return stablehlo.ReshapeOp, [op.operands[0]], {}


def _with_lists(cls: type[Operation], kept: int, *names: str) -> Callable[[Operation], Static | None]:
    """The operands behind the first `kept` become the properties `names`, if all are constants."""

    def fold(op: Operation) -> Static | None:
        lists = [constant_integers(value) for value in op.operands[kept:]]
        if any(found is None for found in lists):
            return None
        given = {name: DenseArrayBase.from_list(i64, found or []) for name, found in zip(names, lists, strict=True)}
        return cls, list(op.operands[:kept]), {**op.properties, **given}

    return fold


def _convolution(op: Operation) -> Static | None:
    padding = constant_integers(op.operands[2])
    if padding is None:
        return None
    kind: TensorType[Any] = TensorType(i64, [len(padding) // 2, 2])
    data = b"".join(number.to_bytes(8, "little", signed=True) for number in padding)
    properties = {**op.properties, "padding": DenseElements(kind, data)}
    return stablehlo.ConvolutionOp, list(op.operands[:2]), properties


def _size(op: Operation) -> Static:
    dim: Any = op.properties["dimension"]
    kind: Any = op.operands[0].type
    size = kind.get_shape()[dim.value.data]
    data = DenseElements(TensorType(i32, []), size.to_bytes(4, "little", signed=True))
    return stablehlo.ConstantOp, [], {"value": data}


FOLDS: dict[str, Callable[[Operation], Static | None]] = {
    "stablehlo.dynamic_broadcast_in_dim": _broadcast,
    "stablehlo.dynamic_conv": _convolution,
    "stablehlo.dynamic_gather": _with_lists(stablehlo.GatherOp, 2, "slice_sizes"),
    "stablehlo.dynamic_iota": _iota,
    "stablehlo.dynamic_pad": _with_lists(
        stablehlo.PadOp, 2, "edge_padding_low", "edge_padding_high", "interior_padding"
    ),
    "stablehlo.dynamic_reshape": _reshape,
    "stablehlo.get_dimension_size": _size,
    "stablehlo.real_dynamic_slice": _with_lists(stablehlo.SliceOp, 1, "start_indices", "limit_indices", "strides"),
}
