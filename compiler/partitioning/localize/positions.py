"""Positions that a program computes, as seen from one device's shard."""

from __future__ import annotations

from xdsl.dialects.builtin import IntegerType, i32, i64
from xdsl.ir import Attribute, SSAValue

from eggshard.partitioning.local import Local, tensor_type
from eggshard.partitioning.localize.site import Site


def is_masked(site: Site, operand: int, dim: int) -> bool:
    """Whether the op reads or writes that dimension at computed positions."""
    return any(factor in site.rule.masked for factor in site.rule.operands[operand][dim])


def clamp(local: Local, value: SSAValue, low: int, high: int) -> SSAValue:
    kind = tensor_type(value)
    return local.minimum(local.maximum(value, local.splat(low, kind)), local.splat(high, kind))


def between(local: Local, value: SSAValue, limit: int) -> SSAValue:
    """0 <= value < limit."""
    kind = tensor_type(value)
    low = local.compare(value, "GE", local.splat(0, kind))
    return local.both(low, local.compare(value, "LT", local.splat(limit, kind)))


def signed(local: Local, value: SSAValue) -> SSAValue:
    """Positions as signed integers of at least 32 bits; no dimension has more than 2**63 elements."""
    kind = tensor_type(value)
    element: Attribute = kind.element_type
    assert isinstance(element, IntegerType)
    if element in (i32, i64):
        return value
    bits, unsigned = element.width.data, str(element).startswith("ui")
    if unsigned and bits == 64:
        value = local.minimum(value, local.splat((1 << 63) - 1, kind))
    return local.convert(value, i64 if bits > 32 or (unsigned and bits == 32) else i32)
