"""
The axes along which an op runs when its operands and results are laid out in ways that contradict each other.

Per factor of the op's rule some axes are chosen, so that no axis serves two factors; every tensor then has these axes
along the factors that it has. What is chosen is what the largest tensors have already, as Shardy's
`insert-explicit-reshards` weighs it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod

from eggshard.dialects.sharding.layout import Mesh
from eggshard.propagation.prefixes import Axes, appended, is_strict_prefix, prefix_outside
from eggshard.rules.rule import FactorDims, Rule

Tiling = Mapping[int, Axes]
"""Per factor that a tensor has the axes that tile it there."""


def common_axes(rule: Rule, tensors: Sequence[Tiling], sizes: Sequence[int], mesh: Mesh) -> list[Axes]:
    """
    The axes of each factor.

    `tensors` are the operands and then the results, `sizes` their numbers of elements (0 where not known).
    """
    dims = (*rule.operands, *rule.results)
    shaped = [place for place, tensor_dims in enumerate(dims) if tensor_dims]
    several = any(len(factors) > 1 for tensor_dims in dims for factors in tensor_dims)
    if len(shaped) == 2 and not needs_replication(rule) and not several:
        return _of_two(rule, tensors, sizes, shaped, mesh)
    axes = _Choice(rule, dims, tensors, sizes, mesh).make()
    _hand_on(rule, dims, axes, mesh)
    return axes


def needs_replication(rule: Rule) -> frozenset[int]:
    """The factors that must stay whole in Shardy's eyes."""
    return rule.need_replication - rule.lenient


def permuted(rule: Rule) -> frozenset[int]:
    """The factors whose tiles need data of their neighbours."""
    return rule.permutation - rule.lenient


def _of_two(
    rule: Rule, tensors: Sequence[Tiling], sizes: Sequence[int], shaped: Sequence[int], mesh: Mesh
) -> list[Axes]:
    """One operand and one result: the larger one stays as it is, the other gives way."""

    def preference(place: int) -> tuple[bool, int, int]:
        moves_data = any(axes and factor in permuted(rule) for factor, axes in tensors[place].items())
        return not moves_data, sizes[place], prod(mesh.span(axes) for axes in tensors[place].values())

    first, second = shaped
    kept, other = (first, second) if preference(first) >= preference(second) else (second, first)
    taken = tuple(axis for axes in tensors[kept].values() for axis in axes)
    return [
        tensors[kept][factor] if factor in tensors[kept] else _without(tensors[other].get(factor, ()), taken)
        for factor in range(len(rule.sizes))
    ]


def _without(axes: Axes, taken: Axes) -> Axes:
    """The major part of `axes` up to the first one that overlaps `taken`."""
    for place, axis in enumerate(axes):
        free = prefix_outside(axis, taken)
        if free != axis:
            return (*axes[:place], *(() if free is None else (free,)))
    return axes


@dataclass
class _Candidate:
    """
    Axes that some tensor has along a factor.

    `total` is the size of all tensors that have them, `kind` how readily Shardy tiles such a factor, `tiles` how many
    more tiles they make.
    """

    factor: int
    axes: Axes
    total: int
    kind: int
    tiles: int

    @property
    def rank(self) -> tuple[object, ...]:
        """What candidates are compared by."""
        return self.total, self.kind, self.tiles, self.factor, len(self.axes), _names(self.axes)


def _names(axes: Axes) -> tuple[tuple[str, bool, int, int], ...]:
    """Axes in the order of their names, a part before the whole."""
    return tuple((axis.name, not axis.size, axis.pre, axis.size) for axis in axes)


class _Choice:
    """Takes the best candidate, drops what contradicts it, and goes on until none is left."""

    def __init__(
        self, rule: Rule, dims: Sequence[FactorDims], tensors: Sequence[Tiling], sizes: Sequence[int], mesh: Mesh
    ) -> None:
        self.rule = rule
        self.mesh = mesh
        self.tensors = tensors
        self.sizes = sizes
        self.chosen: list[Axes] = [() for _ in rule.sizes]
        self.waits_for: dict[int, set[int]] = {}
        for tensor_dims in dims:
            for factors in tensor_dims:
                for before, factor in pairwise(factors):
                    self.waits_for.setdefault(factor, set()).add(before)
        self.candidates = self._all()

    def make(self) -> list[Axes]:
        while (best := self._best()) is not None:
            factor, axes = best.factor, best.axes
            self.chosen[factor] = axes
            if self.mesh.span(axes) == self.rule.sizes[factor]:
                # Only a factor that is used up lets the minor ones of its dimension be tiled without strides.
                for waiting in self.waits_for.values():
                    waiting.discard(factor)
            self.candidates = [candidate for candidate in self.candidates if self._remains(candidate, factor, axes)]
        return self.chosen

    def _all(self) -> list[_Candidate]:
        """The axes of every tensor along every factor, and all their major parts."""
        found: dict[tuple[int, Axes], _Candidate] = {}
        for tensor in self.tensors:
            for factor, mine in tensor.items():
                for count in range(len(mine), 0, -1):
                    axes = mine[:count]
                    found[factor, axes] = _Candidate(factor, axes, 0, self._kind(factor), self.mesh.span(axes))
        for tensor, size in zip(self.tensors, self.sizes, strict=True):
            for (factor, axes), candidate in found.items():
                mine = tensor.get(factor, ())
                if axes == mine or is_strict_prefix(axes, mine):
                    candidate.total += size
        return list(found.values())

    def _kind(self, factor: int) -> int:
        if factor in self.rule.reduction:
            return 2
        if factor in needs_replication(self.rule):
            return 0
        return 1 if factor in permuted(self.rule) else 3

    def _best(self) -> _Candidate | None:
        allowed = [c for c in self.candidates if not self.waits_for.get(c.factor)]
        return max(allowed, key=lambda candidate: candidate.rank, default=None)

    def _remains(self, candidate: _Candidate, factor: int, axes: Axes) -> bool:
        """Whether a candidate still says something after `axes` were given to `factor`; it is cut to what it says."""
        if candidate.factor == factor:
            candidate.tiles = self.mesh.span(candidate.axes) // self.mesh.span(axes)
            return is_strict_prefix(axes, candidate.axes)
        free = _without(candidate.axes, axes)
        had = self.chosen[candidate.factor]
        if free == candidate.axes:
            candidate.tiles = self.mesh.span(free)
            return True
        candidate.axes = free
        candidate.tiles = self.mesh.span(free) // self.mesh.span(had)
        return free != had


def _hand_on(rule: Rule, dims: Sequence[FactorDims], axes: list[Axes], mesh: Mesh) -> None:
    """The axes of a factor that must stay whole, if all tensors have it, are given to others that all tensors have."""
    in_all = [
        all(any(factor in factors for factors in tensor_dims) for tensor_dims in dims if tensor_dims)
        for factor in range(len(rule.sizes))
    ]
    shared = [factor for factor, everywhere in enumerate(in_all) if everywhere and factor not in rule.special]
    for factor in sorted(needs_replication(rule)):
        handed, axes[factor] = axes[factor], ()
        if in_all[factor]:
            _distribute(handed, shared, rule, axes, mesh)


def _distribute(handed: Axes, factors: Sequence[int], rule: Rule, axes: list[Axes], mesh: Mesh) -> None:
    for factor in factors:
        size, span = rule.sizes[factor], mesh.span(axes[factor])
        if size == 0 or size % span:
            continue
        room = size // span
        while handed and room % mesh.size(handed[0]) == 0:
            axes[factor] = appended(axes[factor], handed[:1], mesh)
            room //= mesh.size(handed[0])
            handed = handed[1:]
