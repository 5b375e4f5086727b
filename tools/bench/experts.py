"""
Holds the chosen plan against every expert's plan, in the same cost model, with no tactic given to the search.

    python -m eggshard.tools.bench.experts                          the whole suite (takes long)
    python -m eggshard.tools.bench.experts --models gpt2,moe --meshes 4x2 --limits tight --time-limit 5

An expert's plan is one of the model's tactics (`all`: every one, propagated): its strategies are the only ones allowed
in the same choice problem, of the program as it is written, so that both are priced alike. What the tactic leaves open
is solved for it. The search knows of none of them. Limits of memory: `none`; `half`, half way between the least that an
expert's plan takes and what it takes to replicate everything; `tight`, a twentieth above that least. A row is `worse`
if an expert's plan that fits is cheaper than the chosen one; exit status 1 if one is.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from eggshard.tools.bench.models import suite
from eggshard.tools.bench.table import print_table

HEADER = (
    "model", "mesh", "memory", "", "chosen ms", "bound ms", "gap", "expert ms", "best of", "fitting", "ratio", "CPU s",
    "",
)  # fmt: skip
MILLISECONDS = 1e9
"""Picoseconds in one."""
UNLIMITED = 1 << 50
SOLVED = 1e-3
"""How near to its bound an expert's plan is completed."""


@dataclass
class Expert:
    """A tactic, what the search may decide under it, what that costs without a limit, and what it then holds."""

    name: str
    part: Any
    cost: int
    peak: int


