"""Families of ops that move elements: shapes, slices, padding, joining, constants."""

from __future__ import annotations

from math import prod

from eggshard.tools.bench.fuzzing.builder import Builder, UnfitError


def broadcast(b: Builder) -> None:
    x = b.value(0, 2)
    added = b.random.randint(0 if x.shape else 1, 2)
    places = sorted(b.random.sample(range(x.rank + added), x.rank))
    shape = [b.size() for _ in range(x.rank + added)]
    for dim, place in enumerate(places):
        stretch = x.shape[dim] == 1 and b.chance(0.7)
        shape[place] = shape[place] if stretch else x.shape[dim]
    b.op(f"lax.broadcast_in_dim({{0}}, {tuple(shape)}, {tuple(places)})", x, wrap="smooth")


def transpose(b: Builder) -> None:
    x = b.value(2, 4)
    b.op(f"{{0}}.transpose({tuple(b.random.sample(range(x.rank), x.rank))})", x, wrap="smooth")


def reshape(b: Builder) -> None:
    """Dimensions split and merge along common factors, at times after their order was changed."""
    x = b.value(1, 4)
    if 0 in x.shape:
        b.op("{0}.reshape((3, 0))" if b.chance(0.5) else "{0}.reshape((0,))", x)
        return
    factors: list[int] = []
    for size in x.shape:
        for prime in (2, 3):
            while size % prime == 0:
                factors.append(prime)
                size //= prime
        if size > 1:
            factors.append(size)
    if b.chance(0.15):
        b.random.shuffle(factors)
    cuts = sorted(b.random.randint(0, len(factors)) for _ in range(b.random.randint(0, 3)))
    ends = zip([0, *cuts], [*cuts, len(factors)], strict=True)
    shape = tuple(prod(factors[low:high]) for low, high in ends)
    b.op(f"{{0}}.reshape({shape})", x, wrap="smooth")


def slice_(b: Builder) -> None:
    x = b.value(1, 3)
    starts, limits, strides = [], [], []
    for size in x.shape:
        cut = b.chance(0.5)
        start = b.random.randint(0, max(0, size - 1)) if cut and b.chance(0.6) else 0
        limit = b.random.randint(min(start + 1, size), size) if cut else size
        starts.append(start if not cut or b.chance(0.7) else min(1, size))
        limits.append(max(limit, starts[-1]))
        strides.append(b.random.choice((1, 1, 1, 2, 3)))
    b.op(f"lax.slice({{0}}, {starts}, {limits}, {strides})", x, wrap="smooth")


def pad(b: Builder) -> None:
    """Edges of either sign, holes between elements, a fill that may be an argument."""
    x = b.value(1, 3)
    config = []
    for size in x.shape:
        low, high = (b.random.choice((0, 0, 0, 1, 2, -1, -2, 5)) for _ in range(2))
        interior = b.random.choice((0, 0, 0, 1, 2))
        if size + low + high + interior * max(0, size - 1) < 0:
            low = high = 0
        config.append((low, high, interior))
    fill = b.like((), x.dtype) if b.chance(0.5) else None
    if fill is None:
        b.op(f"lax.pad({{0}}, jnp.{x.dtype.replace('bool', 'bool_')}(1), {config})", x, wrap="smooth")
    else:
        b.op(f"lax.pad({{0}}, {{1}}, {config})", x, fill, wrap="smooth")


def concatenate(b: Builder) -> None:
    x = b.value(1, 3)
    dim = b.random.randrange(x.rank)
    parts = [x]
    for _ in range(b.random.randint(1, 2)):
        size = x.shape[dim] if b.chance(0.5) else b.size()
        parts.append(b.like((*x.shape[:dim], size, *x.shape[dim + 1 :]), x.dtype))
    b.random.shuffle(parts)
    names = ", ".join(f"{{{i}}}" for i in range(len(parts)))
    b.op(f"lax.concatenate([{names}], {dim})", *parts, wrap="smooth")


def reverse(b: Builder) -> None:
    x = b.value(1, 3)
    dims = b.random.sample(range(x.rank), b.random.randint(1, x.rank))
    dim = dims[0]
    shift, twice = b.random.randint(-3, 9), ", ".join("2" * x.rank)
    templates = (f"lax.rev({{0}}, {dims})", f"lax.rev({{0}}, {dims})", f"jnp.roll({{0}}, {shift}, {dim})",
                 f"jnp.repeat({{0}}, 3, {dim})", f"jnp.tile({{0}}, ({twice},))")  # fmt: skip
    b.op(b.random.choice(templates), x, wrap="smooth")


def stack(b: Builder) -> None:
    x = b.value(1, 3)
    y = b.like(x.shape, x.dtype)
    dim = b.random.randint(0, x.rank)
    templates = [f"jnp.stack([{{0}}, {{1}}], {dim})", f"jnp.expand_dims({{0}} + {{1}}, {dim})"]
    if x.rank >= 2 and x.dtype != "bool":
        templates.append("jnp.where(jnp.tril(jnp.ones({0}.shape, bool)), {0}, {1})")
    b.op(b.random.choice(templates), x, y, bits=None if None in (x.bits, y.bits) else max(x.bits or 0, y.bits or 0) + 1)


def constant(b: Builder) -> None:
    """Counting numbers, made by iota or written out."""
    x = b.value(1, 3, lambda v: v.dtype != "bool")
    dim = b.random.randrange(x.rank)
    counted = f"lax.broadcasted_iota(jnp.int32, {x.shape}, {dim})"
    if b.chance(0.3) and not x.complex:
        counted = f"lax.broadcasted_iota(jnp.{x.dtype}, {x.shape}, {dim})"
    written = f"np.arange({prod(x.shape)}).reshape({x.shape})"
    bits = None if x.bits is None else max(x.bits, 14) + 1
    b.op(f"{{0}} + ({b.random.choice((counted, written))} % 7).astype(jnp.{x.dtype})", x, bits=bits)


def wide_iota(b: Builder) -> None:
    """Positions that a narrow type cannot hold."""
    size = b.random.choice((300, 520, 1000))
    dtype = b.random.choice(("bfloat16", "int8", "uint8", "float32", "complex64"))
    x = b.floating(1, 1)
    if x.shape == (0,):
        raise UnfitError
    b.op(f"lax.iota(jnp.{dtype}, {size}) * {{0}}.reshape(-1)[0].astype(jnp.{dtype})", x, bits=None)
