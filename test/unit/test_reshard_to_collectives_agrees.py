"""Our `reshard-to-collectives` makes the very collectives that Shardy's pass makes, on random reshards."""

from __future__ import annotations

import random
from io import StringIO
from itertools import pairwise

import pytest
from jax._src.interpreters.mlir import make_ir_context
from jaxlib.mlir import ir
from jaxlib.mlir.passmanager import PassManager
from xdsl.context import Context
from xdsl.printer import Printer

from eggshard.dialects.assembly import parse_module
from eggshard.dialects.sharding.axes import merged, part
from eggshard.dialects.sharding.layout import Axis, Mesh
from eggshard.dialects.sharding.syntax import axes_text, mesh_text
from eggshard.passes.partition.reshard_to_collectives import ReshardToCollectivesPass


def random_sharding(rng: random.Random, mesh: Mesh, rank: int, name: str) -> str:
    parts: list[Axis] = []
    for axis, size in mesh.axes:
        cuts = [1]
        while cuts[-1] < size:
            bounds = [b for b in range(cuts[-1] + 1, size + 1) if size % b == 0 and b % cuts[-1] == 0]
            cuts.append(size if rng.random() < 0.6 else rng.choice(bounds))
        parts += [part(axis, a, b, mesh) for a, b in pairwise(cuts)]
    rng.shuffle(parts)
    dims: list[list[Axis]] = [[] for _ in range(rank)]
    for axis_part in parts[: rng.randint(0, len(parts))]:
        dims[rng.randrange(rank)].append(axis_part)
    return f"<@{name}, [{', '.join('{' + axes_text(merged(dim, mesh)) + '}' for dim in dims)}]>"


def random_program(rng: random.Random) -> str:
    """A function that reshards its argument, sometimes to another order of devices."""
    mesh = Mesh(tuple((name, rng.choice([2, 4, 8])) for name in "xyzw"[: rng.randint(1, 3)]))
    ids = list(range(mesh.device_count))
    while ids == sorted(ids):
        rng.shuffle(ids)
    rank = rng.randint(1, 3)
    type = f"tensor<{'x'.join(str(rng.choice([2, 8, 16, 48])) for _ in range(rank))}xf32>"
    source = random_sharding(rng, mesh, rank, "mesh")
    target = random_sharding(rng, mesh, rank, rng.choice(["mesh", "mesh", "reordered"]))
    return f"""
sdy.mesh @mesh = <{mesh_text(mesh)}>
sdy.mesh @reordered = <{mesh_text(mesh)}, device_ids={ids}>
func.func @f(%arg0: {type} {{sdy.sharding = #sdy.sharding{source}}}) -> {type} {{
  %0 = sdy.reshard %arg0 {target} : {type}
  return %0 : {type}
}}"""


@pytest.mark.parametrize("seed", range(6))
def test_equal_collectives(seed: int) -> None:
    rng = random.Random(seed)
    with make_ir_context(), ir.Location.unknown():
        for _ in range(50):
            text = random_program(rng)
            theirs = ir.Module.parse(text)
            PassManager.parse("builtin.module(func.func(sdy-reshard-to-collectives))").run(theirs.operation)
            ours = parse_module(text)
            ReshardToCollectivesPass().apply(Context(), ours)
            ours.verify()
            out = StringIO()
            Printer(out).print_op(ours)
            assert str(ir.Module.parse(out.getvalue())) == str(theirs)
