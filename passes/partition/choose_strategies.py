"""`choose-strategies`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from eggshard.partitioning.strategies import choose_strategies


@dataclass(frozen=True)
class ChooseStrategiesPass(ModulePass):
    """
    Decides for each op which factor every mesh axis tiles.

    Where the layouts of operands and results agree there is nothing to decide; where they contradict each other the
    choice of an earlier run stands, else the one that moves fewest bytes.

    Before:   %2 = stablehlo.dot_general %0, %1   with layouts on the values
    After:    %2 = stablehlo.dot_general %0, %1 {sharding.strategy = #sharding.strategy<@mesh, {data: i}>}
    Requires: layouts (after `propagate-shardings`), no calls.
    Ensures:  a strategy on every op that tiles something; an op without one is replicated.
    """

    name = "choose-strategies"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        choose_strategies(op)
