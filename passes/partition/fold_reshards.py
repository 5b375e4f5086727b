"""`fold-reshards`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from eggshard.partitioning.reshards.fold import fold_reshards


@dataclass(frozen=True)
class FoldReshardsPass(ModulePass):
    """
    Joins a reshard of a reshard, and drops those that change nothing or that nobody uses. Constants, iotas and
    broadcast scalars are made again in the layout wanted.

    Before:   %1 = sharding.reshard %0 : A -> B; %2 = sharding.reshard %1 : B -> C
    After:    %2 = sharding.reshard %0 : A -> C
    Requires: explicit reshards (after `insert-reshards`).
    Ensures:  no more bytes are moved than before.
    """

    name = "fold-reshards"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        fold_reshards(op)
