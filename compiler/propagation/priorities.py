"""
User priorities: layouts come into force in rounds, lowest number first, each propagated to the end before the next.

Until its round a dimension is closed and empty, and its axes are kept free by counting as replicated.
"""

from __future__ import annotations

from collections.abc import Callable

from eggshard.dialects.sharding.layout import Axis, Dim, Layout, Mesh
from eggshard.propagation.engine import Engine


def by_user_priority(engine: Engine, propagate: Callable[[], None]) -> None:
    """Runs `propagate` once for priority 0, which is also that of dimensions without one, then for each other."""
    waiting: dict[int, list[tuple[int, Layout]]] = {}
    for slot in range(len(engine.held)):
        layout = engine.get(slot)
        if layout is None:
            continue
        for priority in sorted({dim.priority or 0 for dim in layout.dims} - {0}):
            waiting.setdefault(priority, []).append((slot, layout))
        engine.put(slot, initial(layout, engine.graph.meshes[layout.mesh]))
    propagate()
    for priority in sorted(waiting):
        for slot, original in waiting[priority]:
            current = engine.get(slot)
            assert current is not None
            engine.put(slot, admitted(current, original, priority))
        propagate()


def initial(layout: Layout, mesh: Mesh) -> Layout:
    """The layout of the first round: later dimensions are empty and closed, their axes replicated."""
    if all(dim.priority is None for dim in layout.dims):
        return layout
    later = [axis for dim in layout.dims if dim.priority for axis in dim.axes]
    dims = tuple(Dim() if dim.priority else Dim(dim.axes, dim.open) for dim in layout.dims)
    replicated = tuple(sorted((*layout.replicated, *later), key=lambda axis: mesh_order(axis, mesh)))
    return Layout(layout.mesh, dims, replicated, layout.partial)


def admitted(current: Layout, original: Layout, priority: int) -> Layout:
    """`current` with the dimensions of `original` that have this priority."""
    dims = list(current.dims)
    seen: set[Axis] = set()
    for place, dim in enumerate(original.dims):
        if (dim.priority or 0) == priority:
            dims[place] = Dim(dim.axes, dim.open)
            seen.update(dim.axes)
    replicated = tuple(axis for axis in current.replicated if axis not in seen)
    return Layout(current.mesh, tuple(dims), replicated, current.partial)


def mesh_order(axis: Axis, mesh: Mesh) -> tuple[int, int, int, int]:
    """Sorts axes as the mesh does; of one axis, parts come before the whole."""
    place = [name for name, _ in mesh.axes].index(axis.name)
    return (place, 0 if axis.size else 1, axis.pre, axis.size)
