"""`drop-dead-ops`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from eggshard.dead_code import drop_dead_ops


@dataclass(frozen=True)
class DropDeadOpsPass(ModulePass):
    """
    Erases ops whose results nobody uses, as differentiation leaves many, so that no data is moved for them.

    Before:   %1 = stablehlo.compare EQ, %0, %0     (unused)
    After:    nothing
    Requires: nothing.
    Ensures:  every op has a used result or an effect.
    """

    name = "drop-dead-ops"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        drop_dead_ops(op)
