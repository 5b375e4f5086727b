"""
Shardings as strings, which exporters older than Shardy write: `mhlo.sharding = "{devices=[4,1,2]<=[8] ...}"`.

A tiled sharding numbers the devices tile by tile, without axes. What an axis would be shows in the numbers: the devices
of neighbouring tiles along a dimension differ by a stride, or by one stride after another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from math import prod
from typing import NamedTuple

from eggshard.diagnostics import DiagnosticError
from eggshard.dialects.sharding.axes import merged, part
from eggshard.dialects.sharding.layout import Axis, Dim, Layout, Mesh

PLAIN = frozenset({"replicated", "manual", "unknown", "unreduced"})
TILED = re.compile(
    r"devices=\[(?P<tiles>[\d,]+)\]"
    r"(?:<=\[(?P<iota>[\d,]+)\](?:T\((?P<order>[\d,]+)\))?|(?P<listed>\d+(?:,\d+)*))"
    r"(?P<copies> last_tile_dim_replicate)?(?: last_tile_dims=\{(?P<groups>[\w, ]+)\})?"
)
EXTRAS = re.compile(r" (?:metadata=\{.*\}|shard_(?:as|like) \d+)")


@dataclass(frozen=True)
class Tiling:
    """
    One sharding string.

    `tiles` are the numbers of tiles per dimension, followed by one number per entry of `groups`: devices that hold the
    same tile, for a reason. `devices` are in the order of the tiles. `kind` is the word of a string without tiles.
    """

    text: str
    kind: str = "tiled"
    tiles: tuple[int, ...] = ()
    devices: tuple[int, ...] = ()
    groups: tuple[str, ...] = ()

    @property
    def rank(self) -> int:
        return len(self.tiles) - len(self.groups)


class Digit(NamedTuple):
    """Devices that count up in steps."""

    size: int
    stride: int


def parse(text: str) -> tuple[Tiling, ...]:
    """
    The shardings of a string, several if it is of several values.

    Raises DiagnosticError if it is none of the forms that XLA writes.
    """
    inner = text.strip()
    if inner.startswith("{{") or inner == "{}":
        return tuple(_parse_one(entry) for entry in _entries(inner[1:-1]))
    return (_parse_one(inner),)


def _entries(text: str) -> list[str]:
    """The parts between commas that stand in no braces."""
    found, depth, start = [], 0, 0
    for index, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if character == "," and depth == 0:
            found.append(text[start:index].strip())
            start = index + 1
    return [*found, text[start:].strip()] if text.strip() else []


def _parse_one(text: str) -> Tiling:
    bare = EXTRAS.sub("", text)
    word = bare.removeprefix("{").removesuffix("}").strip()
    if word in PLAIN:
        return Tiling(text, word)
    if re.fullmatch(r"maximal device=\d+", word):
        return Tiling(text, "maximal")
    found = TILED.fullmatch(word)
    if found is None:
        raise _refusal(text, "is none of {replicated}, {maximal device=0}, {manual}, {devices=[..]<=[..]}")
    tiles = _numbers(found["tiles"])
    devices = _numbers(found["listed"]) if found["listed"] else _iota(found["iota"], found["order"])
    if prod(tiles) != len(devices) or sorted(devices) != list(range(len(devices))):
        raise _refusal(text, f"has {prod(tiles)} tiles for {len(devices)} devices, required each device once")
    if len(devices) == 1:
        return Tiling(text, "maximal")
    groups = ("replicated",) if found["copies"] else tuple(re.findall(r"\w+", found["groups"] or ""))
    return Tiling(text, "tiled", tiles, devices, groups)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(",")))


def _iota(sizes: str, order: str | None) -> tuple[int, ...]:
    """0, 1, 2, ... shaped as `sizes`, transposed, and flat again."""
    shape = _numbers(sizes)
    axes = _numbers(order) if order else tuple(range(len(shape)))
    strides = [prod(shape[axis + 1 :]) for axis in axes]
    places = product(*(range(shape[axis]) for axis in axes))
    return tuple(sum(i * stride for i, stride in zip(place, strides, strict=True)) for place in places)


def _refusal(text: str, fact: str, hint: str | None = None) -> DiagnosticError:
    return DiagnosticError(f'mhlo.sharding "{text}" {fact}', hint=hint)


def digits(tiling: Tiling, dim: int) -> list[Digit]:
    """How devices are numbered along a dimension of the tiles, major to minor; () for a dimension in one piece."""
    step = prod(tiling.tiles[dim + 1 :])
    numbers = [tiling.devices[i * step] - tiling.devices[0] for i in range(tiling.tiles[dim])]
    found: list[Digit] = []
    while len(numbers) > 1:
        stride = numbers[1]
        run = next((i for i, number in enumerate(numbers) if number != i * stride), len(numbers))
        if stride <= 0 or len(numbers) % run:
            raise _refusal(tiling.text, "numbers its devices in no regular order")
        found.insert(0, Digit(run, stride))
        numbers = numbers[::run]
    return found


def axes_of(tiling: Tiling, mesh: Mesh) -> tuple[tuple[Axis, ...], ...]:
    """
    The mesh axes along each dimension of the tiles, those of groups included.

    Raises DiagnosticError if the mesh has no such axes.
    """
    if len(tiling.devices) != mesh.device_count:
        raise _refusal(tiling.text, f"is for {len(tiling.devices)} devices, {_mesh_text(mesh)}", _way_out(tiling))
    if mesh.device_ids is not None:
        places = {device: place for place, device in enumerate(mesh.device_ids)}
        tiling = Tiling(tiling.text, "tiled", tiling.tiles, tuple(places[d] for d in tiling.devices), tiling.groups)
    found: list[tuple[Axis, ...]] = []
    for dim in range(len(tiling.tiles)):
        copies = dim >= tiling.rank and tiling.groups[dim - tiling.rank] == "replicated"
        axes = () if copies else tuple(a for digit in digits(tiling, dim) for a in _axes(digit, tiling, dim, mesh))
        found.append(merged(axes, mesh))
    _check(tiling, found, mesh)
    return tuple(found)


def _axes(digit: Digit, tiling: Tiling, dim: int, mesh: Mesh) -> list[Axis]:
    """A run of strides cut at the bounds of the mesh's axes."""
    size, low = digit
    high = size * low
    found: list[Axis] = []
    for name, length in mesh.axes:
        minor = mesh.stride(Axis(name))
        major = minor * length
        start, end = max(low, minor), min(high, major)
        if start >= end:
            continue
        if start % minor or end % start or major % end:
            found = []
            break
        found.append(part(name, major // end, major // start, mesh))
    if mesh.span(tuple(found)) != size:
        raise _refusal(
            tiling.text, f"cuts dimension {dim} in {size} with stride {low}, {_mesh_text(mesh)}", _way_out(tiling)
        )
    return found


def _check(tiling: Tiling, axes: Sequence[tuple[Axis, ...]], mesh: Mesh) -> None:
    """Every device must hold the tile that the axes say, not only the first one along each dimension."""
    for place, device in zip(product(*map(range, tiling.tiles)), tiling.devices, strict=True):
        for index, along in zip(place, axes, strict=True):
            if along and mesh.coordinate(device, along) != index:
                raise _refusal(tiling.text, "numbers its devices in no regular order")


def _mesh_text(mesh: Mesh) -> str:
    return f"mesh {','.join(f'{name}={size}' for name, size in mesh.axes)} has {mesh.device_count} devices"


def _way_out(tiling: Tiling) -> str:
    maker = MeshMaker()
    maker.add(tiling)
    sizes = maker.mesh.axes
    return f"leave --mesh out, or --mesh {','.join(f'{name}={size}' for name, size in sizes)} with names of your own"


class MeshMaker:
    """
    Finds a mesh of which every tiling takes whole axes: its devices cut wherever a tiling cuts them.

    `devices` is how many there are at least.
    """

    def __init__(self, devices: int = 1):
        self.devices = devices
        self.cuts = {1, devices}

    def add(self, tiling: Tiling) -> None:
        """Raises DiagnosticError if no mesh has room for this tiling and those before it."""
        if tiling.kind != "tiled":
            return
        self.cuts.add(len(tiling.devices))
        for dim in range(len(tiling.tiles)):
            if dim < tiling.rank or tiling.groups[dim - tiling.rank] != "replicated":
                self.cuts.update(bound for size, stride in digits(tiling, dim) for bound in (stride, stride * size))
        if any(large % small for small, large in pairwise(sorted(self.cuts))):
            raise _refusal(tiling.text, "and the shardings before it fit no common mesh")

    @property
    def mesh(self) -> Mesh:
        """Axes axis_0, axis_1, ..., major to minor."""
        sizes = [large // small for small, large in pairwise(sorted(self.cuts))]
        return Mesh(tuple((f"axis_{index}", size) for index, size in enumerate(reversed(sizes))))


def layout_for(tiling: Tiling, rank: int, mesh_name: str, mesh: Mesh, open_dims: Sequence[int] = ()) -> Layout | None:
    """
    The layout of a tensor of that rank; None where the string leaves it open.

    What one device alone holds (`maximal`), and terms of a sum (`unreduced`), are whole tensors here: layouts say where
    values lie and never change them.
    """
    if tiling.kind in ("unknown", "manual"):
        return None
    if tiling.kind != "tiled":
        return Layout.replicate(mesh_name, rank)
    if tiling.rank != rank:
        raise _refusal(tiling.text, f"tiles {tiling.rank} dimensions, the value has {rank}")
    axes = axes_of(tiling, mesh)[:rank]
    return Layout(mesh_name, tuple(Dim(along, dim in open_dims) for dim, along in enumerate(axes)))


def manual_axes(tiling: Tiling, mesh: Mesh) -> tuple[str, ...]:
    """The axes along which code under this sharding is written per device, in mesh order."""
    if tiling.kind == "manual":
        return tuple(name for name, _ in mesh.axes)
    if tiling.kind != "tiled" or "manual" not in tiling.groups:
        return ()
    axes = axes_of(tiling, mesh)[tiling.rank :]
    found = {axis for along, group in zip(axes, tiling.groups, strict=True) if group == "manual" for axis in along}
    if any(axis.size for axis in found):
        raise _refusal(tiling.text, f"is manual along a part of an axis, {_mesh_text(mesh)}", _way_out(tiling))
    return tuple(name for name, _ in mesh.axes if Axis(name) in found)
