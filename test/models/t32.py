"""
T32, the transformer that PartIR (Alabed et al. 2024) counts collectives on: 32 layers of 9 tensors and a tied
embedding, 289 parameters in all; Adam written out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from .common import (
    Array,
    Built,
    Tactic,
    Tree,
    attention,
    causal,
    contract,
    cross_entropy,
    fill,
    ints,
    momentum_like,
    rms_norm,
    roles,
    shift,
    variance_like,
    vector,
    weight,
    wide,
)


@dataclass(frozen=True)
class Config:
    """Sizes."""

    layers: int
    width: int
    heads: int
    hidden: int
    vocab: int
    length: int
    batch: int

    @property
    def head(self) -> int:
        """Size of one attention head."""
        return self.width // self.heads


CONFIGS = {
    "small": Config(layers=2, width=32, heads=8, hidden=64, vocab=64, length=16, batch=8),
    "odd": Config(layers=2, width=12, heads=3, hidden=20, vocab=50, length=10, batch=6),
    "deep": Config(layers=32, width=16, heads=4, hidden=32, vocab=64, length=8, batch=8),
    "real": Config(layers=32, width=4096, heads=32, hidden=10752, vocab=32768, length=1024, batch=48),
}
"""`deep` has the paper's 289 parameters at sizes that run on a CPU; `real` has 5 billion values in them."""


def parameters(c: Config) -> Tree:
    """The parameters: nine tensors a layer and the embedding. Positions come from the causal mask alone."""
    layer = {
        "norm1": vector(c.width, mean=1.0),
        "qkv": weight(c.width, 3, c.heads, c.head),
        "o": weight(c.heads, c.head, c.width, fan=c.width * c.layers),
        "o_bias": vector(c.width),
        "norm2": vector(c.width, mean=1.0),
        "w1": weight(c.width, c.hidden),
        "b1": vector(c.hidden),
        "w2": weight(c.hidden, c.width, fan=c.hidden * c.layers),
        "b2": vector(c.width),
    }
    return {"embedding": weight(c.vocab, c.width, fan=c.width), **{f"layer_{i}": layer for i in range(c.layers)}}


def block(x: Array, layer: Tree) -> Array:
    """One transformer block on x [batch, length, width]."""
    h = rms_norm(x, layer["norm1"])
    q, k, v = jnp.moveaxis(contract("btd,dchk->btchk", h, layer["qkv"]), 2, 0)
    h = attention(q, k, v, causal(x.shape[1]))
    x = x + shift(contract("bthk,hkd->btd", h, layer["o"]), layer["o_bias"])
    h = jax.nn.gelu(shift(contract("btd,df->btf", rms_norm(x, layer["norm2"]), layer["w1"]), layer["b1"]))
    return x + shift(contract("btf,fd->btd", h, layer["w2"]), layer["b2"])


def loss(params: Tree, tokens: Array, targets: Array) -> Array:
    """Mean cross entropy of the next token."""
    x = params["embedding"][tokens]
    for i in range(len(params) - 1):
        x = block(x, params[f"layer_{i}"])
    return cross_entropy(x @ params["embedding"].T, targets)


def adam(p: Array, g: Array, m: Array, v: Array) -> tuple[Array, Array, Array]:
    """Adam without bias correction: (parameter, first moment, second moment)."""
    g = wide(g)
    m_new = 0.9 * wide(m) + 0.1 * g
    v_new = 0.999 * wide(v) + 0.001 * g * g
    p_new = wide(p) - 1e-2 * m_new / (jnp.sqrt(v_new) + 1e-8)
    return p_new.astype(p.dtype), m_new.astype(m.dtype), v_new.astype(v.dtype)


def step(params: Tree, mu: Tree, nu: Tree, tokens: Array, targets: Array) -> tuple[Tree, Tree, Tree, Array]:
    """One training step: (params, mu, nu, loss)."""
    value, grads = jax.value_and_grad(loss)(params, tokens, targets)
    updated = jax.tree.map(adam, params, grads, mu, nu)
    params, mu, nu = jax.tree.transpose(jax.tree.structure(params), jax.tree.structure((0, 0, 0)), updated)
    return params, mu, nu, value


def build(config: str, dtype: str) -> Built:
    """The step and its arguments."""
    c = CONFIGS[config]
    tokens = ints(c.batch, c.length, high=c.vocab)
    params = parameters(c)
    tree = {
        "params": params,
        "mu": momentum_like(params),
        "nu": variance_like(params),
        "tokens": tokens,
        "targets": tokens,
    }
    args = fill(tree, dtype, abstract=config == "real")
    return step, (args["params"], args["mu"], args["nu"], args["tokens"], args["targets"])


def megatron(model: str, tree: str = "params", data: str = "-") -> Tactic:
    """Heads and the hidden dimension of one tree's matrices over `model`, their width over `data`."""
    return [
        (f"{tree}/.*/qkv", f"{data},-,{model}"),
        (f"{tree}/.*/o", f"{model},-,{data}"),
        (f"{tree}/.*/w1", f"{data},{model}"),
        (f"{tree}/.*/w2", f"{model},{data}"),
    ]


def tactics(mesh: Mapping[str, int]) -> dict[str, Tactic]:
    """
    The paper's schedule, a row of its table each: batch, megatron, both, both+zero2, both+zero3.

    ZeRO shards 129 tensors over the data axis, the four matrices of each layer and the embedding. ZeRO-2 shards their
    moments and says of the parameters that they stay whole over data; ZeRO-3 shards the parameters as well.
    """
    r = roles(mesh)
    data, bias = "tokens|targets", "params/.*/b1"
    plans: dict[str, Tactic] = {
        "batch": [(data, r.every)],
        "megatron": [*megatron(r.rest), (bias, r.rest)],
        "batch+zero2": [
            (data, r.every),
            ("params/(embedding|.*/(qkv|o|w1|w2))", "-"),
            ("(mu|nu)/(embedding|.*/(qkv|o|w1|w2))", r.data),
        ],
        "batch+zero3": [(data, r.every), ("(params|mu|nu)/(embedding|.*/(qkv|o|w1|w2))", r.data)],
        "vocabulary": [("params/embedding", r.rest)],
    }
    if r.count > 1:
        moments = [*megatron(r.model, "(mu|nu)", r.data), ("(mu|nu)/embedding", r.data)]
        plans["both"] = [(data, r.data), *megatron(r.model), (bias, r.model)]
        plans["both+zero2"] = [*plans["both"], ("params/embedding", "-"), *moments]
        plans["both+zero3"] = [
            (data, r.data),
            *megatron(r.model, data=r.data),
            (bias, r.model),
            ("params/embedding", r.data),
            *moments,
        ]
    return plans


def train_small() -> Built:
    """Two layers in f32."""
    return build("small", "f32")


def train_odd() -> Built:
    """Sizes that divide no mesh, in f32."""
    return build("odd", "f32")


def train_deep() -> Built:
    """All 32 layers at small sizes, in f32."""
    return build("deep", "f32")


def train_real() -> Built:
    """The paper's size, shapes only, in f32."""
    return build("real", "f32")
