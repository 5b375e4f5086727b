"""What stands around propagation: the mesh of the program, and results that are the next step's arguments."""

from __future__ import annotations

from collections import defaultdict

from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, ModuleOp, StringAttr
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute

from eggshard.diagnostics import DiagnosticError
from eggshard.dialects.sharding import MeshOp, meshes_of
from eggshard.dialects.sharding.access import argument_layout, result_layout, set_result_layouts
from eggshard.frontends.names import path_of
from eggshard.mesh import Mesh
from eggshard.partitioning.program import main_function

MESH_NAME = "mesh"


def add_mesh(module: ModuleOp, mesh: Mesh | None) -> Mesh:
    """
    The mesh that the program is partitioned over: the user's, or that of its own annotations.

    Raises DiagnosticError if there is none, or if both are there and differ.
    """
    own = {name: value for name, value in meshes_of(module).items() if value.device_count > 1}
    distinct = {value.axes for value in own.values()}
    if len(distinct) > 1:
        listed = "; ".join(_text(axes) for axes in sorted(distinct))
        raise DiagnosticError(
            f"the program names {len(distinct)} meshes ({listed}), one is required", hint="annotate over one mesh"
        )
    if own and mesh is not None and mesh.value.axes not in distinct:
        raise DiagnosticError(
            f"the program is annotated over mesh {_text(next(iter(distinct)))}, the mesh asked for is {mesh}",
            location="--mesh",
            hint="leave --mesh out, or give the mesh of the annotations",
        )
    if own:
        return Mesh(dict(next(iter(distinct))))
    if mesh is None:
        raise DiagnosticError("no mesh: the model has none of its own", location="--mesh", hint="--mesh data=4,model=2")
    names = meshes_of(module)
    name = MESH_NAME
    while name in names:
        name += "_"
    op = MeshOp(name, mesh.value)
    first = module.body.block.first_op
    if first is None:
        module.body.block.add_op(op)
    else:
        module.body.block.insert_op_before(op, first)
    return mesh


def _text(axes: tuple[tuple[str, int], ...]) -> str:
    return ",".join(f"{name}={size}" for name, size in axes)


def link_results(module: ModuleOp, final: bool = False) -> None:
    """
    Lays updated state out as the state that came in, since it comes in again.

    A group of results is linked to a group of arguments (those under one parameter) with the same paths and types
    below it, each group once, in order. Before propagation layouts that tactics gave are copied; after it
    (`final`), the layouts that propagation found. Results that carry a layout of their own keep it.
    """
    func = main_function(module)
    pairs = linked(func)
    layouts = {}
    for result, argument in pairs.items():
        layout = argument_layout(func, argument)
        if layout is not None and (final or result_layout(func, result) is None):
            layouts[result] = layout
    if layouts:
        set_result_layouts(func, layouts)


def linked(func: FuncOp) -> dict[int, int]:
    """Result -> the argument whose successor it is."""
    arguments = _groups(names_of(func, "arg_attrs"), list(func.function_type.inputs), depth_one=True)
    results = _groups(names_of(func, "res_attrs"), list(func.function_type.outputs), depth_one=False)
    pairs: dict[int, int] = {}
    taken: set[str] = set()
    for _, members in results:
        shape = {(path, kind) for path, kind, _ in members}
        for name, candidates in arguments:
            if name not in taken and {(path, kind) for path, kind, _ in candidates} == shape:
                taken.add(name)
                places = {path: index for path, _, index in candidates}
                pairs.update((index, places[path]) for path, _, index in members)
                break
    return pairs


Members = list[tuple[str, Attribute, int]]


def names_of(func: FuncOp, key: str) -> list[str]:
    """Paths of arguments ("arg_attrs") or results ("res_attrs"), '' where unknown; [] if there are no attributes."""
    entries = func.properties.get(key)
    names: list[str] = []
    for entry in entries if isinstance(entries, ArrayAttr) else ():
        assert isinstance(entry, DictionaryAttr)
        name = entry.data.get("sharding.name")
        info = entry.data.get("jax.result_info")
        if isinstance(name, StringAttr):
            names.append(name.data)
        else:
            names.append(path_of(info.data) if isinstance(info, StringAttr) else "")
    return names


def _groups(names: list[str], types: list[Attribute], depth_one: bool) -> list[tuple[str, Members]]:
    """
    Arguments by parameter; results by the entry of the returned tuple, or all together if they are one dict.

    Only groups with keys below them count: a lone tensor is not state.
    """
    if not names:
        return []
    groups: dict[str, Members] = defaultdict(list)
    tuples = not depth_one and all(name.split("/")[1:2] and name.split("/")[1].isdigit() for name in names)
    for index, (name, kind) in enumerate(zip(names, types, strict=True)):
        parts = name.split("/")
        cut = 1 if depth_one or not tuples else 2
        groups["/".join(parts[:cut])].append(("/".join(parts[cut:]), kind, index))
    return [(name, members) for name, members in groups.items() if all(path for path, _, _ in members)]
