"""
Llama (Touvron et al. 2023; sizes of Llama 3 8B): RMSNorm, rotary positions, grouped-query attention, SwiGLU; layers
unrolled; a training step with optax's AdamW.
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
    Tactic,
    Tree,
    causal,
    contract,
    cross_entropy,
    fill,
    ints,
    optimizer_state,
    rms_norm,
    roles,
    softmax,
    vector,
    weight,
)


@dataclass(frozen=True)
class Config:
    """Sizes; `groups` is the number of key-value heads, each shared by heads // groups query heads."""

    layers: int
    width: int
    heads: int
    groups: int
    head: int
    hidden: int
    vocab: int
    length: int
    batch: int


CONFIGS = {
    "small": Config(layers=2, width=32, heads=16, groups=8, head=4, hidden=48, vocab=64, length=16, batch=8),
    "odd": Config(layers=2, width=12, heads=6, groups=3, head=4, hidden=20, vocab=50, length=10, batch=6),
    "real": Config(
        layers=32, width=4096, heads=32, groups=8, head=128, hidden=14336, vocab=128256, length=8192, batch=16
    ),
}

OPTIMIZER = optax.adamw(1e-2, weight_decay=0.1)


def layer_parameters(c: Config) -> Tree:
    """The parameters of one layer."""
    return {
        "attn_norm": vector(c.width, mean=1.0),
        "attn": {
            "wq": weight(c.width, c.heads, c.head),
            "wk": weight(c.width, c.groups, c.head),
            "wv": weight(c.width, c.groups, c.head),
            "wo": weight(c.heads, c.head, c.width, fan=c.heads * c.head),
        },
        "mlp_norm": vector(c.width, mean=1.0),
        "mlp": {
            "gate": weight(c.width, c.hidden),
            "up": weight(c.width, c.hidden),
            "down": weight(c.hidden, c.width),
        },
    }


def outer_parameters(c: Config) -> Tree:
    """The parameters outside the layers."""
    return {
        "embedding": weight(c.vocab, c.width, fan=1),
        "final_norm": vector(c.width, mean=1.0),
        "head": weight(c.width, c.vocab),
    }


def rotate(x: Array) -> Array:
    """Rotary positions on [batch, length, heads, head]: rotates the pairs (i, i + head / 2)."""
    half = x.shape[-1] // 2
    angles = np.arange(x.shape[1])[:, None] * 10000.0 ** (-np.arange(half) / half)
    cos, sin = (jnp.asarray(f(angles)[:, None, :], x.dtype) for f in (np.cos, np.sin))
    left, right = jnp.split(x, 2, axis=-1)
    return jnp.concatenate([left * cos - right * sin, right * cos + left * sin], axis=-1)


def block(x: Array, layer: Tree) -> Array:
    """One transformer block on x [batch, length, width]."""
    batch, length, _ = x.shape
    a, m = layer["attn"], layer["mlp"]
    h = rms_norm(x, layer["attn_norm"])
    q = rotate(contract("btd,dhk->bthk", h, a["wq"]))
    k = rotate(contract("btd,dgk->btgk", h, a["wk"]))
    v = contract("btd,dgk->btgk", h, a["wv"])
    q = q.reshape(batch, length, k.shape[2], -1, k.shape[3])
    scores = jnp.einsum("bqgrk,btgk->bgrqt", q, k) * k.shape[3] ** -0.5
    p = softmax(jnp.where(causal(length), scores, -1e9))
    h = jnp.einsum("bgrqt,btgk->bqgrk", p, v).reshape(batch, length, -1, k.shape[3])
    x = x + contract("bthk,hkd->btd", h, a["wo"])
    h = rms_norm(x, layer["mlp_norm"])
    h = jax.nn.silu(contract("btd,df->btf", h, m["gate"])) * contract("btd,df->btf", h, m["up"])
    return x + contract("btf,fd->btd", h, m["down"])


def logits(params: Tree, x: Array) -> Array:
    """The head, after the last block."""
    return rms_norm(x, params["final_norm"]) @ params["head"]


def loss(params: Tree, tokens: Array, targets: Array) -> Array:
    """Mean cross entropy of the next token."""
    x = params["embedding"][tokens]
    for i in range(sum(name.startswith("layer_") for name in params)):
        x = block(x, params[f"layer_{i}"])
    return cross_entropy(logits(params, x), targets)


def step(params: Tree, opt_state: Tree, tokens: Array, targets: Array) -> tuple[Tree, Tree, Array]:
    """One training step: (params, opt_state, loss)."""
    value, grads = jax.value_and_grad(loss)(params, tokens, targets)
    updates, opt_state = OPTIMIZER.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value


def build(config: str, dtype: str) -> Built:
    """The step and its arguments."""
    c = CONFIGS[config]
    tokens = ints(c.batch, c.length, high=c.vocab)
    params = {**outer_parameters(c), **{f"layer_{i}": layer_parameters(c) for i in range(c.layers)}}
    tree = {"params": params, "tokens": tokens, "targets": tokens}
    tree["opt_state"] = optimizer_state(OPTIMIZER, params)
    args = fill(tree, dtype, abstract=config == "real")
    return step, (args["params"], args["opt_state"], args["tokens"], args["targets"])


def megatron(model: str, data: str = "-") -> Tactic:
    """Heads and the MLP's hidden dimension over `model`; the matrices' other dimension over `data`."""
    return [
        ("params/.*/w[qkv]", f"{data},{model}"),
        ("params/.*/wo", f"{model},-,{data}"),
        ("params/.*/(gate|up)", f"{data},{model}"),
        ("params/.*/down", f"{model},{data}"),
    ]


def tactics(mesh: Mapping[str, int]) -> dict[str, Tactic]:
    """Batch, Megatron, ZeRO, sequence and vocabulary plans."""
    r = roles(mesh)
    data = "tokens|targets"
    matrices = "embedding|head|.*/(w.|gate|up|down)"
    plans: dict[str, Tactic] = {
        "batch": [(data, r.every)],
        "megatron": megatron(r.rest),
        "zero2": [(data, r.every), (f"params/({matrices})", "-"), (f"opt_state/0/(mu|nu)/({matrices})", r.data)],
        "fsdp": [(data, r.every), (f"(params|opt_state/0/(mu|nu))/({matrices})", r.data)],
        "sequence": [(data, f"-,{r.every}")],
        "vocabulary": [("params/embedding", r.rest), ("params/head", f"-,{r.rest}")],
    }
    if r.count > 1:
        plans["both"] = [(data, r.data), *megatron(r.model)]
        plans["both+vocabulary"] = [*plans["both"], ("params/embedding", r.model), ("params/head", f"-,{r.model}")]
        plans["both+fsdp"] = [(data, r.data), *megatron(r.model, r.data)]
    if r.count > 2:
        plans["both+sequence"] = [(data, f"{r.data},{r.last}"), *megatron(r.model)]
    return plans


def train_small() -> Built:
    """The small configuration in f32."""
    return build("small", "f32")


def train_odd() -> Built:
    """Sizes that divide no mesh, in f32."""
    return build("odd", "f32")


def train_real() -> Built:
    """Llama 3 8B, shapes only, in bf16."""
    return build("real", "bf16")
