"""Small edits of per-device programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, SSAValue

from eggshard.dialects.sharding import meshes_of
from eggshard.dialects.sharding.layout import Mesh
from eggshard.dialects.spmd import MESH
from eggshard.partitioning.program import CONTROL_FLOW, has_program, main_function


def per_device_mesh(module: ModuleOp) -> Mesh | None:
    """The mesh whose devices run the program; None if the module is no per-device program."""
    if not has_program(module):
        return None
    symbol = main_function(module).attributes.get(MESH)
    return None if symbol is None else meshes_of(module).get(symbol.root_reference.data)  # type: ignore[attr-defined]


def blocks(module: ModuleOp) -> Iterator[Block]:
    """The blocks of the program, outer ones first."""
    stack = [main_function(module).body.block]
    while stack:
        block = stack.pop()
        yield block
        for op in block.ops:
            if op.name in CONTROL_FLOW:
                stack.extend(inner for region in op.regions for inner in region.blocks)


def replace(op: Operation, new: Sequence[Operation], values: Sequence[SSAValue] | None = None) -> None:
    """Puts `new` in the place of `op`; `values` (default: the results of the last) take over its uses."""
    block = op.parent
    assert block is not None
    for fresh in new:
        fresh.location = op.location
        block.insert_op_before(fresh, op)
    for old, value in zip(op.results, values if values is not None else new[-1].results, strict=True):
        old.replace_all_uses_with(value)
    op.detach()
    op.erase()


def drop_if_unused(op: Operation) -> None:
    """Erases an op whose results nobody uses."""
    if op.parent is not None and not any(True for result in op.results for _ in result.uses):
        op.detach()
        op.erase()


def cause_of(*ops: Operation) -> str | None:
    """The first cause that is known."""
    for op in ops:
        because = op.properties.get("because")
        if because is not None:
            return str(because.data)  # type: ignore[attr-defined]
    return None
