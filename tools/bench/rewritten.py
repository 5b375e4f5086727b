"""
Programs of kinds that occur in models, written as their authors write them, of which another form is cheaper.

Sizes are those of small models, so that eight devices of this machine run them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Shapes = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Program:
    """
    A program, the shapes of its arguments and their dtype, and what it is.

    `relaxed` ones send narrower floats than they add: `relax_rounding`.
    """

    what: str
    function: Callable[..., Any]
    shapes: Shapes
    dtype: str = "float32"
    relaxed: bool = False


def linear_attention(q: Any, k: Any, v: Any) -> Any:
    """(q k^T) v without a softmax (Katharopoulos et al. 2020), per head."""
    import jax
    import jax.numpy as jnp

    q, k = jax.nn.elu(q) + 1, jax.nn.elu(k) + 1
    return jnp.einsum("hst,htd->hsd", jnp.einsum("hsd,htd->hst", q, k), v)


def latent_attention(x: Any, wq: Any, latent: Any, up_k: Any, up_v: Any) -> Any:
    """One token against a cache of latents (DeepSeek-V2): keys and values are made of it, head by head."""
    import jax
    import jax.numpy as jnp

    tokens, heads, width = latent.shape[0], 16, wq.shape[1] // 16
    q = (x @ wq).reshape(heads, width)
    k = (latent @ up_k).reshape(tokens, heads, width)
    v = (latent @ up_v).reshape(tokens, heads, width)
    weights = jax.nn.softmax(jnp.einsum("hd,thd->ht", q, k) / width**0.5)
    return jnp.einsum("ht,thd->hd", weights, v)


def pooled_classifier(x: Any, w: Any, b: Any) -> Any:
    """A head on every token, then the mean over tokens."""
    return (x @ w + b).sum(1) / x.shape[1]


def low_rank_adapter(x: Any, w: Any, down: Any, up: Any) -> Any:
    """x (W + s A B): LoRA as merged weights."""
    return x @ (w + 0.5 * (down @ up))


def tied_embedding(h: Any, table: Any, projection: Any) -> Any:
    """Logits against a factorised embedding (ALBERT), whose table is multiplied out."""
    return h @ (table @ projection).T


def gram_vector(a: Any, v: Any) -> Any:
    """(A A^T) v: a step of power iteration, or of a Gauss-Newton product."""
    return (a @ a.T) @ v


def reduced_features(x: Any, whitening: Any, head: Any) -> Any:
    """Wide descriptors (VLAD), whitened to fewer dimensions (PCA), then a linear classifier."""
    return (x @ whitening) @ head


def expanded_layer(x: Any, wide: Any, narrow: Any) -> Any:
    """A linear layer over-parameterised for training as two (ExpandNets, collapsible linear blocks)."""
    return (x @ wide) @ narrow


def adapters(x: Any, a: Any, b: Any, c: Any, d: Any, w: Any) -> Any:
    """Task adapters on one input, added up, and what they are projected by (task arithmetic)."""
    return (x @ a + x @ b + x @ c + x @ d) @ w


def gradient_step(x: Any, y: Any, w: Any, v: Any) -> Any:
    """A training step of a two-layer network in bf16, whose weight gradients are summed in f32 and rounded."""
    import jax.numpy as jnp

    h = jnp.maximum(x @ w, 0)
    e = h @ v - y
    dh = jnp.where(h > 0, e @ v.T, 0)
    dv = jnp.einsum("bh,bo->ho", h, e, preferred_element_type=jnp.float32).astype(v.dtype)
    dw = jnp.einsum("bi,bh->ih", x, dh, preferred_element_type=jnp.float32).astype(w.dtype)
    rate = jnp.asarray(2.0**-10, w.dtype)
    return w - rate * dw, v - rate * dv


def scaled_logits(q: Any, k: Any) -> Any:
    """Attention weights, whose logits are scaled after the product."""
    import jax
    import jax.numpy as jnp

    return jax.nn.softmax(jnp.einsum("hsd,htd->hst", q, k) / 8.0)


def symmetrised(s: Any) -> Any:
    """S + S^T: a covariance or a preconditioner (Shampoo), kept symmetric."""
    return s + s.T


MOVED = {"symmetrised": Program("no other form", symmetrised, ((4096, 4096),))}
"""Programs in which only layouts are to be chosen, for the ablation."""

PROGRAMS = {
    "linear attention": Program(
        "(q k^T) v = q (k^T v)", linear_attention, ((8, 2048, 64), (8, 2048, 64), (8, 2048, 64))
    ),
    "latent attention": Program(
        "q . reshape(c W) = (q W) . c",
        latent_attention,
        ((1024,), (1024, 2048), (2048, 512), (512, 2048), (512, 2048)),
    ),
    "pooled classifier": Program(
        "sum_t(x W + b) = (sum_t x) W + n b", pooled_classifier, ((32, 256, 1024), (1024, 1000), (1000,))
    ),
    "LoRA": Program(
        "x (W + s A B) = x W + s (x A) B", low_rank_adapter, ((64, 4096), (4096, 4096), (4096, 16), (16, 4096))
    ),
    "tied embedding": Program("h (E P)^T = (h P^T) E^T", tied_embedding, ((64, 1024), (32000, 128), (128, 1024))),
    "Gram vector": Program("(A A^T) v = A (A^T v)", gram_vector, ((4096, 1024), (4096,))),
    "PCA classifier": Program("(x P) W = x (P W)", reduced_features, ((2048, 8192), (8192, 512), (512, 64))),
    "expanded layer": Program("(x U) V = x (U V)", expanded_layer, ((256, 1024), (1024, 8192), (8192, 512))),
    "adapters": Program(
        "x A + x B + x C + x D = x (A + B + C + D)",
        adapters,
        ((512, 2048), (2048, 1024), (2048, 1024), (2048, 1024), (2048, 1024), (1024, 2048)),
    ),
    "scaled logits": Program("s (q k^T) = (s q) k^T", scaled_logits, ((16, 1024, 64), (16, 1024, 64))),
    "bf16 gradients": Program(
        "round(sum of terms) = sum of rounded terms",
        gradient_step,
        ((16384, 512), (16384, 512), (512, 512), (512, 512)),
        "bfloat16",
        relaxed=True,
    ),
}
