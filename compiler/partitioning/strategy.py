"""
Which factor of an op each mesh axis tiles.

Layouts propose; where they agree nothing is to decide. Where they contradict each other, what an earlier round of
annotations fixed stands (PartIR: tactics never undo each other), and within a round the cheapest proposal wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from eggshard.dialects.sharding.layout import Layout, Mesh, Partial
from eggshard.partitioning.factors import DimAxes, Tiling, extend, legal, project, unproject
from eggshard.rules.rule import Rule

FLOPS_PER_BYTE = 5000.0
"""Multiply-adds that a device does while a link moves a byte: 500 TFLOP/s against 100 GB/s."""
BYTES_PER_BYTE = 0.05
"""Cost of a byte through memory where one over a link costs 1."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """What strategies need to know of an operand or result: bytes of the whole tensor, and its axes per dimension."""

    bytes: int
    dims: DimAxes


def choose(
    rule: Rule,
    tileable: frozenset[int],
    operands: Sequence[Tensor],
    results: Sequence[Tensor],
    mesh: Mesh,
    fixed: Tiling,
    contraction: bool,
) -> Tiling:
    """
    The tiling of an op's factors.

    `fixed` is the choice of earlier rounds; it is only extended. `contraction` says that time is FLOPs, not bytes.
    """
    tensors = [*operands, *results]
    factors = (*rule.operands, *rule.results)
    wishes = [project(t.dims, f, rule.sizes, mesh) for t, f in zip(tensors, factors, strict=True)]
    agreed = _agreement(wishes, fixed)
    if agreed is not None:
        return legal(agreed, rule, tileable, mesh)
    proposals: list[Tiling] = []
    order = [*range(len(operands), len(tensors)), *range(len(operands))]
    for leader in order:
        tiling = extend(fixed, wishes[leader])
        for other in order:
            tiling = extend(tiling, wishes[other])
        proposals.append(legal(tiling, rule, tileable, mesh))
        without = {f: a for f, a in tiling.items() if f in fixed or f not in rule.reduction}
        if without != tiling:
            proposals.append(legal(extend(without, wishes[leader]), rule, tileable, mesh))
            proposals.append(legal(without, rule, tileable, mesh))
    unique: list[Tiling] = []
    for proposal in proposals:
        if proposal not in unique:
            unique.append(proposal)
    if len(unique) == 1:
        return unique[0]
    return min(unique, key=lambda t: cost(t, rule, operands, results, mesh, contraction))


def _agreement(wishes: list[Tiling], fixed: Tiling) -> Tiling | None:
    """The union of all wishes if none contradicts another and no axis serves two factors."""
    union = dict(fixed)
    for wish in wishes:
        for factor, axes in wish.items():
            if union.setdefault(factor, axes) != axes:
                return None
    names = [axis.name for axes in union.values() for axis in axes]
    return union if len(set(names)) == len(names) else None


def cost(
    tiling: Tiling,
    rule: Rule,
    operands: Sequence[Tensor],
    results: Sequence[Tensor],
    mesh: Mesh,
    contraction: bool,
) -> float:
    """Bytes over links of all reshards around the op, plus its work in the same unit."""
    total = 0.0
    for tensor, factors in zip(operands, rule.operands, strict=True):
        total += reshard_bytes(tensor.bytes, tensor.dims, unproject(tiling, factors, mesh), 1, mesh)
    partial = prod(mesh.span(tiling[f]) for f in rule.reduction if f in tiling)
    for tensor, factors in zip(results, rule.results, strict=True):
        total += reshard_bytes(tensor.bytes, unproject(tiling, factors, mesh), tensor.dims, partial, mesh)
    tiles = prod(mesh.span(axes) for axes in tiling.values())
    if contraction:
        return total + 2.0 * prod(rule.sizes) / tiles / FLOPS_PER_BYTE
    return total + BYTES_PER_BYTE * sum(t.bytes for t in (*operands, *results)) / tiles


def reshard_bytes(size: int, source: DimAxes, target: DimAxes, partial: int, mesh: Mesh) -> float:
    """Bytes that one device sends to bring a tensor of `size` bytes, partial over `partial` devices, to `target`."""
    spans = [(mesh.span(s), mesh.span(t)) for s, t in zip(source, target, strict=True)]
    local = size / prod(s for s, _ in spans)
    total = 0.0
    if partial > 1:
        scattered = prod(t for _, t in spans) >= partial * prod(s for s, _ in spans)
        total += local * (1 if scattered else 2)
        if scattered:
            return total
    moved = [(s, t) for s, t in zip(source, target, strict=True) if t[: len(s)] != s]
    if not moved:
        return total
    after = size / prod(t for _, t in spans)
    return total + (local if after <= local else after)


def layouts(
    tiling: Tiling, rule: Rule, mesh_name: str, mesh: Mesh, boolean: bool = False
) -> tuple[tuple[Layout, ...], tuple[Layout, ...]]:
    """
    What a tiled op reads and what it makes; tiled reduction factors leave results partial.

    `rule` is the local one. `boolean` says that masked reads yield i1, whose zeros are combined by `or`.
    """
    reads = tuple(Layout.of(mesh_name, unproject(tiling, factors, mesh)) for factors in rule.operands)
    if rule.kind == "generic":
        partial: tuple[Partial, ...] = ()  # an unknown body is finished where it stands
    else:
        partial = tuple(
            Partial(axis, _kind(rule, factor, boolean))
            for factor in sorted(tiling)
            if factor in rule.reduction
            for axis in tiling[factor]
        )
    makes = tuple(Layout.of(mesh_name, unproject(tiling, factors, mesh), partial) for factors in rule.results)
    return reads, makes


def _kind(rule: Rule, factor: int, boolean: bool) -> str:
    return ("or" if boolean else "sum") if factor in rule.masked else rule.kind
