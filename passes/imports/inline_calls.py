"""`inline-calls`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from eggshard.inlining import inline_calls


@dataclass(frozen=True)
class InlineCallsPass(ModulePass):
    """
    Replaces calls and composites by the bodies they name, so that layouts flow through them.

    Before:   %1 = func.call @relu(%0)
    After:    %1 = stablehlo.maximum %0, %zero
    Ensures:  no func.call and no stablehlo.composite of a defined function remains.
    """

    name = "inline-calls"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        inline_calls(op)
