"""
T5 (Raffel et al. 2020; sizes of T5 v1.1 base): encoder and decoder with relative positions; inference: greedy decoding
in a while loop over a key-value cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from .common import Array, Built, Tactic, Tree, fill, ints, rms_norm, roles, softmax, vector, weight, wide


@dataclass(frozen=True)
class Config:
    """Sizes; `source` is the length of the input and `steps` that of the output."""

    layers: int
    width: int
    heads: int
    head: int
    hidden: int
    vocab: int
    buckets: int
    source: int
    steps: int
    batch: int


CONFIGS = {
    "small": Config(
        layers=2, width=32, heads=8, head=4, hidden=48, vocab=64, buckets=8, source=16, steps=8, batch=8
    ),
    "odd": Config(layers=2, width=30, heads=3, head=4, hidden=20, vocab=50, buckets=6, source=10, steps=7, batch=6),
    "real": Config(
        layers=12, width=768, heads=12, head=64, hidden=2048, vocab=32128, buckets=32, source=512, steps=128, batch=256
    ),
}  # fmt: skip

END = 1
"""The token after which a sequence is done."""


def heads_of(c: Config) -> Tree:
    """The parameters of one attention."""
    return {
        "wq": weight(c.width, c.heads, c.head, fan=c.width * c.head),
        "wk": weight(c.width, c.heads, c.head),
        "wv": weight(c.width, c.heads, c.head),
        "wo": weight(c.heads, c.head, c.width, fan=16 * c.heads * c.head),
    }


def parameters(c: Config) -> Tree:
    """The parameters. What the blocks add is kept small beside the embedding: see `peak`."""
    encoder = {
        "attn_norm": vector(c.width, mean=1.0),
        "attn": heads_of(c),
        "mlp_norm": vector(c.width, mean=1.0),
        "mlp": {
            "gate": weight(c.width, c.hidden),
            "up": weight(c.width, c.hidden),
            "down": weight(c.hidden, c.width, fan=16 * c.hidden),
        },
    }
    decoder = {**encoder, "cross_norm": vector(c.width, mean=1.0), "cross": heads_of(c)}
    return {
        "embedding": weight(c.vocab, c.width, fan=1),
        "encoder": {"position": vector(c.buckets, c.heads), **{f"layer_{i}": encoder for i in range(c.layers)}},
        "encoder_norm": vector(c.width, mean=1.0),
        "decoder": {"position": vector(c.buckets, c.heads), **{f"layer_{i}": decoder for i in range(c.layers)}},
        "decoder_norm": vector(c.width, mean=1.0),
        "head": weight(c.width, c.vocab),
    }


def peak(params: Tree) -> Tree:
    """
    The parameters with a head that prefers, after token v, token v + 1.

    A trained model's logits are peaked. Random ones nearly tie, and where rounding breaks a tie another token comes
    out and everything after it differs.
    """
    width = params["embedding"].shape[1]
    return {**params, "head": jnp.roll(params["embedding"], 1, axis=0).T * width**-0.5}


def buckets_of(rows: int, columns: int, buckets: int, *, both_ways: bool) -> Array:
    """Which of `buckets` the distance from query i to key j falls into: near ones exactly, far ones by logarithm."""
    distance = np.arange(rows)[:, None] - np.arange(columns)[None, :]
    offset = np.zeros_like(distance)
    if both_ways:
        buckets //= 2
        offset = buckets * (distance < 0)
        distance = np.abs(distance)
    distance = np.maximum(distance, 0)
    exact = max(buckets // 2, 1)
    far = exact + np.log(np.maximum(distance, 1) / exact) / np.log(128 / exact) * (buckets - exact)
    return offset + np.where(distance < exact, distance, np.minimum(far, buckets - 1)).astype(np.int32)


def attend(q: Array, k: Array, v: Array, bias: Array | None = None) -> Array:
    """Attention without a scale; bias is [heads, queries, keys]."""
    scores = jnp.einsum("bqhd,bkhd->bhqk", q, k)
    if bias is not None:
        scores = scores + bias
    return jnp.einsum("bhqk,bkhd->bqhd", softmax(scores), v)


def project(x: Array, w: Array) -> Array:
    """Onto heads: [batch, length, heads, head]."""
    return jnp.einsum("btd,dhk->bthk", x, w)


def merge(x: Array, w: Array) -> Array:
    """Back from heads: [batch, length, width]."""
    return jnp.einsum("bthk,hkd->btd", x, w)


def feed_forward(x: Array, layer: Tree) -> Array:
    """The gated perceptron of a layer, with its norm."""
    h, m = rms_norm(x, layer["mlp_norm"]), layer["mlp"]
    return (jax.nn.gelu(h @ m["gate"]) * (h @ m["up"])) @ m["down"]


def encode(params: Tree, c: Config, source: Array) -> Array:
    """The encoder's output, [batch, source, width]."""
    p = params["encoder"]
    bias = jnp.moveaxis(p["position"][buckets_of(c.source, c.source, c.buckets, both_ways=True)], 2, 0)
    x = params["embedding"][source]
    for i in range(c.layers):
        a, h = p[f"layer_{i}"]["attn"], rms_norm(x, p[f"layer_{i}"]["attn_norm"])
        x = x + merge(attend(project(h, a["wq"]), project(h, a["wk"]), project(h, a["wv"]), bias), a["wo"])
        x = x + feed_forward(x, p[f"layer_{i}"])
    return rms_norm(x, params["encoder_norm"])


