"""Predicted peak memory against what XLA says of the compiled program."""

from __future__ import annotations

import functools
import inspect
from typing import Any

import jax
import pytest
from models import registry

import eggshard
from eggshard.cost.memory import predicted_memory

QUICK = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
"""How well XLA compiles a fusion changes no buffer."""

CASES = [
    ("mlp", "8", "batch"),
    ("mlp", "4x2", "both"),
    ("gpt2", "8", "megatron"),
    ("gpt2", "4x2", "both+fsdp"),
    ("resnet", "8", "channels"),
    ("llama_scan", "4x2", "sequence"),
    ("lstm", "8", "fsdp"),
]


@functools.lru_cache(maxsize=1)
def built(name: str) -> Any:
    return registry.MODELS[name].build("small", "f32")


@pytest.mark.parametrize("donate", [False, True], ids=["kept", "donated"])
@pytest.mark.parametrize(("name", "mesh", "tactic"), CASES, ids=["-".join(case) for case in CASES])
def test_within_fifteen_percent(name: str, mesh: str, tactic: str, donate: bool) -> None:
    fn, args = built(name)
    sizes = registry.MESHES[mesh]
    plan = eggshard.plan(fn, args, mesh=sizes, shard=registry.MODELS[name].tactics(sizes)[tactic], search=False)
    names = list(inspect.signature(fn).parameters)
    given = [i for i, each in enumerate(names) if donate and each in ("params", "opt_state", "state")]
    lowered = jax.jit(plan.compile(), donate_argnums=tuple(given), compiler_options=QUICK).lower(*args)
    found = lowered.compile().memory_analysis()
    counts = [len(jax.tree.leaves(arg)) for arg in args]
    assert plan.module is not None
    memory = predicted_memory(plan.module, [sum(counts[:i]) + j for i in given for j in range(counts[i])])
    assert memory.arguments == found.argument_size_in_bytes
    assert memory.results == found.output_size_in_bytes
    assert memory.aliased == found.alias_size_in_bytes
    measured = (
        found.argument_size_in_bytes + found.output_size_in_bytes + found.temp_size_in_bytes - found.alias_size_in_bytes
    )
    assert 0.9 * measured <= memory.peak <= 1.15 * measured
    assert sum(memory.by_argument.values()) == memory.arguments
    assert set(memory.by_argument) <= set(names)
