"""Layouts as text, and the layouts of a program's arguments and results by path."""

from __future__ import annotations

import re

from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute

from eggshard.diagnostics import DiagnosticError
from eggshard.dialects.sharding.access import argument_layout, result_layout
from eggshard.dialects.sharding.layout import Axis, Layout, Mesh, Partial
from eggshard.dialects.sharding.syntax import axis_text
from eggshard.partitioning.program import main_function
from eggshard.plans.parts import Port

SUB_AXIS = re.compile(r"(?P<name>.+):\((?P<pre>\d+)\)(?P<size>\d+)")


def layout_notation(layout: Layout | None) -> str:
    """The layout as tactics write it: `-,model`, '+' between axes; '' for a scalar; `;sum:data` for terms."""
    if layout is None:
        return ""
    terms = "".join(f";{kind}:{axis_text(axis)}".replace('"', "") for axis, kind in layout.partial)
    return terms_free(layout) + terms


def terms_free(layout: Layout) -> str:
    """The notation without partial axes."""
    return ",".join("+".join(axis_text(axis).replace('"', "") for axis in axes) or "-" for axes in layout.axes)


def parse_notation(text: str, mesh_name: str, mesh: Mesh) -> Layout:
    """
    The layout that `layout_notation` wrote.

    Raises DiagnosticError for an axis that the mesh does not have.
    """
    text, *terms = text.split(";")
    partial = tuple(Partial(_parse_axis(axis, mesh), kind) for kind, _, axis in (term.partition(":") for term in terms))
    return Layout.of(mesh_name, tuple(_parse_dim(dim, mesh) for dim in text.split(",")) if text else (), partial)


def _parse_dim(text: str, mesh: Mesh) -> tuple[Axis, ...]:
    return () if text in ("", "-") else tuple(_parse_axis(axis, mesh) for axis in text.split("+"))


def _parse_axis(text: str, mesh: Mesh) -> Axis:
    part = SUB_AXIS.fullmatch(text)
    axis = Axis(part["name"], int(part["pre"]), int(part["size"])) if part else Axis(text)
    if axis.name not in mesh.sizes:
        raise DiagnosticError(f'axis "{axis.name}" is not in the mesh (axes: {", ".join(mesh.sizes)})')
    return axis


def ports(module: ModuleOp, key: str) -> tuple[Port, ...]:
    """The arguments ("arg_attrs") or results ("res_attrs") of a whole program."""
    func = main_function(module)
    layout = argument_layout if key == "arg_attrs" else result_layout
    types = port_types(module, key).items()
    return tuple(Port(path, kind, layout_notation(layout(func, i))) for i, (path, kind) in enumerate(types))


def port_types(module: ModuleOp, key: str) -> dict[str, str]:
    """Path -> type of all arguments or results."""
    func = main_function(module)
    types = func.function_type.inputs if key == "arg_attrs" else func.function_type.outputs
    return {name: type_text(kind) for name, kind in zip(port_names(func, key), types, strict=True)}


def type_text(kind: Attribute) -> str:
    """`64x32xf32` of a tensor type."""
    if not isinstance(kind, TensorType):
        return str(kind)
    return "x".join([*map(str, kind.get_shape()), str(kind.element_type)])


def port_names(func: FuncOp, key: str) -> list[str]:
    """The paths of all arguments or results; numbers where a program has no names; repeated ones numbered."""
    from eggshard.annotation import names_of

    count = len(func.function_type.inputs if key == "arg_attrs" else func.function_type.outputs)
    names = names_of(func, key) or [""] * count
    seen: set[str] = set()
    unique: list[str] = []
    for index, name in enumerate(names):
        name = name or f"{'arg' if key == 'arg_attrs' else 'result'}{index}"
        while name in seen:
            name += "'"
        seen.add(name)
        unique.append(name)
    return unique
