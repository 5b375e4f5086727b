"""`share-collectives`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from eggshard.collectives.share import share_collectives
from eggshard.partitioning.reshards.share import WINDOW


@dataclass(frozen=True)
class ShareCollectivesPass(ModulePass):
    """
    Runs equal collectives of the same operands once.

    `window` is the number of ops across which a gathered copy is kept.

    Before:   %1 = spmd.all_reduce %0 {axes = ["x"], kind = sum}; %2 = spmd.all_reduce %0 {axes = ["x"], kind = sum}
    After:    uses of %2 use %1
    Requires: a per-device program (after `partition`).
    Ensures:  no two equal collectives in one block, gathers within the window.
    """

    name = "share-collectives"

    window: int = WINDOW

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        share_collectives(op, self.window)
