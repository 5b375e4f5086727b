"""Writes a random program op by op; every value knows its shape, its dtype and whether rounding has touched it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log2, prod
from random import Random
from typing import Any

from eggshard.tools.bench.fuzzing.program import Arg, Line, Program, Shape, namespace

SIZES = (1, 2, 3, 4, 4, 5, 6, 7, 8, 8, 9, 12, 16, 16)
EVEN = (4, 8, 8, 16)
MESHES: tuple[dict[str, int], ...] = (
    {"a": 8}, {"a": 4, "b": 2}, {"a": 2, "b": 4}, {"a": 2, "b": 2, "c": 2}, {"a": 2, "b": 1, "c": 2, "d": 2},
)  # fmt: skip
MANTISSA = {"bfloat16": 8, "float32": 24, "float64": 53, "complex64": 24, "complex128": 53}
FLOATS = ("float32", "float64", "bfloat16")
INTEGERS = ("int32", "int8", "uint8", "uint32")
MOST_ELEMENTS = 4096


class UnfitError(Exception):
    """The family has nothing to do for these values; another one is drawn."""


@dataclass(frozen=True)
class Value:
    """`bits` that hold every element exactly; None once rounding depends on the order of operations."""

    name: str
    shape: Shape
    dtype: str
    bits: int | None

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def exact(self) -> bool:
        return self.bits is not None

    @property
    def floating(self) -> bool:
        return self.dtype in MANTISSA

    @property
    def complex(self) -> bool:
        return self.dtype.startswith("complex")

    @property
    def integer(self) -> bool:
        return "int" in self.dtype


class Builder:
    """The program so far. `special` lets NaN and infinities into arguments, `zero` empty dimensions."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = Random(seed)
        self.mesh = dict(self.random.choice(MESHES))
        self.even = self.random.random() < 0.3
        self.special = self.random.random() < 0.15
        self.zero = self.random.random() < 0.06
        self.main = self.random.choice(("float32", "float32", "float64", "float64", "bfloat16"))
        self.family = ""
        self.args: list[Arg] = []
        self.lines: list[Line] = []
        self.pool: list[Value] = []
        self.count = 0
        self.names = namespace(self.mesh, constrain=False)

    # -- choosing ----------------------------------------------------------------------------------------------

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def size(self) -> int:
        if self.zero and self.chance(0.15):
            return 0
        return self.random.choice(EVEN if self.even else SIZES)

    def shape(self, low: int = 0, high: int = 3) -> Shape:
        """A random shape of `low` to `high` dimensions that is not too large."""
        shape = tuple(self.size() for _ in range(self.random.randint(low, high)))
        while prod(shape) > MOST_ELEMENTS:
            shape = tuple(max(1, size // 2) for size in shape)
        return shape

    def dtype(self) -> str:
        other = ("int32", "int32", "int8", "uint8", "uint32", "bool", "complex64")
        return self.main if self.chance(0.7) else self.random.choice(other)

    def value(
        self,
        low: int = 0,
        high: int = 3,
        where: Callable[[Value], bool] = lambda value: True,
        dtype: Callable[[], str] | None = None,
    ) -> Value:
        """A value of that rank for which `where` holds: an old one, or a new argument of type `dtype()`."""
        fitting = [v for v in self.pool if low <= v.rank <= high and where(v)]
        if fitting and self.chance(0.75):
            return self.random.choice(fitting[-6:])
        for _ in range(20):
            shape, kind = self.shape(low, high), (dtype or self.dtype)()
            probe = Value("", shape, kind, 4)
            if where(probe):
                return self.argument(shape, kind)
        raise UnfitError

    def floating(self, low: int = 0, high: int = 3, exact: bool = False, real: bool = True) -> Value:
        """A floating-point value; `exact` demands one that no rounding has touched."""
        return self.value(
            low,
            high,
            lambda v: v.floating and not (real and v.complex) and (v.exact or not exact),
            lambda: self.main if real or self.chance(0.8) else "complex64",
        )

    def like(self, shape: Shape, dtype: str, exact: bool = False) -> Value:
        """A value of exactly this type."""
        fitting = [v for v in self.pool if v.shape == shape and v.dtype == dtype and (v.exact or not exact)]
        if fitting and self.chance(0.5):
            return self.random.choice(fitting)
        return self.argument(shape, dtype)

    def argument(self, shape: Shape, dtype: str, values: str = "exact") -> Value:
        if self.special and values == "exact" and dtype in FLOATS and self.chance(0.5):
            values = "special"
        if values == "exact" and "int" in dtype and self.chance(0.2):
            values = "wide"
        arg = Arg(f"x{len(self.args)}", shape, dtype, values)
        self.args.append(arg)
        value = Value(arg.name, shape, dtype, 5)
        if values in ("exact", "special", "wide"):
            self.pool.append(value)
        return value

    def positions(self, shape: Shape, limit: int, outside: bool = True, distinct: bool = False) -> Value:
        """Integers that index a dimension of `limit` elements; some lie `outside` of it, or all are `distinct`."""
        dtype = self.random.choice(("int32", "int32", "int64", "uint8", "uint32", "int8"))
        if any(line.family == "manual" for line in self.lines):
            dtype = "int32"  # XLA's own partitioner, which the whole program then meets, dies of narrow indices
        kind = "permutation" if distinct else "outside" if outside and self.chance(0.4) else "index"
        return self.argument(shape, dtype, f"{kind}:{limit}")

    # -- writing -----------------------------------------------------------------------------------------------

    def op(
        self, template: str, *operands: Value, bits: int | str | None = "same", count: int = 1, wrap: str = ""
    ) -> list[Value]:
        """
        Adds a line; `template` has {0}, {1}, ... where its operands stand.

        `bits`: what the results need to be exact; "same" as the widest operand, None if rounding now depends on order.
        `wrap`: the op may be differentiated with respect to {0} ("smooth"; "exact" only where no rounding can change
        the derivative), and any op with it may be mapped over a new dimension.
        """
        if wrap and self.chance(0.2):
            template, operands, bits = self.wrapped(template, operands, bits, wrap)
        self.count += 1
        names = [f"v{self.count}" + (f"_{i}" if count > 1 else "") for i in range(count)]
        line = Line(template, tuple(names), tuple(value.name for value in operands), self.family)
        structs = self.types_of(line, operands)
        if any(prod(struct.shape) > 4 * MOST_ELEMENTS for struct in structs):
            raise UnfitError
        self.lines.append(line)
        known = [value.bits for value in operands]
        if bits == "same":
            bits = None if None in known else max([b for b in known if b is not None], default=5)
        values = [Value(n, tuple(s.shape), str(s.dtype), self.checked(bits, str(s.dtype))) for n, s in
                  zip(names, structs, strict=True)]  # fmt: skip
        self.pool.extend(values)
        return values

    def wrapped(self, template: str, operands: tuple[Value, ...], bits: Any, wrap: str) -> Any:
        """The template within vmap, a loop over a new first dimension, or its derivative."""
        first, *others = operands
        inner = template.replace("{0}", "t")
        way = self.random.random()
        if way < 0.5:
            if not first.floating or first.complex or (wrap == "exact" and not all(o.exact for o in operands)):
                return template, operands, bits
            probe = Line(template, ("probe",), tuple(value.name for value in operands), self.family)
            out = self.types_of(probe, operands)[0]
            if (out.shape and prod(out.shape) > MOST_ELEMENTS) or str(out.dtype) not in MANTISSA:
                return template, operands, bits
            cotangent = self.like(tuple(out.shape), str(out.dtype))
            return (
                f"jax.vjp(lambda t: {inner}, {{0}})[1]({{{len(operands)}}})[0]",
                (*operands, cotangent),
                None,
            )
        many = self.argument((self.random.choice((1, 2, 3, 4, 8)), *first.shape), first.dtype)
        if first.bits is None or bits is None:
            bits = None
        elif bits != "same":
            bits += max(0, 5 - first.bits)
        mapped = f"jax.vmap(lambda t: {inner})({{0}})" if way < 0.8 else f"lax.map(lambda t: {inner}, {{0}})"
        return mapped, (many, *others), bits

    def checked(self, bits: Any, dtype: str) -> int | None:
        """Integers are exact always; a floating-point number while its mantissa holds it."""
        if dtype not in MANTISSA:
            return 5
        return None if bits is None or bits > MANTISSA[dtype] else int(bits)

    def types_of(self, line: Line, operands: Sequence[Value]) -> list[Any]:
        """Shapes and dtypes of what a line defines; UnfitError if jax does not take it."""
        import jax
        import jax.numpy as jnp

        names = list(dict.fromkeys(line.uses))
        by_name = {value.name: jax.ShapeDtypeStruct(value.shape, jnp.dtype(value.dtype)) for value in operands}
        source = f"def line({', '.join(names)}):\n    {line.text}\n    return {', '.join(line.defines)},\n"
        scope = dict(self.names)
        exec(source, scope)
        try:
            return list(jax.eval_shape(scope["line"], *(by_name[name] for name in names)))
        except (TypeError, ValueError) as error:
            raise UnfitError(str(error)) from None

    # -- finishing ---------------------------------------------------------------------------------------------

    def spec(self, shape: Shape, divisible: bool = False) -> list[list[str]]:
        """Axes for each dimension of a tensor, mostly where they divide it."""
        free = list(self.mesh)
        self.random.shuffle(free)
        dims: list[list[str]] = []
        for size in shape:
            axes: list[str] = []
            while free and self.chance(0.5 if not axes else 0.2):
                span = prod(self.mesh[axis] for axis in [*axes, free[-1]])
                if size % span and (divisible or self.chance(0.4)):
                    self.random.shuffle(free)
                    break
                axes.append(free.pop())
            dims.append(axes)
        return dims

    def layout(self, arg: Arg) -> str:
        """A tactic's layout, with parts of axes at times."""
        dims = self.spec(arg.shape)
        texts = []
        for axes in dims:
            parts = [self.part(axis) if self.chance(0.1) else axis for axis in axes]
            texts.append("+".join(parts) or "-")
        return ",".join(texts)

    def part(self, axis: str) -> str:
        size = self.mesh[axis]
        if size < 4:
            return axis
        pre, part = self.random.choice([(p, s) for p in (1, 2, 4) for s in (2, 4) if p * s <= size and p * s * s > s])
        return f"{axis}:({pre}){part}"

    def program(self) -> Program:
        """What nobody uses is returned, with a few other values; most arguments get a layout, in random order."""
        used = {name for line in self.lines for name in line.uses}
        leaves = [v.name for line in self.lines for v in self.pool if v.name in line.defines and v.name not in used]
        others = [name for line in self.lines for name in line.defines if name in used]
        results = [*leaves, *self.random.sample(others, min(len(others), self.random.randint(0, 1)))]
        shard = [(arg.name, self.layout(arg)) for arg in self.args if arg.shape and self.chance(0.75)]
        self.random.shuffle(shard)
        lines = tuple(self.lines)
        return Program(
            self.seed, tuple(self.args), lines, tuple(results), tuple(self.mesh.items()), tuple(shard)
        ).live()


def growth(count: int) -> int:
    """Bits that a sum of `count` terms needs beyond those of a term."""
    return int(log2(max(1, count))) + 1


def summed(value: Value, count: int) -> int | None:
    return None if value.bits is None else value.bits + growth(count)


def product(*values: Value) -> int | None:
    """Bits of a product."""
    known = [value.bits for value in values]
    return None if None in known else sum(bits for bits in known if bits is not None)
