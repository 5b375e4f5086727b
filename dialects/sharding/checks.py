"""What a layout must satisfy on its mesh and its tensor; each failed check is one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

from xdsl.dialects.builtin import ShapedType, TupleType
from xdsl.ir import Attribute
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.sharding.axes import compatible, overlap
from eggshard.dialects.sharding.layout import Axis, Layout, Mesh, Strategy
from eggshard.dialects.sharding.syntax import axis_text, quoted, symbol_text

REDUCTIONS = ("sum", "prod", "max", "min", "and", "or", "xor")
"""The ways in which partial terms combine."""


def rank_of(type: Attribute) -> int | None:
    """The rank of a tensor, also where it is alone in a tuple, 0 for a token or such, None for an unranked tensor."""
    if isinstance(type, TupleType) and len(type.types) == 1:
        return rank_of(type.types.data[0])
    if isinstance(type, ShapedType):
        return type.get_num_dims() if type.get_shape() is not None else None
    return 0


def check_mesh(mesh: Mesh) -> None:
    """Raises VerifyException unless sizes are positive, names differ, and device ids are a permutation."""
    names = [name for name, _ in mesh.axes]
    for name in names:
        if names.count(name) > 1:
            raise VerifyException(f"mesh has {names.count(name)} axes named {quoted(name)}; names must differ")
    for name, size in mesh.axes:
        if size <= 0:
            raise VerifyException(f"mesh axis {quoted(name)} has size {size}; a size is at least 1")
    ids = mesh.device_ids
    if ids is None:
        return
    if not mesh.axes:
        if len(ids) != 1 or ids[0] < 0:
            raise VerifyException(f"mesh without axes has {len(ids)} device ids; it names exactly one device")
    elif sorted(ids) != list(range(mesh.device_count)):
        raise VerifyException(
            f"mesh has {mesh.device_count} devices; device_ids must be a permutation of 0 to {mesh.device_count - 1}"
        )


def check_axis(axis: Axis, mesh_name: str, mesh: Mesh) -> None:
    """Raises VerifyException unless `axis` is an axis of the mesh, or a part that divides one."""
    if axis.name not in mesh.sizes:
        names = ", ".join(quoted(name) for name, _ in mesh.axes) or "none"
        raise VerifyException(f"axis {quoted(axis.name)} is not in mesh {symbol_text(mesh_name)} (axes: {names})")
    if not axis.size:
        return
    whole = mesh.sizes[axis.name]
    if axis.pre < 1 or axis.size < 2:
        raise VerifyException(f"sub-axis {axis_text(axis)} must have a pre-size of at least 1 and a size of at least 2")
    if whole % (axis.pre * axis.size):
        raise VerifyException(f"sub-axis {axis_text(axis)} does not divide axis {quoted(axis.name)} (size {whole})")
    if axis.size == whole:
        raise VerifyException(f"sub-axis {axis_text(axis)} is the whole axis; write {quoted(axis.name)}")


def check_distinct(axes: Iterable[Axis], mesh: Mesh) -> None:
    """Raises VerifyException if two of `axes` share a device coordinate, or cannot be cut into common parts."""
    for a, b in combinations(axes, 2):
        if a == b:
            raise VerifyException(f"axis {axis_text(a)} is used twice; an axis may appear once in a layout")
        if overlap(a, b):
            raise VerifyException(f"axes {axis_text(a)} and {axis_text(b)} overlap; parts of one axis must be disjoint")
        if not compatible(a, b, mesh):
            raise VerifyException(
                f"sub-axes {axis_text(a)} and {axis_text(b)} cut their axis at bounds where neither divides the other"
            )


def check_layout(layout: Layout, mesh: Mesh, rank: int | None) -> None:
    """
    Raises VerifyException unless `layout` names axes of `mesh`, each once, and has `rank` dimensions (None: any).

    On a single device a layout has no dimensions, whatever the rank.
    """
    if mesh.is_single_device:
        rank = 0
    if rank is not None and layout.rank != rank:
        raise VerifyException(f"layout has {layout.rank} dimensions, the tensor has {rank}")
    for partial in layout.partial:
        if partial.kind not in REDUCTIONS:
            raise VerifyException(f"partial kind {partial.kind} is not one of {', '.join(REDUCTIONS)}")
    axes = list(_all_axes(layout))
    for axis in axes:
        check_axis(axis, layout.mesh, mesh)
    check_distinct(axes, mesh)


def _all_axes(layout: Layout) -> Iterator[Axis]:
    for dim in layout.dims:
        yield from dim.axes
    yield from layout.replicated
    for partial in layout.partial:
        yield partial.axis


def check_strategy(strategy: Strategy, mesh: Mesh) -> None:
    """Raises VerifyException unless each key is an axis of `mesh` and no two share a device coordinate."""
    for axis, _ in strategy.tiles:
        check_axis(axis, strategy.mesh, mesh)
    check_distinct((axis for axis, _ in strategy.tiles), mesh)