def main() -> int:
    """Prints the table; 1 if a row is worse."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default=",".join(suite().MODELS), metavar="NAME,..")
    parser.add_argument("--config", default="small", help="small, odd or real (published sizes)")
    parser.add_argument("--meshes", default="4x2,8,2x2x2", metavar="MESH,..")
    parser.add_argument("--limits", default="none,half,tight", metavar="LIMIT,..")
    parser.add_argument("--hardware", default="h100")
    parser.add_argument("--time-limit", type=float, default=20.0, metavar="SECONDS", help="for each search")
    parser.add_argument("--gap", type=float, default=0.005, help="the search ends so near to its bound")
    args = parser.parse_args()
    rows = []
    for name in args.models.split(","):
        for mesh in args.meshes.split(","):
            for row in Compared(name, mesh, args).rows():
                rows.append(row)
                print(" ".join(row), file=sys.stderr, flush=True)
    print_table(HEADER, rows)
    worse = [row for row in rows if row[-1] != "ok"]
    print(f"{len(rows)} rows, {len(worse)} worse")
    return 1 if worse else 0


class Compared:
    """One model on one mesh."""

    def __init__(self, name: str, mesh_name: str, args: argparse.Namespace):
        import jax

        from eggshard.annotation import add_mesh
        from eggshard.choose.evaluate import Evaluator
        from eggshard.cost import AnalyticCost
        from eggshard.dialects.assembly import make_context
        from eggshard.egraph.rulesets import Rules
        from eggshard.frontends.load import from_jax
        from eggshard.hardware import load_hardware
        from eggshard.mesh import Mesh
        from eggshard.passes import pipeline
        from eggshard.planning.search import explored
        from eggshard.planning.start import replicated

        self.name, self.mesh_name, self.args = name, mesh_name, args
        self.sizes = suite().MESHES.get(mesh_name) or dict(zip("abcd", map(int, mesh_name.split("x")), strict=False))
        self.mesh = Mesh(self.sizes)
        jax.clear_caches()
        function, given = suite().MODELS[name].build(args.config, "f32")
        self.module = from_jax(function, given).module  # once: what JAX writes depends on what it traced before
        pipeline.run(self.module, make_context(), pipeline.IMPORT)
        add_mesh(self.module, self.mesh)
        self.model = AnalyticCost(load_hardware(args.hardware), self.mesh.value)
        self.rules = Rules(logic=False)
        self.all = explored(self.module, self.model, UNLIMITED, self.rules)
        whole = replicated(self.all.outline, self.all.space, self.all.decision)
        self.replicated = Evaluator(self.all.problem)(whole).peak
        self.experts = list(self.prepared())
        self.least = min(expert.peak for expert in self.experts)

    def rows(self) -> Iterator[list[str]]:
        for title in self.args.limits.split(","):
            yield self.row(title)

    def limit(self, title: str) -> int:
        tight = int(self.least * 1.05)
        return {"none": UNLIMITED, "half": max(tight, (self.least + self.replicated) // 2), "tight": tight}[title]

    def row(self, title: str) -> list[str]:
        """The cells of one limit."""
        from eggshard.planning.search import decide

        limit = self.limit(title)
        began = time.process_time()
        made = decide(self.module, self.model, limit, self.rules, time_limit=self.args.time_limit, gap=self.args.gap)
        spent = time.process_time() - began
        result = made.result
        assert result is not None
        costs = {expert.name: self.fitted(expert, limit) for expert in self.experts}
        fitting = {name: cost for name, cost in costs.items() if cost is not None}
        best = min(fitting, key=lambda name: fitting[name], default=None)
        worse = best is not None and (result.cost is None or result.cost > fitting[best])
        return [
            self.name,
            self.mesh_name,
            title,
            "-" if limit == UNLIMITED else f"{limit / 2**20:.2f} MiB",
            "-" if result.cost is None else f"{result.cost / MILLISECONDS:.4f}",
            "-" if result.bound is None else f"{result.bound / MILLISECONDS:.4f}",
            "-" if result.gap is None else f"{result.gap:.2%}",
            "-" if best is None else f"{fitting[best] / MILLISECONDS:.4f}",
            best or "none fits",
            f"{len(fitting)}/{len(self.experts)}",
            "-" if best is None or result.cost is None else f"{result.cost / fitting[best]:.4f}",
            f"{spent:.1f}",
            f"worse: {made.ended}" if worse else "ok",
        ]

    def fitted(self, expert: Expert, limit: int) -> int | None:
        """What an expert's plan costs under a limit: perhaps it fits with other homes and copies."""
        if expert.peak <= limit:
            return expert.cost
        found = self.solved(expert.part, limit)
        return None if found.cost is None else int(found.cost)

    def solved(self, part: Any, limit: int) -> Any:
        from eggshard.choose.solve import solve
        from eggshard.planning.problem import problem_of

        made = self.all
        problem = problem_of(part.decision, list(made.space.kinds.values()), made.outline.steps, limit, "expert")
        return solve(problem, time_limit=self.args.time_limit / 4, enough=SOLVED)

    def prepared(self) -> Iterator[Expert]:
        """The model's tactics as restrictions, completed without a limit."""
        from eggshard.annotation import link_results
        from eggshard.partitioning.strategies import Chooser
        from eggshard.planning.experts import allowed, numbered
        from eggshard.planning.narrow import narrowed
        from eggshard.planning.search import peak_bytes
        from eggshard.propagation import propagate
        from eggshard.propagation.tactics import apply_tactics

        made = self.all
        numbered(made.outline)
        for tactic, shard in suite().MODELS[self.name].tactics(self.sizes).items():
            module = self.module.clone()
            apply_tactics(module, list(dict(shard).items()))
            link_results(module)
            propagate(module, on_round=Chooser(module).run)
            link_results(module, final=True)
            masks = allowed(made.outline, made.space, made.decision, module, self.mesh.value)
            part = narrowed(made.decision, masks)
            found = self.solved(part, UNLIMITED)
            if found.choice is None:
                print(f"{self.name}: expert {tactic} has no counterpart in the search", file=sys.stderr)
                continue
            yield Expert(tactic, part, found.cost, peak_bytes(made.problem, part.whole(found.choice)))


if __name__ == "__main__":
    sys.exit(main())
