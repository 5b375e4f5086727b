"""The shape that tensors are broadcast to."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.checks import Shape, check_dims, check_length, text


def check_broadcast_dimensions(lhs: Shape, rhs: Shape, dims: Sequence[int]) -> None:
    """`dims` are dimensions of the shape of higher rank, in order, one for each of the other's."""
    low, high = sorted((len(lhs), len(rhs)))
    check_length("broadcast_dimensions", dims, low, "one per dimension of the operand of lower rank")
    check_dims("broadcast_dimensions", dims, high)
    if any(a > b for a, b in pairwise(dims)):
        raise VerifyException(f"broadcast_dimensions {list(dims)} is not in order")


def broadcast(shapes: Sequence[Shape], dims: Sequence[int] | None = None) -> tuple[int, ...]:
    """
    The shape of the result of an op on operands of these shapes.

    `dims` are the result's dimensions that those of a shape of lower rank are; None: the last ones. Sizes that are
    known only when the program runs match any size. Raises VerifyException if two sizes differ and none is 1.
    """
    rank = max(map(len, shapes))
    result = [1] * rank
    for shape in shapes:
        where = range(rank - len(shape), rank) if dims is None or len(shape) == rank else dims
        for dim, size in zip(where, shape, strict=True):
            if size == 1 or result[dim] == size:
                continue
            if result[dim] not in (1, DYNAMIC_INDEX) and size != DYNAMIC_INDEX:
                shown = " and ".join(map(text, shapes))
                raise VerifyException(f"operands have shapes {shown}, which cannot be broadcast in dimension {dim}")
            if result[dim] in (1, DYNAMIC_INDEX):
                result[dim] = size
    return tuple(result)
