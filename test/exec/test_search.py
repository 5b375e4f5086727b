"""
Whole models without any annotation, searched under a limit that forbids to replicate; run by the interpreter.

A few of them here; `python -m eggshard.tools.bench.search` does all, on all meshes, and prints a table.
"""

from __future__ import annotations

import jax
import pytest
from models.registry import MESHES

from eggshard.tools.bench.megatron import arguments, planned, step
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


def test_megatron_appears_by_itself() -> None:
    """
    Two layers over eight devices that cannot hold a copy each: matrices column- then row-wise, attention by heads, and
    two sums per layer forward, two backward.
    """
    args = arguments(["--length", "32", "--batch", "4"])
    state = sum(leaf.size * 4 for leaf in jax.tree.leaves(step(args)[1]))
    plan = planned(MESHES["8"], state // 2, 120.0, args)
    assert plan.peak_bytes <= state // 2
    assert plan.collectives() == {"all_reduce": 8}
    for layer in ("params/layer_0", "params/layer_1"):
        wanted = {"mlp/wi": "-,d", "mlp/wi_bias": "d", "mlp/wo": "d", "attn/qkv": "-,-,d", "attn/o": "d"}
        assert {name: plan.arguments[f"{layer}/{name}"].rstrip(",-") for name in wanted} == wanted
    sums = [op for op in plan.module.walk() if op.name == "spmd.all_reduce"]
    assert all(tuple(op.results[0].type.get_shape()) == (4, 32, 512) for op in sums)
    assert sum("transpose(jvp" in str(op.location) for op in sums) == 4
