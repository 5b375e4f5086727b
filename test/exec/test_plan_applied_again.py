"""A plan that is saved, loaded and applied again gives the very program that the search gave, and so does its seed."""

from __future__ import annotations

from pathlib import Path

import pytest
from models.registry import MESHES, MODELS

from eggshard.frontends.load import from_jax
from eggshard.passes.api import Wanted, apply_plan, plan_model
from eggshard.plans import Plan

CASES = [
    ("mlp", "4x2", 2**11),
    ("lstm", "8", 48 * 2**10),
    ("gpt2", "4x2", 300 * 2**10),
    ("dlrm", "2x2x2", 40 * 2**10),
]
"""Model, mesh, and bytes of memory that forbid to replicate."""


@pytest.mark.parametrize(("name", "mesh", "memory"), CASES)
def test_the_same_program(name: str, mesh: str, memory: int, tmp_path: Path) -> None:
    fn, args = MODELS[name].build("small", "f32")
    wanted = Wanted(memory=memory, time_limit=60.0, gap=0.3)
    made = plan_model(from_jax(fn, args), mesh=MESHES[mesh], search=wanted)
    assert made.collectives(), "it is cut"
    made.save(tmp_path / "plan.json")
    saved = Plan.load(tmp_path / "plan.json")
    again = apply_plan(from_jax(fn, args), saved)
    assert again.stablehlo() == made.stablehlo() == saved.stablehlo()
    assert (again.ops, again.ports, again.rewrites) == (made.ops, made.ports, made.rewrites)
    assert again.collective_list() == made.collective_list()
    assert saved.to_json() == made.to_json() == again.to_json()


@pytest.mark.parametrize(("name", "mesh", "memory"), [("mlp", "4x2", 2**11), ("gpt2", "4x2", 300 * 2**10)])
def test_the_same_seed(name: str, mesh: str, memory: int) -> None:
    """Where the search ends near enough to its bound, and not by the clock, it ends with the same plan."""
    fn, args = MODELS[name].build("small", "f32")
    wanted = Wanted(memory=memory, time_limit=120.0, seed=7, gap=0.2)
    first, second = (plan_model(from_jax(fn, args), mesh=MESHES[mesh], search=wanted) for _ in range(2))
    assert first.predicted is not None and first.predicted.ended == "bound"
    assert first.to_json() == second.to_json()
