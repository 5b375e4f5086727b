"""What a plan comes to, for a report or a machine: its arguments and results, its collectives by kind and axes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from xdsl.dialects.builtin import FunctionType, TensorType
from xdsl.ir import Attribute

from eggshard.dialects.sharding import argument_layout, result_layout
from eggshard.dialects.sharding.layout import Layout, Mesh, local_shape
from eggshard.dialects.stablehlo.dense import element_bytes
from eggshard.partitioning.program import main_function
from eggshard.plans import Plan
from eggshard.report.layouts import layout_notation, port_names, type_text


@dataclass(frozen=True)
class Tensor:
    """One argument or result: its path, whole type, layout as tactics write it, and bytes whole and on one device."""

    path: str
    type: str
    layout: str
    bytes: int
    local_bytes: int

    @property
    def replicated(self) -> bool:
        """Whether every device holds the whole tensor."""
        return not self.layout.strip("-,")


def arguments(plan: Plan) -> list[Tensor]:
    """The arguments of the program, in order."""
    return _ports(plan, results=False)


def results(plan: Plan) -> list[Tensor]:
    """The results of the program, in order."""
    return _ports(plan, results=True)


def _ports(plan: Plan, results: bool) -> list[Tensor]:
    mesh = plan.mesh.value
    if plan.module is None:
        ports = plan.program.results if results else plan.program.arguments
        paths = [port.path for port in plan.ports[results]]
        return [_tensor(path, port.type, port.layout, mesh) for path, port in zip(paths, ports, strict=True)]
    func = main_function(plan.module)
    whole = func.attributes.get("spmd.global", func.function_type)
    assert isinstance(whole, FunctionType)
    names = port_names(func, "res_attrs" if results else "arg_attrs")
    layout = result_layout if results else argument_layout
    types = whole.outputs if results else whole.inputs
    return [_tensor(name, kind, layout(func, i), mesh) for i, (name, kind) in enumerate(zip(names, types, strict=True))]


def _tensor(name: str, kind: Attribute, layout: Layout | None, mesh: Mesh) -> Tensor:
    if not isinstance(kind, TensorType):
        return Tensor(name, str(kind), "", 0, 0)
    shape: tuple[int, ...] = kind.get_shape()
    local = shape if layout is None else local_shape(shape, layout, mesh)
    size = element_bytes(kind.element_type)
    return Tensor(name, type_text(kind), layout_notation(layout), prod(shape) * size, prod(local) * size)


@dataclass(frozen=True)
class Traffic:
    """
    All collectives of one kind over the same axes: how often they run, bytes of a device's operands, causes, and
    predicted seconds of all of them (None where nothing was predicted).
    """

    kind: str
    axes: str
    count: int
    bytes: int
    causes: tuple[tuple[str, int], ...]
    seconds: float | None = None


def traffic(collectives: Sequence[dict[str, Any]]) -> list[Traffic]:
    """Collectives by kind and axes, the heaviest first; causes with how many they led to, the most frequent first."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for entry in collectives:
        groups.setdefault((entry["kind"], "+".join(entry["axes"])), []).append(entry)
    found = []
    for (kind, axes), entries in groups.items():
        causes: Counter[str] = Counter()
        for entry in entries:
            causes[cause_text(entry)] += entry["times"]
        count = sum(entry["times"] for entry in entries)
        size = sum(entry["bytes"] * entry["times"] for entry in entries)
        found.append(Traffic(kind, axes, count, size, tuple(causes.most_common()), seconds_of(entries)))
    return sorted(found, key=lambda group: -group.bytes)


def seconds_of(entries: Sequence[dict[str, Any]]) -> float | None:
    """Predicted seconds of some collectives; None where they are not known of all."""
    if not all("seconds" in entry for entry in entries):
        return None
    return float(sum(entry["seconds"] for entry in entries))


def cause_text(entry: dict[str, Any]) -> str:
    """Why a collective is there, with its source line if the cause does not name it."""
    cause, source = str(entry["cause"]), str(entry["source"])
    return cause if not source or source in cause else f"{cause}, {source}" if cause else source
