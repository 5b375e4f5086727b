"""`emit-collectives`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from eggshard.partitioning.emit import emit


@dataclass(frozen=True)
class EmitCollectivesPass(ModulePass):
    """
    Writes collectives over mesh axes as StableHLO collectives over device ids.

    Before:   %1 = spmd.all_reduce %0 {axes = ["x"], kind = sum}
    After:    %1 = "stablehlo.all_reduce"(%0) <{replica_groups = dense<[[0, 1]]> ..}>
    Requires: a per-device program (after `partition`).
    Ensures:  no `spmd` and no `sharding` op remains.
    """

    name = "emit-collectives"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        emit(op)
