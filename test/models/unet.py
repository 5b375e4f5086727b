"""U-Net (Ronneberger et al. 2015): convolutions down and up again, with skips and upsampling; Adam from optax."""

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
    convolve,
    cross_entropy,
    fill,
    ints,
    normal,
    optimizer_state,
    roles,
    vector,
    weight,
    wide,
)


@dataclass(frozen=True)
class Config:
    """Sizes; `widths` has the channels of every level from the top down."""

    widths: tuple[int, ...]
    image: int
    channels: int
    classes: int
    batch: int


CONFIGS = {
    "small": Config(widths=(8, 16, 32), image=16, channels=3, classes=8, batch=8),
    "odd": Config(widths=(6, 10), image=14, channels=3, classes=5, batch=6),
    "real": Config(widths=(64, 128, 256, 512, 1024), image=512, channels=3, classes=2, batch=32),
}

OPTIMIZER = optax.adam(1e-2)


def convolution(side: int, inputs: int, outputs: int) -> Tree:
    """The weights (HWIO) and bias of a convolution."""
    return {"w": weight(side, side, inputs, outputs, fan=side * side * inputs // 2 or 1), "b": vector(outputs)}


def parameters(c: Config) -> Tree:
    """The parameters."""
    tree: Tree = {}
    inputs = c.channels
    for i, width in enumerate(c.widths):
        tree[f"down_{i}"] = {"conv1": convolution(3, inputs, width), "conv2": convolution(3, width, width)}
        inputs = width
    for i, width in enumerate(c.widths[:-1]):
        tree[f"up_{i}"] = {
            "up": convolution(2, c.widths[i + 1], width),
            "conv1": convolution(3, 2 * width, width),
            "conv2": convolution(3, width, width),
        }
    return {**tree, "head": convolution(1, c.widths[0], c.classes)}


def conv(x: Array, p: Tree) -> Array:
    """A convolution of x [batch, rows, columns, channels] that keeps its size."""
    return (convolve(x, p["w"]) + wide(p["b"])).astype(x.dtype)


def double(x: Array, p: Tree) -> Array:
    """The two convolutions of a level."""
    return jax.nn.relu(conv(jax.nn.relu(conv(x, p["conv1"])), p["conv2"]))


def halve(x: Array) -> Array:
    """Mean of every 2 by 2 pixels."""
    return jax.lax.reduce_window(x, np.zeros((), x.dtype), jax.lax.add, (1, 2, 2, 1), (1, 2, 2, 1), "VALID") / 4


def upsample(x: Array) -> Array:
    """Every pixel twice in both directions."""
    return jnp.repeat(jnp.repeat(x, 2, axis=1), 2, axis=2)


def loss(params: Tree, images: Array, labels: Array) -> Array:
    """Mean cross entropy of the pixels' labels."""
    levels = sum(name.startswith("down_") for name in params)
    x, skips = images, []
    for i in range(levels):
        x = double(x, params[f"down_{i}"])
        if i < levels - 1:
            skips.append(x)
            x = halve(x)
    for i in reversed(range(levels - 1)):
        p = params[f"up_{i}"]
        x = double(jnp.concatenate([skips[i], conv(upsample(x), p["up"])], axis=-1), p)
    return cross_entropy(conv(x, params["head"]), labels)


def step(params: Tree, opt_state: Tree, images: Array, labels: Array) -> tuple[Tree, Tree, Array]:
    """One training step: (params, opt_state, loss)."""
    value, grads = jax.value_and_grad(loss)(params, images, labels)
    updates, opt_state = OPTIMIZER.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value


def build(config: str, dtype: str) -> Built:
    """The step and its arguments."""
    c = CONFIGS[config]
    tree = {
        "params": parameters(c),
        "images": normal(c.batch, c.image, c.image, c.channels),
        "labels": ints(c.batch, c.image, c.image, high=c.classes),
    }
    tree["opt_state"] = optimizer_state(OPTIMIZER, tree["params"])
    args = fill(tree, dtype, abstract=config == "real")
    return step, (args["params"], args["opt_state"], args["images"], args["labels"])


def tactics(mesh: Mapping[str, int]) -> dict[str, Tactic]:
    """Batch, spatial, channel and fully sharded plans."""
    r = roles(mesh)
    data = "images|labels"

    def channels(model: str) -> Tactic:
        return [("params/.*/conv1/w", f"-,-,-,{model}"), ("params/.*/conv2/w", f"-,-,{model}")]

    plans: dict[str, Tactic] = {
        "batch": [(data, r.every)],
        "rows": [(data, f"-,{r.rest}")],
        "channels": channels(r.rest),
        "fsdp": [(data, r.every), ("(params|opt_state/0/(mu|nu))/.*/conv./w", f"-,-,-,{r.data}")],
    }
    if r.count > 1:
        plans["batch+rows"] = [(data, f"{r.data},{r.rest}")]
        plans["batch+channels"] = [(data, r.data), *channels(r.rest)]
    if r.count > 2:
        plans["batch+rows+columns"] = [(data, f"{r.data},{r.model},{r.last}")]
    return plans


def train_small() -> Built:
    """The small configuration in f32."""
    return build("small", "f32")


def train_odd() -> Built:
    """Sizes that divide no mesh, in f32."""
    return build("odd", "f32")


def train_real() -> Built:
    """The published channels on 512 by 512 images, shapes only, in bf16."""
    return build("real", "bf16")
