"""`fold-dynamic-shapes`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from eggshard.static_shapes import fold_dynamic_shapes


@dataclass(frozen=True)
class FoldDynamicShapesPass(ModulePass):
    """
    Replaces ops whose sizes are operands by those whose sizes are attributes, which have sharding rules.

    Before:   %1 = stablehlo.dynamic_pad %0, %zero, %low, %high, %none     with constants %low, %high and %none
    After:    %1 = stablehlo.pad %0, %zero, low = [1], high = [2], interior = [0]
    Ensures:  what remains of these ops has a type of unknown sizes, or sizes that the program computes.
    """

    name = "fold-dynamic-shapes"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        fold_dynamic_shapes(op)
