"""A two-layer perceptron with mean squared error and plain gradient descent: the smallest model with a train step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from .common import Array, Built, Tactic, Tree, fill, normal, roles, shift, vector, weight, wide


@dataclass(frozen=True)
class Config:
    """Sizes."""

    batch: int
    inputs: int
    hidden: int
    outputs: int


CONFIGS = {
    "small": Config(batch=16, inputs=8, hidden=32, outputs=8),
    "odd": Config(batch=6, inputs=7, hidden=30, outputs=5),
    "real": Config(batch=8192, inputs=4096, hidden=16384, outputs=4096),
}


def parameters(c: Config) -> Tree:
    """The parameters."""
    return {
        "wi": weight(c.inputs, c.hidden),
        "bi": vector(c.hidden),
        "wo": weight(c.hidden, c.outputs),
        "bo": vector(c.outputs),
    }


def loss(params: Tree, x: Array, y: Array) -> Array:
    """Mean squared error."""
    hidden = jax.nn.gelu(shift(x @ params["wi"], params["bi"]))
    return jnp.mean(wide(shift(hidden @ params["wo"], params["bo"]) - y) ** 2)


def step(params: Tree, x: Array, y: Array) -> tuple[Tree, Array]:
    """One step of gradient descent: (params, loss)."""
    value, grads = jax.value_and_grad(loss)(params, x, y)
    return jax.tree.map(lambda p, g: p - g, params, grads), value


def build(config: str, dtype: str) -> Built:
    """The step and its arguments."""
    c = CONFIGS[config]
    tree = {"params": parameters(c), "x": normal(c.batch, c.inputs), "y": normal(c.batch, c.outputs)}
    args = fill(tree, dtype, abstract=config == "real")
    return step, (args["params"], args["x"], args["y"])


def tactics(mesh: Mapping[str, int]) -> dict[str, Tactic]:
    """Batch, Megatron and fully sharded plans."""
    r = roles(mesh)

    def megatron(model: str) -> Tactic:
        return [("params/wi", f"-,{model}"), ("params/bi", model), ("params/wo", model)]

    plans: dict[str, Tactic] = {
        "batch": [("x|y", r.every)],
        "megatron": megatron(r.rest),
        "fsdp": [("x|y", r.every), ("params/w.*", r.data)],
    }
    if r.count > 1:
        plans["both"] = [("x|y", r.data), *megatron(r.model)]
    return plans


def train_small() -> Built:
    """The small configuration in f32."""
    return build("small", "f32")


def train_odd() -> Built:
    """Sizes that divide no mesh, in f32."""
    return build("odd", "f32")


def train_real() -> Built:
    """A large layer, shapes only, in bf16."""
    return build("real", "bf16")
