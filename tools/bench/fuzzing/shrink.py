"""Cuts a failing program down while it fails in the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from eggshard.tools.bench.fuzzing.program import Arg, Program

Fails = Callable[[Program], bool]


def shrink(program: Program, fails: Fails, tries: int = 60) -> Program:
    """The smallest program found in at most `tries` attempts."""
    changed = True
    while changed and tries > 0:
        changed = False
        for smaller in variants(program):
            tries -= 1
            if tries < 0:
                break
            if _safely(fails, smaller):
                program, changed = smaller, True
                break
    return program


def _safely(fails: Fails, program: Program) -> bool:
    try:
        return fails(program)
    except Exception:
        return False


def variants(program: Program) -> Iterator[Program]:
    """Programs that lack something, the largest steps first."""
    if len(program.results) > 1:
        for name in program.results:
            yield replace(program, results=(name,)).live()
    for index in reversed(range(len(program.lines))):
        cut = without_line(program, index)
        if cut is not None:
            yield cut
    for index in range(len(program.shard)):
        yield replace(program, shard=program.shard[:index] + program.shard[index + 1 :])
    for index, (name, layout) in enumerate(program.shard):
        for simpler in simpler_layouts(layout):
            shard = (*program.shard[:index], (name, simpler), *program.shard[index + 1 :])
            yield replace(program, shard=shard)


def without_line(program: Program, index: int) -> Program | None:
    """What the line defines becomes an argument; of the last line its operands become results."""
    line = program.lines[index]
    types = types_of(program)
    if any(types[name] is None for name in line.defines):
        return None
    rest = (*program.lines[:index], *program.lines[index + 1 :])
    args = list(program.args)
    for name in line.defines:
        shape, dtype = types[name] or ((), "")
        args.append(Arg(name, shape, dtype))
    defined = {name for other in rest for name in other.defines}
    results = tuple(name for name in program.results if name not in line.defines)
    results = results or tuple(dict.fromkeys(name for name in line.uses if name in defined))
    if not results:
        return None
    return replace(program, args=tuple(args), lines=rest, results=results).live()


def types_of(program: Program) -> dict[str, tuple[tuple[int, ...], str] | None]:
    """Shape and dtype of everything that a line defines."""
    import jax
    import jax.numpy as jnp

    names = tuple(name for line in program.lines for name in line.defines)
    structs = [jax.ShapeDtypeStruct(arg.shape, jnp.dtype(arg.dtype)) for arg in program.args]
    made = jax.eval_shape(replace(program, results=names).function(constrain=False), *structs)
    return {name: (tuple(s.shape), str(s.dtype)) for name, s in zip(names, made, strict=True)}


def simpler_layouts(layout: str) -> Iterator[str]:
    dims = layout.split(",")
    for dim, axes in enumerate(dims):
        parts = axes.split("+")
        if axes != "-":
            yield ",".join([*dims[:dim], "-", *dims[dim + 1 :]])
        if len(parts) > 1:
            yield ",".join([*dims[:dim], parts[0], *dims[dim + 1 :]])
