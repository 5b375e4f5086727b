"""Which link each axis of a mesh runs over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from eggshard.diagnostics import DiagnosticError
from eggshard.dialects.sharding.layout import Mesh
from eggshard.hardware.description import Hardware, Link


@dataclass(frozen=True)
class AxisLink:
    """What one device sends along a mesh axis: attained bytes/s one way (`copies`: copied), and seconds a message."""

    link: str
    bytes_per_second: float
    seconds: float
    torus: bool = False
    copies: bool = False
    strided: float = 1.0


def link_of_axis(hardware: Hardware, mesh: Mesh, override: Mapping[str, AxisLink] | None = None) -> dict[str, AxisLink]:
    """
    The link of every axis of the mesh.

    Neighbours on the minor axis are neighbours in the machine: minor axes fill a node, major ones go between nodes.
    An axis that leaves a node half-way crosses with all the outer ports that its members in one node have. On a torus
    every axis has a ring of its own, as long as there are rings. `override` and the file's own `axes` come first.
    Raises DiagnosticError if the mesh has more devices than the outermost link joins.
    """
    outermost = hardware.links[-1]
    if outermost.devices is not None and mesh.device_count > outermost.devices:
        raise DiagnosticError(
            f"mesh has {mesh.device_count} devices, {hardware.name} joins at most {outermost.devices}",
            hint="a hardware file of your own can say how more of them are joined",
        )
    given = dict(hardware.axes)
    named = {link.name: link for link in hardware.links}
    rings = _rings(hardware, mesh)
    found: dict[str, AxisLink] = {}
    stride = 1
    for name, size in reversed(mesh.axes):
        if override is not None and name in override:
            found[name] = override[name]
        elif name in given:
            found[name] = _whole(named[given[name]], 1)
        else:
            found[name] = _crossing(hardware, stride, size, rings)
        stride *= size
    return {name: found[name] for name, _ in mesh.axes}


def _rings(hardware: Hardware, mesh: Mesh) -> int:
    """How many axes share one ring of a torus: 1 while there are enough rings."""
    inner = hardware.links[0]
    axes = sum(1 for _, size in mesh.axes if size > 1)
    return max(1, -(-axes // inner.dimensions)) if inner.torus else 1


def _crossing(hardware: Hardware, stride: int, size: int, rings: int) -> AxisLink:
    """The slowest link that `size` devices `stride` apart cross."""
    inside, members = hardware.links[0], 1
    for link in hardware.links:
        reach = link.devices
        if reach is None or stride * size <= reach:
            slow = _whole(link, members)
            fast = _whole(inside, 1)
            rate = min(slow.bytes_per_second, fast.bytes_per_second) if members > 1 else slow.bytes_per_second
            return replace(slow, bytes_per_second=rate / (rings if link.torus else 1))
        if stride < reach:
            inside, members = link, max(1, reach // stride)
    raise AssertionError("the outermost link joins all devices")


def _whole(link: Link, ports: int) -> AxisLink:
    return AxisLink(link.name, link.bytes_per_second * ports, link.seconds, link.torus, link.copies, link.strided)
