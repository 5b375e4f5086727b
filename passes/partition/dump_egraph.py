"""`dump-egraph`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass


@dataclass(frozen=True)
class DumpEgraphPass(ModulePass):
    """
    Shows what a search chooses from, or what it chose and why: the e-graph, in the dialect `equivalence`.

    Before:   %1 = stablehlo.dot_general %x, %w, ...
    After:    %2 = stablehlo.dot_general %x.r, %w.1, ... {sharding.strategy = #sharding.strategy<@mesh, {data: j}>}
              %3 = sharding.reshard %v1.s : ... {collective = "reduce_scatter", axis = "data"}
              %v1.1 = equivalence.class %2, %3 {tensor = "%1", sharding.layouts = [...]}
    Requires: one function (after `inline-calls`), layouts of ours (after `import-sdy`), a mesh.
    Ensures:  a class per tensor and layout; with `chosen` a cost in picoseconds on every e-node (`eqsat_cost`), and
              `min_cost_index` on the classes that the plan makes.

    A class is named after its tensor and, per mesh axis, what it does: `r` nothing, a number the dimension that it
    cuts, `s` holds terms of a sum. `tensors` is a regular expression of names (`%x`) to show. What a loop or a branch
    hands on is shown as given. `hardware`, `memory`, `time_limit`, `seed` and `logic` are those of `search-strategies`.
    """

    name = "dump-egraph"

    chosen: bool = False
    tensors: str | None = None
    hardware: str = "h100"
    memory: str | None = None
    time_limit: int = 60
    seed: int = 0
    logic: bool = True
    relax_rounding: bool = False

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        from eggshard.cost import AnalyticCost
        from eggshard.egraph.dump.write import dump
        from eggshard.egraph.rulesets import Rules
        from eggshard.hardware import load_hardware
        from eggshard.partitioning.program import the_mesh
        from eggshard.planning.search import decide, explored
        from eggshard.sizes import parse_bytes

        found = the_mesh(op)
        if found is None:
            return
        hardware = load_hardware(self.hardware)
        limit = hardware.memory_bytes if self.memory is None else parse_bytes(self.memory)
        cost, rules = AnalyticCost(hardware, found[1]), Rules(self.logic, relax_rounding=self.relax_rounding)
        if not self.chosen:
            dump(op, explored(op, cost, limit, rules), self.tensors)
            return
        made = decide(op, cost, limit, rules, time_limit=self.time_limit, seed=self.seed)
        if made.result is None or made.result.choice is None:
            raise made.refusal(op, self.time_limit)
        dump(op, made, self.tensors)
