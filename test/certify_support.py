"""Random ops on random windows, and whether what the checker says of the result is true of the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from random import Random
from typing import Any

import numpy as np

from eggshard.certify.check import Checker, RefusedError
from eggshard.certify.facts import Claim, Fact, Labels, Window
from eggshard.certify.terms import Term, Terms, Whole
from eggshard.dialects.sharding.layout import Mesh
from eggshard.frontends.load import from_bytes
from eggshard.interpreter import run_devices, run_module

MESH = Mesh((("a", 2), ("b", 2)))
DEVICES = 4
GROUPS = {
    "a": [[0, 2], [1, 3]],
    "b": [[0, 1], [2, 3]],
    "ab": [[0, 1, 2, 3]],
    "ba": [[0, 2, 1, 3]],
}


@dataclass
class Case:
    """Whole and per-device text, the whole inputs, and for each a claim and its local arrays."""

    whole: str
    device: str
    wholes: list[Any]
    windows: list[tuple[tuple[Any, ...], ...]]
    labels: list[Labels | None]
    locals: list[list[Any]]


def tensor(shape: Any, element: str = "f64") -> str:
    return "tensor<" + "".join(f"{n}x" for n in shape) + element + ">"


def random_window(random: Random, size: int) -> tuple[int, tuple[int, ...], bool]:
    """Local size, offsets and whether zeros stand beyond: whole, an even cut, or anything."""
    way = random.choice(("whole", "cut", "cut", "cut", "any"))
    zero = random.random() < 0.6
    if way == "whole":
        return size, (0,) * DEVICES, zero
    if way == "cut":
        groups = GROUPS[random.choice(list(GROUPS))]
        tile = -(-size // len(groups[0]))
        at = [0] * DEVICES
        for group in groups:
            for place, device in enumerate(group):
                at[device] = place * tile
        return tile, tuple(at), zero
    width = random.randint(1, size + 1)
    return width, tuple(random.randint(-1, size) for _ in range(DEVICES)), zero


def cut(array: Any, windows: Any, labels: Labels | None, rng: Any) -> list[Any]:
    """What each device holds: its window of its term, and beyond the tensor zeros or anything."""
    terms = [array]
    if labels is not None:
        terms = [rng.standard_normal(array.shape) for _ in range(labels.terms - 1)]
        terms.append(array - sum(terms))
    made = []
    for device in range(DEVICES):
        term = terms[labels.of[device] if labels is not None else 0]
        piece = rng.standard_normal([w[0] for w in windows]) * 7 if array.dtype.kind == "f" else None
        shape = [w[0] for w in windows]
        piece = np.zeros(shape, array.dtype) if piece is None else piece
        for index in np.ndindex(*shape):
            at = [i + w[1][device] for i, w in zip(index, windows, strict=True)]
            beyond = [not 0 <= p < n for p, n in zip(at, array.shape, strict=True)]
            if not any(beyond):
                piece[index] = term[tuple(at)]
            elif any(out and w[2] for out, w in zip(beyond, windows, strict=True)):
                piece[index] = 0
        made.append(piece)
    return made


def check_case(case: Case) -> int:
    """Asserts that the claims of the device's result are true; how many there are."""
    terms = Terms()
    whole_module, device_module = (from_bytes(t.encode(), "case") for t in (case.whole, case.device))
    whole, checker = Whole(whole_module, terms), Checker(terms, MESH)
    block = next(op for op in device_module.ops if op.name == "func.func").regions[0].block
    zero = next((t for key, (t, *_) in terms.made.items() if key[0] == "constant" and not any(t.data or b"1")), None)
    for term, value, windows, labels in zip(whole.arguments, block.args, case.windows, case.labels, strict=True):
        held = tuple(Window(n, at, zero if beyond and zero is not None else None) for n, at, beyond in windows)
        checker.facts[value] = checker.merge([Fact((Claim(term, held, labels),))])
    last = block.last_op
    assert last is not None
    try:
        for op in block.ops:
            if op is not last:
                checker.op(op)
    except RefusedError:
        return 0
    values = run_devices(device_module, case.locals, DEVICES)
    numbers = numbers_of(whole_module, whole, case.wholes)
    claims = [(fact, lanes) for fact, lanes in zip(map(checker.fact, last.operands), values, strict=True)]
    return sum(check_fact(fact, lanes, numbers) for fact, lanes in claims)


