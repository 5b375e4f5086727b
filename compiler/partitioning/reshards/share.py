"""Equal reshards are made once."""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, SSAValue

from eggshard.dialects.sharding import LayoutAttr, ReshardOp
from eggshard.dialects.sharding.layout import Mesh
from eggshard.partitioning.program import the_mesh
from eggshard.partitioning.reshards.edit import blocks, erase

WINDOW = 32
"""Ops across which a gathered copy is kept. Beyond it the copy would cost more memory than its remaking costs time:
parameters that are stored sharded are gathered again for the backward pass (ZeRO-3, FSDP)."""


def share_reshards(module: ModuleOp, window: int = WINDOW) -> None:
    """
    Two reshards of one value to one layout become one.

    A reshard that makes the local part larger is shared only within `window` ops of its last use.
    """
    found = the_mesh(module)
    if found is None:
        return
    for block in blocks(module):
        _share(block, found[1], window)


def _share(block: Block, mesh: Mesh, window: int) -> None:
    places = {op: place for place, op in enumerate(block.ops)}
    made: dict[tuple[SSAValue, LayoutAttr, LayoutAttr], tuple[ReshardOp, int]] = {}
    for op, place in places.items():
        if not isinstance(op, ReshardOp):
            continue
        key = (op.input, op.source, op.target)
        known = made.get(key)
        if known is None or (_enlarges(op, mesh) and place - known[1] > window):
            made[key] = (op, place)
            continue
        first = known[0]
        op.result.replace_all_uses_with(first.result)
        erase(op)
        made[key] = (first, place)


def _enlarges(op: ReshardOp, mesh: Mesh) -> bool:
    before = mesh.span(tuple(axis for axes in op.source.data.axes for axis in axes))
    after = mesh.span(tuple(axis for axes in op.target.data.axes for axis in axes))
    return after < before
