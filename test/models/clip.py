"""CLIP (Radford et al. 2021; sizes of ViT-B/32): an image and a text tower, contrastive loss over the whole batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import optax

from .common import (
    Array,
    Built,
    Leaf,
    Tactic,
    Tree,
    attention,
    causal,
    convolve,
    cross_entropy,
    fill,
    ints,
    layer_norm,
    normal,
    optimizer_state,
    roles,
    shift,
    vector,
    weight,
    wide,
)


@dataclass(frozen=True)
class Tower:
    """Sizes of one transformer."""

    layers: int
    width: int
    heads: int


@dataclass(frozen=True)
class Config:
    """Sizes; `shared` is the width in which images and texts are compared."""

    image_tower: Tower
    text_tower: Tower
    image: int
    patch: int
    vocab: int
    length: int
    shared: int
    batch: int


CONFIGS = {
    "small": Config(Tower(1, 32, 8), Tower(1, 32, 8), image=16, patch=4, vocab=64, length=8, shared=16, batch=8),
    "odd": Config(Tower(1, 12, 3), Tower(1, 18, 3), image=15, patch=5, vocab=50, length=7, shared=10, batch=6),
    "real": Config(
        Tower(12, 768, 12), Tower(12, 512, 8), image=224, patch=32, vocab=49408, length=77, shared=512, batch=32768
    ),
}  # fmt: skip

OPTIMIZER = optax.adam(1e-2)


def tower(t: Tower) -> Tree:
    """The parameters of one transformer."""
    head = t.width // t.heads
    layer = {
        "ln1": {"scale": vector(t.width, mean=1.0), "bias": vector(t.width)},
        "attn": {
            "wq": weight(t.width, t.heads, head),
            "wk": weight(t.width, t.heads, head),
            "wv": weight(t.width, t.heads, head),
            "wo": weight(t.heads, head, t.width, fan=t.width),
        },
        "ln2": {"scale": vector(t.width, mean=1.0), "bias": vector(t.width)},
        "mlp": {"wi": weight(t.width, 4 * t.width), "wo": weight(4 * t.width, t.width)},
    }
    return {**{f"layer_{i}": layer for i in range(t.layers)}, "ln": {"scale": vector(t.width), "bias": vector(t.width)}}


def parameters(c: Config) -> Tree:
    """The parameters; `temperature` is the logarithm of what similarities are multiplied by."""
    image, text = c.image_tower.width, c.text_tower.width
    return {
        "image": {
            "patch": weight(c.patch, c.patch, 3, image, fan=3 * c.patch**2),
            "position": vector((c.image // c.patch) ** 2, image),
            "tower": tower(c.image_tower),
            "project": weight(image, c.shared),
        },
        "text": {
            "embedding": weight(c.vocab, text, fan=1),
            "position": vector(c.length, text),
            "tower": tower(c.text_tower),
            "project": weight(text, c.shared),
        },
        "temperature": Leaf((), lambda rng, s: rng.uniform(0.9, 1.1, s)),
    }


def transform(p: Tree, x: Array, mask: Array | None) -> Array:
    """The blocks of one tower on x [batch, length, width]."""
    for i in range(len(p) - 1):
        layer = p[f"layer_{i}"]
        h = layer_norm(x, **layer["ln1"])
        q, k, v = (jnp.einsum("btd,dhk->bthk", h, layer["attn"][name]) for name in ("wq", "wk", "wv"))
        x = x + jnp.einsum("bthk,hkd->btd", attention(q, k, v, mask), layer["attn"]["wo"])
        h = layer_norm(x, **layer["ln2"])
        x = x + jax.nn.gelu(h @ layer["mlp"]["wi"]) @ layer["mlp"]["wo"]
    return layer_norm(x, **p["ln"])


def embed_images(p: Tree, images: Array) -> Array:
    """Unit vectors [batch, shared] of the images: the mean over patches, projected."""
    x = convolve(images, p["patch"], p["patch"].shape[0], "VALID").astype(images.dtype)
    x = shift(x.reshape(x.shape[0], -1, x.shape[-1]), p["position"])
    x = jnp.mean(wide(transform(p["tower"], x, None)), axis=1).astype(x.dtype)
    return unit(x @ p["project"])


def embed_texts(p: Tree, tokens: Array) -> Array:
    """Unit vectors [batch, shared] of the texts: the feature at the highest token, the text's end, projected."""
    x = shift(p["embedding"][tokens], p["position"])
    x = transform(p["tower"], x, causal(x.shape[1]))
    end = jnp.argmax(tokens, axis=1)
    x = jnp.take_along_axis(x, end[:, None, None], axis=1)[:, 0]
    return unit(x @ p["project"])


def unit(x: Array) -> Array:
    """Vectors scaled to length one, wide."""
    x = wide(x)
    return x * jax.lax.rsqrt(jnp.sum(x * x, axis=-1, keepdims=True))


def loss(params: Tree, images: Array, tokens: Array) -> Array:
    """Every image must find its text among all texts of the batch, and every text its image."""
    left, right = embed_images(params["image"], images), embed_texts(params["text"], tokens)
    similar = jnp.exp(wide(params["temperature"])) * left @ right.T
    labels = jnp.arange(similar.shape[0], dtype=jnp.int32)
    return (cross_entropy(similar, labels) + cross_entropy(similar.T, labels)) / 2


def step(params: Tree, opt_state: Tree, images: Array, tokens: Array) -> tuple[Tree, Tree, Array]:
    """One training step: (params, opt_state, loss)."""
    value, grads = jax.value_and_grad(loss)(params, images, tokens)
    updates, opt_state = OPTIMIZER.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value


def build(config: str, dtype: str) -> Built:
    """The step and its arguments."""
    c = CONFIGS[config]
    tree = {
        "params": parameters(c),
        "images": normal(c.batch, c.image, c.image, 3),
        "tokens": ints(c.batch, c.length, high=c.vocab),
    }
    tree["opt_state"] = optimizer_state(OPTIMIZER, tree["params"])
    args = fill(tree, dtype, abstract=config == "real")
    return step, (args["params"], args["opt_state"], args["images"], args["tokens"])


def tactics(mesh: Mapping[str, int]) -> dict[str, Tactic]:
    """Batch, Megatron in both towers or in one, fully sharded, vocabulary."""
    r = roles(mesh)
    data = "images|tokens"

    def megatron(model: str, towers: str = ".*") -> Tactic:
        return [
            (f"params/{towers}/w[qkvi]", f"-,{model}"),
            (f"params/{towers}/wo", model),
        ]

    plans: dict[str, Tactic] = {
        "batch": [(data, r.every)],
        "megatron": megatron(r.rest),
        "megatron text": megatron(r.rest, "text/.*"),
        "vocabulary": [("params/text/embedding", r.rest)],
        "fsdp": [(data, r.every), ("(params|opt_state/0/(mu|nu))/.*/(w.|project)", r.data)],
    }
    if r.count > 1:
        plans["both"] = [(data, r.data), *megatron(r.rest)]
        plans["images and texts apart"] = [("images", r.data), ("tokens", r.rest)]
        plans["batch+rows"] = [("images", f"{r.data},{r.rest}"), ("tokens", r.data)]
    return plans


def train_small() -> Built:
    """The small configuration in f32."""
    return build("small", "f32")


def train_odd() -> Built:
    """Sizes that divide no mesh, in f32."""
    return build("odd", "f32")


def train_real() -> Built:
    """ViT-B/32 with the published batch, shapes only, in bf16."""
    return build("real", "bf16")
