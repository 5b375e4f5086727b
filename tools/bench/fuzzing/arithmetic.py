"""Families of ops that compute: elementwise, products, reductions."""

from __future__ import annotations

from math import prod

from eggshard.tools.bench.fuzzing.builder import Builder, UnfitError, Value, product, summed

SMOOTH = (
    "jnp.tanh({0})", "jnp.sin({0})", "jnp.cos({0})", "jax.nn.sigmoid({0})", "jnp.exp(-jnp.abs({0}))",
    "jnp.sqrt(jnp.abs({0}) + 1)", "lax.rsqrt(jnp.abs({0}) + 1)", "jnp.log1p(jnp.abs({0}))", "lax.erf({0})",
    "jnp.cbrt({0})", "jax.nn.gelu({0})", "jax.nn.silu({0})", "lax.expm1(-jnp.abs({0}))", "jax.nn.softplus({0})",
    "lax.erf_inv(0.9 * jnp.tanh({0}))", "jnp.arctan({0})", "jnp.sinh(jnp.tanh({0}))",
    "lax.reduce_precision({0}, 8, 23)",
)  # fmt: skip
EXACT = (
    ("jnp.floor({0})", "same"), ("jnp.sign({0})", 2), ("jnp.round({0})", "same"), ("jnp.isnan({0})", 0),
    ("jnp.isfinite({0})", 0), ("{0}.astype(jnp.int32)", 0), ("jax.nn.relu({0})", "same"), ("jnp.ceil({0})", "same"),
    ("({0} > 0.5)", 0), ("{0}.astype(jnp.int8)", 0), ("lax.bitcast_convert_type({0}, jnp.uint8)", 0),
)  # fmt: skip
INTEGER = (
    "lax.population_count({0})", "lax.clz({0})", "~{0}", "{0} % 5", "{0} // 3", "({0} >> 1)", "({0} << 2)",
    "jnp.sign({0})", "{0}.astype(jnp.int8)", "{0}.astype(jnp.uint8)", "{0}.astype(bool)", "jnp.abs({0})",
)  # fmt: skip


def unary(b: Builder) -> None:
    x = b.value(0, 4)
    if x.dtype == "bool":
        b.op(b.random.choice(("~{0}", "{0}.astype(jnp.int32)", f"{{0}}.astype(jnp.{b.main})")), x, bits=1)
    elif x.integer:
        b.op(b.random.choice((*INTEGER, f"{{0}}.astype(jnp.{b.main})")), x, bits=8)
    elif x.complex:
        b.op(b.random.choice(("jnp.conj({0})", "jnp.real({0})", "jnp.imag({0})", "-{0}")), x)
    elif x.exact and b.chance(0.4):
        template, bits = b.random.choice(EXACT)
        b.op(template, x, bits=bits)
    elif b.chance(0.25):
        template, more = b.random.choice((("-{0}", 0), ("jnp.square({0})", None), ("2 * {0}", 1), ("{0} + 0.5", 2)))
        b.op(template, x, bits=None if more is None or x.bits is None else x.bits + more, wrap="smooth")
    else:
        b.op(b.random.choice(SMOOTH), x, bits=None, wrap="smooth")


def binary(b: Builder) -> None:
    x = b.value(0, 4)
    y = b.like(x.shape, x.dtype)
    if x.dtype == "bool":
        b.op(b.random.choice(("{0} & {1}", "{0} | {1}", "{0} ^ {1}")), x, y)
    elif x.integer:
        names = ("{0} + {1}", "{0} - {1}", "{0} * {1}", "jnp.maximum({0}, {1})", "jnp.minimum({0}, {1})", "{0} & {1}",
                 "{0} ^ {1}", "{0} // ({1} | 1)", "{0} % ({1} | 1)", "{0} < {1}", "{0} == {1}")  # fmt: skip
        b.op(b.random.choice(names), x, y)
    elif x.exact and y.exact and not x.complex and b.chance(0.3):
        template = b.random.choice(("{0} < {1}", "{0} == {1}", "jnp.maximum({0}, {1})", "jnp.minimum({0}, {1})"))
        b.op(template, x, y)
    else:
        sums, products = ("{0} + {1}", "{0} - {1}"), ("{0} * {1}",)
        others = () if x.complex else ("{0} / (1 + jnp.abs({1}))", "jnp.arctan2({0}, {1})", "jnp.hypot({0}, {1})",
                                       "jnp.power(jnp.abs({0}) + 0.5, jnp.tanh({1}))")  # fmt: skip
        template = b.random.choice((*sums, *sums, *products, *products, *others))
        exact = summed(x, 2) if template in sums else product(x, y) if template in products else None
        b.op(template, x, y, bits=None if y.bits is None else exact, wrap="smooth")


def select(b: Builder) -> None:
    x = b.value(0, 3)
    y = b.like(x.shape, x.dtype)
    if b.chance(0.6):
        p = b.like(x.shape if b.chance(0.7) else (), "bool")
        b.op("lax.select({0}, {1}, {2})", p, x, y)
    elif x.complex or x.dtype == "bool":
        raise UnfitError
    elif b.chance(0.5):
        low, high = b.like((), x.dtype), b.like((), x.dtype)
        b.op("lax.clamp({0}, {1}, {2})", low, x, high)
    else:
        b.op("lax.clamp({0}, {1}, {0})", y, x)


