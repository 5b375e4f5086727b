"""
What an op does under many tilings at once: from (op, rule, tiles) to the columns of an OpBatch.

XLA fuses elementwise ops, so the sum of ops run alone is several times a program's time. Here each is priced at what it
adds to a cluster of four: an op in a cluster writes its result half of the time and finds three of four operand bytes
in registers or cache. A learned model may replace these shares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from math import log2, prod
from typing import Any

import numpy as np
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, Operation

from eggshard.cost.batch import Category, Floats, Ints, OpBatch
from eggshard.dialects.stablehlo.dense import element_bytes
from eggshard.hardware.description import DTYPES, dtype_class
from eggshard.rules.elementwise import ELEMENTWISE
from eggshard.rules.rule import FactorDims, Rule

FUSED_READ, FUSED_WRITTEN, FUSED_KERNELS = 0.25, 0.5, 0.25
"""Shares of an elementwise op's bytes and launch that remain after fusion."""
MOVED = 0.5
"""Share of the bytes of a transpose, slice or pad that is moved: half of them fuse or become a layout."""
TRANSCENDENTAL = 8.0
"""Arithmetic of an exponential, beside an addition."""
DIVISION = 2.0
"""Arithmetic of what has an instruction of its own that takes longer than an addition."""
DIVISIONS = frozenset(["divide", "rsqrt", "sqrt"])

_COSTLY = """
    atan2 cbrt cosine divide exponential exponential_minus_one log log_plus_one logistic power rsqrt sine sqrt tan tanh
    acos acosh asin asinh atan atanh bessel_i1e cosh digamma erf erf_inv erfc lgamma polygamma sinh zeta
"""
COSTLY = frozenset(_COSTLY.split())

CATEGORIES: dict[str, Category] = {
    **dict.fromkeys(ELEMENTWISE, Category.ELEMENTWISE),
    **dict.fromkeys(("stablehlo.map", "stablehlo.rng", "stablehlo.rng_bit_generator"), Category.ELEMENTWISE),
    **dict.fromkeys(("stablehlo.dot_general", "stablehlo.dot"), Category.CONTRACTION),
    "stablehlo.convolution": Category.CONVOLUTION,
    "stablehlo.reduce": Category.REDUCE,
    **dict.fromkeys(("stablehlo.reduce_window", "stablehlo.select_and_scatter"), Category.WINDOW),
    **dict.fromkeys(
        [f"stablehlo.{name}" for name in ("concatenate", "pad", "reverse", "slice", "transpose")], Category.MOVE
    ),
    **dict.fromkeys(("stablehlo.gather", "stablehlo.dynamic_slice", "spmd.slice"), Category.GATHER),
    **dict.fromkeys(("stablehlo.scatter", "stablehlo.dynamic_update_slice"), Category.SCATTER),
    **dict.fromkeys(("stablehlo.sort", "chlo.top_k"), Category.SORT),
    "stablehlo.fft": Category.FFT,
    **dict.fromkeys(("stablehlo.cholesky", "stablehlo.triangular_solve"), Category.SOLVE),
    **dict.fromkeys(
        [
            f"stablehlo.{name}"
            for name in (
                "after_all bitcast_convert broadcast broadcast_in_dim constant create_token get_tuple_element iota "
                "optimization_barrier partition_id replica_id reshape return tuple"
            ).split()
        ],
        Category.FREE,
    ),
    **dict.fromkeys(("func.return", "sdy.return", "sdy.constant", "spmd.device_index"), Category.FREE),
}
"""Ops that are not here are OPAQUE; control flow is FREE itself, its regions are counted by who knows the rounds."""

CONTROL = frozenset(["stablehlo.while", "stablehlo.case", "stablehlo.if", "sdy.manual_computation"])


def op_features(op: Operation, rule: Rule | None, tiles: Ints) -> OpBatch:
    """
    The features of `op` on one device, a row per tiling.

    `rule` is the local form (`Rule.local`); `tiles` [n, factors]: how many parts each factor is cut into (1: whole).
    A dimension that does not divide counts as its largest part. Without a rule each row is the whole op.
    """
    rows = len(tiles)
    category = Category.FREE if op.name in CONTROL else CATEGORIES.get(op.name, Category.OPAQUE)
    if category is Category.FREE or not op.results:
        return OpBatch.free(rows)
    return FEATURES[category](_Tiled(op, rule, tiles, category))


