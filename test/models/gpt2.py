"""GPT-2 (Radford et al. 2019): learned positions, pre-norm blocks, tied embedding; trained with optax's Adam."""

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
    attention,
    causal,
    contract,
    cross_entropy,
    fill,
    ints,
    layer_norm,
    optimizer_state,
    roles,
    shift,
    vector,
    weight,
)


@dataclass(frozen=True)
class Config:
    """Sizes."""

    layers: int
    width: int
    heads: int
    vocab: int
    length: int
    batch: int

    @property
    def head(self) -> int:
        """Size of one attention head."""
        return self.width // self.heads


CONFIGS = {
    "small": Config(layers=2, width=32, heads=8, vocab=64, length=16, batch=8),
    "odd": Config(layers=2, width=12, heads=3, vocab=50, length=10, batch=6),
    "real": Config(layers=12, width=768, heads=12, vocab=50257, length=1024, batch=32),
    "medium": Config(layers=24, width=1024, heads=16, vocab=50257, length=1024, batch=32),
}
"""`real` is GPT-2 small with 124 million parameters, `medium` the one of twice as many layers."""

OPTIMIZER = optax.adam(1e-2)


def parameters(c: Config) -> Tree:
    """The parameters."""
    layer = {
        "ln1": {"scale": vector(c.width, mean=1.0), "bias": vector(c.width)},
        "attn": {
            "qkv": weight(c.width, 3, c.heads, c.head),
            "qkv_bias": vector(3, c.heads, c.head),
            "o": weight(c.heads, c.head, c.width, fan=c.width),
            "o_bias": vector(c.width),
        },
        "ln2": {"scale": vector(c.width, mean=1.0), "bias": vector(c.width)},
        "mlp": {
            "wi": weight(c.width, 4 * c.width),
            "wi_bias": vector(4 * c.width),
            "wo": weight(4 * c.width, c.width),
            "wo_bias": vector(c.width),
        },
    }
    return {
        "embedding": weight(c.vocab, c.width, fan=c.width),
        "position": weight(c.length, c.width, fan=c.width),
        **{f"layer_{i}": layer for i in range(c.layers)},
        "ln_final": {"scale": vector(c.width, mean=1.0), "bias": vector(c.width)},
    }


def block(x: Array, layer: Tree) -> Array:
    """One transformer block on x [batch, length, width]."""
    a, m = layer["attn"], layer["mlp"]
    h = layer_norm(x, **layer["ln1"])
    q, k, v = jnp.moveaxis(shift(contract("btd,dchk->btchk", h, a["qkv"]), a["qkv_bias"]), 2, 0)
    h = attention(q, k, v, causal(x.shape[1]))
    x = x + shift(contract("bthk,hkd->btd", h, a["o"]), a["o_bias"])
    h = layer_norm(x, **layer["ln2"])
    h = jax.nn.gelu(shift(contract("btd,df->btf", h, m["wi"]), m["wi_bias"]))
    return x + shift(contract("btf,fd->btd", h, m["wo"]), m["wo_bias"])


def loss(params: Tree, tokens: Array, targets: Array) -> Array:
    """Mean cross entropy of the next token."""
    x = shift(params["embedding"][tokens], params["position"])
    for i in range(sum(name.startswith("layer_") for name in params)):
        x = block(x, params[f"layer_{i}"])
    x = layer_norm(x, **params["ln_final"])
    return cross_entropy(x @ params["embedding"].T, targets)


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
    args = fill(tree, dtype, abstract=config in ("real", "medium"))
    return step, (args["params"], args["opt_state"], args["tokens"], args["targets"])


def megatron(model: str, data: str = "-") -> Tactic:
    """Heads and the MLP's hidden dimension over `model`; the matrices' other dimension over `data`."""
    return [
        ("params/.*/qkv", f"{data},-,{model}"),
        ("params/.*/qkv_bias", f"-,{model}"),
        ("params/.*/o", f"{model},-,{data}"),
        ("params/.*/wi", f"{data},{model}"),
        ("params/.*/wi_bias", model),
        ("params/.*/wo", f"{model},{data}"),
    ]


def tactics(mesh: Mapping[str, int]) -> dict[str, Tactic]:
    """Batch, Megatron, ZeRO, sequence and vocabulary plans."""
    r = roles(mesh)
    data = "tokens|targets"
    matrices = "embedding|.*/(qkv|o|wi|wo)"
    plans: dict[str, Tactic] = {
        "batch": [(data, r.every)],
        "megatron": megatron(r.rest),
        "zero2": [(data, r.every), (f"params/({matrices})", "-"), (f"opt_state/0/(mu|nu)/({matrices})", r.data)],
        "fsdp": [(data, r.every), (f"(params|opt_state/0/(mu|nu))/({matrices})", r.data)],
        "sequence": [(data, f"-,{r.every}")],
        "vocabulary": [("params/embedding", r.rest)],
    }
    if r.count > 1:
        plans["both"] = [(data, r.data), *megatron(r.model)]
        plans["both+vocabulary"] = [*plans["both"], ("params/embedding", r.model)]
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
    """GPT-2 small, shapes only, in f32."""
    return build("real", "f32")


def train_medium() -> Built:
    """GPT-2 medium (24 layers), shapes only, in f32."""
    return build("medium", "f32")
