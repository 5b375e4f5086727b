"""The families of ops that random programs draw from: each adds one op, with the operands it needs."""

from __future__ import annotations

from eggshard.tools.bench.random_layouts import Shape
from eggshard.tools.bench.random_programs import Builder, tensor

UNARY = ("abs", "cosine", "exponential", "floor", "logistic", "negate", "rsqrt", "sine", "sqrt", "tanh")
BINARY = ("add", "atan2", "divide", "maximum", "minimum", "multiply", "power", "subtract")
REDUCERS = ("add", "maximum", "minimum", "multiply")


def ints(values: Shape | list[int]) -> str:
    return f"array<i64: {', '.join(map(str, values))}>" if values else "array<i64>"


def elementwise(b: Builder) -> None:
    x = b.value(0, 4)
    kind = b.random.random()
    if kind < 0.3:
        b.op(f"stablehlo.{b.random.choice(UNARY)}", [x], [(x.shape, "f32")])
    elif kind < 0.85:
        b.op(f"stablehlo.{b.random.choice(BINARY)}", [x, b.like(x.shape)], [(x.shape, "f32")])
    elif kind < 0.93:
        p = b.like(x.shape, "i1") if b.random.random() < 0.6 else b.scalar("i1")
        b.op("stablehlo.select", [p, x, b.like(x.shape)], [(x.shape, "f32")])
    elif kind < 0.97:
        low = b.like(x.shape) if b.random.random() < 0.5 else b.scalar()
        b.op("stablehlo.clamp", [low, x, low], [(x.shape, "f32")])
    else:
        direction = "comparison_direction = #stablehlo<comparison_direction LT>"
        b.op("stablehlo.compare", [x, b.like(x.shape)], [(x.shape, "i1")], direction)


def broadcast(b: Builder) -> None:
    x = b.value(0, 2)
    added = b.random.randint(0 if x.shape else 1, 2)
    places = sorted(b.random.sample(range(len(x.shape) + added), len(x.shape)))
    shape = list(b.shape(len(x.shape) + added, len(x.shape) + added))
    for dim, place in enumerate(places):
        shape[place] = x.shape[dim] if x.shape[dim] != 1 or b.random.random() < 0.3 else shape[place]
    b.op("stablehlo.broadcast_in_dim", [x], [(tuple(shape), "f32")], f"broadcast_dimensions = {ints(places)}")


def dot(b: Builder) -> None:
    x = b.value(1, 3)
    rank = len(x.shape)
    batch = b.random.randint(0, max(0, rank - 2))
    contracted = b.random.randint(batch, rank - 1)
    free = b.shape(0, 1) if batch else b.shape(1, 2)
    shape = [*x.shape[:batch], x.shape[contracted], *free]
    order = [*range(batch), *b.random.sample(range(batch, len(shape)), len(shape) - batch)]
    y = b.like(tuple(shape[i] for i in order))
    lhs, rhs = [contracted], [order.index(batch)]
    out = [*x.shape[:batch], *(s for d, s in enumerate(x.shape) if d >= batch and d != contracted)]
    out += [y.shape[d] for d in range(batch, len(shape)) if d != rhs[0]]
    dims = list(range(batch))
    numbers = (
        f"#stablehlo.dot<lhs_batching_dimensions = {dims}, rhs_batching_dimensions = {dims}, "
        f"lhs_contracting_dimensions = {lhs}, rhs_contracting_dimensions = {rhs}>"
    )
    b.op("stablehlo.dot_general", [x, y], [(tuple(out), "f32")], f"dot_dimension_numbers = {numbers}")


