"""`hoist-reshards`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from eggshard.partitioning.reshards.hoist import hoist_reshards


@dataclass(frozen=True)
class HoistReshardsPass(ModulePass):
    """
    Reshards what a loop does not change once, before the loop.

    Before:   stablehlo.while (%w = %0) .. { %1 = sharding.reshard %w : A -> B }
    After:    %1 = sharding.reshard %0 : A -> B; stablehlo.while (%w = %1) ..
    Requires: explicit reshards (after `insert-reshards`).
    Ensures:  no loop-invariant carry whose every use in the loop is the same reshard.
    """

    name = "hoist-reshards"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        hoist_reshards(op)
