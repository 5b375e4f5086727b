"""Whole programs on the interpreter against XLA: small models of our own, and the suite's in f64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from interpreter_support import check_jax, random
from models.registry import MODELS


def test_multilayer_perceptron_trains() -> None:
    import jax
    import jax.numpy as jnp

    def loss(params: Any, x: Any, y: Any) -> Any:
        h = jax.nn.gelu(x @ params["w"] + params["b"])
        return ((h @ params["v"] - y) ** 2).mean()

    def step(params: Any, x: Any, y: Any) -> Any:
        value, gradient = jax.value_and_grad(loss)(params, x, y)
        return value, jax.tree.map(lambda p, g: p - 0.1 * g, params, gradient), jnp.argmax(x, 1)

    params = {"w": random((5, 7), "float64", 1), "b": random((7,), "float64", 2), "v": random((7, 3), "float64", 3)}
    check_jax(step, params, random((4, 5), "float64", 4), random((4, 3), "float64", 5), tolerance=1e-12)


@pytest.mark.parametrize("name", ("float64", "float32", "bfloat16"))
def test_attention_trains(name: str) -> None:
    import jax
    import jax.numpy as jnp

    def loss(w: Any, x: Any) -> Any:
        q, k, v = jnp.split((x @ w["qkv"]).reshape(2, 6, 4, 6), 3, axis=-1)
        scores = jnp.einsum("bqhd,bkhd->bhqk", q, k) / np.sqrt(2).astype(x.dtype)
        scores = jnp.where(jnp.tril(jnp.ones((6, 6), bool)), scores, jnp.finfo(x.dtype).min)
        mixed = jnp.einsum("bhqk,bkhd->bqhd", jax.nn.softmax(scores), v).reshape(2, 6, 8)
        return (jnp.tanh(mixed @ w["o"]) ** 2).mean()

    weights = {"qkv": random((8, 24), name, 1, 0.4), "o": random((8, 8), name, 2, 0.4)}
    tolerance = {"float64": 1e-12, "float32": 2e-5, "bfloat16": 0.06}[name]
    check_jax(jax.value_and_grad(loss), weights, random((2, 6, 8), name, 3, 1.0), tolerance=tolerance)


def test_convolutional_net_trains() -> None:
    import jax
    from jax import lax

    def loss(w: Any, x: Any) -> Any:
        dims = ("NHWC", "HWIO", "NHWC")
        h = lax.conv_general_dilated(x, w["a"], (1, 1), "SAME", dimension_numbers=dims)
        mean, var = h.mean((0, 1, 2)), h.var((0, 1, 2))
        h = jax.nn.relu((h - mean) / (var + 1e-5) ** 0.5)
        h = lax.reduce_window(h, -np.inf, lax.max, (1, 3, 3, 1), (1, 2, 2, 1), "SAME")
        h = lax.conv_general_dilated(h, w["b"], (2, 2), "SAME", dimension_numbers=dims)
        return (h.mean((1, 2)) ** 2).sum()

    weights = {"a": random((3, 3, 2, 4), "float64", 1), "b": random((3, 3, 4, 5), "float64", 2)}
    check_jax(jax.value_and_grad(loss), weights, random((2, 8, 8, 2), "float64", 3), tolerance=1e-11)


def test_recurrent_net_trains_through_a_scan() -> None:
    import jax
    import jax.numpy as jnp
    from jax import lax

    def loss(w: Any, xs: Any) -> Any:
        def cell(h: Any, x: Any) -> Any:
            h = jnp.tanh(h @ w["h"] + x @ w["x"])
            return h, h

        last, all_ = lax.scan(jax.checkpoint(cell), jnp.zeros((3, 6)), xs)
        return (last**2).sum() + all_.mean()

    weights = {"h": random((6, 6), "float64", 1, 0.3), "x": random((4, 6), "float64", 2, 0.3)}
    check_jax(jax.value_and_grad(loss), weights, random((5, 3, 4), "float64", 3), tolerance=1e-11)


@pytest.mark.parametrize("name", MODELS)
def test_models_of_the_suite(name: str) -> None:
    """Also embeddings (gather, scatter), routing (sort, top_k), random bits, loops and optimizers."""
    function, args = MODELS[name].build("small", "f64")
    check_jax(function, *args, tolerance=1e-9, options={"xla_backend_optimization_level": 0})
