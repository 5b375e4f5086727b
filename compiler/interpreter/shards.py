"""Whole tensors and the local arrays of a mesh's devices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from eggshard.dialects.sharding.layout import Layout, Mesh, local_shape
from eggshard.interpreter.folding import KINDS, combine, identity_of
from eggshard.interpreter.numerics import narrow
from eggshard.interpreter.values import Array

IDEMPOTENT = frozenset({"max", "min", "and", "or"})
"""Kinds for which every device may hold the whole value as its term."""


def shard(array: Array, layout: Layout, mesh: Mesh, fill: Any = 0) -> list[Array]:
    """
    What each device holds of `array`, by device id.

    A dimension that does not divide is padded at its end with `fill`. Along partial axes the first device holds the
    value and the others the identity of the reduction; all hold the value where that is the same.
    Devices at the same coordinates share one array.
    """
    local = local_shape(array.shape, layout, mesh)
    spans = [mesh.span(axes) for axes in layout.axes]
    padding = [(0, size * span - whole) for size, span, whole in zip(local, spans, array.shape, strict=True)]
    padded = np.pad(array, padding, constant_values=narrow(fill, array.dtype)) if any(map(any, padding)) else array
    terms = [partial for partial in layout.partial if partial.kind not in IDEMPOTENT]
    made: dict[tuple[int, ...], Array] = {}
    result: list[Array] = [array] * mesh.device_count
    for position in range(mesh.device_count):
        index = tuple(mesh.coordinate(position, axes) for axes in layout.axes)
        idle = [partial.kind for partial in terms if mesh.coordinate(position, (partial.axis,))]
        if idle:
            result[mesh.device_at(position)] = np.full(local, identity_of(KINDS[idle[0]], array.dtype), array.dtype)
            continue
        if index not in made:
            made[index] = padded[block(index, local)]
        result[mesh.device_at(position)] = made[index]
    return result


def unshard(locals: Sequence[Array], layout: Layout, mesh: Mesh, shape: Sequence[int]) -> Array:
    """
    The tensor of `shape` that the devices hold together, `locals` by device id; padding is cut off.

    Terms along partial axes are combined. Of copies that should be equal the first is taken; `copies_agree` asks.
    """
    owners = _owners(layout, mesh)
    first = locals[mesh.device_at(0)]
    spans = [mesh.span(axes) for axes in layout.axes]
    whole = np.empty([size * span for size, span in zip(first.shape, spans, strict=True)], first.dtype)
    for index, copies in owners.items():
        whole[block(index, first.shape)] = _combined([locals[device] for device in copies[0]], layout)
    return np.asarray(whole[block((0,) * len(shape), shape)])


def block(index: Sequence[int], sizes: Sequence[int]) -> tuple[Any, ...]:
    """The index-th block of `sizes` elements along each dimension; a view, also of a scalar."""
    return (*(slice(i * size, (i + 1) * size) for i, size in zip(index, sizes, strict=True)), ...)


def copies_agree(locals: Sequence[Array], layout: Layout, mesh: Mesh) -> bool:
    """Whether devices that should hold the same part of a tensor hold the same bits."""
    for copies in _owners(layout, mesh).values():
        values = [_combined([locals[device] for device in terms], layout) for terms in copies]
        if any(value.tobytes() != values[0].tobytes() for value in values[1:]):
            return False
    return True


def _owners(layout: Layout, mesh: Mesh) -> dict[tuple[int, ...], list[list[int]]]:
    """Per shard index its copies; a copy is the devices that hold its terms (one, if nothing is partial)."""
    axes = tuple(partial.axis for partial in layout.partial)
    owners: dict[tuple[int, ...], list[list[int]]] = {}
    position_of = {mesh.device_at(position): position for position in range(mesh.device_count)}
    for group in mesh.groups(axes):
        index = tuple(mesh.coordinate(position_of[group[0]], dim_axes) for dim_axes in layout.axes)
        owners.setdefault(index, []).append(list(group))
    return owners


def _combined(terms: Sequence[Array], layout: Layout) -> Array:
    """All partial axes of a layout have one kind, or combine in the order they are listed."""
    kinds = {partial.kind for partial in layout.partial}
    if not kinds:
        return terms[0]
    if len(kinds) > 1:
        raise NotImplementedError(f"partial kinds {', '.join(sorted(kinds))} on one value")
    return combine(KINDS[kinds.pop()], terms)
