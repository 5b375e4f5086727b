"""Families with regions for random programs, and the table of all families."""

from __future__ import annotations

from eggshard.tools.bench import random_ops as ops
from eggshard.tools.bench import random_window_ops as windows
from eggshard.tools.bench.random_programs import Builder, Family, Value, alive


def while_loop(b: Builder) -> None:
    """A loop that carries one to three values; its body is a few ops on them."""
    carried = [b.value(1, 3) for _ in range(b.random.randint(1, 3))]
    types = [v.type for v in carried]
    cond = [f"%c{b.count}_{i}: {t}" for i, t in enumerate(types)]
    limit = '"stablehlo.constant"() {value = dense<true> : tensor<i1>} : () -> tensor<i1>'
    condition = f'^bb0({", ".join(cond)}): %p = {limit} "stablehlo.return"(%p) : (tensor<i1>) -> ()'
    body, uses = _loop_body(b, carried)
    region = f"({{ {condition} }}, {{ {body} }})"
    b.op("stablehlo.while", carried, [(v.shape, v.element) for v in carried], "", region, uses)


def case(b: Builder) -> None:
    """Two branches that make a value each from values around them."""
    shape = b.value(1, 3).shape
    branches, uses = [], []
    for _ in range(2):
        x = b.like(shape)
        uses.append(x.name)
        number, name = b.count + 1, f"%k{b.count + 1}"
        b.count += 2
        branches.append(
            f'{{ {name} = "stablehlo.negate"({x.name}) {{probe.id = {number} : i64}} : ({x.type}) -> {x.type} '
            f'"stablehlo.return"({name}) : ({x.type}) -> () }}'
        )
    b.op("stablehlo.case", [b.scalar("i32")], [(shape, "f32")], "", f"({', '.join(branches)})", uses)


def _loop_body(
    b: Builder, carried: list[Value], terminator: str = "stablehlo.return", isolated: bool = False
) -> tuple[str, set[str]]:
    """
    The text of a loop body, and the names that it uses.

    It returns a value of each carried type, often the one that it was given. An isolated one has no shardings inside.
    """
    arguments = [Value(f"%body{b.count}_{i}", v.shape, v.element) for i, v in enumerate(carried)]
    pool, lines, annotate, b.inner = b.pool, b.lines, b.annotate, True
    b.pool, b.lines, b.annotate = [*arguments, *arguments], [], 0.0 if isolated else annotate
    inner = [ops.elementwise, ops.elementwise, ops.transpose_pair, ops.reduce_back]
    if not isolated:
        inner.append(ops.constraint)
    for _ in range(b.random.randint(1, 3)):
        b.random.choice(inner)(b)
    returned = []
    for value in carried:
        found = [v for v in b.pool if v.shape == value.shape and v.element == value.element]
        returned.append(found[-1 - b.random.randrange(min(2, len(found)))])
    kept = alive(b.lines, {v.name for v in returned})
    text = "\n    ".join(line.text for line in kept)
    b.pool, b.lines, b.annotate, b.inner = pool, lines, annotate, False
    head = ", ".join(f"{v.name}: {v.type}" for v in arguments)
    names, types = ", ".join(v.name for v in returned), ", ".join(v.type for v in returned)
    text = f'^bb0({head}):\n    {text}\n    "{terminator}"({names}) : ({types}) -> ()'
    return text, {name for line in kept for name in line.uses}


def manual_computation(b: Builder) -> None:
    """A body that handles one or two axes itself, on values that carry them in front of their dimensions' axes."""
    sizes = b.layouts.sizes
    manual = b.random.sample(list(sizes), min(len(sizes), b.random.randint(1, 2)))
    operands = [b.value(1, 3) for _ in range(b.random.randint(1, 2))]
    shardings, local = [], []
    for value in operands:
        free = list(manual)
        dims, shape = [], []
        for size in value.shape:
            axis = next((a for a in free if size % sizes[a] == 0), None)
            if axis is None or b.random.random() < 0.4:
                axis = None
            else:
                free.remove(axis)
            open = "?" if b.random.random() < 0.6 else None
            dims.append("{" + ", ".join(part for part in (axis and f'"{axis}"', open) if part) + "}")
            shape.append(size // sizes[axis] if axis else size)
        shardings.append(f"<@mesh, [{', '.join(dims)}]>")
        local.append(Value("", tuple(shape), value.element))
    body, uses = _loop_body(b, local, "sdy.return", isolated=True)
    listed = ", ".join(shardings)
    names = ", ".join(f'"{axis}"' for axis in sizes if axis in manual)
    attributes = (
        f"in_shardings = #sdy.sharding_per_value<[{listed}]>, out_shardings = #sdy.sharding_per_value<[{listed}]>, "
        f"manual_axes = #sdy<manual_axes{{{names}}}>"
    )
    results = [(v.shape, v.element) for v in operands]
    b.op("sdy.manual_computation", operands, results, attributes, f"({{ {body} }})", uses)


FAMILIES: dict[str, tuple[int, Family]] = {
    "elementwise": (10, ops.elementwise),
    "broadcast": (4, ops.broadcast),
    "dot": (6, ops.dot),
    "reduce": (4, ops.reduce),
    "transpose": (3, ops.transpose),
    "reshape": (4, ops.reshape),
    "iota": (1, ops.iota),
    "constant": (1, ops.constant),
    "slice": (2, ops.slice_),
    "pad": (2, ops.pad),
    "concatenate": (2, ops.concatenate),
    "reverse": (1, ops.reverse),
    "dynamic_slice": (2, ops.dynamic_slice),
    "dynamic_update_slice": (2, ops.dynamic_update_slice),
    "sort": (1, ops.sort),
    "random": (1, ops.random_bits),
    "barrier": (1, ops.barrier),
    "constraint": (4, ops.constraint),
    "group": (1, ops.group),
    "propagation_barrier": (1, ops.propagation_barrier),
    "gather": (2, windows.gather),
    "batched_gather": (1, windows.batched_gather),
    "scatter": (2, windows.scatter),
    "convolution": (2, windows.convolution),
    "reduce_window": (1, windows.reduce_window),
    "select_and_scatter": (1, windows.select_and_scatter),
    "linear_algebra": (2, windows.linear_algebra),
    "bitcast": (1, windows.bitcast),
    "batch_norm": (1, windows.batch_norm),
    "while": (2, while_loop),
    "case": (1, case),
    "manual_computation": (1, manual_computation),
}
"""Family -> weight and what adds one of it."""
