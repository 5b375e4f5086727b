"""
Reductions over devices that XLA does not run, or not as it reduces on one device, in terms of those that it does.

The largest of some floating-point numbers is NaN if one of them is; XLA's collectives may lose it. So extremes of
floating-point numbers are found among integers of the same width, in whose order NaN comes last. Bits of integers are
combined by no collective at all: the terms are gathered and reduced on each device.
"""

from __future__ import annotations

from typing import Any

from xdsl.dialects.builtin import AnyFloat, IntegerType, TensorType
from xdsl.ir import Attribute, Block, Region, SSAValue

from eggshard.dialects import stablehlo
from eggshard.dialects.stablehlo.dense import element_bytes
from eggshard.partitioning.identity import encode, identity
from eggshard.partitioning.local import BOOL, COMBINERS, Local, ints, tensor_type

BITWISE = ("and", "or", "xor")


def is_gathered(kind: str, element: Attribute) -> bool:
    """Whether no collective combines such terms; XLA knows `and` and `or` of booleans."""
    return kind in BITWISE and not (element == BOOL and kind != "xor")


def is_ordered(kind: str, element: Attribute) -> bool:
    """Whether the extremes of such terms are found among integers."""
    return kind in ("max", "min") and isinstance(element, AnyFloat)


def body(kind: str, element: Attribute) -> Region:
    """The reduction of two scalars."""
    scalar: TensorType[Any] = TensorType(element, [])
    block = Block(arg_types=[scalar, scalar])
    combined = COMBINERS[kind].create(operands=list(block.args), result_types=[scalar])
    block.add_ops([combined, stablehlo.ReturnOp.create(operands=[combined.results[0]])])
    return Region(block)


def reduce_first(local: Local, value: SSAValue, kind: str) -> SSAValue:
    """Combines along the first dimension."""
    type = tensor_type(value)
    start = local.constant(identity(kind, type.element_type), TensorType(type.element_type, []))
    op = stablehlo.ReduceOp.create(
        operands=[value, start],
        result_types=[TensorType(type.element_type, type.get_shape()[1:])],
        properties={"dimensions": ints([0])},
        regions=[body(kind, type.element_type)],
    )
    return local.add(op).results[0]


def to_ordered(local: Local, value: SSAValue, kind: str) -> SSAValue:
    """Integers in the order of floating-point numbers: bits other than the sign are flipped in negative ones."""
    type = tensor_type(value)
    integer = IntegerType(8 * element_bytes(type.element_type))
    bits = _bits(local, value, integer)
    kind_of_bits = tensor_type(bits)
    last = _most(integer) if kind == "max" else -_most(integer) - 1
    is_number = local.emit(
        stablehlo.CompareOp,
        [value, value],
        TensorType(BOOL, type.get_shape()),
        {
            "comparison_direction": stablehlo.ComparisonDirectionAttr("EQ"),
            "compare_type": stablehlo.ComparisonTypeAttr("FLOAT"),
        },
    )
    return local.select(is_number, _flipped(local, bits), local.constant(encode(last, integer), kind_of_bits))


def from_ordered(local: Local, value: SSAValue, element: Attribute) -> SSAValue:
    """The floating-point numbers that `to_ordered` turned into these integers."""
    return _bits(local, _flipped(local, value), element)


def _flipped(local: Local, bits: SSAValue) -> SSAValue:
    type = tensor_type(bits)
    mask = local.constant(encode(_most(type.element_type), type.element_type), type)
    flipped = local.emit(stablehlo.XorOp, [bits, mask], type)
    positive = local.compare(bits, "GE", local.constant(encode(0, type.element_type), type))
    return local.select(positive, bits, flipped)


def _bits(local: Local, value: SSAValue, element: Attribute) -> SSAValue:
    return local.emit(stablehlo.BitcastConvertOp, [value], TensorType(element, tensor_type(value).get_shape()))


def _most(integer: Attribute) -> int:
    assert isinstance(integer, IntegerType)
    largest: int = (1 << (integer.width.data - 1)) - 1
    return largest
