"""Families of ops that look at windows: convolutions, pooling, running sums, and their gradients."""

from __future__ import annotations

from eggshard.tools.bench.fuzzing.builder import Builder, UnfitError, Value


def convolution(b: Builder) -> None:
    """Up to three spatial dimensions, strides, both dilations, groups of either kind, any order of dimensions."""
    spatial = b.random.choice((1, 1, 2, 2, 3))
    draw = b.random.choice
    sizes = [max(1, b.size()) for _ in range(spatial)]
    if spatial == 3:
        sizes = [min(size, 6) for size in sizes]
    kernel = [b.random.randint(1, min(5, size + 2)) for size in sizes]
    strides = [draw((1, 1, 1, 2, 3)) for _ in sizes]
    lhs_dilation = [draw((1, 1, 1, 2)) for _ in sizes]
    rhs_dilation = [draw((1, 1, 1, 2)) for _ in sizes]
    if b.chance(0.4):
        padding: object = draw(("SAME", "VALID"))
    else:
        padding = [(draw((0, 0, 1, 2, 3, -1)), draw((0, 0, 1, 2, 3, -1))) for _ in sizes]
    groups, batch_groups = draw(((1, 1), (1, 1), (1, 1), (2, 1), (4, 1), (1, 2), (1, 4)))
    features, outputs, batch = draw((1, 2, 3, 4)), draw((1, 2, 3)), draw((1, 2, 3, 4, 8))
    lhs = [batch * batch_groups, features * groups, *sizes]
    rhs = [outputs * groups * batch_groups, features, *kernel]
    rank = spatial + 2
    orders = [b.random.sample(range(rank), rank) if b.chance(0.5) else list(range(rank)) for _ in range(3)]
    names = "NC" + "DHW"[:spatial]
    kernel_names = "OI" + "DHW"[:spatial]
    spec = tuple("".join(n[i] for i in order) for n, order in zip((names, kernel_names, names), orders, strict=True))
    if (isinstance(padding, str) and max(lhs_dilation) > 1) or b.special:
        raise UnfitError  # whether zeros around the input meet an infinite weight is up to XLA
    x = b.like(tuple(lhs[i] for i in orders[0]), b.main)
    w = b.like(tuple(rhs[i] for i in orders[1]), b.main)
    call = (
        f"lax.conv_general_dilated({{}}, {{}}, {strides}, {padding!r}, lhs_dilation={lhs_dilation}, "
        f"rhs_dilation={rhs_dilation}, dimension_numbers={spec}, feature_group_count={groups}, "
        f"batch_group_count={batch_groups})"
    )
    way = b.random.random()
    if way < 0.55:
        y = b.op(call.format("{0}", "{1}"), x, w, bits=None)[0]
    elif way < 0.8:
        y = b.op(f"jax.grad(lambda t: jnp.sum(jnp.sin({call.format('t', '{1}')})))({{0}})", x, w, bits=None)[0]
    else:
        y = b.op(f"jax.grad(lambda t: jnp.sum(jnp.sin({call.format('{0}', 't')})))({{1}})", x, w, bits=None)[0]
    if 0 in y.shape and not b.zero:
        raise UnfitError


def _pooled(b: Builder) -> tuple[Value, list[int], list[int], object]:
    x = b.floating(2, 4, exact=True)
    if 0 in x.shape:
        raise UnfitError
    window = [b.random.choice((1, 1, 2, 3)) if size > 1 else 1 for size in x.shape]
    window = [min(w, size) for w, size in zip(window, x.shape, strict=True)]
    strides = [b.random.choice((1, 1, 2, w)) for w in window]
    padding: object = b.random.choice(("SAME", "VALID"))
    if b.chance(0.4):
        padding = [(b.random.randint(0, w - 1), b.random.randint(0, w - 1)) for w in window]
    return x, window, strides, padding


def pooling(b: Builder) -> None:
    x, window, strides, padding = _pooled(b)
    starts = (("max", "-np.inf"), ("min", "np.inf"), ("add", "0"), ("add", "1.5"), ("max", "0.5"))
    kind, start = b.random.choice(starts)
    dilations = ""
    if start == "1.5":  # XLA does not count it in padding and holes, where the specification does
        padding = "VALID"
    elif b.chance(0.3):
        ones = [b.random.choice((1, 1, 2)) for _ in window]
        holes = [b.random.choice((1, 1, 2)) for _ in window]
        # XLA's CPU backend gives memory as it found it for a window that sees holes of the operand alone.
        ones = [one if w > 1 and hole == 1 else 1 for one, w, hole in zip(ones, window, holes, strict=True)]
        dilations = f", base_dilation={ones}, window_dilation={holes}"
    bits = x.bits if kind != "add" or x.bits is None else x.bits + 7
    b.op(
        f"lax.reduce_window({{0}}, jnp.{x.dtype}({start}), lax.{kind}, {window}, {strides}, {padding!r}{dilations})",
        x,
        bits=bits,
    )


def pooling_gradient(b: Builder) -> None:
    """Maximum pooling backwards is select_and_scatter; average pooling a dilated window."""
    x, window, strides, padding = _pooled(b)
    kind, start = b.random.choice((("max", "-np.inf"), ("max", "-np.inf"), ("min", "np.inf"), ("add", "0.")))
    pool = f"lax.reduce_window(t, {start}, lax.{kind}, {window}, {strides}, {padding!r})"
    b.op(f"jax.grad(lambda t: jnp.sum(jnp.sin({pool})))({{0}})", x, bits=None)


def running(b: Builder) -> None:
    """cumsum and its kin, forwards and backwards, as one op or as a scan."""
    x = b.value(1, 3, lambda v: v.dtype != "bool" and not v.complex and 0 not in v.shape)
    dim = b.random.randrange(x.rank)
    kind = b.random.choice(("sum", "sum", "prod", "max", "min", "logsumexp" if x.floating else "sum"))
    back = b.chance(0.3)
    bits = x.bits if kind in ("max", "min") else x.bits + 5 if kind == "sum" and x.bits is not None else None
    if kind == "sum" and b.chance(0.4):
        template = f"lax.associative_scan(jnp.add, {{0}}, axis={dim}, reverse={back})"
    else:
        template = f"lax.cum{kind}({{0}}, axis={dim}, reverse={back})"
    b.op(template, x, bits=bits, wrap="smooth" if kind in ("sum", "logsumexp") else "exact")
