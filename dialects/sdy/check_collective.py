"""Checks that a collective takes the sharding of its operand to the sharding it claims for its result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import ShapedType
from xdsl.ir import Operation, SSAValue
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.sdy.access import sharding_of
from eggshard.dialects.sdy.checks import check_axes, check_disjoint, check_ordered, check_own, resolve
from eggshard.dialects.sdy.syntax import axis_list_text
from eggshard.dialects.sdy.values import AllToAllParam, Sharding
from eggshard.dialects.sharding.access import meshes_of
from eggshard.dialects.sharding.axes import interval, merged, overlaps_any, part
from eggshard.dialects.sharding.layout import Axis, Dim, Mesh
from eggshard.dialects.sharding.syntax import axis_text

Axes = tuple[Axis, ...]


@dataclass(frozen=True)
class Ends:
    """The shardings of a collective's operand and result, and their meshes, which differ in device order at most."""

    operand: Sharding
    result: Sharding
    mesh: Mesh
    operand_mesh: Mesh


def ends_of(op: Operation, tensor: SSAValue, result: Sharding, may_lack_sharding: bool, may_change_mesh: bool) -> Ends:
    """The ends of `op`, once the result's sharding is sound; an operand that may lack a sharding is then replicated."""
    operand = sharding_of(tensor)
    if operand is None and not may_lack_sharding:
        raise VerifyException("operand has no sharding; this collective needs one")
    check_own(op, result, tensor.type)
    meshes = meshes_of(op)
    mesh = resolve(result.mesh, meshes)
    if operand is None:
        rank = tensor.type.get_num_dims() if isinstance(tensor.type, ShapedType) else 0
        operand = Sharding(result.mesh, (Dim(),) * rank)
    operand_mesh = resolve(operand.mesh, meshes)
    if not may_change_mesh and operand_mesh != mesh:
        raise VerifyException("operand and result are on different meshes; they must be on one")
    if operand.rank != result.rank:
        raise VerifyException(f"operand has {operand.rank} dimensions, result {result.rank}; they must be equal")
    return Ends(operand, result, mesh, operand_mesh)


def gathered(axes: Axes, gathering: Axes, mesh: Mesh) -> Axes:
    """`axes` without `gathering` at their minor end; VerifyException if it does not end with them."""
    rest = list(axes)
    for axis in reversed(gathering):
        start, end = interval(axis, mesh)
        last = rest.pop() if rest else None
        if last is None or last.name != axis.name or interval(last, mesh)[1] != end or interval(last, mesh)[0] > start:
            raise VerifyException(
                f"axes {axis_list_text(axes)} of the operand do not end with {axis_list_text(gathering)}"
            )
        if interval(last, mesh)[0] < start:
            rest.append(part(last.name, interval(last, mesh)[0], start, mesh))
    return tuple(rest)


def sliced(axes: Axes, slicing: Axes, mesh: Mesh) -> Axes:
    """`axes` with `slicing` after them."""
    return merged((*axes, *slicing), mesh)


def check_dims(ends: Ends, axes: Sequence[Axes], apply: Callable[[Axes, Axes, Mesh], Axes]) -> None:
    """Applied to every dimension of the operand with its `axes`, `apply` gives the result's."""
    seen: set[Axis] = set()
    for dim_axes in axes:
        check_axes(dim_axes, ends.result.mesh, ends.mesh, seen)
    if len(axes) != ends.result.rank:
        raise VerifyException(f"axes are given for {len(axes)} dimensions; the tensor has {ends.result.rank}")
    for dim, dim_axes in enumerate(axes):
        _check_dim(ends, dim, apply(ends.operand.axes[dim], dim_axes, ends.mesh))


def _check_dim(ends: Ends, dim: int, expected: Axes) -> None:
    found = ends.result.axes[dim]
    if found != expected:
        raise VerifyException(
            f"result dim {dim} has axes {axis_list_text(found)}, must have {axis_list_text(expected)}"
        )


