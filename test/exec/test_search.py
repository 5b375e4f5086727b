"""
Whole models without any annotation, searched under a limit that forbids to replicate, and run by the interpreter.

A few of them here; `python -m eggshard.tools.bench.search` does all, on all meshes, and prints a table.
"""

from __future__ import annotations

import pytest
from models.registry import MESHES

from eggshard.tools.bench.search import LIMIT, difference, searched, wholly

CASES = [
    ("mlp", "odd", "2x2x2", 0.5),
    ("gpt2", "small", "4x2", 0.5),
    ("lstm", "odd", "8", 0.5),
    ("dlrm", "small", "4x2", 0.4),
    ("unet", "small", "4x2", 0.5),
]
"""Model, configuration, mesh, and which part of what the replicated plan takes a device may hold."""


@pytest.mark.parametrize(("name", "config", "mesh", "fraction"), CASES)
def test_searched_plans_compute_the_model(name: str, config: str, mesh: str, fraction: float) -> None:
    whole = wholly(name, config)
    limit = int(whole.bytes * fraction)
    plan = searched(whole, MESHES[mesh], limit, 120.0, gap=0.3)
    assert 0 < plan.peak_bytes <= limit and plan.bound_seconds <= plan.seconds
    assert difference(whole, plan) <= LIMIT
