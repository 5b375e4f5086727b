"""What all frames of one run share."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation

from eggshard.dialects.sharding.layout import Mesh
from eggshard.interpreter.errors import refusal
from eggshard.interpreter.lifetimes import Lifetimes

MESH = "spmd.mesh"
"""The function attribute that names the mesh whose devices run the function."""


class Program:
    """The functions, the meshes, the devices, and the random draws made so far."""

    def __init__(self, module: ModuleOp, device_count: int, mesh: Mesh | None):
        self.module = module
        self.device_count = device_count
        self.replicas, self.partitions = replicas_and_partitions(module, device_count)
        self.lifetimes = Lifetimes()
        self._mesh = mesh
        self._draws = 0

    @cached_property
    def functions(self) -> dict[str, Operation]:
        found: dict[str, Operation] = {}
        for op in self.module.ops:
            if op.name == "func.func":
                name: Any = op.properties["sym_name"]
                found[name.data] = op
        return found

    @cached_property
    def meshes(self) -> dict[str, Mesh]:
        """The meshes that the module defines, in Shardy's syntax or ours."""
        tops = (op for op in self.module.ops if op.name in ("sharding.mesh", "sdy.mesh"))
        symbols: list[Any] = [(op.properties["sym_name"], op.properties["mesh"]) for op in tops]
        return {name.data: mesh.data for name, mesh in symbols}

    def function(self, name: str, op: Operation) -> Operation:
        if name not in self.functions or not self.functions[name].regions[0].blocks:
            known = ", ".join(f"@{function}" for function in self.functions)
            raise refusal(op, f"function @{name} has no body here (functions: {known or 'none'})")
        return self.functions[name]

    def mesh_named(self, name: str, op: Operation) -> Mesh:
        if name not in self.meshes:
            raise refusal(op, f"{op.name}: mesh @{name} is not defined (meshes: {', '.join(self.meshes) or 'none'})")
        return self.meshes[name]

    def mesh_around(self, op: Operation) -> Mesh:
        """The mesh of the per-device function that contains `op`: the one this run was given, else the one it names."""
        if self._mesh is not None:
            return self._mesh
        parent: Operation | None = op
        while parent is not None and MESH not in parent.attributes:
            parent = parent.parent_op()
        if parent is None:
            raise refusal(op, f"{op.name} stands outside a per-device function (one with the attribute {MESH})")
        symbol: Any = parent.attributes[MESH]
        return self.mesh_named(symbol.root_reference.data, op)

    def next_draw(self) -> int:
        """0, 1, 2, ...: the seed of the next random draw."""
        self._draws += 1
        return self._draws - 1


def replicas_and_partitions(module: ModuleOp, device_count: int) -> tuple[int, int]:
    """Device d is partition d % partitions of replica d // partitions; one replica where the module says nothing."""

    def count(name: str) -> int:
        attribute: Any = module.attributes.get(name)
        return 1 if attribute is None else int(attribute.value.data)

    replicas, partitions = count("mhlo.num_replicas"), count("mhlo.num_partitions")
    return (replicas, partitions) if replicas * partitions == device_count else (1, device_count)
