"""
A mixture-of-experts transformer (sizes of Mixtral 8x7B): noisy top-k routing (Shazeer et al. 2017) with a capacity
per expert and einsum dispatch (Lepikhin et al. 2020), a balancing loss; Adam from optax.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

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
    attention,
    causal,
    cross_entropy,
    fill,
    ints,
    optimizer_state,
    rms_norm,
    roles,
    vector,
    weight,
    wide,
)


@dataclass(frozen=True)
class Config:
    """Sizes; `capacity` is the most tokens of one sequence that one expert takes."""

    layers: int
    width: int
    heads: int
    hidden: int
    experts: int
    chosen: int
    capacity: int
    vocab: int
    length: int
    batch: int

    @property
    def head(self) -> int:
        """Size of one attention head."""
        return self.width // self.heads


CONFIGS = {
    "small": Config(
        layers=2, width=32, heads=8, hidden=32, experts=8, chosen=2, capacity=4, vocab=64, length=16, batch=8
    ),
    "odd": Config(
        layers=2, width=12, heads=3, hidden=20, experts=5, chosen=2, capacity=3, vocab=50, length=10, batch=6
    ),
    "real": Config(
        layers=32, width=4096, heads=32, hidden=14336, experts=8, chosen=2, capacity=1280, vocab=32000, length=4096,
        batch=64,
    ),
}  # fmt: skip

OPTIMIZER = optax.adam(1e-2)


def parameters(c: Config) -> Tree:
    """The parameters."""
    layer = {
        "attn_norm": vector(c.width, mean=1.0),
        "attn": {
            "wq": weight(c.width, c.heads, c.head),
            "wk": weight(c.width, c.heads, c.head),
            "wv": weight(c.width, c.heads, c.head),
            "wo": weight(c.heads, c.head, c.width, fan=c.width),
        },
        "moe_norm": vector(c.width, mean=1.0),
        "moe": {
            "router": weight(c.width, c.experts, fan=25 * c.width),
            "wi": weight(c.experts, c.width, c.hidden, fan=c.width),
            "wo": weight(c.experts, c.hidden, c.width, fan=c.hidden),
        },
    }
    return {
        "embedding": weight(c.vocab, c.width, fan=1),
        **{f"layer_{i}": layer for i in range(c.layers)},
        "final_norm": vector(c.width, mean=1.0),
        "head": weight(c.width, c.vocab),
    }


def routing_noise(c: Config) -> Leaf:
    """
    The noise of noisy top-k routing, [batch, length, experts]: the numbers 0, 1, 2, ... shuffled.

    Even steps, several times the router's own logits, and not normal values: which expert is k-th must not hang on
    the rounding of a logit, since an expert chosen differently is no rounding error any more.
    """
    shape = (c.batch, c.length, c.experts)
    return Leaf(shape, lambda rng, s: rng.permuted(np.broadcast_to(np.arange(s[-1]), s), axis=-1), jnp.float32)


def route(scores: Array, chosen: int, capacity: int) -> tuple[Array, Array]:
    """
    How tokens go to experts, from scores [batch, length, experts].

    Returns the weights [batch, length, experts, capacity] that combine the experts' outputs, zero for a token that
    came after its expert was full, and the balancing loss.
    """
    experts = scores.shape[-1]
    gates, index = jax.lax.top_k(jax.nn.softmax(scores, axis=-1), chosen)
    gates = gates / jnp.sum(gates, axis=-1, keepdims=True)
    onto = jax.nn.one_hot(index, experts, dtype=jnp.int32)
    # First choices take their places before any second choice does.
    queue = jnp.swapaxes(onto, 1, 2).reshape(onto.shape[0], -1, experts)
    place = jnp.cumsum(queue, axis=1, dtype=jnp.int32) - queue
    place = jnp.swapaxes(place.reshape(onto.shape[0], chosen, -1, experts), 1, 2)
    place = jnp.sum(place * onto, axis=-1, dtype=jnp.int32)
    onto_place = jax.nn.one_hot(place, capacity, dtype=scores.dtype)
    combine = jnp.einsum("btk,btke,btkc->btec", gates, onto.astype(scores.dtype), onto_place)
    load = jnp.mean(onto[:, :, 0].astype(scores.dtype), axis=(0, 1))
    return combine, experts * jnp.sum(load * jnp.mean(jax.nn.softmax(scores, axis=-1), axis=(0, 1)))


def block(c: Config, x: Array, layer: Tree, noise: Array) -> tuple[Array, Array]:
    """One transformer block on x [batch, length, width]; returns the balancing loss too."""
    a, m = layer["attn"], layer["moe"]
    h = rms_norm(x, layer["attn_norm"])
    q, k, v = (jnp.einsum("btd,dhk->bthk", h, a[name]) for name in ("wq", "wk", "wv"))
    x = x + jnp.einsum("bthk,hkd->btd", attention(q, k, v, causal(x.shape[1])), a["wo"])
    h = rms_norm(x, layer["moe_norm"])
    combine, balance = route(wide(h @ m["router"]) + noise, c.chosen, c.capacity)
    dispatch = (combine > 0).astype(h.dtype)
    h = jnp.einsum("btd,btec->ebcd", h, dispatch)
    h = jax.nn.silu(jnp.einsum("ebcd,edf->ebcf", h, m["wi"]))
    h = jnp.einsum("ebcf,efd->ebcd", h, m["wo"])
    return x + jnp.einsum("ebcd,btec->btd", h, combine.astype(h.dtype)), balance


def loss(c: Config, params: Tree, tokens: Array, targets: Array, noise: Array) -> Array:
    """Mean cross entropy of the next token and a hundredth of the balancing loss."""
    x = params["embedding"][tokens]
    total = jnp.zeros((), noise.dtype)
    for i in range(c.layers):
        x, balance = block(c, x, params[f"layer_{i}"], noise)
        total = total + balance
    logits = rms_norm(x, params["final_norm"]) @ params["head"]
    return cross_entropy(logits, targets) + 0.01 * total


def build(config: str, dtype: str) -> Built:
    """The step and its arguments."""
    c = CONFIGS[config]

    def step(params: Tree, opt_state: Tree, tokens: Array, targets: Array, noise: Array) -> tuple[Tree, Tree, Array]:
        """One training step: (params, opt_state, loss)."""
        value, grads = jax.value_and_grad(partial(loss, c))(params, tokens, targets, noise)
        updates, opt_state = OPTIMIZER.update(grads, opt_state, params)
        return optax.apply_updates(params, updates), opt_state, value

    tokens = ints(c.batch, c.length, high=c.vocab)
    tree = {"params": parameters(c), "tokens": tokens, "targets": tokens, "noise": routing_noise(c)}
    tree["opt_state"] = optimizer_state(OPTIMIZER, tree["params"])
    args = fill(tree, dtype, abstract=config == "real")
    return step, (args["params"], args["opt_state"], args["tokens"], args["targets"], args["noise"])


def tactics(mesh: Mapping[str, int]) -> dict[str, Tactic]:
    """Batch, expert, Megatron and fully sharded plans."""
    r = roles(mesh)
    data = "tokens|targets|noise"

    def experts(axis: str, model: str = "-") -> Tactic:
        return [("params/.*/moe/wi", f"{axis},-,{model}"), ("params/.*/moe/wo", f"{axis},{model}")]

    def heads(model: str) -> Tactic:
        return [("params/.*/w[qkv]", f"-,{model}"), ("params/.*/attn/wo", model)]

    plans: dict[str, Tactic] = {
        "batch": [(data, r.every)],
        "expert": experts(r.rest),
        "megatron": [*heads(r.rest), *experts("-", r.rest)],
        "batch+expert": [(data, r.data), *experts(r.data)],
        "fsdp": [
            (data, r.every),
            ("(params|opt_state/0/(mu|nu))/(embedding|head|.*/attn/w.)", r.data),
            ("(params|opt_state/0/(mu|nu))/.*/moe/w.", f"-,{r.data}"),
        ],
    }
    if r.count > 1:
        plans["batch over all+expert"] = [(data, r.every), *experts(r.model)]
        plans["batch+expert+megatron"] = [(data, r.data), *heads(r.model), *experts(r.data, r.model)]
    if r.count > 2:
        plans["three"] = [(data, r.data), *heads(r.last), *experts(r.model, r.last)]
    return plans


def train_small() -> Built:
    """The small configuration in f32."""
    return build("small", "f32")


def train_odd() -> Built:
    """Sizes that divide no mesh, in f32."""
    return build("odd", "f32")


def train_real() -> Built:
    """Mixtral 8x7B's sizes, shapes only, in bf16."""
    return build("real", "bf16")
