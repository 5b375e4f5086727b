"""The structure of a whole program: which regions are part of it, and where each value must lie."""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.dialects.builtin import CallSiteLoc, FileLineColLoc, FusedLoc, LocationAttr, ModuleOp, NameLoc, TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Block, Operation, SSAValue

from eggshard.dialects.sharding import layout_of, meshes_of
from eggshard.dialects.sharding.layout import Axis, Layout, Mesh

CONTROL_FLOW = frozenset({"stablehlo.while", "stablehlo.case", "stablehlo.if", "sdy.manual_computation"})
"""Ops whose regions are parts of the program, not functions of scalars."""

BARRIERS = frozenset({"stablehlo.optimization_barrier"})
"""Ops whose n-th result is their n-th operand; they have no rule, since their operands have nothing in common."""

TERMINATORS = frozenset({"func.return", "stablehlo.return", "sdy.return"})


def has_program(module: ModuleOp) -> bool:
    """Whether a function of `module` has a body."""
    return any(isinstance(op, FuncOp) and op.body.blocks for op in module.ops)


def main_function(module: ModuleOp) -> FuncOp:
    """The entry: the function called main, else the only public one, else the first; one with a body if any has."""
    functions = [op for op in module.ops if isinstance(op, FuncOp)]
    functions = [f for f in functions if f.body.blocks] or functions
    named = [f for f in functions if f.sym_name.data == "main"]
    public = [f for f in functions if f.sym_visibility is None or f.sym_visibility.data == "public"]
    return (named or public or functions)[0]


def program_ops(block: Block) -> Iterator[Operation]:
    """Every op of the program in order, those of nested control flow after the op that holds them."""
    for op in block.ops:
        yield op
        if op.name in CONTROL_FLOW:
            for region in op.regions:
                for inner in region.blocks:
                    yield from program_ops(inner)


def the_mesh(module: ModuleOp) -> tuple[str, Mesh] | None:
    """The mesh of the program; of several the one with most devices (others are its renamings)."""
    meshes = meshes_of(module)
    if not meshes or not has_program(module):
        return None
    return max(meshes.items(), key=lambda item: item[1].device_count)


def wanted_layout(value: SSAValue, mesh_name: str) -> Layout:
    """Where propagation wants `value` to lie; replicated if it has no opinion, or nothing to share out."""
    layout = layout_of(value)
    if layout is None:
        return replicated(value.type, mesh_name)
    return closed(layout.axes, value.type, mesh_name)


def closed(axes: tuple[tuple[Axis, ...], ...], kind: Attribute, mesh_name: str) -> Layout:
    """A layout of a tensor of this type in which dimensions of size 0 and 1 stay whole."""
    sizes = kind.get_shape() if isinstance(kind, TensorType) else ()
    return Layout.of(mesh_name, tuple(a if size > 1 else () for a, size in zip(axes, sizes, strict=True)))


def replicated(kind: Attribute, mesh_name: str) -> Layout:
    return Layout.replicate(mesh_name, len(kind.get_shape()) if isinstance(kind, TensorType) else 0)


def source_line(location: Attribute) -> str:
    """`gpt.py:88`, or '' where nothing is known: the innermost file position of a location."""
    if isinstance(location, FileLineColLoc):
        return f"{location.filename.data.rsplit('/', 1)[-1]}:{location.line.data}"
    if isinstance(location, NameLoc):
        return source_line(location.location)
    if isinstance(location, CallSiteLoc):
        return source_line(location.callee) or source_line(location.caller)
    if isinstance(location, FusedLoc):
        parts = location.locations
        return next((line for part in parts if (line := source_line(part))), "")  # type: ignore[attr-defined]
    return ""


def cause(op: Operation, what: str) -> str:
    """`operand 1 of dot_general, gpt.py:88`."""
    line = source_line(op.location)
    name = op.name.split(".", 1)[-1]
    return f"{what} of {name}" + (f", {line}" if line else "")


def describe_location(location: LocationAttr) -> str:
    return source_line(location) or "an unknown location"
