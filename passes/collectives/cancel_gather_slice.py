"""`cancel-gather-slice`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from eggshard.collectives.slices import cancel_gather_slice


@dataclass(frozen=True)
class CancelGatherSlicePass(ModulePass):
    """
    Drops a slice of what was just gathered, and a gather of what was just sliced.

    Before:   %1 = spmd.all_gather %0 {axes = ["x"], dim = 0}; %2 = spmd.slice %1 {axes = ["x"], dim = 0}
    After:    uses of %2 use %0
    Requires: a per-device program (after `partition`).
    Ensures:  no such pair remains.
    """

    name = "cancel-gather-slice"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        cancel_gather_slice(op)
