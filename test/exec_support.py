"""What the execution tests share: a function whole and partitioned on the same inputs, and a comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np

import eggshard
from eggshard.runtime.verify import largest_error, limit_of

MESH = {"data": 4, "model": 2}
QUICK = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
"""Programs that run once are not worth compiling well."""


def plan(
    fn: Callable[..., Any],
    args: Sequence[Any],
    shard: Mapping[str, str] | Sequence[tuple[str, str]],
    mesh: Mapping[str, int] = MESH,
) -> eggshard.Plan:
    """The plan that the tactics imply."""
    return eggshard.plan(fn, args, mesh=dict(mesh), shard=shard, search=False)


def whole(fn: Callable[..., Any], args: Sequence[Any]) -> Any:
    """What the unpartitioned function returns."""
    return jax.jit(fn, compiler_options=QUICK)(*args)


def run(made: eggshard.Plan, args: Sequence[Any]) -> Any:
    """What the partitioned function returns."""
    return jax.jit(made.compile(), compiler_options=QUICK)(*args)


def check(
    fn: Callable[..., Any],
    args: Sequence[Any],
    shard: Mapping[str, str] | Sequence[tuple[str, str]],
    mesh: Mapping[str, int] = MESH,
    limit: float | None = None,
) -> eggshard.Plan:
    """Plans, runs and compares; the plan, for whoever wants to see more of it."""
    made = plan(fn, args, shard, mesh)
    assert_equal(whole(fn, args), run(made, args), limit)
    return made


def assert_equal(expected: Any, found: Any, limit: float | None = None) -> None:
    """Equal trees, shapes, dtypes; errors relative to each result's scale within `limit` (default: the dtype's)."""
    expected, found = bare(expected), bare(found)
    assert jax.tree.structure(expected) == jax.tree.structure(found)
    places = jax.tree_util.tree_leaves_with_path(expected)
    for (path, one), other in zip(places, jax.tree.leaves(found), strict=True):
        name = jax.tree_util.keystr(path)
        one, other = np.asarray(one), np.asarray(other)
        assert (one.shape, one.dtype) == (other.shape, other.dtype), name
        allowed = limit_of(one.dtype) if limit is None or limit_of(one.dtype) == 0 else limit
        assert largest_error(one, other) <= allowed, name


def bare(tree: Any) -> Any:
    """The tree with random keys as integers."""
    return jax.tree.map(lambda x: jax.random.key_data(x) if _is_key(x) else x, tree)


def _is_key(value: Any) -> bool:
    return bool(jax.dtypes.issubdtype(getattr(value, "dtype", np.float32), jax.dtypes.prng_key))


def draw(*shape: int, seed: int = 0, dtype: Any = np.float32) -> Any:
    """Normal numbers."""
    return np.random.default_rng([seed, *shape]).standard_normal(shape).astype(dtype)
