"""`partition`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from eggshard.partitioning.partition import partition


@dataclass(frozen=True)
class PartitionPass(ModulePass):
    """
    Turns the whole program into the one that each device runs.

    Before:   %1 = stablehlo.add %0, %0 : tensor<8xf32>        laid out as [{"x"}] on x=4
    After:    %1 = stablehlo.add %0, %0 : tensor<2xf32>
    Requires: explicit reshards (after `insert-reshards`).
    Ensures:  local shapes everywhere, reshards are `spmd` collectives, the function carries `spmd.mesh`.
    """

    name = "partition"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        partition(op)
