"""
Mamba (Gu and Dao 2023; sizes of the 130M model): selective state spaces by lax.associative_scan, a causal depthwise
convolution; AdamW from optax.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import optax

from .common import (
    Array,
    Built,
    Leaf,
    Tactic,
    Tree,
    cross_entropy,
    fill,
    ints,
    optimizer_state,
    rms_norm,
    roles,
    shift,
    vector,
    weight,
    wide,
)


@dataclass(frozen=True)
class Config:
    """Sizes; `rank` is that of the step-size projection, `window` the convolution's."""

    layers: int
    width: int
    inner: int
    state: int
    rank: int
    window: int
    vocab: int
    length: int
    batch: int


CONFIGS = {
    "small": Config(layers=2, width=16, inner=32, state=8, rank=8, window=4, vocab=64, length=16, batch=8),
    "odd": Config(layers=2, width=12, inner=18, state=5, rank=3, window=4, vocab=50, length=10, batch=6),
    "real": Config(
        layers=24, width=768, inner=1536, state=16, rank=48, window=4, vocab=50280, length=2048, batch=64
    ),
}  # fmt: skip

OPTIMIZER = optax.adamw(1e-2, weight_decay=0.1)


def parameters(c: Config) -> Tree:
    """The parameters; the head is the embedding."""
    rates = Leaf((c.inner, c.state), lambda rng, s: np.log(np.broadcast_to(np.arange(1, s[1] + 1), s)))
    layer = {
        "norm": vector(c.width, mean=1.0),
        "in_proj": weight(c.width, 2, c.inner),
        "conv": weight(c.window, 1, c.inner),
        "conv_bias": vector(c.inner),
        "x_proj": weight(c.inner, c.rank + 2 * c.state),
        "dt_proj": weight(c.rank, c.inner),
        "dt_bias": vector(c.inner, mean=-2.0),
        "a_log": rates,
        "skip": vector(c.inner, mean=1.0),
        "out_proj": weight(c.inner, c.width),
    }
    return {
        "embedding": weight(c.vocab, c.width, fan=c.width),
        **{f"layer_{i}": layer for i in range(c.layers)},
        "final_norm": vector(c.width, mean=1.0),
    }


def causal_convolution(x: Array, kernel: Array, bias: Array) -> Array:
    """Convolves every channel of x [batch, length, channels] with its own kernel, which sees the past only."""
    window = kernel.shape[0]
    y = jax.lax.conv_general_dilated(
        x, kernel, (1,), [(window - 1, 0)], dimension_numbers=("NWC", "WIO", "NWC"), feature_group_count=x.shape[-1]
    )
    return shift(y, bias)


def selective_scan(x: Array, dt: Array, a: Array, b: Array, c: Array) -> Array:
    """
    h[t] = exp(dt[t] a) h[t-1] + dt[t] b[t] x[t],  y[t] = c[t] . h[t]

    x, dt: [batch, length, inner]; a: [inner, state]; b, c: [batch, length, state]; the result is shaped as x.
    """
    decay = jnp.exp(dt[..., None] * a)
    term = (dt * x)[..., None] * b[:, :, None, :]

    def then(left: tuple[Array, Array], right: tuple[Array, Array]) -> tuple[Array, Array]:
        return left[0] * right[0], right[0] * left[1] + right[1]

    _, h = jax.lax.associative_scan(then, (decay, term), axis=1)
    return jnp.einsum("btin,btn->bti", h, c)


def block(x: Array, p: Tree) -> Array:
    """One Mamba block on x [batch, length, width]."""
    h = rms_norm(x, p["norm"])
    h, gate = jnp.moveaxis(jnp.einsum("btd,dci->btci", h, p["in_proj"]), 2, 0)
    h = jax.nn.silu(causal_convolution(h, p["conv"], p["conv_bias"]))
    rank, state = p["dt_proj"].shape[0], p["a_log"].shape[1]
    dt, b, c = jnp.split(h @ p["x_proj"], [rank, rank + state], axis=-1)
    dt = jax.nn.softplus(wide(dt @ p["dt_proj"]) + wide(p["dt_bias"]))
    y = selective_scan(wide(h), dt, -jnp.exp(wide(p["a_log"])), wide(b), wide(c))
    return x + ((y + wide(h) * wide(p["skip"])).astype(x.dtype) * jax.nn.silu(gate)) @ p["out_proj"]


def loss(params: Tree, tokens: Array, targets: Array) -> Array:
    """Mean cross entropy of the next token."""
    x = params["embedding"][tokens]
    for i in range(sum(name.startswith("layer_") for name in params)):
        x = block(x, params[f"layer_{i}"])
    return cross_entropy(rms_norm(x, params["final_norm"]) @ params["embedding"].T, targets)


def step(params: Tree, opt_state: Tree, tokens: Array, targets: Array) -> tuple[Tree, Tree, Array]:
    """One training step: (params, opt_state, loss)."""
    value, grads = jax.value_and_grad(loss)(params, tokens, targets)
    updates, opt_state = OPTIMIZER.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value


def build(config: str, dtype: str) -> Built:
    """The step and its arguments."""
    c = CONFIGS[config]
    tokens = ints(c.batch, c.length, high=c.vocab)
    tree = {"params": parameters(c), "tokens": tokens, "targets": tokens}
    tree["opt_state"] = optimizer_state(OPTIMIZER, tree["params"])
    args = fill(tree, dtype, abstract=config == "real")
    return step, (args["params"], args["opt_state"], args["tokens"], args["targets"])


def tactics(mesh: Mapping[str, int]) -> dict[str, Tactic]:
    """Batch, channel, sequence and fully sharded plans."""
    r = roles(mesh)
    data = "tokens|targets"

    def channels(model: str) -> Tactic:
        return [
            ("params/.*/in_proj", f"-,-,{model}"),
            ("params/.*/conv", f"-,-,{model}"),
            ("params/.*/(conv_bias|dt_bias|skip|a_log)", model),
            ("params/.*/x_proj", model),
            ("params/.*/dt_proj", f"-,{model}"),
            ("params/.*/out_proj", model),
        ]

    plans: dict[str, Tactic] = {
        "batch": [(data, r.every)],
        "channels": channels(r.rest),
        "sequence": [(data, f"-,{r.rest}")],
        "zero2": [(data, r.every), ("params/.*proj", "-"), ("opt_state/0/(mu|nu)/.*proj", r.data)],
        "fsdp": [(data, r.every), ("(params|opt_state/0/(mu|nu))/.*proj", r.data)],
    }
    if r.count > 1:
        plans["batch+channels"] = [(data, r.data), *channels(r.rest)]
        plans["batch+sequence"] = [(data, f"{r.data},{r.rest}")]
    if r.count > 2:
        plans["batch+sequence+channels"] = [(data, f"{r.data},{r.last}"), *channels(r.model)]
    return plans


def train_small() -> Built:
    """The small configuration in f32."""
    return build("small", "f32")


def train_odd() -> Built:
    """Sizes that divide no mesh, in f32."""
    return build("odd", "f32")


def train_real() -> Built:
    """Mamba 130M, shapes only, in bf16."""
    return build("real", "bf16")
