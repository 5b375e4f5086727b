"""seed -> program: the families with their weights."""

from __future__ import annotations

from collections.abc import Callable

from eggshard.tools.bench.fuzzing import arithmetic, control, indexing, movement, numerics, windows
from eggshard.tools.bench.fuzzing.builder import Builder, UnfitError
from eggshard.tools.bench.fuzzing.program import Program

FAMILIES: dict[str, tuple[int, Callable[[Builder], None]]] = {
    "unary": (8, arithmetic.unary),
    "binary": (10, arithmetic.binary),
    "select": (3, arithmetic.select),
    "dot": (8, arithmetic.dot),
    "reduce": (8, arithmetic.reduce),
    "reduce_from": (4, arithmetic.reduce_from),
    "reduce_any": (4, arithmetic.reduce_any),
    "broadcast": (4, movement.broadcast),
    "transpose": (4, movement.transpose),
    "reshape": (6, movement.reshape),
    "slice": (5, movement.slice_),
    "pad": (5, movement.pad),
    "concatenate": (4, movement.concatenate),
    "reverse": (3, movement.reverse),
    "stack": (2, movement.stack),
    "constant": (4, movement.constant),
    "wide_iota": (1, movement.wide_iota),
    "take": (4, indexing.take),
    "take_along_axis": (3, indexing.take_along_axis),
    "index_many": (3, indexing.index_many),
    "gather": (5, indexing.gather),
    "scatter": (6, indexing.scatter),
    "scatter_many": (3, indexing.scatter_many),
    "segments": (4, indexing.segments),
    "dynamic_slice": (4, indexing.dynamic_slice),
    "dynamic_update_slice": (4, indexing.dynamic_update_slice),
    "cache": (2, indexing.cache),
    "convolution": (8, windows.convolution),
    "pooling": (5, windows.pooling),
    "pooling_gradient": (3, windows.pooling_gradient),
    "running": (4, windows.running),
    "sort": (4, numerics.sort),
    "fourier": (2, numerics.fourier),
    "linear_algebra": (2, numerics.linear_algebra),
    "random": (3, numerics.random),
    "scan": (4, control.scan),
    "accumulate": (3, control.accumulate),
    "while": (3, control.while_),
    "branch": (4, control.branch),
    "manual": (3, control.manual),
    "constraint": (5, control.constraint),
    "block": (4, control.block),
}

OPS = 6


def generate(seed: int, only: tuple[str, ...] = ()) -> Program:
    """A program of up to about `OPS` ops, of families drawn by weight; many programs dwell on a few of them."""
    builder = Builder(seed)
    names = list(only or FAMILIES)
    if not only and builder.chance(0.5):
        names = [*builder.random.sample(names, 3), "unary", "binary"]
    wanted = builder.random.randint(1, OPS)
    tries = 0
    while (wanted > 0 or not builder.lines) and tries < 60:
        tries += 1
        builder.family = builder.random.choices(names, [FAMILIES[name][0] for name in names])[0]
        try:
            FAMILIES[builder.family][1](builder)
        except UnfitError:
            continue
        wanted -= 1
        if tries > 30:
            names = list(FAMILIES)
    return builder.program()
