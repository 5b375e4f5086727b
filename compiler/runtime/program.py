"""An emitted program as it stands in its file: text, mesh, and where each argument and result lies."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, ModuleOp, StringAttr, TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute

from eggshard.diagnostics import DiagnosticError
from eggshard.dialects.assembly import Parser, make_context
from eggshard.dialects.sharding import LayoutAttr
from eggshard.dialects.sharding.layout import Layout, Mesh, local_shape
from eggshard.dialects.sharding.syntax import parse_mesh

GLOBAL = "sharding.global"
MESH = "sharding.mesh"


@dataclass(frozen=True)
class Port:
    """One argument or result: its path, the whole tensor's type, its layout and the type that one device holds."""

    name: str
    type: TensorType[Attribute]
    layout: Layout

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the whole tensor."""
        return self.type.get_shape()

    def padded_shape(self, mesh: Mesh) -> tuple[int, ...]:
        """Shape of the whole tensor with dimensions rounded up to a multiple of their shards."""
        local = local_shape(self.shape, self.layout, mesh)
        return tuple(size * mesh.span(axes) for size, axes in zip(local, self.layout.axes, strict=True))


@dataclass(frozen=True)
class Program:
    """A per-device program that can be run, verified and certified without its plan."""

    text: str
    mesh: Mesh
    arguments: tuple[Port, ...]
    results: tuple[Port, ...]


def program_of(module: ModuleOp, text: str, origin: str = "<program>") -> Program:
    """
    Reads mesh, names, types and layouts off an emitted module.

    Raises DiagnosticError if the module was not emitted by eggshard.
    """
    given = module.attributes.get(MESH)
    functions = [op for op in module.ops if isinstance(op, FuncOp) and op.sym_name.data == "main"]
    if not isinstance(given, StringAttr) or not functions:
        raise DiagnosticError(
            "no mesh and layouts in the module: it is not a per-device program of eggshard",
            location=origin,
            hint="eggshard partition MODEL --mesh ... -o out.mlir",
        )
    parser = Parser(make_context(), given.data, origin)
    mesh = parse_mesh(parser)
    func = functions[0]
    return Program(text, mesh, ports(func.arg_attrs, origin), ports(func.res_attrs, origin))


def ports(entries: ArrayAttr[DictionaryAttr] | None, origin: str) -> tuple[Port, ...]:
    """The ports that the attributes of a function describe."""
    found: list[Port] = []
    for index, entry in enumerate(entries or ()):
        kind, layout, name = (entry.data.get(key) for key in (GLOBAL, "sharding.layout", "sharding.name"))
        if isinstance(layout, StringAttr):
            layout = Parser(make_context(), layout.data, origin).parse_attribute()
        if not isinstance(kind, TensorType) or not isinstance(layout, LayoutAttr):
            raise DiagnosticError(f"argument or result {index} carries no layout", location=origin)
        found.append(Port(name.data if isinstance(name, StringAttr) else str(index), kind, layout.data))
    return tuple(found)
