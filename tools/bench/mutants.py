"""
Plants bugs in certified programs and looks whether the checker finds them.

Each mutant is run on the interpreter: one whose result differs, or that does not run, must be rejected.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

from eggshard.tools.bench.planting import MUTATIONS

LIMIT = 1e-6
"""Relative difference from which on a result has changed; programs run in f64."""


PATIENCE = 2.0
"""Seconds that a program may run; as it is, each takes a small part of one."""


@dataclass
class Program:
    """A certified program with inputs and what it makes of them."""

    name: str
    whole: Any
    module: Any
    mesh: Any
    arguments: Any
    results: Any
    inputs: list[Any]
    expected: list[Any]


def functions() -> Iterator[tuple[str, Callable[..., Any], list[Any], dict[str, str], dict[str, int]]]:
    """Small functions whose partitioning needs every kind of collective, mask and halo: name, function, plan, mesh."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    draw = np.random.default_rng(0).standard_normal

    def mlp(x: Any, wi: Any, wo: Any) -> Any:
        return jnp.mean((jnp.tanh(x @ wi) @ wo) ** 2), jnp.tanh(x @ wi) @ wo

    mlp_args = [draw((8, 6)), draw((6, 12)), draw((12, 6))]
    yield "mlp column row", mlp, mlp_args, {"wi": "-,m", "wo": "m"}, {"d": 2, "m": 4}
    yield "mlp both", mlp, mlp_args, {"x": "d", "wi": "-,m", "wo": "m"}, {"d": 2, "m": 4}
    yield "mlp fsdp", mlp, mlp_args, {"x": "d", "w.": "d"}, {"d": 2}
    odd = [draw((7, 5)), draw((5, 11)), draw((11, 5))]
    yield "mlp padded", mlp, odd, {"x": "d", "wi": "-,m", "wo": "m"}, {"d": 2, "m": 4}
    yield "mlp gradient", jax.grad(lambda w, x: mlp(x, *w)[0]), [mlp_args[1:], mlp_args[0]], {"x": "d"}, {"d": 4}
    grad_padded = jax.grad(lambda w, x: mlp(x, *w)[0])
    yield "mlp gradient padded", grad_padded, [odd[1:], odd[0]], {"x": "d", "w/0": "-,m"}, {"d": 2, "m": 2}

    def attention(q: Any, k: Any, v: Any) -> Any:
        return jax.nn.softmax(q @ k.T / 2.0, axis=-1) @ v

    qkv = [draw((8, 4)), draw((10, 4)), draw((10, 6))]
    yield "softmax over shards", attention, qkv, {"k|v": "m"}, {"m": 2}
    yield "softmax padded", attention, qkv, {"q": "d", "k|v": "m"}, {"d": 2, "m": 4}

    def table(t: Any, i: Any) -> Any:
        return jnp.tanh(t[i]).sum(axis=0), jax.grad(lambda t: jnp.sum(jnp.tanh(t[i]) ** 2))(t)

    places = np.random.default_rng(1).integers(0, 16, (12,))
    yield "vocabulary", table, [draw((16, 4)), places], {"t": "m"}, {"m": 4}
    yield "vocabulary padded", table, [draw((18, 4)), places], {"t": "m", "i": "d"}, {"d": 2, "m": 4}

    def conv(x: Any, w: Any) -> Any:
        return jax.lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))

    image = [draw((2, 8, 6, 2)), draw((3, 3, 2, 4))]
    yield "halo", conv, image, {"x": "-,r"}, {"r": 4}
    yield "halo gradient", jax.grad(lambda w, x: jnp.sum(conv(x, w) ** 2)), image[::-1], {"x": "d,r"}, {"d": 2, "r": 2}
    yield "halo padded", conv, [draw((2, 7, 6, 2)), image[1]], {"x": "-,r"}, {"r": 2}

    def loop(x: Any, w: Any) -> Any:
        return jax.lax.scan(lambda c, _: (jnp.tanh(c @ w) + c, c.sum()), x, None, length=3)

    yield "loop", loop, [draw((8, 8)), draw((8, 8))], {"x": "d", "w": "-,m"}, {"d": 2, "m": 2}

    def turn(x: Any, w: Any) -> Any:
        return (x @ w).T.reshape(4, 2, 8) * 2.0 + jnp.roll(x.T.reshape(4, 2, 8), 1, axis=0)

    yield "reshape", turn, [draw((8, 8)), draw((8, 8))], {"x": "m", "w": "-,m"}, {"m": 4}


