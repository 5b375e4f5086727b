"""What constants mean: integers, and the numbers that change nothing in a reduction."""

from __future__ import annotations

import struct
from typing import Any, cast

from xdsl.dialects.builtin import BFloat16Type, Float16Type, Float32Type, Float64Type, IntegerType, Signedness
from xdsl.ir import Attribute, BlockArgument, OpResult, Region

from eggshard.certify.terms import Term

KINDS = {"add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min", "and": "and", "or": "or", "xor": "xor"}
"""Op that combines two terms -> kind of reduction."""
FLOATS: dict[type[Attribute], tuple[bytes, bytes]] = {
    Float64Type: (struct.pack("<d", 1.0), struct.pack("<d", float("inf"))),
    Float32Type: (struct.pack("<f", 1.0), struct.pack("<f", float("inf"))),
    Float16Type: (struct.pack("<e", 1.0), struct.pack("<e", float("inf"))),
    BFloat16Type: (struct.pack("<f", 1.0)[2:], struct.pack("<f", float("inf"))[2:]),
}
"""Element type -> one and infinity."""


def integer(term: Term | None) -> int | None:
    """The value of a constant integer."""
    if term is None or term.data is None or not isinstance(term.element, IntegerType):
        return None
    return int.from_bytes(term.data, "little", signed=is_signed(term.element))


def is_signed(element: IntegerType) -> bool:
    return element.signedness.data != Signedness.UNSIGNED and element.width.data > 1


def is_zero(term: Term | None) -> bool:
    """Whether a term is the constant 0, of either sign."""
    if term is None or term.data is None:
        return False
    signed = type(term.element) in FLOATS
    return not any(term.data[:-1]) and term.data[-1] in ((0, 0x80) if signed else (0,))


def is_neutral(kind: str, term: Term | None) -> bool:
    """Whether combining the constant by `kind` changes nothing."""
    if term is None or term.data is None:
        return False
    element = term.element
    if kind in ("sum", "or", "xor"):
        return is_zero(term) and (kind == "sum" or isinstance(element, IntegerType))
    if isinstance(element, IntegerType):
        width, value = element.width.data, integer(term)
        low, high = (-(1 << (width - 1)), (1 << (width - 1)) - 1) if is_signed(element) else (0, (1 << width) - 1)
        return bool(value == {"prod": 1, "max": low, "min": high, "and": -1 if is_signed(element) else high}[kind])
    if type(element) not in FLOATS or kind == "and":
        return False
    one, infinity = FLOATS[type(element)]
    low_infinity = infinity[:-1] + bytes([infinity[-1] | 0x80])
    return term.data == {"prod": one, "max": low_infinity, "min": infinity}[kind]


def kind_of(region: Region) -> str | None:
    """The kind of a reduction whose body is `return op(a, b)`; None for other bodies."""
    ops = list(region.block.ops)
    if len(ops) != 2 or len(region.block.args) != 2 or len(ops[1].operands) != 1:
        return None
    value = ops[1].operands[0]
    if not isinstance(value, OpResult) or value.op is not ops[0] or ops[0].name[:10] != "stablehlo.":
        return None
    operands = list(ops[0].operands)
    if not all(isinstance(x, BlockArgument) for x in operands) or set(operands) != set(region.block.args):
        return None
    element = cast(Any, value.type).element_type
    kind = KINDS.get(ops[0].name[10:])
    if isinstance(element, IntegerType) and element.width.data == 1:
        return {"sum": "or", "max": "or", "prod": "and", "min": "and"}.get(kind or "", kind)
    return kind
