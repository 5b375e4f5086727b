"""
What users ask for from the command line or the library: PATTERN=LAYOUT over argument paths.

PATTERN is a regular expression that matches a whole path, as `params/.*/wi`. LAYOUT lists axes per dimension, separated
by commas: '-' for none, '+' between several, dimensions left out at the end are not sharded: `-,model`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp

from eggshard.annotation import names_of
from eggshard.diagnostics import DiagnosticError
from eggshard.dialects.sharding import (
    argument_layout,
    result_layout,
    set_argument_layouts,
    set_result_layouts,
)
from eggshard.dialects.sharding.axes import overlap
from eggshard.dialects.sharding.layout import Axis, Dim, Layout, Mesh
from eggshard.partitioning.program import main_function, the_mesh

SUB_AXIS = re.compile(r"(?P<name>.+):\((?P<pre>\d+)\)(?P<size>\d+)")


def apply_tactics(module: ModuleOp, tactics: Sequence[tuple[str, str]]) -> None:
    """
    Lays out the arguments of the main function, and results of the same name, as `tactics` say, in order.

    The n-th tactic gets user priority n, so that it is propagated to the end before the next. Of two tactics for one
    argument the later counts; dimensions that it leaves as they were, or only shards further, keep the earlier
    priority. Raises DiagnosticError for an unknown axis, an axis used twice, too many dimensions, and a pattern that
    matches no argument.
    """
    if not tactics:
        return
    function = main_function(module)
    arguments, results = names_of(function, "arg_attrs"), names_of(function, "res_attrs")
    found_mesh = the_mesh(module)
    if found_mesh is None:
        raise DiagnosticError("no mesh to lay arguments out on", hint="--mesh data=4,model=2")
    name, mesh = found_mesh
    for place, (pattern, text) in enumerate(tactics):
        tactic = _Tactic(pattern, text, place + 1, name, mesh)
        found = tactic.matches(arguments)
        if not found:
            raise tactic.error("pattern matches no argument", hint=_nearest(pattern, arguments))
        layouts = {
            i: tactic.layout(arguments[i], _rank(function, i, True), argument_layout(function, i)) for i in found
        }
        set_argument_layouts(function, layouts)
        named = tactic.matches(results)
        if named:
            set_result_layouts(
                function,
                {i: tactic.layout(results[i], _rank(function, i, False), result_layout(function, i)) for i in named},
            )


class _Tactic:
    """One tactic with its number, on one mesh."""

    def __init__(self, pattern: str, text: str, priority: int, mesh_name: str, mesh: Mesh) -> None:
        self.source = f"{pattern}={text}"
        self.priority = priority
        self.mesh_name = mesh_name
        self.mesh = mesh
        try:
            self.pattern = re.compile(pattern)
        except re.error as error:
            raise self.error(f"pattern is not a regular expression: {error}") from None
        self.axes = self.parse(text)

    def error(self, message: str, hint: str | None = None) -> DiagnosticError:
        return DiagnosticError(message, location=f"tactic '{self.source}'", hint=hint)

    def matches(self, names: Sequence[str]) -> list[int]:
        return [place for place, name in enumerate(names) if name and self.pattern.fullmatch(name)]

    def parse(self, text: str) -> list[tuple[Axis, ...]]:
        """The axes of each dimension that the layout names."""
        dims = [
            tuple(self.axis(part.strip()) for part in dim.split("+")) if dim.strip() not in ("", "-") else ()
            for dim in (text.split(",") if text.strip() else ())
        ]
        seen: list[Axis] = []
        for axis in (axis for dim in dims for axis in dim):
            if any(overlap(axis, other) for other in seen):
                raise self.error(f"axis {axis} is used twice, an axis may appear once in a layout")
            seen.append(axis)
        return dims

    def axis(self, text: str) -> Axis:
        """`model`, or a part of an axis as `model:(1)2`."""
        part = SUB_AXIS.fullmatch(text)
        axis = Axis(part["name"], int(part["pre"]), int(part["size"])) if part else Axis(text)
        if axis.name not in self.mesh.sizes:
            names = ", ".join(f'"{known}"' for known, _ in self.mesh.axes)
            raise self.error(f'axis "{axis.name}" is not in the mesh (axes: {names})')
        whole = self.mesh.sizes[axis.name]
        if axis.size and (axis.pre < 1 or whole % (axis.pre * axis.size)):
            raise self.error(f'sub-axis {axis} does not divide axis "{axis.name}" (size {whole})')
        return axis

    def layout(self, name: str, rank: int, before: Layout | None) -> Layout:
        """The tactic's layout for a tensor of that rank, on top of the layout that it has."""
        if len(self.axes) > rank:
            raise self.error(f'layout has {len(self.axes)} dimensions, argument "{name}" has {rank}')
        dims = [self.axes[d] if d < len(self.axes) else () for d in range(rank)]
        old = before.dims if before is not None else (Dim((), True),) * rank
        return Layout(self.mesh_name, tuple(self.dim(axes, dim) for axes, dim in zip(dims, old, strict=True)))

    def dim(self, axes: tuple[Axis, ...], before: Dim) -> Dim:
        """A closed dimension; the earlier priority stands if the axes do, or are only added to."""
        if not axes:
            return Dim()
        kept = bool(before.axes) and axes[: len(before.axes)] == before.axes
        return Dim(axes, False, before.priority if kept else self.priority)


def _rank(function: FuncOp, index: int, argument: bool) -> int:
    types = function.function_type.inputs if argument else function.function_type.outputs
    shape = getattr(types.data[index], "shape", None)
    return 0 if shape is None else len(shape.data)


def _nearest(pattern: str, names: Sequence[str]) -> str:
    known = [name for name in names if name]
    if not known:
        return "the model's arguments have no names"
    return "the nearest paths: " + ", ".join(difflib.get_close_matches(pattern, known, n=5, cutoff=0.0))
