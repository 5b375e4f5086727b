"""Shardy's own passes, as jaxlib has them: the oracle for ours."""

from __future__ import annotations

import re
from typing import Any

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation

from eggshard.dialects.sdy.region_layouts import layout_in_field
from eggshard.dialects.sharding import argument_layout, layout_of, result_layout
from eggshard.dialects.sharding.layout import Layout
from eggshard.rules.build import number

Place = tuple[str | int, ...]
"""What a layout belongs to: a function's argument or result, or a result of the op with a number."""


def run_passes(text: str, passes: str) -> ModuleOp:
    """Parses a module, runs Shardy's passes over it, and reads the outcome into our dialects."""
    from jaxlib.mlir import ir, passmanager

    from eggshard.frontends.reader import Reader
    from eggshard.frontends.writer import mlir_context
    from eggshard.passes.annotate.import_sdy import ImportSdyPass

    with mlir_context() as context, ir.Location.unknown():
        module = ir.Module.parse(text)
        if passes:
            passmanager.PassManager.parse(f"builtin.module({passes})").run(module.operation)
        read = Reader().module(module)
    del context
    ImportSdyPass().apply(_NO_CONTEXT, read)
    return read


_NO_CONTEXT: Any = None


def propagation_pipeline() -> str:
    """The passes of sdy-propagation-pipeline but for the last stage, which moves data where layouts disagree."""
    from jaxlib.mlir import passmanager

    from eggshard.frontends.writer import mlir_context

    with mlir_context():
        passes = str(passmanager.PassManager.parse("builtin.module(sdy-propagation-pipeline)"))
    for late in (r"sdy-save-module(\{[^}]*\})?", r"func\.func\(sdy-insert-explicit-reshards\{[^}]*\}\)"):
        passes = re.sub("," + late, "", passes)
    passes = re.sub(r",canonicalize\{.*?top-down=false\}", "", passes)
    return passes[len("builtin.module(") : -1]


def layouts_by_place(module: ModuleOp, open: bool) -> dict[Place, set[str]]:
    """
    The layouts of all values, by the number of their op (`probe.id`); an op that was copied may have several.

    A value without a layout counts as replicated, and `open` or closed as said.
    """
    found: dict[Place, set[str]] = {}

    def note(place: Place, layout: Layout | None) -> None:
        found.setdefault(place, set()).add(layout_key(layout, open))

    for op in module.walk():
        if isinstance(op, FuncOp):
            for index in range(len(op.function_type.inputs)):
                note(("argument", op.sym_name.data, index), argument_layout(op, index))
            for index in range(len(op.function_type.outputs)):
                note(("result", op.sym_name.data, index), result_layout(op, index))
        elif "probe.id" in op.attributes:
            _note_op(op, number(op.attributes["probe.id"]), note)
    return found


def _note_op(op: Operation, place: int, note: Any) -> None:
    for result in op.results:
        note((place, result.index), layout_of(result))
    if op.name == "sdy.manual_computation":
        for index in range(len(op.operands)):
            note((place, "in", index), layout_in_field(op, "in_shardings", index))


def layout_key(layout: Layout | None, open: bool) -> str:
    """A layout as text; one that says nothing is ''."""
    if layout is None or (
        not layout.replicated and not layout.partial and all(d.open == open and not d.axes for d in layout.dims)
    ):
        return ""
    dims = ", ".join("{" + ", ".join([*map(str, d.axes), *(["?"] if d.open else [])]) + "}" for d in layout.dims)
    rest = f", replicated={{{', '.join(map(str, layout.replicated))}}}" if layout.replicated else ""
    rest += f", partial={{{', '.join(str(p.axis) for p in layout.partial)}}}" if layout.partial else ""
    return f"[{dims}]{rest}"
