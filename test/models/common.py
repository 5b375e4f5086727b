"""
What the models share: arrays drawn or only described, optimizer state, norms, attention, a loss, and the parts that
the axes of a mesh play in tactics.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

Array = Any
"""A jax.Array or, in shapes-only builds, a jax.ShapeDtypeStruct."""
Tree = Any
"""Nested dictionaries (and tuples, in an optimizer's state) of arrays."""
Built = tuple[Callable[..., Any], tuple[Any, ...]]
"""What a model builds: the function and its arguments."""
Tactic = list[tuple[str, str]]
"""(PATTERN, LAYOUT) pairs in the order in which they apply."""
Draw = Callable[[np.random.Generator, tuple[int, ...]], Any]


# Arrays


@dataclass(frozen=True)
class Leaf:
    """One array to be: its shape, how its values are drawn, and its dtype when that is not the model's."""

    shape: tuple[int, ...]
    draw: Draw
    dtype: Any = None


def weight(*shape: int, fan: int | None = None) -> Leaf:
    """Normal values that keep the scale of what they multiply; `fan` is the contracted size (default: dim 0)."""
    scale = (fan or shape[0]) ** -0.5
    return Leaf(shape, lambda rng, s: scale * rng.standard_normal(s))


def vector(*shape: int, mean: float = 0.0) -> Leaf:
    """A bias (mean 0) or a norm's scale (mean 1), never exactly that: a forgotten term must show."""
    return Leaf(shape, lambda rng, s: mean + 0.1 * rng.standard_normal(s))


def normal(*shape: int) -> Leaf:
    """Input features of scale one."""
    return Leaf(shape, lambda rng, s: rng.standard_normal(s))


def positive(*shape: int, scale: float = 1.0) -> Leaf:
    """Values in [0.5, 1.5) * scale: second moments, running variances."""
    return Leaf(shape, lambda rng, s: scale * rng.uniform(0.5, 1.5, s))


def ints(*shape: int, high: int, low: int = 0) -> Leaf:
    """int32 values in [low, high): token ids, labels, graph indices."""
    return Leaf(shape, lambda rng, s: rng.integers(low, high, s), jnp.int32)


def momentum_like(params: Tree, scale: float = 3e-3) -> Tree:
    """
    First moments of the parameters' shapes, as some steps into training.

    Not zeros: with no history Adam's update is the sign of the gradient, which for a gradient that cancels is the
    sign of rounding noise, and no two correct programs agree on it. Nor large: beside the gradient that is added, a
    large moment would hide a gradient that is wrong.
    """
    return jax.tree.map(lambda p: Leaf(p.shape, lambda rng, s: scale * rng.standard_normal(s)), params)


def variance_like(params: Tree) -> Tree:
    """Second moments of the parameters' shapes, away from zero for the same reason."""
    return jax.tree.map(lambda p: positive(*p.shape, scale=1e-2), params)


def optimizer_state(optimizer: Any, params: Tree) -> Tree:
    """Leaves for the state of an optax optimizer some steps into training."""
    state = jax.eval_shape(optimizer.init, fill(params, "f32", abstract=True))

    def leaf(path: tuple[Any, ...], value: Any) -> Any:
        if jnp.issubdtype(value.dtype, jnp.integer):
            return Leaf(value.shape, lambda rng, s: np.full(s, 10), value.dtype)
        names = jax.tree_util.keystr(path)
        return variance_like(value) if ".nu" in names else momentum_like(value)

    return jax.tree_util.tree_map_with_path(leaf, state)


def dtype_of(name: str) -> Any:
    """The dtype called f64, f32 or bf16. Asking for f64 turns JAX's 64-bit mode on, or it would silently be f32."""
    if name == "f64":
        jax.config.update("jax_enable_x64", True)
    return {"f64": jnp.float64, "f32": jnp.float32, "bf16": jnp.bfloat16}[name]


def fill(tree: Tree, dtype: str, *, abstract: bool) -> Tree:
    """
    The tree with every Leaf drawn, or described by a ShapeDtypeStruct where `abstract`.

    A leaf's values depend on its path in the tree and on nothing else.
    """
    default = dtype_of(dtype)

    def make(path: tuple[Any, ...], leaf: Leaf) -> Array:
        kind = leaf.dtype or default
        if abstract:
            return jax.ShapeDtypeStruct(leaf.shape, kind)
        rng = np.random.default_rng(zlib.crc32(jax.tree_util.keystr(path).encode()))
        return jnp.asarray(np.asarray(leaf.draw(rng, leaf.shape)), kind)

    return jax.tree_util.tree_map_with_path(make, tree)


# Layers


def wide(x: Array) -> Array:
    """x in at least f32: norms, softmax, losses and optimizers are not computed in bf16."""
    return x.astype(jnp.promote_types(x.dtype, jnp.float32))


def layer_norm(x: Array, scale: Array, bias: Array) -> Array:
    """Normalises the last dimension to mean 0 and variance 1."""
    y = wide(x)
    y = y - jnp.mean(y, axis=-1, keepdims=True)
    y = y * jax.lax.rsqrt(jnp.mean(y * y, axis=-1, keepdims=True) + 1e-5)
    return (y * wide(scale) + wide(bias)).astype(x.dtype)


def rms_norm(x: Array, scale: Array) -> Array:
    """Normalises the last dimension to mean square 1."""
    y = wide(x)
    y = y * jax.lax.rsqrt(jnp.mean(y * y, axis=-1, keepdims=True) + 1e-5)
    return (y * wide(scale)).astype(x.dtype)


def shift(x: Array, bias: Array) -> Array:
    """x + bias, added wide: the gradient of a bias is a long sum, which bf16 would spoil."""
    return (wide(x) + wide(bias)).astype(x.dtype)


def contract(spec: str, x: Array, w: Array) -> Array:
    """
    An einsum accumulated wide and rounded once.

    For models whose gradients amplify rounding: partial sums of different devices are then added before they round.
    """
    return jnp.einsum(spec, x, w, preferred_element_type=jnp.promote_types(x.dtype, jnp.float32)).astype(x.dtype)


def convolve(x: Array, kernel: Array, stride: int = 1, padding: str = "SAME") -> Array:
    """x [batch, rows, columns, channels] convolved with an HWIO kernel, accumulated wide and left so."""
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        (stride, stride),
        padding,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        preferred_element_type=jnp.promote_types(x.dtype, jnp.float32),
    )