def numbers_of(module: Any, whole: Whole, inputs: list[Any]) -> dict[Term, Any]:
    """Terms with their values: arguments and results."""
    found = dict(zip(whole.arguments, inputs, strict=True))
    found.update(zip(whole.body.returned, run_module(module, inputs), strict=True))
    return found


def check_fact(fact: Fact, lanes: list[Any], numbers: dict[Term, Any]) -> int:
    count = 0
    for claim in fact.claims:
        if claim.term in numbers:
            check_claim(claim, lanes, numbers[claim.term])
            count += 1
    if not fact.claims and fact.scalar is not None and fact.scalar[0] in numbers and fact.scalar[1] is None:
        assert all(np.allclose(x, numbers[fact.scalar[0]]) for x in lanes)
        count += 1
    return count


def check_claim(claim: Claim, lanes: list[Any], whole: Any) -> None:
    """Terms that agree where devices overlap, sum up to the tensor, and stand beyond it as claimed."""
    labels = claim.labels
    known: dict[int, Any] = {}
    for device, piece in enumerate(lanes):
        label = 0 if labels is None else labels.of[device]
        assert piece.shape == tuple(w.size for w in claim.windows)
        for index in np.ndindex(*piece.shape):
            at: list[int] = []
            outside = zeros = False
            for i, window, size in zip(index, claim.windows, whole.shape, strict=True):
                place = i if window.offsets is None else i + window.offsets[device]
                if window.offsets is None:
                    place = place % size
                out = not 0 <= place < size
                outside, zeros = outside or out, zeros or (out and window.fill is not None)
                at.append(place)
            if outside:
                assert not zeros or piece[index] == 0, f"device {device}: {piece[index]} beyond the tensor, due 0"
            elif label < 0:
                assert piece[index] == 0
            else:
                values = known.setdefault(label, {})
                first = values.setdefault(tuple(at), piece[index])
                assert np.isclose(first, piece[index], rtol=1e-9, atol=1e-9), f"copies of {at} differ"
    count = 1 if labels is None else labels.terms
    for element in np.ndindex(*whole.shape):
        held = [known[label][element] for label in known if element in known[label]]
        if len(held) == count:
            due = whole[element]
            assert np.isclose(sum(held), due, rtol=1e-9, atol=1e-9), f"element {element} is {sum(held)}, due {due}"


# -- cases -------------------------------------------------------------------------------------------------------------


class Build:
    """Operands of one op by the letters of their dimensions; a letter has one size, and mostly one window."""

    def __init__(self, seed: int):
        self.random = Random(seed)
        self.rng = np.random.default_rng(seed)
        self.sizes: dict[str, int] = {}
        self.windows: dict[str, Any] = {}
        self.wholes: list[Any] = []
        self.held: list[Any] = []
        self.labels: list[Labels | None] = []
        self.partial = self.random.random() < 0.4

    def size(self, letter: str) -> int:
        return self.sizes.setdefault(letter, self.random.randint(2, 6))

    def window(self, letter: str) -> Any:
        if self.random.random() < 0.06:
            return random_window(self.random, self.size(letter))
        return self.windows.setdefault(letter, random_window(self.random, self.size(letter)))

    def operand(self, letters: str, *, partial: bool | None = None, array: Any = None, windows: Any = None) -> int:
        shape = [self.size(letter) for letter in letters]
        self.wholes.append(self.rng.standard_normal(shape) if array is None else array)
        self.held.append(tuple(self.window(letter) for letter in letters) if windows is None else windows)
        some = self.partial and self.random.random() < 0.6 if partial is None else partial
        axis = self.random.choice(("a", "b", "ab"))
        self.labels.append(label_by(axis) if some else None)
        return len(self.wholes) - 1

    def fits(self, groups: Any) -> bool:
        """Whether devices of a group hold different parts or terms of the first operand."""
        labels = self.labels[0]
        held = [[w[1][d] for w in self.held[0]] + [0 if labels is None else labels.of[d]] for d in range(DEVICES)]
        return all(len({tuple(held[d]) for d in group}) == len(group) for group in groups)

    def local(self, operand: int) -> list[int]:
        return [w[0] for w in self.held[operand]]

    def case(self, whole_body: str, device_body: str, whole_result: str, device_result: str) -> Case:
        """Texts from the ops between arguments %a0, %a1, .. and the value %r."""
        locals_ = [cut(a, w, lab, self.rng) for a, w, lab in zip(self.wholes, self.held, self.labels, strict=True)]
        elements = ["i64" if a.dtype.kind == "i" else "f64" for a in self.wholes]
        wholes = [tensor(a.shape, e) for a, e in zip(self.wholes, elements, strict=True)]
        here = [tensor(self.local(i), e) for i, e in enumerate(elements)]
        return Case(
            text(wholes, whole_body, whole_result),
            text(here, device_body, device_result),
            self.wholes,
            self.held,
            self.labels,
            locals_,
        )