def decoder_layer(x: Array, layer: Tree, cache: Tree, memory: Tree, bias: Array, step: Array) -> tuple[Array, Tree]:
    """One layer on one position x [batch, 1, width]; returns the cache with this position's keys and values."""
    a, h = layer["attn"], rms_norm(x, layer["attn_norm"])
    cache = {
        name: jax.lax.dynamic_update_slice_in_dim(cache[name], project(h, a[f"w{name}"]), step, axis=1)
        for name in ("k", "v")
    }
    x = x + merge(attend(project(h, a["wq"]), cache["k"], cache["v"], bias), a["wo"])
    a, h = layer["cross"], rms_norm(x, layer["cross_norm"])
    x = x + merge(attend(project(h, a["wq"]), memory["k"], memory["v"]), a["wo"])
    return x + feed_forward(x, layer), cache


def build(config: str, dtype: str) -> Built:
    """The decoder and its arguments."""
    c = CONFIGS[config]

    def decode(params: Tree, cache: Tree, source: Array, prompt: Array) -> tuple[Array, Array, Tree]:
        """
        Greedy decoding from one prompt token per sequence: (tokens, scores, cache).

        Stops early once every sequence is done; a done sequence goes on with token 0 and adds nothing to its score,
        the sum of its tokens' log probabilities.
        """
        encoded = encode(params, c, source)
        p = params["decoder"]
        memory = {name: {kind: project(encoded, p[name]["cross"][f"w{kind}"]) for kind in ("k", "v")} for name in cache}
        bias = jnp.moveaxis(p["position"][buckets_of(c.steps, c.steps, c.buckets, both_ways=False)], 2, 0)
        bias = jnp.where(np.tri(c.steps, dtype=bool), bias, -1e9)

        def body(state: Tree) -> Tree:
            step, last, done = state["step"], state["last"], state["done"]
            x = params["embedding"][last][:, None]
            row = jax.lax.dynamic_slice_in_dim(bias, step, 1, axis=1)
            new = {}
            for name in sorted(p.keys() - {"position"}):
                x, new[name] = decoder_layer(x, p[name], state["cache"][name], memory[name], row, step)
            logits = wide(rms_norm(x, params["decoder_norm"])[:, 0] @ params["head"])
            best = jnp.where(done, 0, jnp.argmax(logits, axis=-1).astype(jnp.int32))
            gain = jnp.max(logits, axis=-1) - jax.nn.logsumexp(logits, axis=-1)
            tokens = jax.lax.dynamic_update_slice_in_dim(state["tokens"], best[:, None], step, axis=1)
            score = state["score"] + jnp.where(done, 0, gain)
            done = done | (best == END)
            return {
                "step": step + 1, "last": best, "done": done, "running": ~jnp.all(done),
                "tokens": tokens, "score": score, "cache": new,
            }  # fmt: skip

        start = {
            "step": jnp.zeros((), jnp.int32),
            "last": prompt,
            "done": jnp.zeros(prompt.shape, bool),
            "running": jnp.ones((), bool),
            "tokens": jnp.zeros((prompt.shape[0], c.steps), jnp.int32),
            "score": jnp.zeros(prompt.shape, wide(jnp.zeros((), params["head"].dtype)).dtype),
            "cache": cache,
        }
        end = jax.lax.while_loop(lambda state: (state["step"] < c.steps) & state["running"], body, start)
        return end["tokens"], end["score"], end["cache"]

    room = {kind: vector(c.batch, c.steps, c.heads, c.head) for kind in ("k", "v")}
    tree = {
        "params": parameters(c),
        "cache": {f"layer_{i}": room for i in range(c.layers)},
        "source": ints(c.batch, c.source, high=c.vocab),
        "prompt": ints(c.batch, low=END + 1, high=c.vocab),
    }
    args = fill(tree, dtype, abstract=config == "real")
    params = args["params"] if config == "real" else peak(args["params"])
    return decode, (params, args["cache"], args["source"], args["prompt"])


def tactics(mesh: Mapping[str, int]) -> dict[str, Tactic]:
    """Batch, heads, vocabulary and long-cache plans."""
    r = roles(mesh)
    data = "source|prompt|cache/.*"

    def megatron(model: str) -> Tactic:
        return [
            ("params/.*/w[qkv]", f"-,{model}"),
            ("params/.*/wo", model),
            ("params/.*/(gate|up)", f"-,{model}"),
            ("params/.*/down", model),
        ]

    def vocabulary(model: str) -> Tactic:
        return [("params/embedding", model), ("params/head", f"-,{model}")]

    plans: dict[str, Tactic] = {
        "batch": [(data, r.every)],
        "megatron": [*megatron(r.rest), ("cache/.*", f"-,-,{r.rest}")],
        "vocabulary": vocabulary(r.rest),
        "long cache": [("cache/.*", f"-,{r.rest}"), ("source", f"-,{r.rest}")],
    }
    if r.count > 1:
        plans["both"] = [("source|prompt", r.data), ("cache/.*", f"{r.data},-,{r.rest}"), *megatron(r.rest)]
        plans["batch+vocabulary"] = [(data, r.data), *vocabulary(r.rest)]
        plans["batch+long cache"] = [("source|prompt", r.data), ("cache/.*", f"{r.data},{r.rest}")]
    if r.count > 2:
        plans["three"] = [
            ("source|prompt", r.data),
            ("cache/.*", f"{r.data},{r.last},{r.model}"),
            *megatron(r.model),
            *vocabulary(r.last),
        ]
    return plans


def decode_small() -> Built:
    """The small configuration in f32."""
    return build("small", "f32")


def decode_odd() -> Built:
    """Sizes that divide no mesh, in f32."""
    return build("odd", "f32")


def decode_real() -> Built:
    """T5 v1.1 base, shapes only, in bf16."""
    return build("real", "bf16")
