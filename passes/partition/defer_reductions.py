"""`defer-reductions`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from eggshard.partitioning.reshards.defer import defer_reductions


@dataclass(frozen=True)
class DeferReductionsPass(ModulePass):
    """
    Reduces a sum of partial values once: below the sum, and after the loop that adds them up.

    Before:   %3 = sharding.reshard %1 (partial -> whole); %4 = sharding.reshard %2 (partial -> whole)
              %5 = stablehlo.add %3, %4
    After:    %5 = stablehlo.add %1, %2                        (partial)
              %6 = sharding.reshard %5 (partial -> whole)
    Requires: explicit reshards (after `insert-reshards`).
    Ensures:  no sum of two values that are reduced alike and used nowhere else.
    """

    name = "defer-reductions"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        defer_reductions(op)