def label_by(axis: str) -> Labels:
    of = [0] * DEVICES
    for group in GROUPS[axis]:
        for place, device in enumerate(group):
            of[device] = place
    return Labels("sum", tuple(of), len(GROUPS[axis][0]))


def text(arguments: list[str], body: str, result: str) -> str:
    given = ", ".join(f"%a{i}: {kind}" for i, kind in enumerate(arguments))
    zero = "%zero = stablehlo.constant dense<0.0> : tensor<f64>\n"
    return (
        "module attributes {mhlo.num_partitions = 4 : i32, mhlo.num_replicas = 1 : i32} {\n"
        f"func.func @main({given}) -> {result} {{\n{zero}{body}\nreturn %r : {result}\n}}}}"
    )


def random_case(family: str, seed: int) -> Case:
    return FAMILIES[family](Build(seed * 7919 + len(family)))


def elementwise(b: Build) -> Case:
    name = b.random.choice(("add", "subtract", "multiply", "divide", "maximum", "negate", "tanh"))
    operands = [b.operand("mn") for _ in range(1 if name in ("negate", "tanh") else 2)]
    if len(operands) == 2 and b.random.random() < 0.5:
        b.labels[1] = b.labels[0]
    names = ", ".join(f"%a{i}" for i in operands)
    whole, local = tensor(b.wholes[0].shape), tensor(b.local(0))
    if len(operands) == 2 and b.local(0) != b.local(1):
        b.held[1] = b.held[0]
    return b.case(f"%r = stablehlo.{name} {names} : {whole}", f"%r = stablehlo.{name} {names} : {local}", whole, local)


def unary(
    b: Build, name: str, attributes: str, whole_shape: Any, local_shape: Any, device_attributes: str = ""
) -> Case:
    def line(attributes: str, given: Any, made: Any) -> str:
        return f'%r = "stablehlo.{name}"(%a0) {attributes} : ({tensor(given)}) -> {tensor(made)}'

    whole = line(attributes, b.wholes[0].shape, whole_shape)
    local = line(device_attributes or attributes, b.local(0), local_shape)
    return b.case(whole, local, tensor(whole_shape), tensor(local_shape))


def broadcast(b: Build) -> Case:
    b.operand("mn")
    extra, here = b.random.randint(2, 4), b.random.randint(1, 4)
    shape, local = b.wholes[0].shape, b.local(0)
    return unary(
        b, "broadcast_in_dim", "{broadcast_dimensions = array<i64: 1, 2>}", (extra, *shape), (min(here, extra), *local)
    )


def transpose(b: Build) -> Case:
    b.operand("mnk")
    order = b.random.sample(range(3), 3)
    shape, local = b.wholes[0].shape, b.local(0)
    text_ = f"{{permutation = array<i64: {', '.join(map(str, order))}>}}"
    return unary(b, "transpose", text_, [shape[d] for d in order], [local[d] for d in order])


