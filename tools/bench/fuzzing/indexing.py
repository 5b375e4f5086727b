"""Families of ops that read and write at computed positions."""

from __future__ import annotations

from math import prod

from eggshard.tools.bench.fuzzing.builder import Builder, UnfitError, Value, growth

MODES = ("clip", "fill", "wrap")


def _indexed(b: Builder, low: int = 1, high: int = 3) -> tuple[Value, int]:
    """A value and a dimension of it that is not empty."""
    x = b.value(low, high, lambda v: bool(v.shape) and 0 not in v.shape)
    return x, b.random.randrange(x.rank)


def take(b: Builder) -> None:
    x, dim = _indexed(b)
    i = b.positions(b.shape(0, 2), x.shape[dim])
    mode = b.random.choice(MODES)
    b.op(f"jnp.take({{0}}, {{1}}, axis={dim}, mode='{mode}')", x, i, wrap="smooth")


def take_along_axis(b: Builder) -> None:
    x, dim = _indexed(b)
    shape = tuple(b.size() if d == dim else s for d, s in enumerate(x.shape))
    i = b.positions(shape, x.shape[dim])
    b.op(f"jnp.take_along_axis({{0}}, {{1}}, {dim}, mode='{b.random.choice(MODES[:2])}')", x, i, wrap="smooth")


def index_many(b: Builder) -> None:
    """Several dimensions indexed at once, next to one another or not."""
    x, _ = _indexed(b, 2, 3)
    dims = sorted(b.random.sample(range(x.rank), 2))
    shape = b.shape(1, 2)
    i, j = (b.positions(shape, x.shape[d], outside=False) for d in dims)
    places = [":"] * x.rank
    places[dims[0]], places[dims[1]] = "{1}", "{2}"
    b.op(f"{{0}}[{', '.join(places)}]", x, i, j, wrap="smooth")


def gather(b: Builder) -> None:
    """The general op: windows of more than one element, any order of dimensions."""
    x, _ = _indexed(b, 1, 3)
    indexed = b.random.sample(range(x.rank), b.random.randint(1, x.rank))
    sizes, collapsed = [], []
    for dim, size in enumerate(x.shape):
        if dim in indexed:
            sizes.append(b.random.choice((1, 1, 1, min(2, size), size)))
        else:
            sizes.append(size if b.chance(0.8) else b.random.randint(1, size))
        if sizes[-1] == 1 and dim in indexed and b.chance(0.7):
            collapsed.append(dim)
    grid = b.shape(1, 2)
    offset = sorted(b.random.sample(range(x.rank - len(collapsed) + len(grid)), x.rank - len(collapsed)))
    numbers = (
        f"lax.GatherDimensionNumbers(offset_dims={tuple(offset)}, collapsed_slice_dims={tuple(collapsed)}, "
        f"start_index_map={tuple(indexed)})"
    )
    limit = max(x.shape[dim] for dim in indexed)
    i = b.positions((*grid, len(indexed)), limit)
    mode = b.random.choice(("clip", "fill"))
    b.op(f"lax.gather({{0}}, {{1}}, {numbers}, {tuple(sizes)}, mode='{mode}')", x, i)


WRITES = ("add", "add", "set", "max", "min", "multiply")


def scatter(b: Builder) -> None:
    """Rows of a table are written, added to, or compared."""
    x, dim = _indexed(b)
    write = b.random.choice(WRITES if x.dtype != "bool" else ("set", "max", "min"))
    if x.complex and write in ("max", "min"):
        raise UnfitError
    count = b.random.randint(1, x.shape[dim]) if write == "set" else max(1, b.size())
    i = b.positions((count,), x.shape[dim], distinct=write == "set")
    updates = b.like((*x.shape[:dim], count, *x.shape[dim + 1 :]), x.dtype)
    where = ", ".join("{1}" if d == dim else ":" for d in range(x.rank))
    mode = b.random.choice(("drop", "clip")) if write != "set" else "drop"
    distinct = ", unique_indices=True" if write == "set" and b.chance(0.3) else ""
    moved = updates
    bits = None if x.bits is None or updates.bits is None or write == "multiply" else (
        max(x.bits, updates.bits) + (growth(count) if write == "add" else 0)
    )  # fmt: skip
    b.op(f"{{0}}.at[{where}].{write}({{2}}, mode='{mode}'{distinct})", x, i, moved, bits=bits)


