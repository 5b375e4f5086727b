"""
DLRM (Naumov et al. 2019; MLPerf's sizes with equal tables): bags of embeddings, dot-product interaction; Adagrad.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from .common import (
    Array,
    Built,
    Leaf,
    Tactic,
    Tree,
    contract,
    fill,
    ints,
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
    """Sizes; `bag` rows of each table are summed per example."""

    tables: int
    rows: int
    width: int
    bag: int
    dense: int
    bottom: tuple[int, ...]
    top: tuple[int, ...]
    batch: int


CONFIGS = {
    "small": Config(tables=8, rows=64, width=16, bag=2, dense=8, bottom=(32, 16), top=(32, 16), batch=16),
    "odd": Config(tables=5, rows=50, width=12, bag=3, dense=7, bottom=(20, 12), top=(20, 10), batch=6),
    "real": Config(
        tables=26, rows=4_000_000, width=128, bag=1, dense=13, bottom=(512, 256, 128), top=(1024, 1024, 512, 256),
        batch=65536,
    ),
}  # fmt: skip


def perceptron(inputs: int, widths: Sequence[int]) -> Tree:
    """The layers of a perceptron."""
    tree = {}
    for i, width in enumerate(widths):
        tree[f"layer_{i}"] = {"w": weight(inputs, width), "b": vector(width)}
        inputs = width
    return tree


def parameters(c: Config) -> Tree:
    """The parameters; the tables are one array."""
    pairs = (c.tables + 1) * c.tables // 2
    return {
        "tables": weight(c.tables, c.rows, c.width, fan=c.width),
        "bottom": perceptron(c.dense, c.bottom),
        "top": perceptron(c.width + pairs, (*c.top, 1)),
    }


def apply(p: Tree, x: Array) -> Array:
    """A perceptron whose last layer is linear."""
    for i in range(len(p)):
        if i:
            x = jax.nn.relu(x)
        x = shift(contract("bi,io->bo", x, p[f"layer_{i}"]["w"]), p[f"layer_{i}"]["b"])
    return x


def loss(params: Tree, dense: Array, indices: Array, clicks: Array) -> Array:
    """Mean binary cross entropy of the clicks."""
    x = jax.nn.relu(apply(params["bottom"], dense))
    rows = jax.vmap(lambda table, index: table[index], in_axes=(0, 1), out_axes=1)(params["tables"], indices)
    vectors = jnp.concatenate([x[:, None], jnp.sum(rows, axis=2)], axis=1)
    products = contract("bid,bjd->bij", vectors, vectors)
    i, j = np.tril_indices(vectors.shape[1], -1)
    logits = wide(apply(params["top"], jnp.concatenate([x, products[:, i, j]], axis=1))[:, 0])
    return jnp.mean(jax.nn.softplus(logits) - clicks * logits)


def step(params: Tree, squares: Tree, dense: Array, indices: Array, clicks: Array) -> tuple[Tree, Tree, Array]:
    """One training step: (params, squares, loss); `squares` are Adagrad's sums of squared gradients."""
    value, grads = jax.value_and_grad(loss)(params, dense, indices, clicks)
    squares = jax.tree.map(lambda s, g: s + g * g, squares, grads)
    params = jax.tree.map(lambda p, g, s: p - 0.1 * g * jax.lax.rsqrt(s), params, grads, squares)
    return params, squares, value


def build(config: str, dtype: str) -> Built:
    """The step and its arguments."""
    c = CONFIGS[config]
    params = parameters(c)
    tree = {
        "params": params,
        "squares": jax.tree.map(lambda p: positive(*p.shape, scale=1e-2), params),
        "dense": normal(c.batch, c.dense),
        "indices": ints(c.batch, c.tables, c.bag, high=c.rows),
        "clicks": Leaf((c.batch,), lambda rng, s: rng.integers(0, 2, s)),
    }
    args = fill(tree, dtype, abstract=config == "real")
    return step, tuple(args[name] for name in ("params", "squares", "dense", "indices", "clicks"))


def tactics(mesh: Mapping[str, int]) -> dict[str, Tactic]:
    """The batch, and the tables by table, by row and by column."""
    r = roles(mesh)
    data, tables = "dense|indices|clicks", "(params|squares)/tables"
    plans: dict[str, Tactic] = {
        "batch": [(data, r.every)],
        "tables": [(tables, r.rest)],
        "rows": [(tables, f"-,{r.rest}")],
        "columns": [(tables, f"-,-,{r.rest}")],
        "batch+tables over all": [(data, r.every), (tables, r.every)],
        "batch+rows over all": [(data, r.every), (tables, f"-,{r.every}")],
    }
    if r.count > 1:
        plans["batch+tables"] = [(data, r.data), (tables, r.rest)]
        plans["batch+rows"] = [(data, r.data), (tables, f"-,{r.rest}")]
        plans["batch+columns"] = [(data, r.data), (tables, f"-,-,{r.rest}")]
    if r.count > 2:
        plans["batch+tables+rows"] = [(data, r.data), (tables, f"{r.model},{r.last}")]
    return plans


def train_small() -> Built:
    """The small configuration in f32."""
    return build("small", "f32")


def train_odd() -> Built:
    """Sizes that divide no mesh, in f32."""
    return build("odd", "f32")


def train_real() -> Built:
    """26 tables of four million rows, shapes only, in f32."""
    return build("real", "f32")
