"""ResNet (He et al. 2016; sizes of ResNet-50): batch norm in training with running statistics; SGD with momentum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from .common import (
    Array,
    Built,
    Tactic,
    Tree,
    convolve,
    cross_entropy,
    fill,
    ints,
    momentum_like,
    normal,
    positive,
    roles,
    shift,
    vector,
    weight,
    wide,
)


@dataclass(frozen=True)
class Config:
    """Sizes; `blocks` has the number of blocks of each stage, whose width doubles from stage to stage."""

    blocks: tuple[int, ...]
    width: int
    expand: int
    image: int
    classes: int
    batch: int


CONFIGS = {
    "small": Config(blocks=(1, 1), width=8, expand=2, image=32, classes=16, batch=8),
    "odd": Config(blocks=(1, 1), width=6, expand=2, image=30, classes=10, batch=6),
    "real": Config(blocks=(3, 4, 6, 3), width=64, expand=4, image=224, classes=1000, batch=2048),
}


def kernel(side: int, inputs: int, outputs: int) -> Tree:
    """A convolution's weights (HWIO) and the scale and bias of the batch norm behind it."""
    return {
        "conv": weight(side, side, inputs, outputs, fan=side * side * inputs // 2),
        "scale": vector(outputs, mean=1.0),
        "bias": vector(outputs),
    }


def parameters(c: Config) -> Tree:
    """The parameters."""
    tree: Tree = {"stem": kernel(7, 3, c.width)}
    inputs = c.width
    for i, blocks in enumerate(c.blocks):
        width, outputs = c.width * 2**i, c.width * 2**i * c.expand
        tree[f"stage_{i}"] = {}
        for j in range(blocks):
            block = {"conv1": kernel(1, inputs, width), "conv2": kernel(3, width, width)}
            block["conv3"] = kernel(1, width, outputs)
            if j == 0:
                block["project"] = kernel(1, inputs, outputs)
            tree[f"stage_{i}"][f"block_{j}"] = block
            inputs = outputs
    return {**tree, "head": {"w": weight(inputs, c.classes), "b": vector(c.classes)}}


def statistics(params: Tree) -> Tree:
    """The running mean and variance of every batch norm, in a tree like the parameters'."""
    if "conv" in params:
        return {"mean": vector(*params["scale"].shape), "var": positive(*params["scale"].shape)}
    return {name: statistics(sub) for name, sub in params.items() if name != "head"}


def conv_norm(x: Array, p: Tree, stats: Tree, stride: int = 1) -> tuple[Array, Tree]:
    """Convolution and batch norm over this batch's statistics; returns the updated running ones too."""
    y = convolve(x, p["conv"], stride)
    mean = jnp.mean(y, axis=(0, 1, 2))
    var = jnp.mean((y - mean) ** 2, axis=(0, 1, 2))
    y = ((y - mean) * jax.lax.rsqrt(var + 1e-5) * wide(p["scale"]) + wide(p["bias"])).astype(x.dtype)
    new = {"mean": mean, "var": var}
    return y, jax.tree.map(lambda old, now: (0.9 * wide(old) + 0.1 * now).astype(old.dtype), stats, new)


def bottleneck(x: Array, p: Tree, stats: Tree, stride: int) -> tuple[Array, Tree]:
    """One residual block of three convolutions, the middle one with the stride."""
    new = {}
    h, new["conv1"] = conv_norm(x, p["conv1"], stats["conv1"])
    h, new["conv2"] = conv_norm(jax.nn.relu(h), p["conv2"], stats["conv2"], stride)
    h, new["conv3"] = conv_norm(jax.nn.relu(h), p["conv3"], stats["conv3"])
    if "project" in p:
        x, new["project"] = conv_norm(x, p["project"], stats["project"], stride)
    return jax.nn.relu(x + h), new


def loss(params: Tree, stats: Tree, images: Array, labels: Array) -> tuple[Array, Tree]:
    """Mean cross entropy of the images' labels, and the updated running statistics."""
    new: Tree = {}
    x, new["stem"] = conv_norm(images, params["stem"], stats["stem"], 2)
    least = np.array(-np.inf, x.dtype)
    x = jax.lax.reduce_window(jax.nn.relu(x), least, jax.lax.max, (1, 3, 3, 1), (1, 2, 2, 1), "SAME")
    for i in range(len(stats) - 1):
        stage = f"stage_{i}"
        new[stage] = {}
        for name, block in sorted(params[stage].items()):
            stride = 2 if i > 0 and name == "block_0" else 1
            x, new[stage][name] = bottleneck(x, block, stats[stage][name], stride)
    x = jnp.mean(wide(x), axis=(1, 2)).astype(x.dtype)
    return cross_entropy(shift(x @ params["head"]["w"], params["head"]["b"]), labels), new


def step(params: Tree, stats: Tree, momentum: Tree, images: Array, labels: Array) -> tuple[Tree, Tree, Tree, Array]:
    """One training step: (params, stats, momentum, loss)."""
    (value, stats), grads = jax.value_and_grad(loss, has_aux=True)(params, stats, images, labels)
    momentum = jax.tree.map(lambda m, g: 0.9 * m + g, momentum, grads)
    return jax.tree.map(lambda p, m: p - 0.1 * m, params, momentum), stats, momentum, value


def build(config: str, dtype: str) -> Built:
    """The step and its arguments."""
    c = CONFIGS[config]
    params = parameters(c)
    tree = {
        "params": params,
        "stats": statistics(params),
        "momentum": momentum_like(params, scale=0.1),
        "images": normal(c.batch, c.image, c.image, 3),
        "labels": ints(c.batch, high=c.classes),
    }
    args = fill(tree, dtype, abstract=config == "real")
    return step, tuple(args[name] for name in ("params", "stats", "momentum", "images", "labels"))


def tactics(mesh: Mapping[str, int]) -> dict[str, Tactic]:
    """Batch, spatial, channel and fully sharded plans."""
    r = roles(mesh)
    data = "images|labels"

    def channels(model: str) -> Tactic:
        return [("params/stage_.*/conv2/conv", f"-,-,-,{model}"), ("params/stage_.*/conv3/conv", f"-,-,{model}")]

    plans: dict[str, Tactic] = {
        "batch": [(data, r.every)],
        "rows": [("images", f"-,{r.rest}")],
        "channels": channels(r.rest),
        "zero2": [(data, r.every), ("params/.*/conv", "-"), ("momentum/.*/conv", f"-,-,-,{r.data}")],
        "fsdp": [(data, r.every), ("(params|momentum)/.*/conv", f"-,-,-,{r.data}")],
    }
    if r.count > 1:
        plans["batch+rows"] = [("images", f"{r.data},{r.rest}"), ("labels", r.data)]
        plans["batch+channels"] = [(data, r.data), *channels(r.rest)]
    if r.count > 2:
        plans["batch+rows+columns"] = [("images", f"{r.data},{r.model},{r.last}"), ("labels", r.data)]
    return plans


def train_small() -> Built:
    """The small configuration in f32."""
    return build("small", "f32")


def train_odd() -> Built:
    """Sizes that divide no mesh, in f32."""
    return build("odd", "f32")


def train_real() -> Built:
    """ResNet-50, shapes only, in bf16."""
    return build("real", "bf16")
