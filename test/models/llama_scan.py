"""Llama with its layers stacked: one lax.scan over them, each rematerialised in the backward pass (jax.checkpoint)."""

from __future__ import annotations

from collections.abc import Mapping

import jax
import optax

from .common import Array, Built, Leaf, Tactic, Tree, cross_entropy, fill, ints, optimizer_state, roles
from .llama import CONFIGS, OPTIMIZER, Config, block, layer_parameters, logits, outer_parameters


def parameters(c: Config) -> Tree:
    """The parameters; those of the layers have the layer as dimension 0."""
    stacked = jax.tree.map(lambda leaf: Leaf((c.layers, *leaf.shape), leaf.draw), layer_parameters(c))
    return {**outer_parameters(c), "layers": stacked}


def loss(params: Tree, tokens: Array, targets: Array) -> Array:
    """Mean cross entropy of the next token."""

    def body(x: Array, layer: Tree) -> tuple[Array, None]:
        return block(x, layer), None

    x, _ = jax.lax.scan(jax.checkpoint(body), params["embedding"][tokens], params["layers"])
    return cross_entropy(logits(params, x), targets)


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
    args = fill(tree, dtype, abstract=config == "real")
    return step, (args["params"], args["opt_state"], args["tokens"], args["targets"])


def megatron(model: str, data: str = "-") -> Tactic:
    """Llama's Megatron plan behind the layer dimension."""
    return [
        ("params/layers/.*/w[qkv]", f"-,{data},{model}"),
        ("params/layers/.*/wo", f"-,{model},-,{data}"),
        ("params/layers/.*/(gate|up)", f"-,{data},{model}"),
        ("params/layers/.*/down", f"-,{model},{data}"),
    ]


def tactics(mesh: Mapping[str, int]) -> dict[str, Tactic]:
    """Batch, Megatron, ZeRO and layer-sharded plans."""
    r = roles(mesh)
    data = "tokens|targets"
    matrices = "layers/.*/(w.|gate|up|down)"
    plans: dict[str, Tactic] = {
        "batch": [(data, r.every)],
        "megatron": megatron(r.rest),
        "zero2": [(data, r.every), (f"params/{matrices}", "-"), (f"opt_state/0/(mu|nu)/{matrices}", f"-,{r.data}")],
        "fsdp": [(data, r.every), (f"(params|opt_state/0/(mu|nu))/{matrices}", f"-,{r.data}")],
        "sequence": [(data, f"-,{r.every}")],
        "layers": [(data, r.data), (f"opt_state/0/(mu|nu)/{matrices}", r.last)],
    }
    if r.count > 1:
        plans["both"] = [(data, r.data), *megatron(r.model)]
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
    """Llama 3 8B, shapes only, in bf16."""
    return build("real", "bf16")
