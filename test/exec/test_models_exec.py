"""
A slice of the model suite, whole against partitioned; `tools/bench/models.py` runs all of it.

Every model once at its small sizes and some at sizes that divide no mesh; meshes, tactics and dtypes go round.
"""

from __future__ import annotations

import jax
import pytest
from exec_support import assert_equal, plan, run, whole
from models.registry import LIMITS, MESHES, MODELS

CASES = [
    ("mlp", "small", "bf16", "8", "fsdp"),
    ("gpt2", "small", "f64", "2x2x2", "both+sequence"),
    ("llama", "small", "f32", "4x2", "both+vocabulary"),
    ("llama_scan", "small", "f64", "8", "layers"),
    ("t32", "small", "bf16", "4x2", "both+zero3"),
    ("moe", "small", "f32", "2x2x2", "three"),
    ("vit", "small", "f64", "4x2", "batch+rows"),
    ("resnet", "small", "f32", "8", "rows"),
    ("unet", "small", "bf16", "2x2x2", "batch+rows+columns"),
    ("gnn", "small", "f64", "4x2", "edges+nodes"),
    ("mamba", "small", "f32", "2x2x2", "batch+sequence"),
    ("t5", "small", "bf16", "8", "long cache"),
    ("lstm", "small", "f64", "2x2x2", "batch+gates+vocabulary"),
    ("dlrm", "small", "f32", "4x2", "batch+tables"),
    ("clip", "small", "bf16", "4x2", "images and texts apart"),
    ("mlp", "odd", "f64", "4x2", "both"),
    ("gpt2", "odd", "f32", "8", "zero2"),
    ("moe", "odd", "bf16", "4x2", "batch+expert+megatron"),
    ("resnet", "odd", "f64", "2x2x2", "batch+channels"),
    ("t5", "odd", "f32", "4x2", "batch+vocabulary"),
    ("lstm", "odd", "f32", "8", "gates"),
]


def test_slice_covers_the_suite() -> None:
    assert {case[0] for case in CASES} == set(MODELS)
    assert {case[2] for case in CASES} == set(LIMITS)
    assert {case[3] for case in CASES} == set(MESHES)


@pytest.mark.parametrize("name, config, dtype, mesh, tactic", CASES, ids=["-".join(case) for case in CASES])
def test_model(name: str, config: str, dtype: str, mesh: str, tactic: str) -> None:
    jax.config.update("jax_enable_x64", dtype == "f64")
    model, sizes = MODELS[name], MESHES[mesh]
    fn, args = model.build(config, dtype)
    made = plan(fn, args, model.tactics(sizes)[tactic], sizes)
    assert not made.warnings
    assert_equal(whole(fn, args), run(made, args), LIMITS[dtype])
