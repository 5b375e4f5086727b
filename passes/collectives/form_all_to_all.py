"""`form-all-to-all`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from eggshard.collectives.slices import form_all_to_all


@dataclass(frozen=True)
class FormAllToAllPass(ModulePass):
    """
    Forms all_to_all from a gather of one dimension of which each device keeps a slice of another.

    Before:   %1 = spmd.all_gather %0 {axes = ["x"], dim = 0}; %2 = spmd.slice %1 {axes = ["x"], dim = 1}
    After:    %2 = spmd.all_to_all %0 {axes = ["x"], split_dim = 1, concat_dim = 0}
    Requires: a per-device program (after `partition`).
    Ensures:  no gather whose only use is such a slice.
    """

    name = "form-all-to-all"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        form_all_to_all(op)
