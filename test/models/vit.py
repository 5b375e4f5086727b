"""ViT (Dosovitskiy et al. 2021; sizes of ViT-B/16): patches by convolution, a class token, dropout; Adam by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from .common import (
    Array,
    Built,
    Leaf,
    Tactic,
    Tree,
    attention,
    contract,
    convolve,
    cross_entropy,
    fill,
    ints,
    layer_norm,
    momentum_like,
    normal,
    roles,
    shift,
    variance_like,
    vector,
    weight,
    wide,
)


@dataclass(frozen=True)
class Config:
    """Sizes; `image` and `patch` are side lengths."""

    layers: int
    width: int
    heads: int
    hidden: int
    image: int
    patch: int
    classes: int
    batch: int

    @property
    def head(self) -> int:
        """Size of one attention head."""
        return self.width // self.heads


CONFIGS = {
    "small": Config(layers=2, width=32, heads=8, hidden=64, image=16, patch=4, classes=16, batch=8),
    "odd": Config(layers=2, width=12, heads=3, hidden=20, image=15, patch=5, classes=10, batch=6),
    "real": Config(layers=12, width=768, heads=12, hidden=3072, image=224, patch=16, classes=1000, batch=4096),
}

DROPOUT = 0.1


def parameters(c: Config) -> Tree:
    """The parameters."""
    layer = {
        "ln1": {"scale": vector(c.width, mean=1.0), "bias": vector(c.width)},
        "attn": {
            "wq": weight(c.width, c.heads, c.head),
            "wk": weight(c.width, c.heads, c.head),
            "wv": weight(c.width, c.heads, c.head),
            "wo": weight(c.heads, c.head, c.width, fan=c.width),
        },
        "ln2": {"scale": vector(c.width, mean=1.0), "bias": vector(c.width)},
        "mlp": {
            "wi": weight(c.width, c.hidden),
            "wi_bias": vector(c.hidden),
            "wo": weight(c.hidden, c.width),
            "wo_bias": vector(c.width),
        },
    }
    return {
        "patch": weight(c.patch, c.patch, 3, c.width, fan=3 * c.patch**2),
        "class": vector(1, 1, c.width),
        "position": vector((c.image // c.patch) ** 2 + 1, c.width),
        **{f"layer_{i}": layer for i in range(c.layers)},
        "ln_final": {"scale": vector(c.width, mean=1.0), "bias": vector(c.width)},
        "head": weight(c.width, c.classes),
    }


def dropout(key: Array, x: Array) -> Array:
    """x with a tenth of its values dropped, the others scaled up."""
    keep = jax.random.bernoulli(key, 1 - DROPOUT, x.shape)
    return jnp.where(keep, x / (1 - DROPOUT), jnp.zeros_like(x))


def block(x: Array, layer: Tree, key: Array) -> Array:
    """One transformer block on x [batch, patches, width]."""
    a, m = layer["attn"], layer["mlp"]
    first, second = jax.random.split(key)
    h = layer_norm(x, **layer["ln1"])
    q, k, v = (contract("btd,dhk->bthk", h, a[name]) for name in ("wq", "wk", "wv"))
    x = x + dropout(first, contract("bthk,hkd->btd", attention(q, k, v), a["wo"]))
    h = layer_norm(x, **layer["ln2"])
    h = jax.nn.gelu(shift(contract("btd,df->btf", h, m["wi"]), m["wi_bias"]))
    return x + dropout(second, shift(contract("btf,fd->btd", h, m["wo"]), m["wo_bias"]))


def loss(params: Tree, key: Array, images: Array, labels: Array) -> Array:
    """Mean cross entropy of the images' labels."""
    x = convolve(images, params["patch"], params["patch"].shape[0], "VALID").astype(images.dtype)
    x = x.reshape(x.shape[0], -1, x.shape[-1])
    first = jnp.broadcast_to(params["class"], (x.shape[0], 1, x.shape[-1]))
    x = shift(jnp.concatenate([first, x], axis=1), params["position"])
    count = sum(name.startswith("layer_") for name in params)
    for i, layer_key in enumerate(jax.random.split(key, count)):
        x = block(x, params[f"layer_{i}"], layer_key)
    x = layer_norm(x[:, 0], **params["ln_final"])
    return cross_entropy(contract("bd,dc->bc", x, params["head"]), labels)


def adam(p: Array, g: Array, m: Array, v: Array) -> tuple[Array, Array, Array]:
    """Adam without bias correction: (parameter, first moment, second moment)."""
    g = wide(g)
    m_new = 0.9 * wide(m) + 0.1 * g
    v_new = 0.999 * wide(v) + 0.001 * g * g
    p_new = wide(p) - 1e-2 * m_new / (jnp.sqrt(v_new) + 1e-8)
    return p_new.astype(p.dtype), m_new.astype(m.dtype), v_new.astype(v.dtype)


def step(params: Tree, mu: Tree, nu: Tree, key: Array, images: Array, labels: Array) -> tuple[Tree, Tree, Tree, Array]:
    """One training step: (params, mu, nu, loss)."""
    value, grads = jax.value_and_grad(loss)(params, key, images, labels)
    updated = jax.tree.map(adam, params, grads, mu, nu)
    params, mu, nu = jax.tree.transpose(jax.tree.structure(params), jax.tree.structure((0, 0, 0)), updated)
    return params, mu, nu, value


def build(config: str, dtype: str) -> Built:
    """The step and its arguments."""
    c = CONFIGS[config]
    params = parameters(c)
    tree = {
        "params": params,
        "mu": momentum_like(params),
        "nu": variance_like(params),
        "key": Leaf((2,), lambda rng, s: rng.integers(0, 2**32, s), jnp.uint32),
        "images": normal(c.batch, c.image, c.image, 3),
        "labels": ints(c.batch, high=c.classes),
    }
    args = fill(tree, dtype, abstract=config == "real")
    return step, tuple(args[name] for name in ("params", "mu", "nu", "key", "images", "labels"))


def tactics(mesh: Mapping[str, int]) -> dict[str, Tactic]:
    """Batch, Megatron, spatial, class and fully sharded plans."""
    r = roles(mesh)
    data = "images|labels"

    def megatron(model: str) -> Tactic:
        return [
            ("params/.*/w[qkv]", f"-,{model}"),
            ("params/.*/attn/wo", model),
            ("params/.*/wi", f"-,{model}"),
            ("params/.*/wi_bias", model),
            ("params/.*/mlp/wo", model),
        ]

    plans: dict[str, Tactic] = {
        "batch": [(data, r.every)],
        "megatron": megatron(r.rest),
        "rows": [("images", f"-,{r.rest}")],
        "classes": [("params/head", f"-,{r.rest}")],
        "fsdp": [(data, r.every), ("(params|mu|nu)/.*/w[qkvoi]", r.data)],
    }
    if r.count > 1:
        plans["both"] = [(data, r.data), *megatron(r.model)]
        plans["batch+rows"] = [("images", f"{r.data},{r.rest}"), ("labels", r.data)]
    return plans


def train_small() -> Built:
    """The small configuration in f32."""
    return build("small", "f32")


def train_odd() -> Built:
    """Sizes that divide no mesh, in f32."""
    return build("odd", "f32")


def train_real() -> Built:
    """ViT-B/16, shapes only, in bf16."""
    return build("real", "bf16")
