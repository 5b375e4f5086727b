"""Partitioned programs are certified from their text, and broken ones are not."""

from __future__ import annotations

from typing import Any

import pytest
from models.registry import MESHES, MODELS

import eggshard
from eggshard.certify.check import certify
from eggshard.frontends.load import from_bytes, from_jax
from eggshard.tools.bench.mutants import count

CASES = [
    ("mlp", "both", "small"),
    ("mlp", "megatron", "odd"),
    ("gpt2", "both+fsdp", "small"),
    ("gpt2", "vocabulary", "odd"),
    ("llama", "zero2", "small"),
    ("t32", "both+zero3", "small"),
    ("gnn", "edges+nodes", "small"),
]


def check(name: str, tactic: str, config: str, emitted: bool) -> Any:
    sizes = MESHES["4x2"]
    fn, args = MODELS[name].build(config, "f32")
    plan = eggshard.plan(fn, args, mesh=sizes, shard=dict(MODELS[name].tactics(sizes)[tactic]), search=False)
    assert plan.module is not None
    module = from_bytes(plan.stablehlo().encode(), name) if emitted else plan.module
    return certify(from_jax(fn, args).module, module)


@pytest.mark.parametrize(("name", "tactic", "config"), CASES)
def test_a_partitioned_model_is_certified(name: str, tactic: str, config: str) -> None:
    found = check(name, tactic, config, True)
    assert found.ok, found.refusal.line(name)


def test_collectives_by_axes_are_certified_too() -> None:
    assert check("mlp", "both", "small", False).ok


def test_the_first_wrong_op_is_named() -> None:
    fn, args = MODELS["mlp"].build("small", "f32")
    shard = dict(MODELS["mlp"].tactics(MESHES["8"])["batch"])
    plan = eggshard.plan(fn, args, mesh=MESHES["8"], shard=shard, search=False)
    text = plan.stablehlo().replace("stablehlo.tanh", "stablehlo.negate", 1)
    found = certify(from_jax(fn, args).module, from_bytes(text.encode(), "mlp"))
    assert found.refusal is not None and found.refusal.op is not None
    assert found.refusal.op.name == "stablehlo.negate" and "mlp.py:" in found.refusal.line("out.mlir")


def test_mutants_that_change_a_result_are_rejected() -> None:
    table, missed = count(120, 7)
    assert not missed
    assert sum(n for (_, cell), n in table.items() if cell == "changing") > 60
