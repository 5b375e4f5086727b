"""
Random annotated programs, as MLIR text with Shardy's annotations.

A program is a graph of ops over small tensors. Every op has a number in the attribute `probe.id`, by which its copies
are found again after a compiler has had its way with them. Nothing is dead: what no op uses is returned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random

from eggshard.tools.bench.random_layouts import Habits, Layouts, Shape

SIZES = (1, 2, 3, 4, 4, 6, 8, 8, 8, 12, 16, 16, 24, 32)


@dataclass(frozen=True)
class Value:
    name: str
    shape: Shape
    element: str = "f32"

    @property
    def type(self) -> str:
        return tensor(self.shape, self.element)


@dataclass(frozen=True)
class Line:
    """The text of an op, with the names that it defines and uses."""

    text: str
    defines: set[str]
    uses: set[str]


def alive(lines: Sequence[Line], needed: set[str]) -> list[Line]:
    """The ops that `needed` values depend on."""
    needed = set(needed)
    kept: list[Line] = []
    for line in reversed(lines):
        if not line.defines or line.defines & needed:
            kept.append(line)
            needed |= line.uses
    return kept[::-1]


@dataclass(frozen=True)
class Program:
    """`families` are the kinds of op in it, `text` the module."""

    seed: int
    families: tuple[str, ...]
    text: str


def tensor(shape: Shape, element: str = "f32") -> str:
    return f"tensor<{''.join(f'{size}x' for size in shape)}{element}>"


class Builder:
    """The function under construction: arguments, lines, and the values that can be used next."""

    def __init__(self, random: Random, layouts: Layouts, annotate: float) -> None:
        self.random = random
        self.layouts = layouts
        self.annotate = annotate
        self.arguments: list[Value] = []
        self.lines: list[Line] = []
        self.pool: list[Value] = []
        self.count = 0
        self.inner = False

    def fresh(self) -> str:
        self.count += 1
        return f"%v{self.count}"

    def argument(self, shape: Shape, element: str = "f32") -> Value:
        """A new argument of the function, or inside a region a constant."""
        if self.inner:
            return self.constant(shape, element)
        value = Value(f"%arg{len(self.arguments)}", shape, element)
        self.arguments.append(value)
        return value

    def constant(self, shape: Shape, element: str = "f32") -> Value:
        literal = "0" if element.startswith("i") else "0.0"
        return self.op(
            "stablehlo.constant", [], [(shape, element)], f"value = dense<{literal}> : {tensor(shape, element)}"
        )[0]

    def shape(self, low: int = 1, high: int = 3) -> Shape:
        return tuple(self.random.choice(SIZES) for _ in range(self.random.randint(low, high)))

    def value(self, low: int = 1, high: int = 3) -> Value:
        """A value of f32 with a rank between `low` and `high`; recent ones more often than old ones."""
        found = [v for v in self.pool if low <= len(v.shape) <= high and v.element == "f32"]
        if found and self.random.random() < 0.85:
            return found[-1 - int(len(found) * self.random.random() ** 2)]
        return self.argument(self.shape(low, high))

    def like(self, shape: Shape, element: str = "f32") -> Value:
        """A value of exactly that type, from the pool if there is one."""
        found = [v for v in self.pool if v.shape == shape and v.element == element]
        return self.random.choice(found) if found and self.random.random() < 0.7 else self.argument(shape, element)

    def scalar(self, element: str = "f32") -> Value:
        return self.like((), element) if self.random.random() < 0.3 else self.constant((), element)

    def op(
        self,
        name: str,
        operands: Sequence[Value],
        results: Sequence[tuple[Shape, str]],
        attributes: str = "",
        regions: str = "",
        uses: Iterable[str] = (),
    ) -> list[Value]:
        """Adds an op in generic form; some carry a sharding of their own. `uses` are names that its regions use."""
        self.count += 1
        number = self.count
        values = [Value(self.fresh(), shape, element) for shape, element in results]
        extra = [attributes] if attributes else []
        extra.append(f"probe.id = {number} : i64")
        if values and not regions and self.random.random() < self.annotate:
            listed = ", ".join(self.layouts.sharding(v.shape) for v in values)
            extra.append(f"sdy.sharding = #sdy.sharding_per_value<[{listed}]>")
        left = f"{', '.join(v.name for v in values)} = " if values else ""
        arguments = ", ".join(operand.name for operand in operands)
        inputs = ", ".join(operand.type for operand in operands)
        outputs = ", ".join(value.type for value in values)
        text = f'{left}"{name}"({arguments}) {regions} {{{", ".join(extra)}}} : ({inputs}) -> ({outputs})'
        self.lines.append(Line(text, {v.name for v in values}, {v.name for v in operands} | set(uses)))
        self.pool.extend(values)
        return values

    def body(self, op: str, element: str = "f32", result: str | None = None) -> str:
        """The body of a reduction of two scalars."""
        scalar = tensor((), element)
        extra = "comparison_direction = #stablehlo<comparison_direction GE>" if result else ""
        out = tensor((), result or element)
        return (
            f'({{ ^bb0(%x: {scalar}, %y: {scalar}): %r = "stablehlo.{op}"(%x, %y) {{{extra}}} : '
            f'({scalar}, {scalar}) -> {out} "stablehlo.return"(%r) : ({out}) -> () }})'
        )

    def text(self) -> str:
        """The whole module; what nobody uses is returned, and most arguments and some results have shardings."""
        random = self.random
        used = {name for line in self.lines for name in line.uses}
        outputs = [v for v in self.pool if v.name not in used] or self.arguments[:1]
        results = []
        for value in outputs:
            has = random.random() < 0.25
            note = f" {{sdy.sharding = #sdy.sharding{self.layouts.sharding(value.shape)}}}" if has else ""
            results.append(f"{value.type}{note}")
        arguments = []
        for value in self.arguments:
            has = random.random() < 0.6
            note = f" {{sdy.sharding = #sdy.sharding{self.layouts.sharding(value.shape)}}}" if has else ""
            arguments.append(f"{value.name}: {value.type}{note}")
        lines = "\n  ".join(line.text for line in self.lines)
        names, types = ", ".join(v.name for v in outputs), ", ".join(v.type for v in outputs)
        return (
            f"{self.layouts.mesh()}\nfunc.func @main({', '.join(arguments)}) -> ({', '.join(results)}) {{\n  {lines}\n"
            f"  return {names} : {types}\n}}\n"
        )


Family = Callable[[Builder], None]


def random_program(seed: int, families: dict[str, tuple[int, Family]], ops: int = 12) -> Program:
    """A program of about `ops` ops, of families drawn by weight; half of all programs dwell on three of them."""
    random = Random(seed)
    priority = random.choice((0.0, 0.0, 0.0, 0.4))
    layouts = Layouts(random, Habits(open=random.choice((0.2, 0.5, 0.9)), priority=priority))
    builder = Builder(random, layouts, annotate=random.choice((0.0, 0.05, 0.15)))
    names = list(families)
    if random.random() < 0.5 and len(names) > 4:
        names = [*random.sample(names, 3), "elementwise"]
    drawn: list[str] = []
    for _ in range(random.randint(ops // 3, ops)):
        name = random.choices(names, [families[n][0] for n in names])[0]
        families[name][1](builder)
        drawn.append(name)
    return Program(seed, tuple(dict.fromkeys(drawn)), builder.text())
