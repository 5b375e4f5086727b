"""The protocol between planner and cost models: batches of ops and of collectives in, seconds out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]


class Category(IntEnum):
    """What kind of work an op is."""

    FREE = 0
    """Nothing is computed or moved: constants, reshapes, broadcasts that fuse into their users."""
    ELEMENTWISE = 1
    CONTRACTION = 2
    CONVOLUTION = 3
    REDUCE = 4
    MOVE = 5
    """Elements change their place: transposes, slices, pads, concatenations."""
    GATHER = 6
    SCATTER = 7
    SORT = 8
    FFT = 9
    SOLVE = 10
    """Decompositions and triangular solves."""
    WINDOW = 11
    OPAQUE = 12
    """Ops of which only operands and results are known."""


class CollectiveKind(IntEnum):
    """The collectives of `spmd`, in the order of `report.collectives.KINDS`."""

    ALL_GATHER = 0
    ALL_REDUCE = 1
    REDUCE_SCATTER = 2
    ALL_TO_ALL = 3
    COLLECTIVE_PERMUTE = 4


@dataclass(frozen=True)
class OpBatch:
    """
    n ops as one device runs them, a column per feature.

    `category` and `dtype` (an index into hardware.DTYPES) are codes. `flops` count contractions, `vector_flops` other
    arithmetic; `read` and `written` are bytes through memory; `kernels` how many kernels start (a fraction for an op
    that shares one with others). `batch`, `m`, `n`, `k` are the local sizes of a contraction, for a convolution of the
    matrix product that it is (m: output pixels, n: output features, k: window times input features), else 0.
    """

    category: Codes
    dtype: Codes
    flops: Floats
    vector_flops: Floats
    read: Floats
    written: Floats
    kernels: Floats
    batch: Ints
    m: Ints
    n: Ints
    k: Ints

    def __len__(self) -> int:
        return len(self.category)

    @staticmethod
    def concatenate(batches: Sequence[OpBatch]) -> OpBatch:
        """The rows of all batches in order."""
        names = [field.name for field in fields(OpBatch)]
        if not batches:
            return OpBatch.free(0)
        return OpBatch(*(np.concatenate([getattr(batch, name) for batch in batches]) for name in names))

    @staticmethod
    def free(rows: int) -> OpBatch:
        """Rows that cost nothing."""
        codes, floats, ints = np.zeros(rows, np.int8), np.zeros(rows), np.zeros(rows, np.int64)
        return OpBatch(codes, codes, floats, floats, floats, floats, floats, ints, ints, ints, ints)


@dataclass(frozen=True)
class CollectiveBatch:
    """
    n collectives, a column per feature.

    `kind` is a CollectiveKind, `bytes` what one device holds before. A group may span several mesh axes: `axes` [n, a]
    are indices of mesh axes and `spans` [n, a] how many devices lie along each; a span of 1 stands for no axis.
    `strided` where what is exchanged does not lie in one piece: along a dimension that is not the outermost.
    """

    kind: Codes
    bytes: Floats
    axes: Ints
    spans: Ints
    strided: Flags = field(default_factory=lambda: np.zeros(0, np.bool_))

    def __post_init__(self) -> None:
        if not len(self.strided):
            object.__setattr__(self, "strided", np.zeros(len(self.kind), np.bool_))

    def __len__(self) -> int:
        return len(self.kind)

    @staticmethod
    def of(
        entries: Sequence[tuple[CollectiveKind, float, Sequence[tuple[int, int]]]], strided: Sequence[bool] = ()
    ) -> CollectiveBatch:
        """From (kind, bytes before, [(axis, span), ...]) per collective; none is strided where nobody says."""
        width = max((len(parts) for _, _, parts in entries), default=0) or 1
        axes, spans = np.zeros((len(entries), width), np.int64), np.ones((len(entries), width), np.int64)
        for row, (_, _, parts) in enumerate(entries):
            for column, (axis, span) in enumerate(parts):
                axes[row, column], spans[row, column] = axis, span
        kinds = np.array([kind for kind, _, _ in entries], np.int8)
        return CollectiveBatch(
            kinds, np.array([size for _, size, _ in entries], np.float64), axes, spans, np.array(strided, np.bool_)
        )


def is_strided(shape: Sequence[int], dimensions: Sequence[int]) -> bool:
    """Whether parts of a local tensor along one of the dimensions lie scattered: something larger than 1 is outside."""
    return any(size > 1 for dimension in dimensions for size in shape[:dimension])


class CostModel(Protocol):
    """Scores batches in seconds; larger work never costs less."""

    def ops(self, batch: OpBatch) -> Floats:
        """Seconds of each op on one device."""
        ...

    def collectives(self, batch: CollectiveBatch) -> Floats:
        """Seconds of each collective; 0 for a group of one."""
        ...
