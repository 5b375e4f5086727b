"""`search-strategies`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass


@dataclass(frozen=True)
class SearchStrategiesPass(ModulePass):
    """
    Chooses the cheapest strategies and layouts that fit in the memory of a device; what annotations fix stays.

    Before:   %1 = stablehlo.dot_general %x, %w, ...           with layouts of some arguments, or of none
    After:    %1 = stablehlo.dot_general %x, %w, ... {sharding.strategy = #sharding.strategy<@mesh, {data: i}>}
    Requires: one function (after `inline-calls`), layouts of ours (after `import-sdy`), a mesh.
    Ensures:  arguments, results and all values between ops have a layout; `insert-reshards` follows the strategies.

    `hardware` is a name of the catalogue or a file, `memory` as in 80GiB (default: what the hardware has),
    `time_limit` whole seconds. Without `logic` the program keeps the form in which it is written; with
    `relax_rounding` terms of a sum may be rounded to a narrower float before they are added.
    """

    name = "search-strategies"

    hardware: str = "h100"
    memory: str | None = None
    time_limit: int = 60
    seed: int = 0
    logic: bool = True
    relax_rounding: bool = False

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        from eggshard.cost import AnalyticCost
        from eggshard.hardware import load_hardware
        from eggshard.partitioning.program import the_mesh
        from eggshard.planning.search import search
        from eggshard.sizes import parse_bytes

        found = the_mesh(op)
        if found is None:
            return
        hardware = load_hardware(self.hardware)
        limit = hardware.memory_bytes if self.memory is None else parse_bytes(self.memory)
        cost = AnalyticCost(hardware, found[1])
        search(
            op,
            cost,
            limit,
            time_limit=self.time_limit,
            seed=self.seed,
            logic=self.logic,
            relax_rounding=self.relax_rounding,
        )
