"""More families for random programs: indexing, windows, linear algebra."""

from __future__ import annotations

from eggshard.tools.bench.random_layouts import Shape
from eggshard.tools.bench.random_ops import ints
from eggshard.tools.bench.random_programs import Builder


def gather(b: Builder) -> None:
    x = b.value(1, 3)
    rank = len(x.shape)
    indexed = sorted(b.random.sample(range(rank), b.random.randint(1, min(2, rank))))
    grid = b.shape(1, 2)
    collapsed = [d for d in indexed if b.random.random() < 0.7]
    sizes = [1 if d in collapsed else b.random.randint(1, s) if d in indexed else s for d, s in enumerate(x.shape)]
    windows = [s for d, s in enumerate(sizes) if d not in collapsed]
    offset = sorted(b.random.sample(range(len(grid) + len(windows)), len(windows)))
    out = _interleave(grid, windows, offset)
    indices = b.like((*grid, len(indexed)), "i32")
    numbers = (
        f"#stablehlo.gather<offset_dims = {offset}, collapsed_slice_dims = {collapsed}, start_index_map = {indexed}, "
        f"index_vector_dim = {len(grid)}>"
    )
    attribute = f"dimension_numbers = {numbers}, slice_sizes = {ints(sizes)}, indices_are_sorted = false"
    b.op("stablehlo.gather", [x, indices], [(out, "f32")], attribute)


def batched_gather(b: Builder) -> None:
    x = b.value(2, 3)
    count = b.random.choice((1, 2, 4, 8))
    indices = b.like((x.shape[0], count, 1), "i32")
    rest = list(range(2, 2 + len(x.shape) - 2))
    numbers = (
        f"#stablehlo.gather<offset_dims = {rest}, collapsed_slice_dims = [1], operand_batching_dims = [0], "
        f"start_indices_batching_dims = [0], start_index_map = [1], index_vector_dim = 2>"
    )
    sizes = [1, 1, *x.shape[2:]]
    attribute = f"dimension_numbers = {numbers}, slice_sizes = {ints(sizes)}, indices_are_sorted = false"
    b.op("stablehlo.gather", [x, indices], [((x.shape[0], count, *x.shape[2:]), "f32")], attribute)


def scatter(b: Builder) -> None:
    x = b.value(1, 3)
    rank = len(x.shape)
    indexed = sorted(b.random.sample(range(rank), b.random.randint(1, min(2, rank))))
    grid = b.shape(1, 2)
    inserted = [d for d in indexed if b.random.random() < 0.7]
    windows = [b.random.randint(1, s) if d in indexed else s for d, s in enumerate(x.shape) if d not in inserted]
    window_dims = sorted(b.random.sample(range(len(grid) + len(windows)), len(windows)))
    updates = b.like(_interleave(grid, windows, window_dims))
    indices = b.like((*grid, len(indexed)), "i32")
    numbers = (
        f"#stablehlo.scatter<update_window_dims = {window_dims}, inserted_window_dims = {inserted}, "
        f"scatter_dims_to_operand_dims = {indexed}, index_vector_dim = {len(grid)}>"
    )
    body = b.body(b.random.choice(("add", "add", "maximum", "subtract")))
    b.op("stablehlo.scatter", [x, indices, updates], [(x.shape, "f32")], f"scatter_dimension_numbers = {numbers}", body)


def _interleave(grid: Shape, windows: list[int], places: list[int]) -> Shape:
    outer, inner = iter(grid), iter(windows)
    return tuple(next(inner) if d in places else next(outer) for d in range(len(grid) + len(windows)))


