"""Pins that contradict each other: tactics, and layouts that the model itself gives to arguments and results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp

from eggshard.diagnostics import DiagnosticError
from eggshard.dialects.sharding.access import argument_layout, result_layout
from eggshard.dialects.sharding.layout import Axis, Dim, Layout
from eggshard.dialects.sharding.syntax import axis_text
from eggshard.partitioning.program import main_function, source_line
from eggshard.propagation.tactics import apply_tactics
from eggshard.report.layouts import port_names


@dataclass(frozen=True)
class Pin:
    """A layout and who says so."""

    layout: Layout
    source: str


def check_pins(module: ModuleOp, tactics: Sequence[tuple[str, str]], option: str = "tactic") -> None:
    """
    Raises DiagnosticError, naming both, if two pins give one argument or result different layouts.

    A search knows no order of tactics: each fixes all dimensions of what it matches. Open dimensions of a layout that
    the model gives may be sharded further. `option` is what a tactic is called. The module stays as it is.
    """
    func = main_function(module)
    before = {key: func.properties.get(key) for key in ("arg_attrs", "res_attrs")}
    pins = {
        port: Pin(layout, _own_source(func, *port)) for port, layout in _layouts(func).items() if layout is not None
    }
    try:
        for pattern, text in tactics:
            apply_tactics(module, [(pattern, text)])
            for port, layout in _layouts(func).items():
                pin = pins.get(port)
                if layout is not None and (pin is None or not _equal(pin.layout, layout)):
                    made = Pin(layout, f"{option} '{pattern}={text}'")
                    if pin is not None and not _refines(layout, pin.layout):
                        raise _contradiction(_title(func, *port), pin, made)
                    pins[port] = made
    finally:
        for key, value in before.items():
            if value is None:
                func.properties.pop(key, None)
            else:
                func.properties[key] = value


def _layouts(func: FuncOp) -> dict[tuple[str, int], Layout | None]:
    types = func.function_type
    found = {("argument", i): argument_layout(func, i) for i in range(len(types.inputs))}
    return found | {("result", i): result_layout(func, i) for i in range(len(types.outputs))}


def _title(func: FuncOp, side: str, index: int) -> str:
    return f'{side} "{port_names(func, "arg_attrs" if side == "argument" else "res_attrs")[index]}"'


def _own_source(func: FuncOp, side: str, index: int) -> str:
    line = source_line(func.body.block.args[index].location) if side == "argument" else source_line(func.location)
    return f"the model's annotation{f' at {line}' if line else ''}"


def _equal(one: Layout, other: Layout) -> bool:
    return [(d.axes, d.open) for d in one.dims] == [(d.axes, d.open) for d in other.dims]


def _refines(layout: Layout, earlier: Layout) -> bool:
    """Whether a layout says what an earlier one does, and only more of dimensions that are open there."""
    return all(
        new.axes[: len(old.axes)] == old.axes if old.open else new.axes == old.axes
        for new, old in zip(layout.dims, earlier.dims, strict=True)
    )


def _contradiction(title: str, one: Pin, other: Pin) -> DiagnosticError:
    moved = _moved_axis(one.layout, other.layout)
    told = "" if moved is None else f"; axis {axis_text(moved[0])} cannot shard both dim {moved[1]} and dim {moved[2]}"
    return DiagnosticError(
        f"{one.source} lays it out as {_text(one.layout)}, {other.source} as {_text(other.layout)}{told}",
        location=title,
        hint="leave one of them out, or narrow its pattern",
    )


def _moved_axis(one: Layout, other: Layout) -> tuple[Axis, int, int] | None:
    """An axis that shards another dimension in each layout."""
    places = {axis: dim for dim, axes in enumerate(one.axes) for axis in axes}
    for dim, axes in enumerate(other.axes):
        for axis in axes:
            if places.get(axis, dim) != dim:
                return axis, places[axis], dim
    return None


def _text(layout: Layout) -> str:
    """As tactics write it; an open dimension ends in '?'."""
    return ",".join(map(_dim_text, layout.dims)) or "a scalar"


def _dim_text(dim: Dim) -> str:
    names = [axis_text(axis).replace('"', "") for axis in dim.axes] + (["?"] if dim.open else [])
    return "+".join(names) or "-"
