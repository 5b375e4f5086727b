"""What Shardy demands of shardings; each failed check is one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, pairwise

from xdsl.dialects.builtin import ShapedType, TupleType, UnrankedTensorType
from xdsl.ir import Attribute, Operation
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.sdy.attributes import ManualAxesAttr
from eggshard.dialects.sdy.values import Sharding
from eggshard.dialects.sharding.access import meshes_of
from eggshard.dialects.sharding.axes import interval, overlap
from eggshard.dialects.sharding.checks import check_axis
from eggshard.dialects.sharding.layout import Axis, Mesh
from eggshard.dialects.sharding.syntax import axis_text, quoted, symbol_text

MANUAL_COMPUTATION = "sdy.manual_computation"


def resolve(mesh: str | Mesh, meshes: Mapping[str, Mesh]) -> Mesh:
    """The mesh itself, written in place or looked up by name."""
    if isinstance(mesh, Mesh):
        return mesh
    if mesh not in meshes:
        names = ", ".join(map(symbol_text, meshes)) or "none"
        raise VerifyException(f"mesh {symbol_text(mesh)} is not defined (meshes: {names})")
    return meshes[mesh]


def outer_manual_axes(op: Operation) -> frozenset[str]:
    """The axes on which the computations around `op` are manual already."""
    axes: set[str] = set()
    parent = op.parent_op()
    while parent is not None:
        manual = parent.properties.get("manual_axes")
        if parent.name == MANUAL_COMPUTATION and isinstance(manual, ManualAxesAttr):
            axes.update(manual.data)
        parent = parent.parent_op()
    return frozenset(axes)


def check_not_manual(name: str, manual: frozenset[str]) -> None:
    if name in manual:
        raise VerifyException(f"axis {quoted(name)} is manual already in an enclosing sdy.manual_computation")


def check_axes(axes: Iterable[Axis], mesh_name: str | Mesh, mesh: Mesh, seen: set[Axis]) -> None:
    """Each axis is the mesh's and not in `seen` (then is), and none continues the one before it."""
    axes = tuple(axes)
    for axis in axes:
        check_axis(axis, mesh_name if isinstance(mesh_name, str) else "", mesh)
        if axis in seen:
            raise VerifyException(f"axis {axis_text(axis)} is used twice; an axis may appear once in a sharding")
        seen.add(axis)
    for a, b in pairwise(axes):
        if a.name == b.name and a.size and interval(a, mesh)[1] == b.pre:
            raise VerifyException(f"sub-axes {axis_text(a)} and {axis_text(b)} follow each other; write them as one")


def check_ordered(axes: Sequence[Axis], mesh: Mesh, what: str) -> None:
    """`axes` stand in the order of the mesh, parts of one axis major to minor."""
    order = {name: position for position, (name, _) in enumerate(mesh.axes)}
    known = [axis for axis in axes if axis.name in order]
    if known != sorted(known, key=lambda axis: (order[axis.name], axis.pre, axis.size)):
        raise VerifyException(f"{what} axes are not in the order of the mesh")


def check_disjoint(axes: Iterable[Axis]) -> None:
    for a, b in combinations(tuple(axes), 2):
        if overlap(a, b):
            raise VerifyException(f"axes {axis_text(a)} and {axis_text(b)} overlap; parts of one axis must be disjoint")


def check_sharding(
    sharding: Sharding, type: Attribute | None, meshes: Mapping[str, Mesh], manual: frozenset[str] = frozenset()
) -> None:
    """Raises VerifyException unless `sharding` is sound for a value of `type` (None: for an op without results)."""
    mesh = resolve(sharding.mesh, meshes)
    if mesh.is_single_device or type is None:
        if sharding.dims or sharding.replicated or sharding.unreduced:
            raise VerifyException("sharding on a single device has dimensions or axes, must have none")
        return
    rank = _rank(type, sharding)
    if rank is None:
        return
    if sharding.rank != rank:
        raise VerifyException(f"sharding has {sharding.rank} dimensions, the tensor has {rank}")
    seen: set[Axis] = set()
    for number, dim in enumerate(sharding.dims):
        if dim.priority is not None and not dim.open and not dim.axes:
            raise VerifyException(f"dim {number} is empty and closed and has priority {dim.priority}; leave it out")
        check_axes(dim.axes, sharding.mesh, mesh, seen)
    for what, axes in (("replicated", sharding.replicated), ("unreduced", sharding.unreduced)):
        check_ordered(axes, mesh, what)
        check_axes(axes, sharding.mesh, mesh, seen)
    check_disjoint(seen)
    for axis in seen:
        check_not_manual(axis.name, manual)


def _rank(type: Attribute, sharding: Sharding) -> int | None:
    """The rank that `sharding` must have; None where it has been found that it needs none."""
    if isinstance(type, TupleType):
        if len(type.types.data) != 1:
            raise VerifyException(f"value has type {type}; a tuple with a sharding has one element")
        type = type.types.data[0]
    if isinstance(type, UnrankedTensorType):
        raise VerifyException(f"value has type {type}; only a ranked tensor has a sharding")
    if not isinstance(type, ShapedType):
        if sharding.dims or sharding.replicated or sharding.unreduced:
            raise VerifyException(f"value has type {type}; its sharding must have no dimensions and no axes")
        return None
    return type.get_num_dims()


def check_shardings(
    shardings: Sequence[Sharding],
    types: Sequence[Attribute],
    meshes: Mapping[str, Mesh],
    manual: frozenset[str],
    what: str,
) -> None:
    """One sharding for each of `types`, each sound; `what` names the values in messages, as "result"."""
    if not types and len(shardings) == 1:
        check_sharding(shardings[0], None, meshes)
        return
    if len(shardings) != len(types):
        raise VerifyException(f"{what}s have {len(shardings)} shardings; there are {len(types)} values")
    for number, (sharding, type) in enumerate(zip(shardings, types, strict=True)):
        try:
            check_sharding(sharding, type, meshes, manual)
        except VerifyException as error:
            raise VerifyException(f"{what} {number}: {error}") from None


def check_own(op: Operation, sharding: Sharding, type: Attribute) -> None:
    """`check_sharding` for a sharding that is a field of `op`."""
    check_sharding(sharding, type, meshes_of(op), outer_manual_axes(op))
