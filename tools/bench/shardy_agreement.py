"""
Holds our propagation against Shardy's, value by value, over random annotated programs.

    python -m eggshard.tools.bench.shardy_agreement --programs 2000 --seed 0

prints for each family of ops in how many programs every value has the same layout, and lists each value that has not.
Both sides start from the same text. `pipeline` compares what Shardy's whole pipeline makes of it, up to but without the
reshards that it ends with; the other modes compare single passes, with open dimensions and replicated axes.

What is not compared, since Shardy does not do it: chlo ops and batch normalisation in training have a rule here, so
that layouts flow through what JAX writes; Shardy meets such ops only after they were taken apart.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from eggshard.propagation import Mode, propagate
from eggshard.propagation.finish import finish
from eggshard.tools.bench.random_programs import Program, random_program
from eggshard.tools.bench.random_regions import FAMILIES
from eggshard.tools.bench.shardy import Place, layouts_by_place, propagation_pipeline, run_passes

IMPORT = (
    "sdy-lift-inlined-meshes,sdy-remove-size-one-axes,sdy-constant-or-scalar-splitter,symbol-dce,"
    "sdy-manual-axes-cleanup,sdy-add-data-flow-edges,sdy-apply-sharding-constraints,sdy-sharding-group-import,"
)
BARE = "sdy-sharding-group-import,sdy-manual-axes-cleanup,sdy-add-data-flow-edges,"
SINK = ",func.func(sdy-sink-data-flow-edges)"
MODES = ("pipeline", "user-priority", "op-priority", "aggressive", "basic", "conservative")


@dataclass(frozen=True)
class Difference:
    """One value that the two sides lay out differently."""

    seed: int
    place: Place
    theirs: set[str]
    ours: set[str]

    def __str__(self) -> str:
        def text(layouts: set[str]) -> str:
            return " or ".join(sorted(layout or "replicated" for layout in layouts)) or "absent"

        return f"seed {self.seed} {self.place}: Shardy {text(self.theirs)}, ours {text(self.ours)}"


@dataclass
class Tally:
    """Programs per family, and of those the ones in which all values agree."""

    programs: Counter[str] = field(default_factory=Counter)
    equal: Counter[str] = field(default_factory=Counter)
    values: int = 0
    equal_values: int = 0
    differences: list[Difference] = field(default_factory=list)

    def add(self, program: Program, differences: Sequence[Difference], values: int) -> None:
        for family in ("all", *program.families):
            self.programs[family] += 1
            self.equal[family] += not differences
        self.values += values
        self.equal_values += values - len(differences)
        self.differences.extend(differences)


def shardy_passes(mode: str) -> str:
    """What Shardy runs in a mode."""
    if mode == "pipeline":
        return propagation_pipeline()
    if mode == "conservative":
        return f"{IMPORT}sdy-user-priority-propagate{{conservative-propagation=true}}{SINK}"
    if mode == "user-priority":
        return f"{IMPORT}sdy-user-priority-propagate{SINK}"
    return f"{BARE}sdy-{mode}-propagate{SINK}"


def compare(program: Program, mode: str, passes: str) -> tuple[list[Difference], int]:
    """The values that differ, and the number of all."""
    open = mode != "pipeline"
    theirs = layouts_by_place(run_passes(program.text, passes), open)
    module = run_passes(program.text, "")
    own_mode = Mode(mode) if mode in {m.value for m in Mode} else Mode.USER_PRIORITY
    bare = mode in ("op-priority", "aggressive", "basic")
    propagate(module, own_mode, conservative=mode == "conservative", bare=bare)
    if mode == "pipeline":
        finish(module)
    ours = layouts_by_place(module, open)
    differences = [
        Difference(program.seed, place, layouts, ours.get(place, set()))
        for place, layouts in theirs.items()
        if layouts != ours.get(place, set())
    ]
    return differences, len(theirs)


def programs(count: int, seed: int) -> Iterator[Program]:
    for number in range(seed, seed + count):
        yield random_program(number, FAMILIES)


def measure(mode: str, chosen: Iterable[Program]) -> Tally:
    """Compares every program in one mode; progress goes to stderr, on a terminal."""
    tally = Tally()
    passes = shardy_passes(mode)
    for place, program in enumerate(chosen):
        differences, values = compare(program, mode, passes)
        tally.add(program, differences, values)
        if sys.stderr.isatty() and place % 50 == 0:
            print(f"\r{mode}: {place} programs", end="", file=sys.stderr)
    return tally


def report(mode: str, tally: Tally, seconds: float) -> str:
    """The table of one mode, and its differences."""
    lines = [f"mode {mode}: {tally.values} values, {tally.equal_values} equal, {seconds:.0f} s", ""]
    lines.append(f"{'family':<24}{'programs':>10}{'equal':>10}{'share':>10}")
    for family, count in sorted(tally.programs.items(), key=lambda item: (item[0] != "all", item[0])):
        equal = tally.equal[family]
        lines.append(f"{family:<24}{count:>10}{equal:>10}{100 * equal / count:>9.2f}%")
    lines.append("")
    lines.append(f"differences: {len(tally.differences) or 'none'}")
    lines.extend(f"  {difference}" for difference in tally.differences)
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints a table per mode; exit status 1 if fewer than 99 % of the programs of a mode agree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0, help="number of the first program")
    parser.add_argument("--mode", choices=(*MODES, "all"), default="pipeline")
    options = parser.parse_args(arguments)
    status = 0
    for mode in MODES if options.mode == "all" else (options.mode,):
        start = time.process_time()
        tally = measure(mode, programs(options.programs, options.seed))
        print(report(mode, tally, time.process_time() - start) + "\n")
        if tally.equal["all"] < 0.99 * tally.programs["all"]:
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