def programs() -> list[Program]:
    """The programs that are certified as they are."""
    import jax
    import numpy as np

    import eggshard
    from eggshard.certify.check import certify
    from eggshard.certify.ports import device_program
    from eggshard.frontends.load import from_bytes, from_jax
    from eggshard.interpreter import run_module

    found = []
    for name, fn, args, shard, mesh in functions():
        plan = eggshard.plan(fn, args, mesh=mesh, shard=shard, search=False)
        module, whole = from_bytes(plan.stablehlo().encode(), name), from_jax(fn, args).module
        answer = certify(whole, module)
        if not answer.ok:
            print(f"{name}: not certified, left out: {answer.refusal.line(name) if answer.refusal else ''}"[:200])
            continue
        laid, _, arguments, results = device_program(module)
        inputs = [np.asarray(leaf) for leaf in jax.tree.leaves(args)]
        expected = run_module(whole, inputs)
        found.append(Program(name, whole, module, laid, arguments, results, inputs, expected))
        if changed(found[-1], module):
            raise SystemExit(f"{name}: certified, but does not compute the model")
    return found


def changed(program: Program, module: Any) -> bool:
    """Whether the module computes something else than the program, or nothing."""
    import numpy as np

    from eggshard.diagnostics import DiagnosticError
    from eggshard.interpreter import run_devices, shard, unshard

    layouts = [port.layout for port in program.arguments]
    parts = [
        shard(a, lay, program.mesh, np.nan if a.dtype.kind == "f" else 0)
        for a, lay in zip(program.inputs, layouts, strict=True)
    ]
    try:
        with limited(PATIENCE):
            found = run_devices(module, parts, program.mesh.device_count)
    except (DiagnosticError, TimeoutError):
        return True
    for port, pieces, wanted in zip(program.results, found, program.expected, strict=True):
        whole = unshard(pieces, port.layout, program.mesh, wanted.shape)
        scale = float(np.max(np.abs(wanted), initial=1e-30))
        if not np.all(np.abs(whole - wanted) <= LIMIT * scale):
            return True
    return not all(replicas_agree(program, port, pieces) for port, pieces in zip(program.results, found, strict=True))


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raises TimeoutError after so long: a loop whose counter is stale never ends."""

    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def replicas_agree(program: Program, port: Any, pieces: Sequence[Any]) -> bool:
    """Whether devices that should hold equal parts do; padding is not looked at."""
    import numpy as np

    mesh = program.mesh
    known: dict[tuple[int, ...], Any] = {}
    for position in range(mesh.device_count):
        index = tuple(mesh.coordinate(position, axes) for axes in port.layout.axes)
        piece = pieces[mesh.device_at(position)]
        sizes = port.type.get_shape()
        inside = tuple(slice(0, max(0, s - i * n)) for s, i, n in zip(sizes, index, piece.shape, strict=True))
        first = known.setdefault(index, piece)
        if not np.allclose(first[inside], piece[inside], rtol=LIMIT, atol=LIMIT):
            return False
    return True


def main(argv: Sequence[str] | None = None) -> int:
    """Prints counts by kind; 0 if every mutant that changes a result is rejected."""
    os.environ.setdefault("JAX_ENABLE_X64", "1")
    parser = argparse.ArgumentParser(prog="python -m eggshard.tools.bench.mutants", description=__doc__)
    parser.add_argument("--mutants", type=int, default=200, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    args = parser.parse_args(argv)
    table, missed = count(args.mutants, args.seed)
    print(f"{'kind':<34} mutants  changing  rejected of these  harmless  of these certified")
    for kind in sorted({kind for kind, _ in table}):
        row = [table[kind, cell] for cell in ("made", "changing", "found", "harmless", "kept")]
        print(f"{kind:<34} {row[0]:>7}  {row[1]:>8}  {row[2]:>17}  {row[3]:>8}  {row[4]:>18}")
    made, changing = (sum(n for (_, cell), n in table.items() if cell == name) for name in ("made", "changing"))
    print(f"{made} mutants, {changing} change the result, {len(missed)} of these certified")
    for line in missed:
        print("MISSED", line)
    return 1 if missed else 0


def count(mutants: int, seed: int) -> tuple[Counter[tuple[str, str]], list[str]]:
    """Mutants by kind and outcome, and those that were missed."""
    import jax

    from eggshard.certify.check import certify

    with jax.enable_x64(True):
        random, sources = Random(seed), programs()
    table: Counter[tuple[str, str]] = Counter()
    missed: list[str] = []
    kinds = sorted(MUTATIONS)
    made = tries = 0
    started = time.monotonic()
    while made < mutants and tries < 60 * mutants:
        tries += 1
        kind, program = kinds[tries % len(kinds)], random.choice(sources)
        module = program.module.clone()
        what = MUTATIONS[kind](module, random, program.mesh)
        if what is None:
            continue
        made += 1
        table[kind, "made"] += 1
        accepted = certify(program.whole, module).ok
        if changed(program, module):
            table[kind, "changing"] += 1
            table[kind, "found"] += not accepted
            if accepted:
                missed.append(f"{program.name}: {kind}: {what}")
        else:
            table[kind, "harmless"] += 1
            table[kind, "kept"] += accepted
        if made % 500 == 0:
            print(f"{made} in {time.monotonic() - started:.0f} s", file=sys.stderr)
    return table, missed


if __name__ == "__main__":
    sys.exit(main())