def scatter_many(b: Builder) -> None:
    """Elements at pairs of positions, and rows beside whole dimensions."""
    x, _ = _indexed(b, 2, 3)
    if x.dtype == "bool":
        raise UnfitError
    dims = sorted(b.random.sample(range(x.rank), 2))
    shape = b.shape(1, 2)
    i, j = (b.positions(shape, x.shape[d]) for d in dims)
    places = [":"] * x.rank
    places[dims[0]], places[dims[1]] = "{1}", "{2}"
    rest = [s for d, s in enumerate(x.shape) if d not in dims]
    apart = x.rank == 3 and dims == [0, 2]
    updates = b.like((*shape, *rest) if apart or dims[0] == 0 else (*rest, *shape), x.dtype)
    bits = None if None in (x.bits, updates.bits) else max(x.bits or 0, updates.bits or 0) + growth(prod(shape))
    b.op(f"{{0}}.at[{', '.join(places)}].add({{3}}, mode='drop')", x, i, j, updates, bits=bits)


def segments(b: Builder) -> None:
    x = b.value(1, 3, lambda v: v.dtype != "bool" and not v.complex and 0 not in v.shape)
    count = max(1, b.size())
    kind = b.random.choice(("sum", "sum", "max", "min", "prod"))
    i = b.positions((x.shape[0],), count)
    bits = x.bits if kind in ("max", "min") else None
    if kind == "sum" and x.bits is not None:
        bits = x.bits + growth(x.shape[0])
    b.op(f"jax.ops.segment_{kind}({{0}}, {{1}}, {count})", x, i, bits=bits)


def dynamic_slice(b: Builder) -> None:
    x, _ = _indexed(b)
    sizes = [b.random.randint(1, s) if b.chance(0.5) else s for s in x.shape]
    starts = _starts(b, x)
    names = ", ".join(f"{{{i + 1}}}" for i in range(x.rank))
    b.op(f"lax.dynamic_slice({{0}}, [{names}], {sizes})", x, *starts, wrap="smooth")


def dynamic_update_slice(b: Builder) -> None:
    x, _ = _indexed(b)
    sizes = tuple(b.random.randint(1, s) if b.chance(0.5) else s for s in x.shape)
    update = b.like(sizes, x.dtype)
    starts = _starts(b, x)
    names = ", ".join(f"{{{i + 2}}}" for i in range(x.rank))
    b.op(f"lax.dynamic_update_slice({{0}}, {{1}}, [{names}])", x, update, *starts)


def _starts(b: Builder, x: Value) -> list[Value]:
    dtype = b.random.choice(("int32", "int32", "uint8", "int64", "uint32"))
    return [b.argument((), dtype, f"outside:{size}") for size in x.shape]


def cache(b: Builder) -> None:
    """A KV cache: new rows are written, the whole is read, in a loop or not."""
    x, _ = _indexed(b, 2, 3)
    if x.dtype == "bool" or x.shape[0] < 2:
        raise UnfitError
    row = b.like((1, *x.shape[1:]), x.dtype)
    start = b.argument((), "int32", f"index:{x.shape[0]}")
    zeros = ", ".join(["jnp.int32(0)"] * (x.rank - 1))
    once = f"lax.dynamic_update_slice({{0}}, {{1}}, ({{2}}, {zeros}))"
    loop = f"lax.fori_loop(jnp.int32(0), jnp.int32(3), lambda i, c: lax.dynamic_update_slice(c, {{1}} * i.astype(c.dtype), (i * {{2}}, {zeros})), {{0}})"  # noqa: E501
    b.op(b.random.choice((once, loop)), x, row, start, bits=None if None in (x.bits, row.bits) else 9)
