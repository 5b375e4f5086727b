"""`share-reshards`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from eggshard.partitioning.reshards.share import WINDOW, share_reshards


@dataclass(frozen=True)
class ShareReshardsPass(ModulePass):
    """
    Makes equal reshards of one value once.

    `window` is the number of ops across which a gathered copy is kept; beyond it the value is gathered again.

    Before:   %1 = sharding.reshard %0 : A -> B; %2 = sharding.reshard %0 : A -> B
    After:    uses of %2 use %1
    Requires: explicit reshards (after `insert-reshards`).
    Ensures:  no two equal reshards of one value in one block, within the window.
    """

    name = "share-reshards"

    window: int = WINDOW

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        share_reshards(op, self.window)
