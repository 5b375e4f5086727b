"""What a per-device program promises of its arguments and results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, ModuleOp, StringAttr
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute

from eggshard.certify.facts import Unknown
from eggshard.dialects.assembly import Parser, make_context
from eggshard.dialects.sharding import LayoutAttr
from eggshard.dialects.sharding.access import meshes_of
from eggshard.dialects.sharding.layout import Layout, Mesh
from eggshard.dialects.sharding.syntax import parse_mesh


@dataclass(frozen=True)
class Port:
    """An argument or result: its path, the whole tensor's type, and its layout."""

    name: str
    type: Attribute
    layout: Layout


def device_program(module: ModuleOp) -> tuple[Mesh, FuncOp, tuple[Port, ...], tuple[Port, ...]]:
    """The mesh, the function and its ports; raises Unknown if they are not written down."""
    functions = [op for op in module.ops if isinstance(op, FuncOp) and op.body.blocks]
    func = next((f for f in functions if f.sym_name.data == "main"), functions[0] if functions else None)
    if func is None:
        raise Unknown("the program has no function")
    text = module.attributes.get("sharding.mesh")
    symbol: Any = func.attributes.get("spmd.mesh")
    kinds: Any = func.attributes.get("spmd.global")
    if isinstance(text, StringAttr):
        mesh = parse_mesh(Parser(make_context(), text.data, "sharding.mesh"))
    elif symbol is not None:
        mesh = meshes_of(func)[symbol.root_reference.data]
    else:
        raise Unknown("no mesh and layouts in the module: it is not a per-device program of eggshard")
    wholes = (None, None) if kinds is None else (kinds.inputs.data, kinds.outputs.data)
    return mesh, func, _ports(func.arg_attrs, wholes[0]), _ports(func.res_attrs, wholes[1])


def _ports(entries: ArrayAttr[DictionaryAttr] | None, wholes: Any) -> tuple[Port, ...]:
    found = []
    for index, entry in enumerate(entries or ()):
        layout: Any = entry.data.get("sharding.layout")
        if isinstance(layout, StringAttr):
            layout = Parser(make_context(), layout.data, "sharding.layout").parse_attribute()
        kind = entry.data.get("sharding.global") if wholes is None else wholes[index]
        if not isinstance(layout, LayoutAttr) or kind is None:
            raise Unknown(f"argument or result {index} carries no layout")
        name = entry.data.get("sharding.name")
        found.append(Port(cast(Any, name).data if name is not None else str(index), kind, layout.data))
    return tuple(found)
