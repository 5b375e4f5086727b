"""
Shardy's ops in a whole-program module.

They say where values lie, which the sequential meaning does not ask, except `manual_computation`: its body is a
per-device program, which runs on the devices of its mesh.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xdsl.ir import Operation

from eggshard.dialects.sharding.axes import subtract
from eggshard.dialects.sharding.layout import Axis, Mesh
from eggshard.interpreter import collectives
from eggshard.interpreter.call import LockstepTable, attribute_of
from eggshard.interpreter.control import identity, nothing, region
from eggshard.interpreter.errors import refusal
from eggshard.interpreter.values import Lanes

if TYPE_CHECKING:
    from eggshard.interpreter.machine import Frame


def manual_computation(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    """
    Cuts the operands along the manual axes, runs the body, joins the results.

    Along the other axes all devices hold the same objects, so the work is done once.
    """
    manual = frozenset(attribute_of(op, "manual_axes").data)
    locals_ = [
        cut(frame, op, values, sharding, manual)
        for values, sharding in zip(operands, attribute_of(op, "in_shardings").data, strict=True)
    ]
    results = region(frame, op, locals_)
    return [
        join(frame, op, values, sharding, manual)
        for values, sharding in zip(results, attribute_of(op, "out_shardings").data, strict=True)
    ]


def cut(frame: Frame, op: Operation, values: Lanes, sharding: Any, manual: frozenset[str]) -> Lanes:
    """Each device's shard; of a value with unreduced axes the first device along them holds it all, the rest zeros."""
    mesh = mesh_of(frame, op, sharding.mesh)
    for dim, axes in enumerate(sharding.axes):
        own = manual_part(axes, manual)
        if own:
            values = collectives.slice_shard(values, mesh.groups(own), dim)
    unreduced = manual_part(sharding.unreduced, manual)
    if unreduced:
        pairs = [(group[0], group[0]) for group in mesh.groups(unreduced)]
        values = collectives.collective_permute(values, pairs, frame.devices)
    return values


def join(frame: Frame, op: Operation, values: Lanes, sharding: Any, manual: frozenset[str]) -> Lanes:
    """The whole value on every device; along axes that the sharding does not name, that of the first device."""
    mesh = mesh_of(frame, op, sharding.mesh)
    unreduced = manual_part(sharding.unreduced, manual)
    if unreduced:
        groups = frame.whole_groups(op, mesh.groups(unreduced))
        values = collectives.all_reduce(values, groups, collectives.combine_by_kind(sharding.kind))
    for dim, axes in enumerate(sharding.axes):
        own = manual_part(axes, manual)
        if own:
            values = collectives.all_gather(values, frame.whole_groups(op, mesh.groups(own)), dim)
    named = (*(axis for axes in sharding.axes for axis in axes), *sharding.unreduced)
    rest = subtract((Axis(name) for name, _ in mesh.axes if name in manual), named, mesh)
    return collectives.broadcast(values, frame.whole_groups(op, mesh.groups(rest))) if rest else values


def manual_part(axes: tuple[Axis, ...], manual: frozenset[str]) -> tuple[Axis, ...]:
    return tuple(axis for axis in axes if axis.name in manual)


def mesh_of(frame: Frame, op: Operation, mesh: str | Mesh) -> Mesh:
    found = mesh if isinstance(mesh, Mesh) else frame.program.mesh_named(mesh, op)
    if found.device_count != frame.program.device_count:
        raise refusal(
            op,
            f"{op.name} is on a mesh of {found.device_count} devices, the program runs on {frame.program.device_count}",
        )
    return found


LOCKSTEP: LockstepTable = {
    "sdy.all_gather": identity,
    "sdy.all_reduce": identity,
    "sdy.all_slice": identity,
    "sdy.all_to_all": identity,
    "sdy.collective_permute": identity,
    "sdy.data_flow_edge": identity,
    "sdy.func_data_flow_edge": identity,
    "sdy.manual_computation": manual_computation,
    "sdy.mesh": nothing,
    "sdy.named_computation": region,
    "sdy.propagation_barrier": identity,
    "sdy.reduce_scatter": identity,
    "sdy.replicated_to_unreduced": identity,
    "sdy.reshard": identity,
    "sdy.sharded_to_unreduced": identity,
    "sdy.sharding_constraint": identity,
    "sdy.sharding_group": nothing,
    "sharding.constraint": identity,
    "sharding.reshard": identity,
}