def dot(b: Builder) -> None:
    x = b.value(1, 4, lambda v: v.dtype not in ("bool", "uint8", "uint32", "int8"))
    order = b.random.sample(range(x.rank), x.rank)
    batch = b.random.randint(0, min(2, x.rank - 1)) if b.chance(0.4) else 0
    contracted = b.random.randint(0 if b.chance(0.1) else 1, min(2, x.rank - batch))
    lhs_batch, lhs = order[:batch], order[batch : batch + contracted]
    parts = [x.shape[d] for d in (*lhs_batch, *lhs)] + list(b.shape(0, 2))
    places = b.random.sample(range(len(parts)), len(parts))
    y = b.like(tuple(parts[p] for p in places), x.dtype)
    rhs_batch = [places.index(i) for i in range(batch)]
    rhs = [places.index(batch + i) for i in range(contracted)]
    numbers = f"(({lhs}, {rhs}), ({lhs_batch}, {rhs_batch}))"
    wide = f", preferred_element_type=jnp.{'float32' if x.dtype == 'bfloat16' else x.dtype}" if b.chance(0.3) else ""
    count = prod(x.shape[d] for d in lhs)
    exact = product(x, y)
    bits = None if exact is None else summed(Value("", (), "", exact), count)
    b.op(f"lax.dot_general({{0}}, {{1}}, {numbers}{wide})", x, y, bits=bits, wrap="smooth")


def _dims(b: Builder, x: Value) -> list[int]:
    return sorted(b.random.sample(range(x.rank), b.random.randint(1, x.rank)))


def reduce(b: Builder) -> None:
    """Sums, products, extremes, and what is made of them."""
    x = b.value(1, 4)
    dims = tuple(_dims(b, x))
    count = prod(x.shape[d] for d in dims)
    if x.dtype == "bool":
        b.op(f"jnp.{b.random.choice(('any', 'all', 'sum'))}({{0}}, axis={dims})", x)
        return
    if count == 0:
        b.op(f"{{0}}.sum({dims})", x)
        return
    kinds = ["sum", "sum", "prod"] if x.complex else ["sum", "sum", "prod", "max", "min"]
    kind = b.random.choice(kinds)
    if x.floating and not x.complex and b.chance(0.35):
        composed = (f"jnp.mean({{0}}, {dims})", f"jnp.var({{0}}, {dims})", f"jax.nn.logsumexp({{0}}, {dims})",
                    f"jax.nn.softmax({{0}}, {dims[0]})", f"jax.nn.log_softmax({{0}}, {dims[0]})")  # fmt: skip
        b.op(b.random.choice(composed), x, bits=None, wrap="smooth")
        return
    keep = ", keepdims=True" if b.chance(0.2) else ""
    bits = x.bits if kind in ("max", "min") else summed(x, count) if kind == "sum" else None
    wrap = "smooth" if kind == "sum" else "exact"
    b.op(f"jnp.{kind}({{0}}, axis={dims}{keep})", x, bits=bits, wrap=wrap)


def reduce_from(b: Builder) -> None:
    """
    Reductions from a starting value that is not neutral, which may be an argument.

    Of more than one element: else XLA leaves the starting value out.
    """
    x = b.value(1, 3, lambda v: not v.complex)
    dims = _dims(b, x)
    count = prod(x.shape[d] for d in dims)
    if count == 1:
        raise UnfitError
    if x.dtype == "bool":
        kinds = ["bitwise_and", "bitwise_or", "bitwise_xor"]
    else:
        kinds = ["add", "max", "min", "mul"] + (["bitwise_and", "bitwise_or", "bitwise_xor"] if x.integer else [])
    kind = b.random.choice(kinds)
    start = b.like((), x.dtype, exact=True)
    bits = None if kind == "mul" else summed(x, count + 1) if kind == "add" else x.bits
    b.op(f"lax.reduce({{0}}, {{1}}, lax.{kind}, {dims})", x, start, bits=bits)


PAIR = "lambda a, b: (jnp.where((a[0] > b[0]) | ((a[0] == b[0]) & (a[1] < b[1])), a[0], b[0]), jnp.where((a[0] > b[0]) | ((a[0] == b[0]) & (a[1] < b[1])), a[1], b[1]))"  # noqa: E501
MIXED = "lambda a, b: (a[0] + b[0], lax.max(a[1], b[1]))"
ALIKE = "lambda a, b: (a[0] + b[0], a[1] + b[1])"


def reduce_any(b: Builder) -> None:
    """Bodies that are no single op: argmax, pairs, log-add-exp; from neutral values."""
    x = b.floating(1, 3, exact=True)
    if any(size == 0 for size in x.shape):
        raise UnfitError
    dims = _dims(b, x)
    ways: tuple[str, ...] = ("arg", "arg", "pair", "mixed", "alike", "logaddexp")
    if b.special or prod(x.shape[d] for d in dims) == 1:
        ways = ("arg",) * len(ways)  # the other bodies say nothing sensible of NaN
    which = b.random.choice(ways)
    if which == "arg":
        axis = b.random.randrange(x.rank)
        b.op(f"jnp.{b.random.choice(('argmax', 'argmin'))}({{0}}, axis={axis})", x)
    elif which == "logaddexp":
        b.op(f"lax.reduce({{0}}, jnp.{x.dtype}(-np.inf), jnp.logaddexp, {dims})", x, bits=None)
    elif which == "pair":
        y = b.like(x.shape, "int32")
        starts = f"(jnp.{x.dtype}(-np.inf), jnp.int32(2**31 - 1))"
        b.op(f"lax.reduce(({{0}}, {{1}}), {starts}, {PAIR}, {dims})", x, y, count=2)
    else:
        y = b.like(x.shape, x.dtype, exact=True)
        starts = f"(jnp.{x.dtype}(0), jnp.{x.dtype}({'-np.inf' if which == 'mixed' else 2}))"
        body = MIXED if which == "mixed" else ALIKE
        count = prod(x.shape[d] for d in dims)
        b.op(f"lax.reduce(({{0}}, {{1}}), {starts}, {body}, {dims})", x, y, count=2, bits=summed(x, count + 1))