class _Tiled:
    """Local sizes of one op's tensors under every tiling."""

    def __init__(self, op: Operation, rule: Rule | None, tiles: Ints, category: Category):
        self.op, self.rule, self.tiles, self.category = op, rule, tiles, category
        self.rows = len(tiles)
        self.types = [value.type for value in (*op.operands, *op.results)]
        self.operand_count = len(op.operands)
        self.factors: tuple[FactorDims | None, ...] = (
            (None,) * len(self.types) if rule is None else (*rule.operands, *rule.results)
        )

    def dim(self, tensor: int, index: int) -> Ints:
        """Local size of one dimension, [n]."""
        kind = self.types[tensor]
        assert isinstance(kind, TensorType)
        size = np.full(self.rows, kind.get_shape()[index], np.int64)
        factors = self.factors[tensor]
        for factor in factors[index] if factors is not None else ():
            size = -(-size // self.tiles[:, factor])
        return size

    def elements(self, tensor: int) -> Floats:
        """Local elements of a tensor; operands come first, negative indices are results from the end."""
        kind = self.types[tensor]
        total = np.ones(self.rows)
        if isinstance(kind, TensorType):
            for index in range(kind.get_num_dims()):
                total *= self.dim(tensor, index)
        return total

    def bytes(self, tensor: int) -> Floats:
        return self.elements(tensor) * _width(self.types[tensor])

    def read(self) -> Floats:
        return self.total(range(self.operand_count))

    def written(self) -> Floats:
        return self.total(range(self.operand_count, len(self.types)))

    def total(self, tensors: Iterable[int]) -> Floats:
        """Bytes of several tensors."""
        total = np.zeros(self.rows)
        for tensor in tensors:
            total += self.bytes(tensor)
        return total

    def row(self, **columns: Any) -> OpBatch:
        """The batch with these columns; those not given are zero, and one kernel starts."""
        free = OpBatch.free(self.rows)
        given = {"kernels": 1.0, "dtype": self.dtype(), "category": int(self.category)} | columns

        def column(name: str) -> Any:
            zero = getattr(free, name)
            return np.broadcast_to(np.asarray(given[name], zero.dtype), zero.shape) if name in given else zero

        return OpBatch(*(column(name) for name in OpBatch.__dataclass_fields__))

    def dtype(self) -> int:
        """That of the widest-lived operand: products in bf16 with results in f32 run as bf16."""
        return _dtype(self.types[0])


@lru_cache(maxsize=4096)
def _width(kind: Attribute) -> int:
    return element_bytes(kind.element_type) if isinstance(kind, TensorType) else 0


@lru_cache(maxsize=4096)
def _dtype(kind: Attribute) -> int:
    return DTYPES.index(dtype_class(str(kind.element_type))) if isinstance(kind, TensorType) else DTYPES.index("f32")


def _elementwise(t: _Tiled) -> OpBatch:
    """At its marginal cost in a fused cluster."""
    name = t.op.name.split(".", 1)[1]
    weight = DIVISION if name in DIVISIONS else TRANSCENDENTAL if name in COSTLY else 1.0
    if t.op.name.startswith("stablehlo.rng"):
        weight = 4 * TRANSCENDENTAL
    return t.row(
        vector_flops=weight * t.elements(-1),
        read=FUSED_READ * t.read(),
        written=FUSED_WRITTEN * t.written(),
        kernels=FUSED_KERNELS,
    )


def _contraction(t: _Tiled) -> OpBatch:
    """batch, m, n, k by which tensors a factor walks."""
    sizes = {name: np.ones(t.rows, np.int64) for name in ("batch", "m", "n", "k")}
    if t.rule is not None:
        walks = [{f for dim in dims for f in dim} for dims in (*t.rule.operands, *t.rule.results)]
        for factor, size in enumerate(t.rule.sizes):
            left, right, out = (factor in walk for walk in walks)
            name = ("batch" if left and right else "m" if left else "n") if out else "k"
            sizes[name] = sizes[name] * -(-size // t.tiles[:, factor])
    flops = 2.0 * prod(size.astype(np.float64) for size in sizes.values())
    return t.row(flops=flops, read=t.read(), written=t.written(), **sizes)


def _convolution(t: _Tiled) -> OpBatch:
    """As the matrix product (output pixels) x (window and input features) x (output features)."""
    numbers: Any = t.op.properties["dimension_numbers"]
    features = t.dim(2, numbers.data.output_feature_dimension)
    window = t.elements(1) / t.dim(1, numbers.data.kernel_output_feature_dimension)
    return t.row(
        flops=2.0 * t.elements(2) * window,
        read=t.read(),
        written=t.written(),
        batch=1,
        m=(t.elements(2) / np.maximum(features, 1)).astype(np.int64),
        n=features,
        k=np.maximum(window, 1).astype(np.int64),
    )


def _reduce(t: _Tiled) -> OpBatch:
    return t.row(vector_flops=t.elements(0), read=t.read(), written=t.written())


def _window(t: _Tiled) -> OpBatch:
    """Every element of the result looks at a window, which mostly stays in cache."""
    attribute: Any = t.op.properties.get("window_dimensions")
    window = prod(attribute.get_values()) if attribute is not None else 1
    larger = np.maximum(t.elements(0), t.elements(-1)) if window == 1 else t.elements(-1) * window
    return t.row(vector_flops=larger, read=t.read(), written=t.written())


def _move(t: _Tiled) -> OpBatch:
    moved = MOVED * t.written()
    return t.row(read=moved, written=moved, kernels=MOVED)


def _gather(t: _Tiled) -> OpBatch:
    """What is read is as large as the result; the rest of the operand is not touched."""
    return t.row(read=t.written() + t.total(range(1, t.operand_count)), written=t.written())


def _scatter(t: _Tiled) -> OpBatch:
    """In place: the operand is touched where updates fall, read and written."""
    touched = t.total(range(len(t.op.results), t.operand_count))
    return t.row(vector_flops=touched / 4.0, read=2.0 * touched, written=touched)


def _sort(t: _Tiled) -> OpBatch:
    """n log n comparisons along the sorted dimension."""
    dimension: Any = t.op.properties.get("dimension")
    kind = t.types[0]
    rank = kind.get_num_dims() if isinstance(kind, TensorType) else 0
    index = int(dimension.value.data) % rank if dimension is not None and rank else rank - 1
    steps = np.log2(np.maximum(t.dim(0, index), 2)) if rank else np.ones(t.rows)
    return t.row(vector_flops=4.0 * t.elements(0) * steps, read=t.read(), written=t.written())


def _fft(t: _Tiled) -> OpBatch:
    """5 n log2 n, of n the transformed elements."""
    lengths: Any = t.op.properties["fft_length"]
    points = max(2, prod(lengths.get_values()))
    elements = np.maximum(t.elements(0), t.elements(-1))
    return t.row(vector_flops=5.0 * elements * log2(points), read=t.read(), written=t.written())


def _solve(t: _Tiled) -> OpBatch:
    """n^3 / 3 a decomposition, n^2 a right-hand side."""
    kind = t.types[0]
    assert isinstance(kind, TensorType)
    order = t.dim(0, kind.get_num_dims() - 1).astype(np.float64)
    elements = t.elements(1) if t.operand_count > 1 else t.elements(0) / 3.0
    return t.row(flops=order * elements, read=t.read(), written=t.written())


def _opaque(t: _Tiled) -> OpBatch:
    return t.row(vector_flops=t.elements(-1), read=t.read(), written=t.written())


FEATURES: dict[Category, Callable[[_Tiled], OpBatch]] = {
    Category.ELEMENTWISE: _elementwise,
    Category.CONTRACTION: _contraction,
    Category.CONVOLUTION: _convolution,
    Category.REDUCE: _reduce,
    Category.MOVE: _move,
    Category.GATHER: _gather,
    Category.SCATTER: _scatter,
    Category.SORT: _sort,
    Category.FFT: _fft,
    Category.SOLVE: _solve,
    Category.WINDOW: _window,
    Category.OPAQUE: _opaque,
}
