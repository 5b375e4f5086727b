"""The factors of an op: the indices of its loop nest, and which dimension of which tensor each one walks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

FactorDims = tuple[tuple[int, ...], ...]
"""Per dimension of one tensor the factors that index it, major to minor; () for a dimension no factor can tile."""


@dataclass(frozen=True)
class Rule:
    """
    How an op maps dimensions to factors, as `([i,k],[k,j])->([i,j])` does for a matrix product.

    A factor that is in none of the sets below is a pass-through factor: tiling it tiles every tensor that has it.
    `reduction`: tiling it leaves each result partial, to be combined by `kind` ("generic" where the body is none of
    the known reductions).
    `need_replication`: the op wants the whole dimension; a tile is gathered before it.
    `permutation`: tiling it needs neighbours' data (halos); treated as need_replication where no halo code exists.
    `blocked`: not propagated along.
    `masked`: dimensions that are read or written at positions known only when the program runs. Shardy cannot tile
    them; our own partitioner can, see `local`.
    `lenient`: factors of `need_replication` and `permutation` that propagation treats as pass-through, as Shardy does
    for an op whose tiles are in truth not independent.
    `own`: the rule that our own partitioner runs instead, where it can tile dimensions that Shardy keeps whole.
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
    lenient: frozenset[int] = frozenset()
    own: Rule | None = None

    @cached_property
    def special(self) -> frozenset[int]:
        """The factors that propagation does not count as pass-through."""
        return (self.reduction | self.need_replication | self.permutation) - self.lenient

    @cached_property
    def local(self) -> Rule:
        """
        The rule as our own partitioner runs it: `own`, or this one with masked factors tiled.

        A masked factor in `reduction` is a dimension that is read (gather, dynamic_slice): each device answers for its
        own slice, zero elsewhere, and the results are partial sums; no result is tiled along it. A masked factor
        outside `reduction` is one that is written (scatter, dynamic_update_slice): operand and result are tiled alike
        and each device applies what falls into its own slice.
        """
        if self.own is not None:
            return self.own
        read = self.masked & (self.need_replication | self.reduction)
        if not read:
            return self
        results = tuple(tuple(tuple(f for f in dim if f not in read) for dim in dims) for dims in self.results)
        return replace(
            self,
            results=results,
            reduction=self.reduction | read,
            need_replication=self.need_replication - read,
            blocked=self.blocked - read,
        )

    def __str__(self) -> str:
        """The rule in the notation of the field: `([i, k], [k, j])->([i, j]) {i=8, j=16, k=32} reduction={k}`."""
        names = [factor_name(f) for f in range(len(self.sizes))]

        def tensors(all_dims: tuple[FactorDims, ...]) -> str:
            return ", ".join("[" + ", ".join("".join(names[f] for f in dim) for dim in dims) + "]" for dims in all_dims)

        def group(title: str, factors: Iterable[int]) -> str:
            listed = ", ".join(names[f] for f in sorted(factors))
            return f" {title}={{{listed}}}" if listed else ""

        sizes = ", ".join(f"{name}={size}" for name, size in zip(names, self.sizes, strict=True))
        return (
            f"({tensors(self.operands)})->({tensors(self.results)})"
            + (f" {{{sizes}}}" if sizes else "")
            + group("reduction", self.reduction)
            + group("need_replication", self.need_replication - self.lenient)
            + group("permutation", self.permutation - self.lenient)
            + group("blocked_propagation", self.blocked)
        )


def factor_name(factor: int) -> str:
    """i, j, ... z, z_1, z_2, ..."""
    return chr(ord("i") + factor) if factor < 18 else f"z_{factor - 17}"
