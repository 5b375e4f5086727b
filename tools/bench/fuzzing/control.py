"""Families with structure: loops, branches, parts written per device, layouts in the middle."""

from __future__ import annotations

from eggshard.tools.bench.fuzzing.builder import Builder, UnfitError


def scan(b: Builder) -> None:
    """A recurrence; carries and stacked results, forwards or backwards."""
    xs = b.floating(2, 3)
    if 0 in xs.shape:
        raise UnfitError
    carry = b.like(xs.shape[1:], xs.dtype)
    back = b.chance(0.3)
    way = b.random.random()
    if way < 0.4:
        body = "lambda c, t: (jnp.tanh(c + t), c * 2)"
        b.op(f"lax.scan({body}, {{0}}, {{1}}, reverse={back})", carry, xs, count=2, bits=None)
    elif way < 0.7:
        size = xs.shape[-1]
        w = b.like((size, size), xs.dtype)
        body = "lambda c, t: ((h := jnp.tanh(c @ {2} + t)), h.sum())"
        b.op(f"lax.scan({body}, {{0}}, {{1}}, reverse={back})", carry, xs, w, count=2, bits=None)
    else:
        loss = "lambda t: jnp.sum(lax.scan(lambda c, u: (jnp.sin(c + u * t), c), {0}, {1})[1])"
        b.op(f"jax.grad({loss})({{2}})", carry, xs, b.like(xs.shape[1:], xs.dtype), bits=None)


def accumulate(b: Builder) -> None:
    """A loop that adds up products: its sum may stay partial until the loop ends."""
    x = b.floating(2, 2)
    if 0 in x.shape:
        raise UnfitError
    y = b.like((x.shape[1], max(1, b.size())), x.dtype)
    start = b.like((x.shape[0], y.shape[1]), x.dtype) if b.chance(0.5) else None
    zero = f"jnp.zeros({(x.shape[0], y.shape[1])}, jnp.{x.dtype})"
    steps = ("c + {0} @ {1}", "({0} * i.astype({0}.dtype)) @ {1} + c", "c - {0} @ {1}", "c * 0.5 + {0} @ {1}")
    step = b.random.choice(steps)
    count = b.random.choice(("3", "0", "1"))
    init = zero if start is None else "{2}"
    values = (x, y) if start is None else (x, y, start)
    b.op(f"lax.fori_loop(0, {count}, lambda i, c: {step}, {init})", *values, bits=None)


def while_(b: Builder) -> None:
    """A loop whose number of rounds, and carries whose layouts, depend on the data."""
    x = b.value(1, 3, lambda v: v.dtype == "int32" or (v.floating and v.exact and not v.complex))
    if 0 in x.shape:
        raise UnfitError
    way = b.random.random()
    if way < 0.5:
        condition, body = "lambda c: (c[0] < 4) & (c[1].max() < 100)", "lambda c: (c[0] + 1, c[1] * 2 + 1)"
        b.op(f"lax.while_loop({condition}, {body}, (0, {{0}}))", x, count=2, bits=30)
    else:
        y = b.like(x.shape, x.dtype, exact=True)
        condition, body = "lambda c: c[0] < 3", "lambda c: (c[0] + 1, c[2], c[1])"
        b.op(f"lax.while_loop({condition}, {body}, (0, {{0}}, {{1}}))[1:]", x, y, count=2)


def branch(b: Builder) -> None:
    x = b.floating(1, 3)
    y = b.like(x.shape, x.dtype)
    way = b.random.random()
    if way < 0.4:
        p = b.like((), "bool")
        b.op("lax.cond({0}, lambda t, u: t + u, lambda t, u: t * 2 - u, {1}, {2})", p, x, y, bits=None)
    elif way < 0.6:
        p = b.like((), "bool")
        bodies = "lambda t: (t.sum(), t), lambda t: (t.max(initial=1), t * 2)"
        b.op(f"lax.cond({{0}}, {bodies}, {{1}})", p, x, count=2, bits=None)
    else:
        i = b.argument((), "int32", "outside:3")
        bodies = "[lambda t, u: t, lambda t, u: jnp.sin(u), lambda t, u: jnp.flip(t, 0) + u]"
        b.op(f"lax.switch({{0}}, {bodies}, {{1}}, {{2}})", i, x, y, bits=None)


