"""
The custom calls by which older exporters bracket per-device code, with shardings as HLO strings.

`SPMDFullToShardShape` gives each device its tile of a whole tensor, `SPMDShardToFullShape` puts the tiles together.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from xdsl.ir import Operation, OpResult

from eggshard.interpreter.call import LockstepTable, attribute_of
from eggshard.interpreter.errors import refusal
from eggshard.interpreter.values import Array, Lanes

if TYPE_CHECKING:
    from eggshard.interpreter.machine import Frame

DEVICES = re.compile(r"devices=\[([\d,]+)\](?:<=\[([\d,]+)\](?:T\(([\d,]+)\))?|([\d,]+))")


def tiles(text: str, rank: int) -> Array | None:
    """
    Device ids per tile, `rank` dimensions and one more of copies; None if every device holds everything.

    `{devices=[2,1,4]<=[8] last_tile_dim_replicate}` is iota 0..7 shaped (2, 1, 4): dimension 0 is cut in two.
    `<=[a,b]T(1,0)` transposes the iota first; a plain list gives the ids themselves.
    """
    found = DEVICES.search(text)
    if found is None:
        return None
    shape, dims, order, listed = found.groups()
    if listed:
        ids = np.array([int(v) for v in listed.split(",")])
    else:
        sizes = [int(v) for v in dims.split(",")]
        ids = np.arange(int(np.prod(sizes))).reshape(sizes)
        ids = ids.transpose([int(v) for v in order.split(",")]) if order else ids
    counts = [int(v) for v in shape.split(",")]
    return ids.reshape(*counts[:rank], -1)


def sharding_text(op: Operation) -> str | None:
    attribute = attribute_of(op, "mhlo.sharding")
    return None if attribute is None else attribute.data


def full_to_shard(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    """The sharding is that of the `Sharding` custom call which made the operand."""
    source = op.operands[0]
    text = sharding_text(source.op) if isinstance(source, OpResult) else None
    if text is None:
        raise refusal(op, "SPMDFullToShardShape of a value without mhlo.sharding")
    out = list(operands[0])
    layout = tiles(text, operands[0][frame.devices[0]].ndim)
    if layout is None:
        return [out]
    for index in np.ndindex(layout.shape):
        device = int(layout[index])
        whole = operands[0][device]
        sizes = [-(-size // count) for size, count in zip(whole.shape, layout.shape[:-1], strict=True)]
        at = tuple(slice(i * size, (i + 1) * size) for i, size in zip(index[:-1], sizes, strict=True))
        out[device] = whole[at]
    return [out]


def shard_to_full(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    """The sharding is on the op itself."""
    values = operands[0]
    text = sharding_text(op)
    layout = tiles(text, values[frame.devices[0]].ndim) if text else None
    if layout is None:
        return [[values[frame.devices[0]]] * len(values)]
    out = list(values)
    for copy in np.moveaxis(layout, -1, 0):
        # Devices of one copy put their tiles together; those of another may be in another part of the program's mesh.
        blocks = np.empty(copy.shape, object)
        for index in np.ndindex(copy.shape):
            blocks[index] = values[int(copy[index])]
        whole = np.block(blocks.tolist()) if copy.ndim else blocks[()]
        for device in copy.flat:
            out[int(device)] = whole
    return [out]


LOCKSTEP: LockstepTable = {
    "SPMDFullToShardShape": full_to_shard,
    "SPMDShardToFullShape": shard_to_full,
}
"""Call target -> function."""
