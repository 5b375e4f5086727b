"""reduce_window and select_and_scatter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from eggshard.interpreter.call import Body, Call, Table
from eggshard.interpreter.folding import fold_axes, identity_of, ufunc_of
from eggshard.interpreter.scatter import scatter_flat
from eggshard.interpreter.shapes import pad_array
from eggshard.interpreter.values import Array


@dataclass(frozen=True)
class Windows:
    """A window sliding over a padded and dilated operand."""

    sizes: tuple[int, ...]
    strides: tuple[int, ...]
    base_dilations: tuple[int, ...]
    window_dilations: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]

    @staticmethod
    def of(call: Call, rank: int) -> Windows:
        ones = (1,) * rank
        padding = call.numbers("padding")
        pairs = np.zeros((rank, 2), np.int64) if padding is None else padding.reshape(rank, 2)
        return Windows(
            call.integers("window_dimensions", ones),
            call.integers("window_strides", ones),
            call.integers("base_dilations", ones),
            call.integers("window_dilations", ones),
            tuple((int(low), int(high)) for low, high in pairs),
        )

    def pad(self, x: Array, fill: Array) -> Array:
        low, high = zip(*self.padding, strict=True) if self.padding else ((), ())
        return pad_array(x, fill, low, high, [d - 1 for d in self.base_dilations])

    def counts(self, padded: Sequence[int]) -> tuple[int, ...]:
        """How many windows lie along each dimension."""
        reach = [(size - 1) * dilation + 1 for size, dilation in zip(self.sizes, self.window_dilations, strict=True)]
        return tuple(
            max(0, (whole - extent) // stride + 1)
            for whole, extent, stride in zip(padded, reach, self.strides, strict=True)
        )

    def at(self, offset: Sequence[int], counts: Sequence[int]) -> tuple[slice, ...]:
        """The elements that stand at `offset` of every window, as slices of the padded operand."""
        firsts = [o * dilation for o, dilation in zip(offset, self.window_dilations, strict=True)]
        return tuple(
            slice(first, first + (count - 1) * stride + 1 if count else first, stride)
            for first, count, stride in zip(firsts, counts, self.strides, strict=True)
        )

    def offsets(self) -> Iterator[tuple[int, ...]]:
        return np.ndindex(*self.sizes)

    def view(self, padded: Array) -> Array:
        """All windows without a copy: the dimensions of the result, then those of the window."""
        counts = self.counts(padded.shape)
        steps = padded.strides
        outer = [step * stride for step, stride in zip(steps, self.strides, strict=True)]
        inner = [step * dilation for step, dilation in zip(steps, self.window_dilations, strict=True)]
        return np.lib.stride_tricks.as_strided(padded, (*counts, *self.sizes), (*outer, *inner), writeable=False)


def reduce_window(call: Call, *operands: Array) -> tuple[Array, ...]:
    """Positions in the padding take no part, as in XLA; StableHLO fills them with the initial value."""
    count = len(operands) // 2
    inputs, inits = operands[:count], operands[count:]
    rank = inputs[0].ndim
    windows = Windows.of(call, rank)
    body = call.body()
    ufunc = ufunc_of(body) if count == 1 else None
    if ufunc is not None:
        padded = windows.pad(inputs[0], identity_of(ufunc, inputs[0].dtype))
        return (fold_axes(ufunc, windows.view(padded), range(rank, 2 * rank), inits[0]),)
    return _fold_windows(body, windows, inputs, inits)


def _fold_windows(body: Body, windows: Windows, inputs: Sequence[Array], inits: Sequence[Array]) -> tuple[Array, ...]:
    real = windows.pad(np.ones(inputs[0].shape, np.bool_), np.asarray(False))
    padded = [windows.pad(x, np.zeros((), x.dtype)) for x in inputs]
    counts = windows.counts(real.shape)
    held: tuple[Array, ...] = tuple(np.broadcast_to(init, counts) for init in inits)
    for offset in windows.offsets():
        where = windows.at(offset, counts)
        new = body.map(*held, *(x[where] for x in padded))
        held = tuple(np.where(real[where], after, before) for after, before in zip(new, held, strict=True))
    return held


def select_and_scatter(call: Call, operand: Array, source: Array, init: Array) -> Array:
    """Per window the element that `select` prefers gets the source, combined by `scatter`; padding is never chosen."""
    windows = Windows.of(call, operand.ndim)
    real = windows.pad(np.ones(operand.shape, np.bool_), np.asarray(False))
    padded = windows.pad(operand, np.zeros((), operand.dtype))
    positions = windows.pad(np.arange(operand.size).reshape(operand.shape), np.asarray(0))
    counts = windows.counts(real.shape)
    select = call.body(0)
    best, chosen, any_chosen = np.zeros(counts, operand.dtype), np.zeros(counts, np.int64), np.zeros(counts, np.bool_)
    for offset in windows.offsets():
        where = windows.at(offset, counts)
        (keep,) = select.map(best, padded[where])
        take = real[where] & ~(keep & any_chosen)
        best = np.where(take, padded[where], best)
        chosen = np.where(take, positions[where], chosen)
        any_chosen = any_chosen | real[where]
    flat = np.broadcast_to(init, (operand.size,))
    at = any_chosen.reshape(-1)
    (result,) = scatter_flat(call.body(1), [flat], chosen.reshape(-1)[at], [source.reshape(-1)[at]])
    return result.reshape(operand.shape)


TABLE: Table = {
    "stablehlo.reduce_window": reduce_window,
    "stablehlo.select_and_scatter": select_and_scatter,
}
