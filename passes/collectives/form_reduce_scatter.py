"""`form-reduce-scatter`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from eggshard.collectives.slices import form_reduce_scatter


@dataclass(frozen=True)
class FormReduceScatterPass(ModulePass):
    """
    Forms reduce_scatter from an all_reduce of which each device keeps a slice, across transposes and conversions too.

    Before:   %1 = spmd.all_reduce %0 {axes = ["x"], kind = sum}; %2 = spmd.slice %1 {axes = ["x"], dim = 0}
    After:    %2 = spmd.reduce_scatter %0 {axes = ["x"], dim = 0, kind = sum}
    Requires: a per-device program (after `partition`).
    Ensures:  no all_reduce whose only use is a slice over some of its axes.
    """

    name = "form-reduce-scatter"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        form_reduce_scatter(op)
