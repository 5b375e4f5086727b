"""Windows that slide over dimensions: their attributes with defaults filled in, and how many positions they have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xdsl.dialects.builtin import DYNAMIC_INDEX, DenseArrayBase
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.checks import check_length, integers
from eggshard.dialects.stablehlo.dense import DenseElements

Padding = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Window:
    """Per dimension: window size, stride, (low, high) padding, dilation of what it slides over, dilation of itself."""

    sizes: tuple[int, ...]
    strides: tuple[int, ...]
    padding: Padding
    base_dilations: tuple[int, ...]
    window_dilations: tuple[int, ...]

    def positions(self, shape: Sequence[int]) -> tuple[int, ...]:
        """How many positions the window has along each dimension of a tensor of shape `shape`."""
        return tuple(
            map(count, shape, self.sizes, self.strides, self.padding, self.base_dilations, self.window_dilations)
        )


def dilated(size: int, dilation: int) -> int:
    """The size with dilation - 1 holes between elements."""
    return (size - 1) * dilation + 1 if size else 0


def count(
    size: int, window: int, stride: int, padding: tuple[int, int], base_dilation: int, window_dilation: int
) -> int:
    if DYNAMIC_INDEX in (size, window):
        return DYNAMIC_INDEX
    padded = padding[0] + dilated(size, base_dilation) + padding[1]
    reach = dilated(window, window_dilation)
    return 0 if padded == 0 or reach > padded else (padded - reach) // stride + 1


def padding_of(padding: DenseElements | None, rank: int) -> Padding:
    """Low and high padding per dimension, no padding by default."""
    if padding is None:
        return ((0, 0),) * rank
    if padding.shape != (rank, 2):
        raise VerifyException(
            f"padding has shape {list(padding.shape)}, must be {[rank, 2]}, low and high per dimension"
        )
    values = padding.integers()
    return tuple(zip(values[::2], values[1::2], strict=True))


def window_of(
    sizes: tuple[int, ...],
    strides: DenseArrayBase[Any] | None,
    padding: DenseElements | None,
    base_dilations: DenseArrayBase[Any] | None,
    window_dilations: DenseArrayBase[Any] | None,
) -> Window:
    """The window, with 1 for what is not given; raises VerifyException unless all is positive, one per dimension."""

    def positive(what: str, values: DenseArrayBase[Any] | None) -> tuple[int, ...]:
        found = (1,) * len(sizes) if values is None else integers(values)
        check_length(what, found, len(sizes), "one per dimension of the window")
        if any(value < 1 for value in found):
            raise VerifyException(f"{what} {list(found)} has a value below 1")
        return found

    if any(size < 1 and size != DYNAMIC_INDEX for size in sizes):
        raise VerifyException(f"window has sizes {list(sizes)}, must be at least 1")
    return Window(
        sizes,
        positive("window strides", strides),
        padding_of(padding, len(sizes)),
        positive("dilation of the base", base_dilations),
        positive("dilation of the window", window_dilations),
    )
