"""Partitioned models on the interpreter: N devices compute what the sequential program does, without XLA."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from interpreter_support import same
from models.registry import MESHES, MODELS

from eggshard.dialects.sharding.access import meshes_of
from eggshard.dialects.sharding.layout import Layout
from eggshard.frontends.load import from_jax
from eggshard.interpreter import run_devices, run_module, shard, unshard
from eggshard.interpreter.shards import copies_agree
from eggshard.partitioning.program import main_function
from eggshard.passes.api import plan_model


def layouts(function: Any, key: str) -> list[Layout]:
    return [entry.data["sharding.layout"].data for entry in function.properties[key].data]


@pytest.mark.parametrize("config", ("small", "odd"))
@pytest.mark.parametrize("name", MODELS)
def test_devices_compute_the_model(name: str, config: str) -> None:
    """One mesh and one tactic per model; those that should hold equal parts hold equal bits."""
    import jax

    turn = sorted(MODELS).index(name)
    sizes = MESHES[sorted(MESHES)[turn % len(MESHES)]]
    tactics = MODELS[name].tactics(sizes)
    tactic = tactics[sorted(tactics)[turn % len(tactics)]]
    function, args = MODELS[name].build(config, "f64")
    inputs = [np.asarray(leaf) for leaf in jax.tree.leaves(args)]
    wanted = run_module(from_jax(function, args).module, inputs)

    module = plan_model(from_jax(function, args), mesh=sizes, shard=tactic).module
    assert module is not None
    (mesh,) = meshes_of(module).values()
    main = main_function(module)
    parts = [shard(array, layout, mesh) for array, layout in zip(inputs, layouts(main, "arg_attrs"), strict=True)]
    found = run_devices(module, parts, mesh.device_count)
    for pieces, layout, whole in zip(found, layouts(main, "res_attrs"), wanted, strict=True):
        same(unshard(pieces, layout, mesh, whole.shape), whole, 1e-9)
        assert copies_agree(pieces, layout, mesh)
