"""Programs for which another form is cheaper: their plans take it, cost less than any of the written form, and run."""

from __future__ import annotations

import numpy as np
import pytest

from eggshard.tools.bench.rewrites import LIMITS, PLENTY, decided, executed
from eggshard.tools.bench.rewritten import PROGRAMS

SIZES = {"a": 4, "b": 2}
OPTIONS = ("h100", PLENTY, 20.0)
CASES = ["linear attention", "latent attention", "pooled classifier", "LoRA", "adapters", "scaled logits"]


@pytest.mark.parametrize("name", CASES)
def test_the_plan_is_cheaper_than_any_of_the_program_as_written(name: str) -> None:
    program = PROGRAMS[name]
    written = decided(program, SIZES, OPTIONS, logic=False)
    chosen = decided(program, SIZES, OPTIONS)
    assert chosen.seconds < written.bound_seconds
    collectives, worst = executed(program, SIZES, OPTIONS)
    assert worst <= LIMITS[program.dtype], collectives


GRADIENT = """
func.func @main(%x: tensor<64x16xbf16> {sharding.name = "x"}, %dy: tensor<64x8xbf16> {sharding.name = "dy"}) -> tensor<16x8xbf16> {
  %g = stablehlo.dot_general %x, %dy, contracting_dims = [0] x [0] : (tensor<64x16xbf16>, tensor<64x8xbf16>) -> tensor<16x8xf32>
  %r = stablehlo.convert %g : (tensor<16x8xf32>) -> tensor<16x8xbf16>
  func.return %r : tensor<16x8xbf16>
}
"""  # noqa: E501


@pytest.mark.parametrize("relaxed", [False, True])
def test_gradients_are_summed_in_the_narrower_float_only_on_request(relaxed: bool) -> None:
    """Each of the eight terms is rounded once more: at most eight half units of the last place of the largest term."""
    from ml_dtypes import bfloat16

    from eggshard.annotation import add_mesh
    from eggshard.cost import AnalyticCost
    from eggshard.dialects.assembly import make_context, parse_module
    from eggshard.dialects.sharding.access import argument_layout, result_layout
    from eggshard.hardware import load_hardware
    from eggshard.interpreter import run_devices, run_module, shard, unshard
    from eggshard.mesh import Mesh
    from eggshard.partitioning.program import main_function
    from eggshard.passes import pipeline
    from eggshard.planning.search import search
    from eggshard.propagation.tactics import apply_tactics

    module, mesh = parse_module(GRADIENT), Mesh({"data": 8})
    pipeline.run(module, make_context(), pipeline.IMPORT)
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=shape).astype(bfloat16) for shape in ((64, 16), (64, 8))]
    whole = run_module(module, inputs)[0].astype(np.float64)
    add_mesh(module, mesh)
    apply_tactics(module, [("x|dy", "data,-")])
    search(module, AnalyticCost(load_hardware("h100"), mesh.value), PLENTY, relax_rounding=relaxed)
    func = main_function(module)
    given = [argument_layout(func, index) for index in range(2)]
    made = result_layout(func, 0)
    assert made is not None
    pipeline.run(module, make_context(), (*pipeline.RESHARD, *pipeline.PARTITION, *pipeline.COLLECTIVES))
    sums = [op for op in module.walk() if op.name in ("spmd.all_reduce", "spmd.reduce_scatter")]
    assert [("bf16" in str(op.results[0].type)) for op in sums] == [relaxed]
    parts = [
        shard(array, layout, mesh.value) for array, layout in zip(inputs, given, strict=True) if layout is not None
    ]
    pieces = run_devices(module, parts, 8)[0]
    found = unshard(pieces, made, mesh.value, whole.shape).astype(np.float64)
    terms = np.stack(
        [a.T.astype(np.float64) @ b.astype(np.float64) for a, b in zip(*(np.split(x, 8) for x in inputs), strict=True)]
    )
    allowed = (np.abs(terms).sum(0) * (8 if relaxed else 1)) * 2.0**-8
    assert np.all(np.abs(found - whole) <= allowed)
