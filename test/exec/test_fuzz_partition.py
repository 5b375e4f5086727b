"""
A fixed slice of random testing: random programs under random layouts compute what they compute on one device.

`python -m eggshard.tools.bench.fuzz_partition` goes on where this stops.
"""

from __future__ import annotations

import jax
import pytest

from eggshard.tools.bench.fuzzing.generate import FAMILIES, generate
from eggshard.tools.bench.fuzzing.oracle import check, is_rounding
from eggshard.tools.bench.fuzzing.shrink import shrink

PROGRAMS = 40
FIRST = 20_000


@pytest.fixture(autouse=True)
def wide() -> None:
    """64-bit numbers; the folder's fixture puts back what was."""
    jax.config.update("jax_enable_x64", True)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + PROGRAMS))
def test_partitioned_program_computes_the_same(seed: int) -> None:
    program = generate(seed)
    faults = [fault for fault in check(program) if not is_rounding(program, fault)]
    assert not faults, f"{faults[0]}\n{program.describe()}"


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_makes_programs(family: str) -> None:
    programs = [generate(seed, (family,)) for seed in range(4)]
    assert any(line.family == family for program in programs for line in program.lines)


def test_failing_program_is_cut_down_to_what_fails() -> None:
    program = next(p for p in map(generate, range(100)) if len(p.lines) > 4 and "reduce" in p.families)
    small = shrink(program, lambda p: "reduce" in p.families)
    assert [line.family for line in small.lines] == ["reduce"]
    assert len(small.results) == 1 and not small.shard