def reshape(b: Build) -> Case:
    """Two dimensions merged, or one split, between others."""
    b.sizes.update(m=b.random.choice((2, 4, 6)), n=b.random.choice((2, 3, 4)), k=3)
    split = b.random.random() < 0.5
    if split:
        b.sizes["m"] = b.random.choice((4, 8))
        b.operand("mk")
        size, local = b.size("m"), b.local(0)
        inner = 2
        if local[0] % inner == 0:
            return unary(b, "reshape", "", (size // inner, inner, 3), (local[0] // inner, inner, local[1]))
        return unary(b, "reshape", "", (size // inner, inner, 3), (local[0], 1, local[1]))
    b.operand("mnk")
    m, n, k = b.wholes[0].shape
    x, y, z = b.local(0)
    return unary(b, "reshape", "", (m * n, k), (x * y, z))


def slice_(b: Build) -> Case:
    b.operand("mn")
    shape, local = b.wholes[0].shape, b.local(0)
    stride = b.random.choice((1, 1, 2))

    def ranges(sizes: Any) -> tuple[list[int], list[int]]:
        starts = [b.random.randint(0, n - 1) for n in sizes]
        return starts, [b.random.randint(s + 1, n) for s, n in zip(starts, sizes, strict=True)]

    def attributes(starts: Any, limits: Any) -> str:
        rows = [("start_indices", starts), ("limit_indices", limits), ("strides", [stride] * 2)]
        return "{" + ", ".join(f"{k} = array<i64: {', '.join(map(str, v))}>" for k, v in rows) + "}"

    whole, here = ranges(shape), ranges(local)
    made = [[-(-(hi - lo) // stride) for lo, hi in zip(*r, strict=True)] for r in (whole, here)]
    return unary(b, "slice", attributes(*whole), made[0], made[1], attributes(*here))


def pad(b: Build) -> Case:
    b.operand("mn")
    low, high = ([b.random.randint(0, 2) for _ in range(2)] for _ in range(2))

    def line(shape: Any) -> str:
        made = [n + x + y for n, x, y in zip(shape, low, high, strict=True)]
        rows = [("edge_padding_low", low), ("edge_padding_high", high), ("interior_padding", [0, 0])]
        text_ = "{" + ", ".join(f"{k} = array<i64: {v[0]}, {v[1]}>" for k, v in rows) + "}"
        return f'%r = "stablehlo.pad"(%a0, %zero) {text_} : ({tensor(shape)}, tensor<f64>) -> {tensor(made)}'

    shape, local = b.wholes[0].shape, b.local(0)
    ends = [tensor([n + x + y for n, x, y in zip(s, low, high, strict=True)]) for s in (shape, local)]
    return b.case(line(shape), line(local), *ends)


def reverse(b: Build) -> Case:
    b.operand("mn")
    return unary(b, "reverse", "{dimensions = array<i64: 0>}", b.wholes[0].shape, b.local(0))


def dot(b: Build) -> Case:
    b.operand("gmk")
    b.operand("gkn")
    b.held[1] = (b.held[0][0], b.held[0][2], b.held[1][2]) if b.random.random() < 0.9 else b.held[1]

    def line(x: Any, y: Any) -> tuple[str, str]:
        made = tensor([x[0], x[1], y[2]])
        numbers = "batching_dims = [0] x [0], contracting_dims = [2] x [1]"
        return f"%r = stablehlo.dot_general %a0, %a1, {numbers} : ({tensor(x)}, {tensor(y)}) -> {made}", made

    if b.local(0)[0] != b.local(1)[0] or b.local(0)[2] != b.local(1)[1]:
        b.held[1] = (b.held[0][0], b.held[0][2], b.held[1][2])
    (whole, w), (here, h) = line(b.wholes[0].shape, b.wholes[1].shape), line(b.local(0), b.local(1))
    return b.case(whole, here, w, h)


def reduce(b: Build) -> Case:
    b.operand("mn")
    dims = b.random.choice(((0,), (1,), (0, 1)))

    def line(shape: Any) -> tuple[str, str]:
        made = tensor([n for d, n in enumerate(shape) if d not in dims])
        across = f"applies stablehlo.add across dimensions = [{', '.join(map(str, dims))}]"
        return f"%r = stablehlo.reduce(%a0 init: %zero) {across} : ({tensor(shape)}, tensor<f64>) -> {made}", made

    (whole, w), (here, h) = line(b.wholes[0].shape), line(b.local(0))
    return b.case(whole, here, w, h)


def collective(b: Build, build: Any) -> Case:
    """A collective on a device is nothing in the whole program."""
    shape = b.wholes[0].shape
    fitting = [groups for groups in GROUPS.values() if b.fits(groups)]
    groups = b.random.choice(fitting if fitting and b.random.random() < 0.7 else list(GROUPS.values()))
    device, made = build(b.local(0), groups)
    same = f"%r = stablehlo.reshape %a0 : ({tensor(shape)}) -> {tensor(shape)}"
    return b.case(same, device, tensor(shape), tensor(made))


def grouped(groups: Any, more: str = "", ids: bool = True) -> str:
    kind = f"tensor<{len(groups)}x{len(groups[0])}xi64>"
    channel = "channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>"
    return f"replica_groups = dense<{groups}> : {kind}, {channel}" + (", use_global_device_ids" if ids else "") + more


BODY = (
    "({ ^bb0(%x: tensor<f64>, %y: tensor<f64>): %s = stablehlo.add %x, %y : tensor<f64> "
    "stablehlo.return %s : tensor<f64> })"
)


def all_reduce(b: Build) -> Case:
    b.windows["m"] = (b.size("m"), (0,) * DEVICES, False)
    b.operand("mn", partial=b.random.random() < 0.8)

    def build(local: Any, groups: Any) -> Any:
        kind = tensor(local)
        return f'%r = "stablehlo.all_reduce"(%a0) <{{{grouped(groups)}}}> {BODY} : ({kind}) -> {kind}', local

    return collective(b, build)


def reduce_scatter(b: Build) -> Case:
    b.sizes["m"] = 4
    b.operand("mn", partial=True)

    def build(local: Any, groups: Any) -> Any:
        groups = groups if local[0] % len(groups[0]) == 0 else [[d] for d in range(DEVICES)]
        made = [local[0] // len(groups[0]), local[1]]
        more = grouped(groups, ", scatter_dimension = 0 : i64")
        return f'%r = "stablehlo.reduce_scatter"(%a0) <{{{more}}}> {BODY} : ({tensor(local)}) -> {tensor(made)}', made

    return collective(b, build)


def all_gather(b: Build) -> Case:
    b.operand("mn")

    def build(local: Any, groups: Any) -> Any:
        made = [local[0] * len(groups[0]), local[1]]
        more = grouped(groups, ", all_gather_dim = 0 : i64")
        return f'%r = "stablehlo.all_gather"(%a0) <{{{more}}}> : ({tensor(local)}) -> {tensor(made)}', made

    return collective(b, build)


def all_to_all(b: Build) -> Case:
    b.sizes["n"] = 4
    b.operand("mn")

    def build(local: Any, groups: Any) -> Any:
        groups = groups if local[1] % len(groups[0]) == 0 else [[d] for d in range(DEVICES)]
        n = len(groups[0])
        made = [local[0] * n, local[1] // n]
        dims = f", split_dimension = 1 : i64, concat_dimension = 0 : i64, split_count = {n} : i64"
        more = grouped(groups, dims, ids=False)
        return f'%r = "stablehlo.all_to_all"(%a0) <{{{more}}}> : ({tensor(local)}) -> {tensor(made)}', made

    return collective(b, build)


def permute(b: Build) -> Case:
    b.operand("mn")

    def build(local: Any, groups: Any) -> Any:
        targets = b.random.sample(range(DEVICES), DEVICES)
        pairs = [[d, t] for d, t in enumerate(targets)][: b.random.randint(1, DEVICES)]
        kind = f"tensor<{len(pairs)}x2xi64>"
        channel = "channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>"
        more = f"source_target_pairs = dense<{pairs}> : {kind}, {channel}"
        return f'%r = "stablehlo.collective_permute"(%a0) <{{{more}}}> : ({tensor(local)}) -> {tensor(local)}', local

    return collective(b, build)


def own_slice(b: Build) -> Case:
    """A slice that begins where the device's number says."""
    b.operand("mn")

    def build(local: Any, groups: Any) -> Any:
        size, times = b.random.randint(1, local[0]), b.random.randint(0, 2)
        lines = [
            "%id = stablehlo.partition_id : tensor<ui32>",
            "%i = stablehlo.convert %id : (tensor<ui32>) -> tensor<i32>",
            f"%c = stablehlo.constant dense<{times}> : tensor<i32>",
            "%two = stablehlo.constant dense<2> : tensor<i32>",
            f"%q = stablehlo.{b.random.choice(('divide', 'remainder'))} %i, %two : tensor<i32>",
            "%s = stablehlo.multiply %q, %c : tensor<i32>",
            "%o = stablehlo.constant dense<0> : tensor<i32>",
            f"%r = stablehlo.dynamic_slice %a0, %s, %o, sizes = [{size}, {local[1]}] : "
            f"({tensor(local)}, tensor<i32>, tensor<i32>) -> {tensor([size, local[1]])}",
        ]
        return "\n".join(lines), [size, local[1]]

    return collective(b, build)


def mask(b: Build) -> Case:
    """What lies at or after a position of the whole tensor, as the device counts, becomes zero."""
    b.operand("mn")
    size = b.size("m")

    def build(local: Any, groups: Any) -> Any:
        kind, ints = tensor(local), tensor(local, "i32")
        tile = b.random.choice((local[0], local[0], 1))
        limit = b.random.choice((size, size, size, size - 1, size + 1))
        lines = [
            "%id = stablehlo.partition_id : tensor<ui32>",
            "%i = stablehlo.convert %id : (tensor<ui32>) -> tensor<i32>",
            "%two = stablehlo.constant dense<2> : tensor<i32>",
            f"%q = stablehlo.{b.random.choice(('divide', 'remainder'))} %i, %two : tensor<i32>",
            f"%c = stablehlo.constant dense<{tile}> : tensor<i32>",
            "%s = stablehlo.multiply %q, %c : tensor<i32>",
            f"%b = stablehlo.broadcast_in_dim %s, dims = [] : (tensor<i32>) -> {ints}",
            f"%p = stablehlo.iota dim = 0 : {ints}",
            f"%t = stablehlo.add %p, %b : {ints}",
            f"%l = stablehlo.constant dense<{limit}> : {ints}",
            f"%m = stablehlo.compare LT, %t, %l, SIGNED : ({ints}, {ints}) -> {tensor(local, 'i1')}",
            f"%z = stablehlo.constant dense<0.0> : {kind}",
            f"%r = stablehlo.select %m, %a0, %z : {tensor(local, 'i1')}, {kind}",
        ]
        return "\n".join(lines), local

    return collective(b, build)


def first(b: Build) -> Case:
    """One device keeps the value, the others zeros."""
    b.operand("mn", partial=False)

    def build(local: Any, groups: Any) -> Any:
        kind, flags = tensor(local), tensor(local, "i1")
        lines = [
            "%id = stablehlo.partition_id : tensor<ui32>",
            "%i = stablehlo.convert %id : (tensor<ui32>) -> tensor<i32>",
            f"%c = stablehlo.constant dense<{b.random.randint(0, 3)}> : tensor<i32>",
            "%e = stablehlo.compare EQ, %i, %c, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>",
            f"%m = stablehlo.broadcast_in_dim %e, dims = [] : (tensor<i1>) -> {flags}",
            f"%z = stablehlo.constant dense<0.0> : {kind}",
            f"%r = stablehlo.select %m, %a0, %z : {flags}, {kind}",
        ]
        return "\n".join(lines), local

    return collective(b, build)


def gather(b: Build) -> Case:
    b.operand("mn")
    size = b.size("m")
    indices = b.rng.integers(0, size, (b.size("q"), 1))
    b.operand("q1", partial=False, array=indices, windows=(b.window("q"), (1, (0,) * DEVICES, False)))

    def line(x: Any, q: int) -> tuple[str, str]:
        dims = "offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1"
        numbers = f"#stablehlo.gather<{dims}>"
        made = tensor([q, x[1]])
        sizes = f"slice_sizes = array<i64: 1, {x[1]}>"
        given = f"({tensor(x)}, {tensor([q, 1], 'i64')})"
        return (
            f'%r = "stablehlo.gather"(%a0, %a1) <{{dimension_numbers = {numbers}, {sizes}}}> : {given} -> {made}',
            made,
        )

    (whole, w), (here, h) = line(b.wholes[0].shape, indices.shape[0]), line(b.local(0), b.local(1)[0])
    return b.case(whole, here, w, h)


def scatter(b: Build) -> Case:
    b.operand("mn")
    size = b.size("m")
    indices = b.rng.integers(0, size, (b.size("q"), 1))
    b.operand("q1", partial=False, array=indices, windows=(b.window("q"), (1, (0,) * DEVICES, False)))
    b.operand("qn")
    b.held[2] = (b.held[1][0], b.held[0][1])
    zero = b.random.random() < 0.6

    def line(x: Any, q: int) -> tuple[str, str]:
        numbers = (
            "#stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], "
            "scatter_dims_to_operand_dims = [0], index_vector_dim = 1>"
        )
        made, operand = tensor(x), "%o" if zero else "%a0"
        given = f"({made}, {tensor([q, 1], 'i64')}, {tensor([q, x[1]])})"
        zeros = f"%o = stablehlo.constant dense<0.0> : {made}\n"
        op = f'%r = "stablehlo.scatter"({operand}, %a1, %a2) <{{scatter_dimension_numbers = {numbers}}}> {BODY}'
        return f"{zeros}{op} : {given} -> {made}", made

    (whole, w), (here, h) = line(b.wholes[0].shape, indices.shape[0]), line(b.local(0), b.local(1)[0])
    return b.case(whole, here, w, h)


def concatenate(b: Build) -> Case:
    b.operand("mn")
    b.operand("kn")
    whole_first = [(n, (0,) * DEVICES, False) for n in (b.size("m"), b.size("k"))]
    b.held = [(window, b.held[0][1]) for window in whole_first] if b.random.random() < 0.6 else b.held
    b.held[1] = (b.held[1][0], b.held[0][1])
    b.labels[1] = b.labels[0] if b.random.random() < 0.8 else None

    def line(x: Any, y: Any) -> tuple[str, str]:
        made = tensor([x[0] + y[0], x[1]])
        return f"%r = stablehlo.concatenate %a0, %a1, dim = 0 : ({tensor(x)}, {tensor(y)}) -> {made}", made

    (whole, w), (here, h) = line(b.wholes[0].shape, b.wholes[1].shape), line(b.local(0), b.local(1))
    return b.case(whole, here, w, h)


def convolution(b: Build) -> Case:
    """One spatial dimension; the device's padding is the model's where that is whole, else none."""
    b.sizes.update(h=b.random.randint(4, 7), k=b.random.randint(1, 3))
    b.operand("nhf", partial=False)
    b.operand("kfo", partial=b.random.random() < 0.2)
    stride, low = b.random.choice((1, 1, 2)), b.random.randint(0, 1)
    window = b.held[0][1]
    whole_dim = window[0] == b.size("h") and not any(window[1])
    b.held[1] = ((b.size("k"), (0,) * DEVICES, False), b.held[0][2], b.held[1][2])

    def line(x: Any, w: Any, pad: int) -> tuple[str, str]:
        out = (x[1] + 2 * pad - w[0]) // stride + 1
        made = tensor([x[0], out, w[2]])
        numbers = "dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f]"
        window_ = f"window = {{stride = [{stride}], pad = [[{pad}, {pad}]]}}"
        groups = "{batch_group_count = 1 : i64, feature_group_count = 1 : i64}"
        given = f"({tensor(x)}, {tensor(w)})"
        return f"%r = stablehlo.convolution(%a0, %a1) {numbers}, {window_} {groups} : {given} -> {made}", made

    local = b.local(0)
    here_pad = low if whole_dim or local[1] < b.size("k") else 0
    (whole, w), (here, h) = line(b.wholes[0].shape, b.wholes[1].shape, low), line(local, b.local(1), here_pad)
    if prod(local) == 0 or local[1] + 2 * here_pad < b.size("k"):
        return elementwise(Build(b.random.randrange(1 << 30)))
    return b.case(whole, here, w, h)


FAMILIES = {
    "all_gather": all_gather,
    "all_reduce": all_reduce,
    "all_to_all": all_to_all,
    "broadcast": broadcast,
    "concatenate": concatenate,
    "convolution": convolution,
    "dot": dot,
    "elementwise": elementwise,
    "first": first,
    "gather": gather,
    "mask": mask,
    "own_slice": own_slice,
    "pad": pad,
    "permute": permute,
    "reduce": reduce,
    "reduce_scatter": reduce_scatter,
    "reshape": reshape,
    "reverse": reverse,
    "scatter": scatter,
    "slice": slice_,
    "transpose": transpose,
}