def convolution(b: Builder) -> None:
    batch, size, features, outputs = (b.random.choice((2, 4, 8, 16)) for _ in range(4))
    window = min(size, b.random.choice((1, 3, 3, 5)))
    stride = b.random.choice((1, 1, 2))
    groups = b.random.choice((1, 1, 1, 2))
    same = b.random.random() < 0.5
    pad = (window // 2, window // 2) if same else (0, 0)
    out = (size + sum(pad) - window) // stride + 1
    x = b.like((batch, size, features))
    k = b.like((window, features // groups, outputs))
    numbers = "#stablehlo.conv<[b, 0, f]x[0, i, o]->[b, 0, f]>"
    attribute = (
        f"dimension_numbers = {numbers}, window_strides = {ints([stride])}, padding = dense<[[{pad[0]}, {pad[1]}]]> : "
        f"tensor<1x2xi64>, feature_group_count = {groups} : i64, batch_group_count = 1 : i64"
    )
    b.op("stablehlo.convolution", [x, k], [((batch, out, outputs), "f32")], attribute)


def reduce_window(b: Builder) -> None:
    x = b.value(1, 3)
    window = [min(s, b.random.choice((1, 1, 2, 3))) for s in x.shape]
    stride = [b.random.choice((1, 1, 2)) for _ in x.shape]
    out = tuple((s - w) // t + 1 for s, w, t in zip(x.shape, window, stride, strict=True))
    attribute = f"window_dimensions = {ints(window)}, window_strides = {ints(stride)}"
    b.op("stablehlo.reduce_window", [x, b.scalar()], [(out, "f32")], attribute, b.body("add"))


def select_and_scatter(b: Builder) -> None:
    x = b.value(1, 3)
    window = [min(s, b.random.choice((1, 2))) for s in x.shape]
    source = tuple((s - w) // w + 1 for s, w in zip(x.shape, window, strict=True))
    attribute = f"window_dimensions = {ints(window)}, window_strides = {ints(window)}"
    body = b.body("compare", "f32", "i1")[:-1] + ", " + b.body("add")[1:]
    b.op("stablehlo.select_and_scatter", [x, b.like(source), b.scalar()], [(x.shape, "f32")], attribute, body)


def linear_algebra(b: Builder) -> None:
    n, m = b.random.choice((4, 8)), b.random.choice((2, 4, 8))
    batch = b.shape(0, 1)
    kind = b.random.choice(("cholesky", "triangular_solve", "fft", "eigh", "qr", "topk", "move"))
    x = b.like((*batch, n, n))
    if kind == "cholesky":
        b.op("stablehlo.cholesky", [x], [(x.shape, "f32")], "lower = true")
    elif kind == "triangular_solve":
        left = b.random.random() < 0.5
        y = b.like((*batch, n, m) if left else (*batch, m, n))
        transpose = b.random.choice(("NO_TRANSPOSE", "TRANSPOSE"))
        attribute = (
            f"left_side = {str(left).lower()}, lower = true, unit_diagonal = false, "
            f"transpose_a = #stablehlo<transpose {transpose}>"
        )
        b.op("stablehlo.triangular_solve", [x, y], [(y.shape, "f32")], attribute)
    elif kind == "fft":
        half = (*x.shape[:-1], n // 2 + 1)
        attribute = f"fft_type = #stablehlo<fft_type RFFT>, fft_length = {ints([n])}"
        c = b.op("stablehlo.fft", [x], [(half, "complex<f32>")], attribute)[0]
        b.op("stablehlo.real", [c], [(half, "f32")])
    elif kind == "eigh":
        b.op("stablehlo.custom_call", [x], [(x.shape, "f32"), (x.shape[:-1], "f32")], 'call_target_name = "Eigh"')
    elif kind == "qr":
        b.op("stablehlo.custom_call", [x], [(x.shape, "f32"), (x.shape[:-1], "f32")], 'call_target_name = "Qr"')
    elif kind == "topk":
        out = (*x.shape[:-1], b.random.choice((1, 2, n)))
        b.op("stablehlo.custom_call", [x], [(out, "f32"), (out, "i32")], 'call_target_name = "mhlo.topk"')
    else:
        b.op("stablehlo.custom_call", [x], [(x.shape, "f32")], 'call_target_name = "MoveToHost"')


def bitcast(b: Builder) -> None:
    x = b.value(1, 2)
    y = b.op("stablehlo.bitcast_convert", [x], [((*x.shape, 4), "ui8")])[0]
    b.op("stablehlo.bitcast_convert", [y], [(x.shape, "f32")])


def batch_norm(b: Builder) -> None:
    x = b.value(2, 3)
    feature = len(x.shape) - 1
    vectors = [b.like((x.shape[feature],)) for _ in range(4)]
    attribute = f"epsilon = 1.0e-5 : f32, feature_index = {feature} : i64"
    b.op("stablehlo.batch_norm_inference", [x, *vectors], [(x.shape, "f32")], attribute)
