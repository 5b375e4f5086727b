"""`apply-tactics`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from eggshard.propagation.tactics import apply_tactics


@dataclass(frozen=True)
class ApplyTacticsPass(ModulePass):
    """
    Lays out arguments as tactics say; the n-th tactic gets user priority n.

    `shard` holds tactics PATTERN=LAYOUT separated by ';': a pattern matches a whole argument path, a layout lists axes
    per dimension, '-' for none, '+' joins axes.

    Before:   func.func @main(%arg0: tensor<8x4xf32> {sharding.name = "x"})          with shard = "x=data"
    After:    ... {sharding.name = "x", sharding.layout = #sharding.layout<@mesh, [{"data"}p0, {}p0]>}
    Requires: a mesh in the module.
    """

    name = "apply-tactics"

    shard: str

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        tactics = [tuple(entry.rsplit("=", 1)) for entry in self.shard.split(";") if entry]
        apply_tactics(op, [(pattern, layout) for pattern, layout in tactics])
