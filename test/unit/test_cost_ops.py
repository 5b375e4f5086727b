"""Features of ops under many tilings at once, and what the roofline makes of them."""

from __future__ import annotations

import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation

from eggshard.cost import AnalyticCost, Category, OpBatch, op_features
from eggshard.cost.program import program_seconds
from eggshard.dialects.assembly import Parser, make_context
from eggshard.dialects.sharding.layout import Mesh
from eggshard.hardware import load_hardware
from eggshard.rules.table import rule_of


def module(body: str) -> ModuleOp:
    return Parser(make_context(), body, "test").parse_module()


def first(text: str, arguments: str) -> Operation:
    """The op in a function of these arguments."""
    found = module(f"func.func @main({arguments}) {{\n  {text}\n  func.return\n}}")
    return next(op for op in found.walk() if op.name.startswith(("stablehlo.", "chlo.")))


def features(op: Operation, *tiles: list[int]) -> OpBatch:
    rule = rule_of(op)
    assert rule is not None
    return op_features(op, rule.local, np.array(tiles, np.int64).reshape(len(tiles), -1))


DOT = (
    "%0 = stablehlo.dot_general %a, %b, batching_dims = [0] x [0], contracting_dims = [2] x [1] "
    ": (tensor<4x30x64xbf16>, tensor<4x64x16xbf16>) -> tensor<4x30x16xf32>",
    "%a: tensor<4x30x64xbf16>, %b: tensor<4x64x16xbf16>",
)
MODEL = AnalyticCost(load_hardware("h100"), Mesh((("d", 8),)))


def test_contraction_by_hand() -> None:
    # Factors: batch 4, left 30, right 16, contracted 64.
    batch = features(first(*DOT), [1, 1, 1, 1], [2, 1, 1, 1], [1, 4, 1, 1], [1, 1, 1, 8])
    assert list(batch.category) == [Category.CONTRACTION] * 4
    assert batch.flops.tolist() == [
        2 * 4 * 30 * 16 * 64,
        2 * 2 * 30 * 16 * 64,
        2 * 4 * 8 * 16 * 64,
        2 * 4 * 30 * 16 * 8,
    ]
    assert np.stack([batch.batch, batch.m, batch.n, batch.k], 1)[2].tolist() == [4, 8, 16, 64]  # 30 over 4 is 8
    assert batch.written.tolist() == [4 * 4 * 30 * 16, 2 * 4 * 30 * 16, 4 * 4 * 8 * 16, 4 * 4 * 30 * 16]
    assert batch.read[3] == 2 * (4 * 30 * 8 + 4 * 8 * 16)


def test_a_row_is_what_it_is_alone() -> None:
    op = first(*DOT)
    tiles = [[1, 1, 1, 1], [2, 2, 1, 1], [4, 1, 16, 4]]
    together = MODEL.ops(features(op, *tiles))
    assert together.tolist() == [MODEL.ops(features(op, row))[0] for row in tiles]


@pytest.mark.parametrize("factor", range(4))
def test_more_parts_never_cost_more(factor: int) -> None:
    tiles = np.ones((5, 4), np.int64)
    tiles[:, factor] = [1, 2, 4, 8, 16]
    batch = features(first(*DOT), *tiles.tolist())
    assert (np.diff(MODEL.ops(batch)) <= 0).all()
    assert (np.diff(batch.flops) <= 0).all()


def test_reshapes_and_constants_are_free() -> None:
    op = first("%0 = stablehlo.reshape %a : (tensor<4x8xf32>) -> tensor<32xf32>", "%a: tensor<4x8xf32>")
    assert MODEL.ops(features(op, [1, 1])).tolist() == [0.0]


def test_elementwise_costs_a_share_of_a_kernel() -> None:
    op = first("%0 = stablehlo.add %a, %a : tensor<1024x1024xf32>", "%a: tensor<1024x1024xf32>")
    batch = features(op, [1, 1], [8, 1])
    whole = 4 * 1024 * 1024
    assert batch.read[0] + batch.written[0] < 3 * whole
    assert batch.written[1] == batch.written[0] / 8
    assert batch.kernels[0] < 1


def test_gather_reads_what_it_returns() -> None:
    text = (
        '%0 = "stablehlo.gather"(%a, %i) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], '
        "collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 8>, "
        "indices_are_sorted = false}> : (tensor<50000x8xf32>, tensor<4x1xi32>) -> tensor<4x8xf32>"
    )
    batch = features(first(text, "%a: tensor<50000x8xf32>, %i: tensor<4x1xi32>"), *[[1] * 4])
    assert batch.read[0] == 4 * 4 * 8 + 4 * 4


def test_an_op_without_rule_counts_whole() -> None:
    op = first("%0 = stablehlo.add %a, %a : tensor<8xf32>", "%a: tensor<8xf32>")
    assert len(op_features(op, None, np.ones((3, 0), np.int64))) == 3


def test_loops_multiply() -> None:
    def program(limit: int) -> ModuleOp:
        return module(f"""
        sharding.mesh @m = <["d"=8]>
        func.func public @main(%x: tensor<8x8xf32>) -> tensor<8x8xf32> attributes {{spmd.mesh = @m}} {{
          %zero = stablehlo.constant dense<0> : tensor<i32>
          %0, %1 = stablehlo.while(%i = %zero, %c = %x) : tensor<i32>, tensor<8x8xf32>
          cond {{
            %n = stablehlo.constant dense<{limit}> : tensor<i32>
            %t = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
            stablehlo.return %t : tensor<i1>
          }} do {{
            %one = stablehlo.constant dense<1> : tensor<i32>
            %j = stablehlo.add %i, %one : tensor<i32>
            %r = spmd.all_reduce %c {{axes = ["d"], kind = sum}} : tensor<8x8xf32> -> tensor<8x8xf32>
            stablehlo.return %j, %r : tensor<i32>, tensor<8x8xf32>
          }}
          func.return %1 : tensor<8x8xf32>
        }}""")

    once, ten = (program_seconds(program(n), MODEL) for n in (1, 10))
    assert ten.communication == pytest.approx(10 * once.communication)
    assert ten.total == ten.compute + ten.communication
    assert once.communication > 0
