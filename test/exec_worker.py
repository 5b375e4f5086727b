"""
One of several processes that run a plan together: PORT INDEX COUNT FILE.

Each has four devices. Writes the results, gathered, to FILE.
"""

from __future__ import annotations

import sys
from typing import Any

import jax
import numpy as np

CASES = [("gpt2", "both"), ("gpt2", "batch"), ("gpt2", "both+fsdp")]
"""(model, tactic) of what is run; all on 4x2."""


def main(port: str, index: str, count: str, path: str) -> None:
    """Initializes, plans, runs and writes."""
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.distributed.initialize(f"127.0.0.1:{port}", int(count), int(index))
    from exec_support import QUICK, plan
    from jax.experimental import multihost_utils
    from models.registry import MESHES, MODELS

    assert jax.device_count() == 8 and jax.local_device_count() == 4
    results: dict[str, Any] = {}
    for model, tactic in CASES:
        fn, args = MODELS[model].build("small", "f32")
        made = plan(fn, args, MODELS[model].tactics(MESHES["4x2"])[tactic], MESHES["4x2"])
        # Every process has the whole arrays and gives those parts to jax that its own devices hold.
        placed = jax.tree.map(place, args, made.in_shardings)
        found = jax.jit(made.compile(), compiler_options=QUICK)(*placed)
        whole = multihost_utils.process_allgather(found, tiled=True)
        results.update({f"{tactic}:{i}": np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves(whole))})
    np.savez(path, **results)


def place(array: object, sharding: jax.sharding.Sharding) -> jax.Array:
    """An array over all processes from one that each of them has."""
    host = np.asarray(array)
    return jax.make_array_from_callback(host.shape, sharding, lambda index: host[index])


if __name__ == "__main__":
    main(*sys.argv[1:])
