"""
A graph network simulator (Sanchez-Gonzalez et al. 2020): messages along edges, summed per node with segment_sum; Adam
from optax.
"""

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
    contract,
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
class Config:
    """Sizes."""

    steps: int
    nodes: int
    edges: int
    features: int
    latent: int
    hidden: int
    outputs: int


CONFIGS = {
    "small": Config(steps=2, nodes=32, edges=64, features=8, latent=16, hidden=32, outputs=8),
    "odd": Config(steps=2, nodes=27, edges=50, features=5, latent=12, hidden=20, outputs=3),
    "real": Config(steps=24, nodes=2048, edges=65536, features=128, latent=512, hidden=1024, outputs=3),
}

OPTIMIZER = optax.adam(1e-2)


def perceptron(inputs: int, hidden: int, outputs: int) -> Tree:
    """The parameters of a two-layer perceptron and the norm behind it."""
    return {
        "w1": weight(inputs, hidden),
        "b1": vector(hidden),
        "w2": weight(hidden, outputs),
        "b2": vector(outputs),
        "norm": {"scale": vector(outputs, mean=1.0), "bias": vector(outputs)},
    }


def parameters(c: Config) -> Tree:
    """The parameters."""
    update = {
        "edge": perceptron(3 * c.latent, c.hidden, c.latent),
        "node": perceptron(2 * c.latent, c.hidden, c.latent),
    }
    return {
        "encode": {
            "node": perceptron(c.features, c.hidden, c.latent),
            "edge": perceptron(c.features, c.hidden, c.latent),
        },
        **{f"step_{i}": update for i in range(c.steps)},
        "decode": weight(c.latent, c.outputs),
    }


def apply(p: Tree, x: Array) -> Array:
    """A two-layer perceptron with layer norm behind it."""
    h = jax.nn.silu(shift(contract("ni,ih->nh", x, p["w1"]), p["b1"]))
    return layer_norm(shift(contract("nh,ho->no", h, p["w2"]), p["b2"]), **p["norm"])


def loss(params: Tree, graph: Tree) -> Array:
    """Mean squared error of what the nodes predict."""
    nodes = apply(params["encode"]["node"], graph["nodes"])
    edges = apply(params["encode"]["edge"], graph["edges"])
    senders, receivers = graph["senders"], graph["receivers"]
    for i in range(sum(name.startswith("step_") for name in params)):
        p = params[f"step_{i}"]
        edges = edges + apply(p["edge"], jnp.concatenate([edges, nodes[senders], nodes[receivers]], axis=-1))
        received = jax.ops.segment_sum(edges, receivers, num_segments=nodes.shape[0])
        nodes = nodes + apply(p["node"], jnp.concatenate([nodes, received], axis=-1))
    return jnp.mean(wide(nodes @ params["decode"] - graph["targets"]) ** 2)


def step(params: Tree, opt_state: Tree, graph: Tree) -> tuple[Tree, Tree, Array]:
    """One training step: (params, opt_state, loss)."""
    value, grads = jax.value_and_grad(loss)(params, graph)
    updates, opt_state = OPTIMIZER.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value


def build(config: str, dtype: str) -> Built:
    """The step and its arguments."""
    c = CONFIGS[config]
    graph = {
        "nodes": normal(c.nodes, c.features),
        "edges": normal(c.edges, c.features),
        "senders": ints(c.edges, high=c.nodes),
        "receivers": ints(c.edges, high=c.nodes),
        "targets": normal(c.nodes, c.outputs),
    }
    tree = {"params": parameters(c), "graph": graph}
    tree["opt_state"] = optimizer_state(OPTIMIZER, tree["params"])
    args = fill(tree, dtype, abstract=config == "real")
    return step, (args["params"], args["opt_state"], args["graph"])


def tactics(mesh: Mapping[str, int]) -> dict[str, Tactic]:
    """Edges, nodes and perceptrons sharded, and pairs of these."""
    r = roles(mesh)
    edges, nodes = "graph/(edges|senders|receivers)", "graph/(nodes|targets)"

    def megatron(model: str) -> Tactic:
        return [("params/.*/w1", f"-,{model}"), ("params/.*/b1", model), ("params/.*/w2", model)]

    plans: dict[str, Tactic] = {
        "edges": [(edges, r.every)],
        "nodes": [(nodes, r.every)],
        "megatron": megatron(r.rest),
        "edges+zero2": [
            (edges, r.every),
            ("params/.*/w.", "-"),
            ("opt_state/0/(mu|nu)/.*/w1", f"-,{r.data}"),
            ("opt_state/0/(mu|nu)/.*/w2", r.data),
        ],
    }
    if r.count > 1:
        plans["edges+nodes"] = [(edges, r.data), (nodes, r.model)]
        plans["edges+megatron"] = [(edges, r.data), *megatron(r.rest)]
        plans["nodes+edges over all"] = [(nodes, r.data), (edges, r.every)]
    return plans


def train_small() -> Built:
    """The small configuration in f32."""
    return build("small", "f32")


def train_odd() -> Built:
    """Sizes that divide no mesh, in f32."""
    return build("odd", "f32")


def train_real() -> Built:
    """24 steps on a graph of 65,536 edges, shapes only, in f32."""
    return build("real", "f32")
