"""`insert-explicit-reshards`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from eggshard.partitioning.explicit.insert import insert_explicit_reshards


@dataclass(frozen=True)
class InsertExplicitReshardsPass(ModulePass):
    """
    Makes layouts that contradict each other agree, op by op, as Shardy does.

    `insert-reshards` follows the strategies that we choose for a whole program; this pass looks at one op at a time,
    and is there to be held against Shardy's own.

    Before:   %2 = stablehlo.dot_general %0, %1     with %0 on [{}, {"x"}], %1 on [{"x"}, {}], %2 on [{}, {}]
    After:    %2 = stablehlo.dot_general %0, %1
              %3 = sdy.all_reduce {"x"} %2 out_sharding=<@mesh, [{}, {}]>
    Requires: layouts of ours (after `import-sdy`).
    Ensures:  the tensors of each op that has a rule have the same axes along each factor.
    """

    name = "insert-explicit-reshards"

    full: bool = True
    """If false, only partial terms, calls and a few ops are seen to, as in Shardy's default pipeline."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        insert_explicit_reshards(op, self.full)