def softmax(scores: Array) -> Array:
    """Softmax over the last dimension, computed wide."""
    return jax.nn.softmax(wide(scores), axis=-1).astype(scores.dtype)


def causal(length: int) -> Array:
    """mask[i, j]: may position i see position j."""
    rows = jax.lax.broadcasted_iota(jnp.int32, (length, length), 0)
    return rows >= jax.lax.broadcasted_iota(jnp.int32, (length, length), 1)


def attention(q: Array, k: Array, v: Array, mask: Array | None = None) -> Array:
    """Dot-product attention; q, k, v and the result are [batch, length, heads, head]."""
    scores = jnp.einsum("bqhd,bkhd->bhqk", q, k) * q.shape[-1] ** -0.5
    if mask is not None:
        scores = jnp.where(mask, scores, -1e9)
    return jnp.einsum("bhqk,bkhd->bqhd", softmax(scores), v)


def cross_entropy(logits: Array, labels: Array) -> Array:
    """Mean negative log likelihood of integer labels; the classes are the last dimension of the logits."""
    log_p = jax.nn.log_softmax(wide(logits), axis=-1)
    return -jnp.mean(jnp.take_along_axis(log_p, labels[..., None], axis=-1))


# Meshes


@dataclass(frozen=True)
class Roles:
    """
    The part each axis plays, in layout notation.

    On {"d": 8} every part is "d"; on {"a": 2, "b": 2, "c": 2} they are data="a", model="b", last="c", rest="b+c" and
    every="a+b+c".
    """

    data: str
    model: str
    last: str
    rest: str
    every: str
    count: int


def roles(mesh: Mapping[str, int]) -> Roles:
    """The parts that a mesh's axes play; axes are named major to minor."""
    axes = list(mesh)
    rest = axes[1:] or axes
    return Roles(axes[0], rest[0], axes[-1], "+".join(rest), "+".join(axes), len(axes))