def manual(b: Builder) -> None:
    """A part written for one device along some of the axes."""
    if any(arg.values.partition(":")[0] in ("index", "outside", "permutation") for arg in b.args):
        raise UnfitError  # see Builder.positions
    if b.main == "bfloat16":  # XLA's own all_reduce of bf16 fails where shard_map made it
        raise UnfitError
    axis = b.random.choice([name for name, size in b.mesh.items() if size > 1])
    count = b.mesh[axis]
    x = b.floating(1, 3)
    dims = [d for d, size in enumerate(x.shape) if size and size % count == 0]
    if not dims:
        raise UnfitError
    dim = b.random.choice(dims)
    spec = "P(" + "None, " * dim + f"{axis!r})"
    axes = (axis,) if b.chance(0.5) else tuple(b.mesh)
    way = b.random.choice(("local", "psum", "gather", "index", "permute", "scatter", "max"))
    if way == "max" and b.special:
        raise UnfitError  # XLA loses NaN in a collective that the program itself has
    out = spec
    if way == "local":
        body = "jnp.sin(t) * 2"
    elif way == "psum":
        body, out = f"lax.psum(t, {axis!r})", "P()"
    elif way == "max":
        body, out = f"lax.pmax(t, {axis!r})", "P()"
    elif way == "gather":
        body, out = f"lax.all_gather(t, {axis!r}, axis={dim}, tiled=True)", "P()"
    elif way == "index":
        body = f"t + lax.axis_index({axis!r}).astype(t.dtype)"
    elif way == "permute":
        body = f"lax.ppermute(t, {axis!r}, [(i, (i + 1) % {count}) for i in range({count})])"
    else:
        body = f"lax.psum_scatter(lax.all_gather(t, {axis!r}, axis={dim}, tiled=True), {axis!r}, scatter_dimension={dim}, tiled=True)"  # noqa: E501
    b.op(f"manual(lambda t: {body}, ({spec},), {out}, {axes!r})({{0}})", x, bits=None)


def constraint(b: Builder) -> None:
    """A layout in the middle of the program."""
    x = b.value(1, 3)
    dims = b.spec(x.shape, divisible=True)
    entries = [repr(tuple(axes)) if len(axes) > 1 else repr(axes[0]) if axes else None for axes in dims]
    texts = [entry or b.random.choice(("None", "'?'")) for entry in entries]
    b.op(f"C({{0}}, {', '.join(texts)})", x)


def block(b: Builder) -> None:
    """Pieces of models: attention, normalisation, a loss with its gradient, rematerialisation."""
    x = b.floating(2, 3)
    if 0 in x.shape:
        raise UnfitError
    size = x.shape[-1]
    w = b.like((size, max(1, b.size())), x.dtype)
    h = "jnp.tanh({0} @ {1})"
    ways = (
        "jax.grad(lambda w: jnp.mean(jnp.square(jnp.tanh({0} @ w))))({1})",
        "jax.grad(lambda t: jnp.sum(jax.checkpoint(lambda u: jnp.sin(jnp.tanh(u @ {1})))(t)))({0})",
        f"({h} - {h}.mean(-1, keepdims=True)) * lax.rsqrt({h}.var(-1, keepdims=True) + 1e-3)",
        f"jax.nn.softmax({h} @ jnp.swapaxes({h}, -1, -2)) @ {h}",
        "jax.jit(lambda t: t @ {1})({0}) + jax.jit(lambda t: t @ {1})(2 * {0})",
        "jnp.einsum('...i,ij->j...', {0}, {1})",
        "lax.map(lambda t: jnp.sum(t @ {1} if t.ndim > 1 else t[None] @ {1}), {0})",
    )
    b.op(b.random.choice(ways), x, w, bits=None)
