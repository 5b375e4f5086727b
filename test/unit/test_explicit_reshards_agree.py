"""Our `insert-explicit-reshards` moves the very tensors that Shardy's pass moves, on random programs."""

from __future__ import annotations

from io import StringIO

import pytest
from jax._src.interpreters.mlir import make_ir_context
from jaxlib.mlir import ir
from jaxlib.mlir.passmanager import PassManager
from xdsl.context import Context
from xdsl.printer import Printer

from eggshard.dialects.assembly import parse_module
from eggshard.passes.annotate.export_sdy import ExportSdyPass
from eggshard.passes.annotate.import_sdy import ImportSdyPass
from eggshard.passes.partition.insert_explicit_reshards import InsertExplicitReshardsPass
from eggshard.tools.bench.random_programs import random_program
from eggshard.tools.bench.random_regions import FAMILIES
from eggshard.tools.bench.shardy import propagation_pipeline

MESH = 'sdy.mesh @mesh = <["a"=2, "b"=4, "c"=3]>\n'
CASES = [
    # A matrix product whose result has the axis that is summed over.
    """func.func @f(%arg0: tensor<8x16xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}, {"a"}]>},
      %arg1: tensor<16x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}, {"b"}]>}) -> tensor<8x8xf32> {
      %0 = stablehlo.dot_general %arg0, %arg1, contracting_dims = [1] x [0]
        {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{}, {"a"}]>]>}
        : (tensor<8x16xf32>, tensor<16x8xf32>) -> tensor<8x8xf32>
      return %0 : tensor<8x8xf32>
    }""",
    # A reshape where no factor has room for the axis.
    """func.func @f(%arg0: tensor<8x8x2xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"c"}, {}, {}]>})
      -> tensor<2x32x2xf32> {
      %0 = stablehlo.reshape %arg0 : (tensor<8x8x2xf32>) -> tensor<2x32x2xf32>
      return %0 : tensor<2x32x2xf32>
    }""",
    # Terms that are summed, kept, and made.
    """func.func @f(%arg0: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"b"}, {}], unreduced={"a"}>})
      -> (tensor<8x8xf32>, tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}, {}], unreduced={"b", "c"}>}) {
      %0 = stablehlo.negate %arg0 {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{}, {"b"}], unreduced={"a"}>]>}
        : tensor<8x8xf32>
      return %0, %arg0 : tensor<8x8xf32>, tensor<8x8xf32>
    }""",
    # A function that says how it wants one of its arguments.
    """func.func @f(%arg0: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}, {}]>}) -> tensor<8x8xf32> {
      %0 = call @g(%arg0, %arg0) : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
      return %0 : tensor<8x8xf32>
    }
    func.func private @g(%arg0: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}, {"b"}]>},
      %arg1: tensor<8x8xf32>) -> tensor<8x8xf32> {
      return %arg0 : tensor<8x8xf32>
    }""",
    # Tensors that must agree about a concatenation.
    """func.func @f(%arg0: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}, {}]>},
      %arg1: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}, {"b"}]>}) -> tensor<16x8xf32> {
      %0 = stablehlo.concatenate %arg0, %arg1, dim = 0 : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<16x8xf32>
      return %0 : tensor<16x8xf32>
    }""",
    # Slices that are joined: of one tensor, together with it, and together with another one.
    """func.func @f(%arg0: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}, {"b"}]>},
      %arg1: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"b"}, {"a"}]>})
      -> (tensor<8x8xf32>, tensor<14x8xf32>, tensor<14x8xf32>) {
      %0 = stablehlo.slice %arg0 [0:6, 0:8] {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"a"}, {"b"}]>]>}
        : (tensor<8x8xf32>) -> tensor<6x8xf32>
      %1 = stablehlo.slice %arg0 [6:8, 0:8] {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"b"}, {"a"}]>]>}
        : (tensor<8x8xf32>) -> tensor<2x8xf32>
      %2 = stablehlo.concatenate %1, %0, dim = 0 {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"a"}, {"b"}]>]>}
        : (tensor<2x8xf32>, tensor<6x8xf32>) -> tensor<8x8xf32>
      %3 = stablehlo.concatenate %0, %arg0, dim = 0 : (tensor<6x8xf32>, tensor<8x8xf32>) -> tensor<14x8xf32>
      %4 = stablehlo.concatenate %0, %arg1, dim = 0 : (tensor<6x8xf32>, tensor<8x8xf32>) -> tensor<14x8xf32>
      return %2, %3, %4 : tensor<8x8xf32>, tensor<14x8xf32>, tensor<14x8xf32>
    }""",
    # A collective of two tensors.
    """func.func @f(%arg0: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}, {"b"}]>},
      %arg1: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"b"}, {"a"}]>})
      -> (tensor<8x16xf32>, tensor<8x16xf32>) {
      %0:2 = "stablehlo.all_gather"(%arg0, %arg1)
        <{all_gather_dim = 1 : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}>
        : (tensor<8x8xf32>, tensor<8x8xf32>) -> (tensor<8x16xf32>, tensor<8x16xf32>)
      return %0#0, %0#1 : tensor<8x16xf32>, tensor<8x16xf32>
    }""",
]


def run(text: str, passes: str) -> str:
    module = ir.Module.parse(text)
    PassManager.parse(f"builtin.module({passes})").run(module.operation)
    return str(module)


def agree(text: str, full: bool) -> None:
    theirs = run(text, f"func.func(sdy-insert-explicit-reshards{{enable-full-version={'true' if full else 'false'}}})")
    ours = parse_module(text)
    for step in (ImportSdyPass(), InsertExplicitReshardsPass(full), ExportSdyPass()):
        step.apply(Context(), ours)
        ours.verify()
    out = StringIO()
    Printer(out, print_generic_format=True).print_op(ours)
    assert run(out.getvalue(), "") == theirs


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("start", range(0, 60, 15))
def test_random_programs(start: int, full: bool) -> None:
    with make_ir_context(), ir.Location.unknown():
        for seed in range(start, start + 15):
            agree(run(random_program(seed, FAMILIES).text, propagation_pipeline()), full)


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_cases(case: str, full: bool) -> None:
    with make_ir_context(), ir.Location.unknown():
        agree(run(MESH + case, ""), full)
