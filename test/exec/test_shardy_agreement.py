"""A slice of the agreement benchmark: programs whose every value is laid out as Shardy lays it out."""

from __future__ import annotations

import pytest

from eggshard.tools.bench.shardy_agreement import MODES, measure, programs, report


@pytest.mark.parametrize("mode", MODES)
def test_agreement(mode: str) -> None:
    """Sixty programs per mode, other ones for each."""
    tally = measure(mode, programs(60, 100_000 + 1_000 * MODES.index(mode)))
    assert tally.programs["all"] == 60
    assert not tally.differences, report(mode, tally, 0.0)


def test_disagreement_is_seen() -> None:
    """Two modes of propagation are told apart: the comparison is not vacuous."""
    from eggshard.tools.bench.shardy_agreement import compare, shardy_passes

    passes = shardy_passes("aggressive")
    found = [difference for program in programs(40, 0) for difference in compare(program, "basic", passes)[0]]
    assert found