def reduce(b: Builder) -> None:
    x = b.value(1, 4)
    dims = sorted(b.random.sample(range(len(x.shape)), b.random.randint(1, len(x.shape))))
    out = tuple(s for d, s in enumerate(x.shape) if d not in dims)
    attribute = f"dimensions = {ints(dims)}"
    if b.random.random() < 0.8:
        b.op("stablehlo.reduce", [x, b.scalar()], [(out, "f32")], attribute, b.body(b.random.choice(REDUCERS)))
        return
    f = tensor(())
    pair = f'({{ ^bb0(%x: {f}, %y: {f}, %z: {f}, %w: {f}): "stablehlo.return"(%z, %y) : ({f}, {f}) -> () }})'
    operands = [x, b.like(x.shape), b.scalar(), b.scalar()]
    b.op("stablehlo.reduce", operands, [(out, "f32"), (out, "f32")], attribute, pair)


def transpose(b: Builder) -> None:
    x = b.value(2, 4)
    order = b.random.sample(range(len(x.shape)), len(x.shape))
    b.op("stablehlo.transpose", [x], [(tuple(x.shape[d] for d in order), "f32")], f"permutation = {ints(order)}")


def reshape(b: Builder) -> None:
    x = b.value(1, 4)
    factors: list[int] = []
    for size in x.shape:
        for prime in (2, 3):
            while size % prime == 0:
                factors.append(prime)
                size //= prime
        if size > 1:
            factors.append(size)
    if b.random.random() < 0.2:
        b.random.shuffle(factors)
    rank = b.random.randint(1, 4)
    cuts = sorted(b.random.randint(0, len(factors)) for _ in range(rank - 1))
    shape: list[int] = []
    for low, high in zip([0, *cuts], [*cuts, len(factors)], strict=True):
        size = 1
        for factor in factors[low:high]:
            size *= factor
        shape.append(size)
    b.op("stablehlo.reshape", [x], [(tuple(shape), "f32")])


def iota(b: Builder) -> None:
    shape = b.shape(1, 3)
    b.op("stablehlo.iota", [], [(shape, "f32")], f"iota_dimension = {b.random.randrange(len(shape))} : i64")


def constant(b: Builder) -> None:
    x = b.constant(b.random.choice([v.shape for v in b.pool] or [b.shape()]))
    for _ in range(b.random.randint(1, 2)):
        b.op("stablehlo.add", [x, b.like(x.shape)], [(x.shape, "f32")])


