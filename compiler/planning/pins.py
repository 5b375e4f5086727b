"""What a user or the program fixes: layouts of arguments, results, and values under a constraint."""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import BlockArgument, Operation, OpResult, SSAValue

from eggshard.diagnostics import DiagnosticError
from eggshard.dialects.sharding import argument_layout, layout_of, result_layout
from eggshard.dialects.sharding.layout import Axis, Layout, Mesh
from eggshard.egraph.codes import layout_of_code
from eggshard.partitioning.insert import ANNOTATIONS
from eggshard.partitioning.manual import manual_layouts
from eggshard.partitioning.program import BARRIERS, main_function
from eggshard.planning.kinds import Kind
from eggshard.planning.outline import Outline, Tensor
from eggshard.planning.strategies import Space, key_of
from eggshard.report.layouts import layout_notation, port_names


def pins(module: ModuleOp, outline: Outline, space: Space, mesh_name: str, mesh: Mesh) -> dict[int, list[int]]:
    """
    Tensor -> the layouts that annotations leave it.

    A closed dimension is sharded just as it says, an open one begins so. Raises DiagnosticError, naming the value, for
    a layout that the search cannot express (parts of axes).
    """
    func = main_function(module)
    names = port_names(func, "arg_attrs")
    results = port_names(func, "res_attrs")
    found: dict[int, list[int]] = {}
    for index, tensor in enumerate(outline.tensors):
        layout, title = None, ""
        if tensor.argument >= 0:
            layout, title = argument_layout(func, tensor.argument), f'argument "{names[tensor.argument]}"'
        elif tensor.result >= 0:
            layout, title = result_layout(func, tensor.result), f'result "{results[tensor.result]}"'
        elif tensor.maker is None:
            layout, title = _constraint(tensor, mesh_name), "a constraint of the program"
        elif tensor.values:
            layout, title = layout_of(tensor.values[0]), f"a result of {op_name(tensor.values[0])}"
        if layout is not None:
            found[index] = _allowed(layout, space.kinds[key_of(outline, index)], mesh_name, mesh, title)
    return found


def op_name(value: SSAValue) -> str:
    return value.owner.name.split(".", 1)[-1] if isinstance(value.owner, Operation) else "an argument"


def _constraint(tensor: Tensor, mesh_name: str) -> Layout | None:
    for value in tensor.values:
        assert isinstance(value, BlockArgument | OpResult)
        op = value.owner.parent_op() if isinstance(value, BlockArgument) else value.op
        assert op is not None
        if op.name == "sdy.manual_computation":
            around = manual_layouts(op, mesh_name)
            return (around.operands if isinstance(value, BlockArgument) else around.results)[value.index]
        if op.name in ANNOTATIONS or op.name in BARRIERS:
            return layout_of(value)
    return None


def _allowed(layout: Layout, kind: Kind, mesh_name: str, mesh: Mesh, title: str) -> list[int]:
    allowed = []
    for number, code in enumerate(kind.codes):
        if not kind.whole[number]:
            continue
        axes = layout_of_code(code, len(kind.shape), mesh_name, mesh).axes
        if all(_fits(has, dim.axes, dim.open, mesh) for has, dim in zip(axes, layout.dims, strict=True)):
            allowed.append(number)
    if not allowed:
        raise DiagnosticError(
            f"{title} is laid out as {layout_notation(layout)}, which the search has no layout for",
            hint="whole axes over dimensions that have as many elements, or search=False (--no-search)",
        )
    return allowed


def _fits(has: tuple[Axis, ...], given: tuple[Axis, ...], open_: bool, mesh: Mesh) -> bool:
    wanted = tuple(axis for axis in given if mesh.size(axis) > 1)
    return has[: len(wanted)] == wanted if open_ else has == wanted
