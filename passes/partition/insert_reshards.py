"""`insert-reshards`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from eggshard.partitioning.explicit.insert import insert_explicit_reshards
from eggshard.partitioning.insert import insert_reshards
from eggshard.partitioning.program import has_program, main_function
from eggshard.partitioning.strategies import CHOSEN


@dataclass(frozen=True)
class InsertReshardsPass(ModulePass):
    """
    Makes every change of layout an op of its own, with the use that needed it as its cause.

    Before:   %2 = stablehlo.dot_general %0, %1 {sharding.strategy = ..}   (contracts a sharded dimension)
    After:    %2 = stablehlo.dot_general ..                                  (partial)
              %3 = sharding.reshard %2 : #sharding.layout<.., partial={sum: "model"}> -> #sharding.layout<..>
    A program whose strategies nobody chose is made consistent op by op instead, as `insert-explicit-reshards` does.

    Requires: strategies (after `choose-strategies`), or layouts alone.
    Ensures:  each operand lies as its op's strategy reads it.
    """

    name = "insert-reshards"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        if has_program(op) and CHOSEN in main_function(op).attributes:
            insert_reshards(op)
        else:
            insert_explicit_reshards(op)
