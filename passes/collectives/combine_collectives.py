"""`combine-collectives`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from eggshard.collectives.combine import SMALL, combine_collectives


@dataclass(frozen=True)
class CombineCollectivesPass(ModulePass):
    """
    Lets small reductions over the same axes travel in one collective.

    `small` is the largest tensor, in bytes on a device, that is combined.

    Before:   %2 = spmd.all_reduce %0 {axes = ["x"], kind = sum}; %3 = spmd.all_reduce %1 {axes = ["x"], kind = sum}
    After:    %2, %3 = spmd.all_reduce %0, %1 {axes = ["x"], kind = sum}
    Requires: a per-device program (after `partition`).
    Ensures:  the same values; no use comes before its combined reduction.
    """

    name = "combine-collectives"

    small: int = SMALL

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        combine_collectives(op, self.small)
