"""Families of ops over whole dimensions: sorts, Fourier transforms, decompositions, random numbers."""

from __future__ import annotations

from eggshard.tools.bench.fuzzing.builder import Builder, UnfitError


def sort(b: Builder) -> None:
    x = b.value(1, 3, lambda v: v.exact and not v.complex and 0 not in v.shape)
    dim = b.random.randrange(x.rank)
    way = b.random.random()
    if way < 0.3:
        b.op(f"jnp.sort({{0}}, axis={dim}, descending={b.chance(0.3)})", x, wrap="exact")
    elif way < 0.5:
        b.op(f"jnp.argsort({{0}}, axis={dim})", x)
    elif way < 0.75:
        y = b.like(x.shape, b.dtype())
        b.op(f"lax.sort(({{0}}, {{1}}), dimension={dim}, num_keys=1, is_stable=True)", x, y, count=2, bits=9)
    elif x.dtype == "bool":
        raise UnfitError
    else:
        k = b.random.randint(1, x.shape[-1])
        b.op(f"lax.top_k({{0}}, {k})", x, count=2)


def fourier(b: Builder) -> None:
    if b.main == "bfloat16":
        raise UnfitError
    x = b.floating(1, 3, real=b.chance(0.6))
    dim = b.random.randrange(x.rank)
    if 0 in x.shape or x.shape[dim] < 2:
        raise UnfitError
    if x.complex:
        names = ("fft", "ifft", "irfft")
    else:
        names = ("rfft", "fft", "rfft")
    b.op(f"jnp.fft.{b.random.choice(names)}({{0}}, axis={dim})", x, bits=None)


def linear_algebra(b: Builder) -> None:
    dtype = b.main if b.main != "bfloat16" else "float32"
    size, batch = b.random.choice((2, 3, 4, 8)), b.shape(0, 2)
    if 0 in batch:
        raise UnfitError
    way = b.random.random()
    if way < 0.4:
        a = b.argument((*batch, size, size), dtype, "definite")
        template = b.random.choice(("jnp.linalg.cholesky({0})", "lax.linalg.cholesky({0})", "jnp.linalg.inv({0})",
                                    "jnp.linalg.eigh({0})[0]", "jnp.linalg.slogdet({0})[1]"))  # fmt: skip
        b.op(template, a, bits=None)
    else:
        a = b.argument((*batch, size, size), dtype, "triangular")
        left = b.chance(0.5)
        other = b.random.choice((1, 4, 6, 8))
        c = b.like((*batch, size, other) if left else (*batch, other, size), dtype)
        flags = f"left_side={left}, lower=True, transpose_a={b.chance(0.4)}, unit_diagonal={b.chance(0.2)}"
        b.op(f"lax.linalg.triangular_solve({{0}}, {{1}}, {flags})", a, c, bits=None)


def random(b: Builder) -> None:
    """Random numbers from keys that are arguments or constants, by both generators."""
    shape = b.shape(1, 3)
    ways = ("normal", "uniform", "bits", "randint", "bernoulli", "permutation", "split", "rbg", "dropout")
    way = b.random.choice(ways)
    x = b.floating(1, 3)
    seed = b.argument((), "int32")
    key = "jax.random.key({0})"
    if way == "normal" or way == "uniform":
        b.op(f"jax.random.{way}({key}, {shape}, jnp.{b.main if b.main != 'bfloat16' else 'float32'})", seed, bits=None)
    elif way == "bits":
        b.op(f"jax.random.bits({key}, {shape}, jnp.uint32)", seed)
    elif way == "randint":
        b.op(f"jax.random.randint({key}, {shape}, 0, 100)", seed)
    elif way == "bernoulli":
        b.op(f"jax.random.bernoulli({key}, 0.4, {shape})", seed)
    elif way == "permutation":
        b.op(f"jax.random.permutation({key}, {{1}})", seed, x, bits=x.bits)
    elif way == "split":
        b.op(f"jax.vmap(lambda k: jax.random.bits(k, (3,)))(jax.random.split({key}, {max(1, b.size())}))", seed)
    elif way == "rbg":
        b.op(f"jax.random.bits(jax.random.key({{0}}, impl='rbg'), {shape}, jnp.uint32)", seed)
    else:
        b.op(f"jnp.where(jax.random.bernoulli({key}, 0.5, {{1}}.shape), {{1}}, 0)", seed, x, bits=x.bits)
