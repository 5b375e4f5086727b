"""
The word-level LSTM of Zaremba et al. (2014; their large sizes): lax.scan over time; SGD with momentum and gradients
clipped by their global norm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import optax

from .common import (
    Array,
    Built,
    Tactic,
    Tree,
    cross_entropy,
    fill,
    ints,
    normal,
    optimizer_state,
    roles,
    shift,
    vector,
    weight,
    wide,
)


@dataclass(frozen=True)
class Config:
    """Sizes."""

    layers: int
    width: int
    vocab: int
    length: int
    batch: int


CONFIGS = {
    "small": Config(layers=2, width=16, vocab=64, length=8, batch=8),
    "odd": Config(layers=2, width=13, vocab=50, length=7, batch=6),
    "real": Config(layers=2, width=1500, vocab=10000, length=35, batch=640),
}

OPTIMIZER = optax.chain(optax.clip_by_global_norm(0.25), optax.sgd(0.1, momentum=0.9))


def parameters(c: Config) -> Tree:
    """The parameters; dimension 1 of a layer's holds the gates: input, forget, cell, output."""
    layer = {"wx": weight(c.width, 4, c.width), "wh": weight(c.width, 4, c.width), "bias": vector(4, c.width)}
    return {
        "embedding": weight(c.vocab, c.width, fan=1),
        **{f"layer_{i}": layer for i in range(c.layers)},
        "head": weight(c.width, c.vocab),
        "head_bias": vector(c.vocab),
    }


def cell(p: Tree, state: Tree, x: Array) -> Tree:
    """One layer's next state {"h", "c"}, each [batch, width]."""
    z = jnp.einsum("bd,dgn->bgn", x, p["wx"]) + jnp.einsum("bd,dgn->bgn", state["h"], p["wh"])
    z = shift(z, p["bias"])
    i, f, g, o = jnp.moveaxis(z, 1, 0)
    c = jax.nn.sigmoid(f + 1) * state["c"] + jax.nn.sigmoid(i) * jnp.tanh(g)
    return {"h": jax.nn.sigmoid(o) * jnp.tanh(c), "c": c}


def loss(params: Tree, state: Tree, tokens: Array, targets: Array) -> tuple[Array, Tree]:
    """Mean cross entropy of the next token, and the state after the last one."""

    def at_time(state: Tree, x: Array) -> tuple[Tree, Array]:
        new = {}
        for name in sorted(state):
            new[name] = cell(params[name], state[name], x)
            x = new[name]["h"]
        return new, x

    state, h = jax.lax.scan(at_time, state, jnp.swapaxes(params["embedding"][tokens], 0, 1))
    logits = shift(jnp.einsum("tbd,dv->btv", h, params["head"]), params["head_bias"])
    return cross_entropy(logits, targets), state


def step(params: Tree, opt_state: Tree, state: Tree, tokens: Array, targets: Array) -> tuple[Tree, Tree, Tree, Array]:
    """One training step: (params, opt_state, state, loss)."""
    (value, state), grads = jax.value_and_grad(loss, has_aux=True)(params, state, tokens, targets)
    updates, opt_state = OPTIMIZER.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, state, wide(value)


def build(config: str, dtype: str) -> Built:
    """The step and its arguments."""
    c = CONFIGS[config]
    tokens = ints(c.batch, c.length, high=c.vocab)
    state = {f"layer_{i}": {"h": normal(c.batch, c.width), "c": normal(c.batch, c.width)} for i in range(c.layers)}
    tree = {"params": parameters(c), "state": state, "tokens": tokens, "targets": tokens}
    tree["opt_state"] = optimizer_state(OPTIMIZER, tree["params"])
    args = fill(tree, dtype, abstract=config == "real")
    return step, tuple(args[name] for name in ("params", "opt_state", "state", "tokens", "targets"))


def tactics(mesh: Mapping[str, int]) -> dict[str, Tactic]:
    """Batch, gate, vocabulary and fully sharded plans."""
    r = roles(mesh)
    data = "tokens|targets|state/.*"

    def gates(model: str) -> Tactic:
        return [("params/layer_.*/w[xh]", f"-,-,{model}"), ("params/layer_.*/bias", f"-,{model}")]

    def vocabulary(model: str) -> Tactic:
        return [("params/embedding", model), ("params/head", f"-,{model}"), ("params/head_bias", model)]

    plans: dict[str, Tactic] = {
        "batch": [(data, r.every)],
        "gates": gates(r.rest),
        "vocabulary": vocabulary(r.rest),
        "zero2": [(data, r.every), ("params/.*/w[xh]", "-"), ("opt_state/.*/w[xh]", r.data)],
        "fsdp": [(data, r.every), ("(params|opt_state)/.*/w[xh]", r.data)],
    }
    if r.count > 1:
        plans["batch+gates"] = [(data, r.data), *gates(r.rest)]
        plans["batch+vocabulary"] = [(data, r.data), *vocabulary(r.rest)]
    if r.count > 2:
        plans["batch+gates+vocabulary"] = [(data, r.data), *gates(r.model), *vocabulary(r.last)]
    return plans


def train_small() -> Built:
    """The small configuration in f32."""
    return build("small", "f32")


def train_odd() -> Built:
    """Sizes that divide no mesh, in f32."""
    return build("odd", "f32")


def train_real() -> Built:
    """The large network of the paper at a larger batch, shapes only, in f32."""
    return build("real", "f32")