def check_all_to_all(ends: Ends, params: Sequence[AllToAllParam]) -> None:
    if not params:
        raise VerifyException("nothing is moved; an all_to_all moves axes")
    seen: set[Axis] = set()
    touched: list[int] = []
    for param in params:
        check_axes(param.axes, ends.result.mesh, ends.mesh, seen)
        for what, dim in (("source", param.source), ("target", param.target)):
            if not 0 <= dim < ends.result.rank:
                raise VerifyException(f"{what} dim is {dim}, must be in 0 .. {ends.result.rank - 1}")
            if dim in touched:
                raise VerifyException(f"dim {dim} is source or target twice; it may be once")
            touched.append(dim)
    sources = [param.source for param in params]
    if sources != sorted(sources):
        raise VerifyException(f"source dims are {', '.join(map(str, sources))}; they must ascend")
    expected = list(ends.operand.axes)
    for axes, source, target in params:
        expected[source] = gathered(expected[source], axes, ends.mesh)
        expected[target] = sliced(expected[target], axes, ends.mesh)
    for dim, dim_axes in enumerate(expected):
        _check_dim(ends, dim, dim_axes)


def check_renamed(ends: Ends) -> None:
    """Every dimension has as many shards as before; a mesh with other device ids has the same axes."""
    if ends.mesh.axes != ends.operand_mesh.axes:
        raise VerifyException("operand and result are on meshes with different axes; they must be equal")
    if ends.operand.mesh != ends.result.mesh and ends.mesh.device_ids == ends.operand_mesh.device_ids:
        raise VerifyException("result is on another mesh with the same device ids; it must be on the operand's")
    for dim, (before, after) in enumerate(zip(ends.operand.axes, ends.result.axes, strict=True)):
        spans = ends.mesh.span(before), ends.mesh.span(after)
        if spans[0] != spans[1]:
            raise VerifyException(f"result dim {dim} has {spans[1]} shards, the operand {spans[0]}; they must be equal")


def _check_same_dims(ends: Ends) -> None:
    for dim, axes in enumerate(ends.operand.axes):
        _check_dim(ends, dim, axes)


def _check_axis_list(axes: Axes, ends: Ends, what: str) -> None:
    check_ordered(axes, ends.mesh, what)
    seen: set[Axis] = set()
    check_axes(axes, ends.result.mesh, ends.mesh, seen)
    check_disjoint(seen)


def check_reduced(ends: Ends, axes: Axes) -> None:
    _check_same_dims(ends)
    _check_axis_list(axes, ends, "reduction")
    taken = (*(axis for dim_axes in ends.operand.axes for axis in dim_axes), *ends.operand.replicated)
    for axis in axes:
        if overlaps_any(axis, taken):
            raise VerifyException(
                f"reduction axis {axis_text(axis)} shards or replicates the operand; it must do neither"
            )
        if overlaps_any(axis, ends.result.unreduced):
            raise VerifyException(f"reduction axis {axis_text(axis)} is unreduced in the result; it must not be")


def check_replicated_to_unreduced(ends: Ends, axes: Axes) -> None:
    if not axes:
        raise VerifyException("no axis is named; name those that become unreduced")
    _check_axis_list(axes, ends, "new unreduced")
    _check_same_dims(ends)
    taken = (*(axis for dim_axes in ends.operand.axes for axis in dim_axes), *ends.operand.unreduced)
    for axis in axes:
        if overlaps_any(axis, taken):
            raise VerifyException(
                f"axis {axis_text(axis)} shards the operand or is unreduced in it; it must be replicated"
            )
    _check_unreduced(ends, axes)


def check_sharded_to_unreduced(ends: Ends, axes: Sequence[Axes]) -> None:
    check_dims(ends, axes, gathered)
    _check_unreduced(ends, tuple(axis for dim_axes in axes for axis in dim_axes))


def _check_unreduced(ends: Ends, added: Axes) -> None:
    """The result's unreduced axes are the operand's and `added`, in mesh order."""
    order = {name: position for position, (name, _) in enumerate(ends.mesh.axes)}
    both = sorted((*ends.operand.unreduced, *added), key=lambda axis: (order[axis.name], axis.pre))
    expected = merged(both, ends.mesh)
    if expected != ends.result.unreduced:
        found = axis_list_text(ends.result.unreduced)
        raise VerifyException(f"result has unreduced axes {found}, must have {axis_list_text(expected)}")
