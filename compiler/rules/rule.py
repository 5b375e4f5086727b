"""The factors of an op: the indices of its loop nest, and which dimension of which tensor each one walks."""

from __future__ import annotations

from dataclasses import dataclass

FactorDims = tuple[tuple[int, ...], ...]
"""Per dimension of one tensor the factors that index it, major to minor; () for a dimension no factor can tile."""


@dataclass(frozen=True)
class Rule:
    """
    How an op maps dimensions to factors, as `([i,k],[k,j])->([i,j])` does for a matrix product.

    A factor that is in none of the sets below is a pass-through factor: tiling it tiles every tensor that has it.
    `reduction`: tiling it leaves each result partial, to be combined by `kind`.
    `need_replication`: the op wants the whole dimension; a tile is gathered before it.
    `permutation`: tiling it needs neighbours' data (halos); treated as need_replication where no halo code exists.
    `blocked`: not propagated along.
    `masked`: reduction factors that only our own partitioning can tile (index dimensions of gathers and scatters:
    each device answers for its own slice and contributes zero elsewhere); Shardy sees them as need_replication.
    """

    operands: tuple[FactorDims, ...]
    results: tuple[FactorDims, ...]
    sizes: tuple[int, ...]
    reduction: frozenset[int] = frozenset()
    need_replication: frozenset[int] = frozenset()
    permutation: frozenset[int] = frozenset()
    blocked: frozenset[int] = frozenset()
    masked: frozenset[int] = frozenset()
    kind: str = "sum"
    custom: bool = False

    def __str__(self) -> str:
        """The rule in the notation of the field: `([i, k], [k, j])->([i, j]) {i=8, j=16, k=32}`."""
        names = [chr(ord("i") + f) if f < 18 else f"z_{f - 17}" for f in range(len(self.sizes))]

        def tensors(all_dims: tuple[FactorDims, ...]) -> str:
            return ", ".join(
                "[" + ", ".join("".join(names[f] for f in dim) for dim in dims) + "]" for dims in all_dims
            )

        sizes = ", ".join(f"{name}={size}" for name, size in zip(names, self.sizes, strict=True))
        return f"({tensors(self.operands)})->({tensors(self.results)}) {{{sizes}}}"
