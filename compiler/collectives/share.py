"""Equal collectives are run once."""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute, SSAValue

from eggshard.collectives.edit import blocks, per_device_mesh
from eggshard.dialects.spmd import AllGatherOp, PerDeviceOp
from eggshard.partitioning.reshards.share import WINDOW

Key = tuple[str, tuple[SSAValue, ...], tuple[tuple[str, Attribute], ...]]


def share_collectives(module: ModuleOp, window: int = WINDOW) -> None:
    """
    Two equal collectives of the same operands in one block become one.

    A gathered copy is kept only within `window` ops, as in `share-reshards`.
    """
    if per_device_mesh(module) is None:
        return
    for block in blocks(module):
        made: dict[Key, tuple[PerDeviceOp, int]] = {}
        for place, op in enumerate(list(block.ops)):
            if not isinstance(op, PerDeviceOp):
                continue
            entries = tuple((k, op.properties[k]) for k in sorted(op.properties) if k != "because")
            key = (op.name, tuple(op.operands), entries)
            known = made.get(key)
            if known is None or (isinstance(op, AllGatherOp) and place - known[1] > window):
                made[key] = (op, place)
                continue
            for old, new in zip(op.results, known[0].results, strict=True):
                old.replace_all_uses_with(new)
            op.detach()
            op.erase()
            made[key] = (known[0], place)