def slice_(b: Builder) -> None:
    x = b.value(1, 3)
    start = [b.random.randrange(s) if b.random.random() < 0.4 else 0 for s in x.shape]
    stride = [b.random.choice((1, 1, 1, 2)) for _ in x.shape]
    out = tuple(-(-(s - a) // t) for s, a, t in zip(x.shape, start, stride, strict=True))
    attribute = f"start_indices = {ints(start)}, limit_indices = {ints(x.shape)}, strides = {ints(stride)}"
    b.op("stablehlo.slice", [x], [(out, "f32")], attribute)


def pad(b: Builder) -> None:
    x = b.value(1, 3)
    low, high, interior = ([b.random.choice((0, 0, 0, 1, 2)) for _ in x.shape] for _ in range(3))
    out = tuple(s + a + c + (s - 1) * i for s, a, c, i in zip(x.shape, low, high, interior, strict=True))
    attribute = f"edge_padding_low = {ints(low)}, edge_padding_high = {ints(high)}, interior_padding = {ints(interior)}"
    b.op("stablehlo.pad", [x, b.scalar()], [(out, "f32")], attribute)


def concatenate(b: Builder) -> None:
    x = b.value(1, 3)
    dim = b.random.randrange(len(x.shape))
    parts = [x]
    for _ in range(b.random.randint(0, 2)):
        size = x.shape[dim] if b.random.random() < 0.6 else b.random.choice((1, 2, 4, 8))
        parts.append(b.like((*x.shape[:dim], size, *x.shape[dim + 1 :])))
    total = sum(part.shape[dim] for part in parts)
    shape = (*x.shape[:dim], total, *x.shape[dim + 1 :])
    b.op("stablehlo.concatenate", parts, [(shape, "f32")], f"dimension = {dim} : i64")


def reverse(b: Builder) -> None:
    x = b.value(1, 3)
    dims = sorted(b.random.sample(range(len(x.shape)), b.random.randint(1, len(x.shape))))
    b.op("stablehlo.reverse", [x], [(x.shape, "f32")], f"dimensions = {ints(dims)}")


def dynamic_slice(b: Builder) -> None:
    x = b.value(1, 3)
    sizes = tuple(b.random.randint(1, s) if b.random.random() < 0.5 else s for s in x.shape)
    starts = [b.scalar("i32") for _ in x.shape]
    b.op("stablehlo.dynamic_slice", [x, *starts], [(sizes, "f32")], f"slice_sizes = {ints(sizes)}")


def dynamic_update_slice(b: Builder) -> None:
    x = b.value(1, 3)
    sizes = tuple(b.random.randint(1, s) if b.random.random() < 0.5 else s for s in x.shape)
    starts = [b.scalar("i32") for _ in x.shape]
    b.op("stablehlo.dynamic_update_slice", [x, b.like(sizes), *starts], [(x.shape, "f32")])


def sort(b: Builder) -> None:
    x = b.value(1, 3)
    dim = b.random.randrange(len(x.shape))
    body = b.body("compare", "f32", "i1")
    b.op("stablehlo.sort", [x], [(x.shape, "f32")], f"dimension = {dim} : i64, is_stable = true", body)


def random_bits(b: Builder) -> None:
    key = b.like((2,), "ui64")
    algorithm = "rng_algorithm = #stablehlo<rng_algorithm THREE_FRY>"
    bits = b.op("stablehlo.rng_bit_generator", [key], [((2,), "ui64"), (b.shape(1, 3), "ui32")], algorithm)[1]
    b.op("stablehlo.convert", [bits], [(bits.shape, "f32")])


def barrier(b: Builder) -> None:
    values = [b.value(0, 3) for _ in range(b.random.randint(1, 3))]
    b.op("stablehlo.optimization_barrier", values, [(v.shape, v.element) for v in values])


def constraint(b: Builder) -> None:
    x = b.value(1, 3)
    open = False if b.random.random() < 0.5 else None
    b.op(
        "sdy.sharding_constraint",
        [x],
        [(x.shape, "f32")],
        f"sharding = #sdy.sharding{b.layouts.sharding(x.shape, open)}",
        " ",
    )


def group(b: Builder) -> None:
    x = b.value(1, 3)
    y = b.like(x.shape)
    if b.random.random() < 0.5:
        y = b.op("stablehlo.negate", [y], [(x.shape, "f32")])[0]
    b.count += 1
    for value in (x, y):
        b.op("sdy.sharding_group", [value], [], f"group_id = {b.count} : i64")


def propagation_barrier(b: Builder) -> None:
    x = b.value(1, 3)
    way = b.random.choice((0, 1, 2))
    b.op("sdy.propagation_barrier", [x], [(x.shape, "f32")], f"allowed_direction = {way} : i32")


def transpose_pair(b: Builder) -> None:
    """There and back again, as loop bodies do."""
    x = b.value(2, 3)
    order = list(reversed(range(len(x.shape))))
    y = b.op("stablehlo.transpose", [x], [(x.shape[::-1], "f32")], f"permutation = {ints(order)}")[0]
    b.op("stablehlo.transpose", [y], [(x.shape, "f32")], f"permutation = {ints(order)}")


def reduce_back(b: Builder) -> None:
    """Reduces a dimension and broadcasts it again, as a softmax does."""
    x = b.value(1, 3)
    dim = b.random.randrange(len(x.shape))
    out = (*x.shape[:dim], *x.shape[dim + 1 :])
    y = b.op("stablehlo.reduce", [x, b.scalar()], [(out, "f32")], f"dimensions = {ints([dim])}", b.body("add"))[0]
    places = [d for d in range(len(x.shape)) if d != dim]
    b.op("stablehlo.broadcast_in_dim", [y], [(x.shape, "f32")], f"broadcast_dimensions = {ints(places)}")
