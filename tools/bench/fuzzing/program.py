"""A small JAX program as text: arguments, one line per op, results, a mesh and layouts; it can be cut down."""

from __future__ import annotations

import textwrap
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

Shape = tuple[int, ...]

WIDER = {"bfloat16": "float64", "float32": "float64", "complex64": "complex128"}
"""In which dtype a program is run again to tell rounding from a fault."""


@dataclass(frozen=True)
class Arg:
    """An argument; `values` says how it is filled, see `inputs.py`."""

    name: str
    shape: Shape
    dtype: str
    values: str = "exact"


@dataclass(frozen=True)
class Line:
    """`defines = template.format(*uses)`; `family` is the kind of op that it stands for."""

    template: str
    defines: tuple[str, ...]
    uses: tuple[str, ...]
    family: str

    @property
    def text(self) -> str:
        return f"{', '.join(self.defines)} = {self.template.format(*self.uses)}"


@dataclass(frozen=True)
class Program:
    """`shard` are tactics, (argument, layout), in the order in which they are applied."""

    seed: int
    args: tuple[Arg, ...]
    lines: tuple[Line, ...]
    results: tuple[str, ...]
    mesh: tuple[tuple[str, int], ...]
    shard: tuple[tuple[str, str], ...]

    @property
    def families(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(line.family for line in self.lines))

    def source(self) -> str:
        """The function `f` as Python."""
        body = "\n".join([*(line.text for line in self.lines), f"return {', '.join(self.results)},"])
        return f"def f({', '.join(arg.name for arg in self.args)}):\n{textwrap.indent(body, '    ')}\n"

    def describe(self) -> str:
        """Everything that is needed to run the program again."""
        shapes = [f"# {arg.name}: {arg.dtype}{list(arg.shape)} {arg.values}" for arg in self.args]
        return "\n".join([*shapes, f"# mesh={dict(self.mesh)} shard={list(self.shard)}", self.source().rstrip()])

    def function(self, constrain: bool = True) -> Callable[..., Any]:
        """
        The program as a function.

        Without `constrain` what `C` says of layouts in the middle of it is left out.
        """
        names = namespace(dict(self.mesh), constrain)
        exec(compile(self.source(), f"<program {self.seed}>", "exec"), names)
        function: Callable[..., Any] = names["f"]
        return function

    def live(self) -> Program:
        """Without lines and arguments that no result depends on."""
        needed = set(self.results)
        kept: list[Line] = []
        for line in reversed(self.lines):
            if needed & set(line.defines):
                kept.append(line)
                needed |= set(line.uses)
        args = tuple(arg for arg in self.args if arg.name in needed)
        names = {arg.name for arg in args}
        shard = tuple(entry for entry in self.shard if entry[0] in names)
        return replace(self, args=args, lines=tuple(kept[::-1]), shard=shard)

    def wider(self) -> Program:
        """The same program with every floating-point type of double width."""

        def widen(text: str) -> str:
            for narrow, wide in WIDER.items():
                text = text.replace(narrow, wide)
            return text

        lines = tuple(replace(line, template=widen(line.template)) for line in self.lines)
        args = tuple(replace(arg, dtype=widen(arg.dtype)) for arg in self.args)
        return replace(self, lines=lines, args=args)


def namespace(mesh: Mapping[str, int], constrain: bool) -> dict[str, Any]:
    """What the text of a program refers to."""
    import jax
    import jax.numpy as jnp
    import numpy as np
    from jax import lax
    from jax.sharding import Mesh, NamedSharding, PartitionSpec

    def devices() -> Any:
        return Mesh(np.array(jax.devices()[:8]).reshape(tuple(mesh.values())), tuple(mesh))

    def constrained(value: Any, *spec: Any) -> Any:
        """`value`, laid out so; '?' leaves a dimension open."""
        if not constrain:
            return value
        entries = [PartitionSpec.UNCONSTRAINED if entry == "?" else entry for entry in spec]
        return lax.with_sharding_constraint(value, NamedSharding(devices(), PartitionSpec(*entries)))

    def manual(body: Callable[..., Any], inputs: Any, outputs: Any, axes: tuple[str, ...]) -> Callable[..., Any]:
        """`body`, written for one device along `axes`."""
        mapped: Callable[..., Any] = jax.shard_map(
            body, mesh=devices(), in_specs=inputs, out_specs=outputs, axis_names=set(axes), check_vma=False
        )
        return mapped

    return {
        "jax": jax, "jnp": jnp, "lax": lax, "np": np, "P": PartitionSpec, "C": constrained, "manual": manual,
    }  # fmt: skip


def seed_of(arg: Arg) -> int:
    """A seed that stays the same whatever else changes in the program."""
    return zlib.crc32(f"{arg.name} {arg.shape} {arg.values}".encode())
