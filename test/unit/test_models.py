"""The model suite: every model lowers, the small ones give finite numbers, every tactic fits its model."""

from __future__ import annotations

import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from models import t32
from models.registry import MESHES, MODELS, argument_paths

FAST: Any = {"xla_backend_optimization_level": "0", "xla_llvm_disable_expensive_passes": True}


def lower(name: str, config: str, dtype: str) -> tuple[tuple[Any, ...], Any]:
    """The arguments and the lowered function of one build."""
    fn, args = MODELS[name].build(config, dtype)
    return args, jax.jit(fn, keep_unused=True).lower(*args)


def kinds(tree: Any) -> Any:
    """Shapes and dtypes of a tree."""
    return jax.tree.map(lambda leaf: (tuple(leaf.shape), jnp.dtype(leaf.dtype)), tree)


@pytest.mark.parametrize("name", MODELS)
def test_small_runs(name: str) -> None:
    """A small configuration gives finite values in f32."""
    args, lowered = lower(name, "small", "f32")
    results = lowered.compile(compiler_options=FAST)(*args)
    for path, leaf in jax.tree_util.tree_flatten_with_path(results)[0]:
        assert np.isfinite(np.asarray(leaf)).all(), jax.tree_util.keystr(path)


@pytest.mark.parametrize(("config", "dtype"), [("small", "bf16"), ("small", "f64"), ("odd", "f32")])
@pytest.mark.parametrize("name", MODELS)
def test_lowers(name: str, config: str, dtype: str) -> None:
    """A train step returns its state as it took it, and parameters have the dtype asked for."""
    args, lowered = lower(name, config, dtype)
    asked = {"f64": jnp.float64, "f32": jnp.float32, "bf16": jnp.bfloat16}[dtype]
    assert {leaf.dtype for leaf in jax.tree.leaves(args[0])} == {jnp.dtype(asked)}
    if MODELS[name].trains:
        state = lowered.out_info[:-1]
        assert kinds(state) == kinds(args[: len(state)])


@pytest.mark.parametrize("name", [name for name in MODELS if name not in ("llama", "mamba", "moe")])
def test_real_lowers(name: str) -> None:
    """A published size lowers from shapes alone (the three longest are left to the benchmark)."""
    args, _ = lower(name, "real", "bf16")
    assert all(isinstance(leaf, jax.ShapeDtypeStruct) for leaf in jax.tree.leaves(args))


@pytest.mark.parametrize("name", MODELS)
def test_builds_are_deterministic(name: str) -> None:
    """Building twice draws the same values."""
    first, second = (MODELS[name].build("odd", "f32")[1] for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(jax.tree.leaves(first), jax.tree.leaves(second), strict=True))


@pytest.mark.parametrize("mesh", MESHES)
@pytest.mark.parametrize("name", MODELS)
def test_tactics_fit(name: str, mesh: str) -> None:
    """Every pattern matches, no argument is matched twice, every layout fits its arguments' rank and the mesh."""
    paths = argument_paths(MODELS[name].build("real", "f32"))
    tactics = MODELS[name].tactics(MESHES[mesh])
    assert len(tactics) >= 3
    for tactic in tactics.values():
        taken: set[str] = set()
        for pattern, layout in tactic:
            hits = {path for path in paths if re.fullmatch(pattern, path)}
            assert hits and not hits & taken, pattern
            taken |= hits
            dims = layout.split(",")
            axes = [axis for dim in dims if dim != "-" for axis in dim.split("+")]
            assert len(set(axes)) == len(axes) and set(axes) <= set(MESHES[mesh]), layout
            assert all(len(dims) <= paths[path] for path in hits), pattern


def test_t32_has_the_papers_parameters() -> None:
    """289 parameters; ZeRO shards 129 of them."""
    built = t32.build("real", "f32")
    parameters = [path for path in argument_paths(built) if path.startswith("params/")]
    assert len(parameters) == 32 * 9 + 1
    sharded = [
        p for p, layout in t32.tactics(MESHES["4x2"])["both+zero3"] if p.startswith("params") and "data" in layout
    ]
    assert sum(any(re.fullmatch(p, path) for p in sharded) for path in parameters) == 129


def test_registry_names_every_build() -> None:
    """models.registry:NAME_CONFIG_DTYPE is the build of that name, and nothing else is there."""
    import models.registry as registry

    _, args = registry.llama_scan_odd_bf16()
    assert args[0]["layers"]["attn"]["wq"].dtype == jnp.bfloat16
    with pytest.raises(AttributeError):
        _ = registry.gpt2_huge_f32
