"""What the planner decides on small programs, and what it must keep to."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from planning_support import CHAIN, LOOP, STATE, axes, problem, read, searched
from xdsl.dialects.builtin import ModuleOp

from eggshard.choose.evaluate import Evaluator
from eggshard.choose.problem import Problem
from eggshard.choose.solve import solve
from eggshard.diagnostics import DiagnosticError
from eggshard.dialects.assembly import make_context
from eggshard.dialects.sharding import layout_of, result_layout
from eggshard.partitioning.program import main_function
from eggshard.passes import pipeline

SHARED = """
func.func @main(%x: tensor<8xf32>, %y: tensor<8xf32>) -> tensor<8xf32> {
  %0 = stablehlo.add %x, %y : tensor<8xf32>
  %1 = stablehlo.tanh %0 : tensor<8xf32>
  %2 = stablehlo.multiply %0, %1 : tensor<8xf32>
  return %2 : tensor<8xf32>
}
"""

SUMMED = """
func.func @main(%x: tensor<8x64xf32>) -> tensor<8xf32> {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %0 = stablehlo.reduce(%x init: %zero) applies stablehlo.add across dimensions = [1]
    : (tensor<8x64xf32>, tensor<f32>) -> tensor<8xf32>
  %1 = stablehlo.negate %0 : tensor<8xf32>
  return %1 : tensor<8xf32>
}
"""


def best(problem: Problem) -> int | None:
    """The least cost of all choices that fit."""
    judge = Evaluator(problem)
    found = None
    for choice in product(*(range(problem.strategies(node)) for node in range(problem.nodes))):
        picked = np.array(choice, np.int64)
        cost, _ = judge.cost(picked)
        if cost is not None and (found is None or cost < found) and judge(picked).fits:
            found = cost
    return found


@pytest.mark.parametrize("text", [CHAIN, SHARED, SUMMED, STATE], ids=["chain", "shared", "summed", "state"])
@pytest.mark.parametrize("share", [1.0, 0.7, 0.4])
def test_no_choice_is_cheaper(text: str, share: float) -> None:
    """Against every choice there is, at three limits."""
    sizes = {"a": 2}
    free = problem(read(text), sizes)
    count = np.prod([free.strategies(node) for node in range(free.nodes)], dtype=float)
    assert count < 20_000
    ends = Evaluator(free)(np.zeros(free.nodes, np.int64))  # the first strategy of each is to do nothing
    limited = problem(read(text), sizes, int(ends.peak * share))
    found = solve(limited, time_limit=10.0)
    assert found.cost == best(limited)
    assert found.optimal or found.infeasible


# -- the search -------------------------------------------------------------------------------------------------------


def test_memory_is_kept_to() -> None:
    whole = searched(CHAIN, {"a": 2})[1].peak_bytes
    assert whole is not None
    least = None
    for share in (1.0, 0.95, 0.9):
        found = searched(CHAIN, {"a": 2}, int(whole * share))[1]
        assert found.peak_bytes is not None and found.peak_bytes <= whole * share
        assert found.seconds is not None and (least is None or found.seconds >= least)
        least = found.seconds


def test_memory_that_nothing_fits_in() -> None:
    with pytest.raises(DiagnosticError, match="no partitioning fits in 16 B a device") as error:
        searched(CHAIN, {"a": 2}, 16)
    assert error.value.hint


def test_closed_dimensions_stay_as_they_are_given() -> None:
    for given, wanted in (("a", [["a"], []]), ("-,a", [[], ["a"]]), ("b+a", [["b", "a"], []]), ("b,a", [["b"], ["a"]])):
        module, _ = searched(CHAIN, {"a": 2, "b": 2}, shard=[("x", given)])
        assert axes(module, 0) == wanted


def test_open_dimensions_begin_as_they_are_given() -> None:
    text = CHAIN.replace(
        'sharding.name = "x"', 'sharding.name = "x", sdy.sharding = #sdy.sharding<@mesh, [{"b", ?}, {}]>'
    )
    text = 'sdy.mesh @mesh = <["a"=2, "b"=2]>\n' + text
    least = searched(text, {"a": 2, "b": 2}, 140)[0]
    assert axes(least, 0) == [["b", "a"], []]
    assert axes(searched(text, {"a": 2, "b": 2})[0], 0)[0][0] == "b"
    assert axes(searched(text.replace("?", "").replace('"b", ', '"b"'), {"a": 2, "b": 2})[0], 0) == [["b"], []]


ANNOTATED = """
sdy.mesh @mesh = <["a"=4]>
func.func @main(%x: tensor<64x4xf32>, %w: tensor<4x64xf32>, %v: tensor<64x4xf32>) -> tensor<64x4xf32> {
  %0 = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0]
    {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{}, {"a"}]>]>}
    : (tensor<64x4xf32>, tensor<4x64xf32>) -> tensor<64x64xf32>
  %1 = stablehlo.dot_general %0, %v, contracting_dims = [1] x [0]
    : (tensor<64x64xf32>, tensor<64x4xf32>) -> tensor<64x4xf32>
  return %1 : tensor<64x4xf32>
}
"""


def test_annotated_results_of_ops_are_made_and_lie_as_given() -> None:
    """Another form would not make it."""
    module, _ = searched(ANNOTATED, {"a": 4})
    assert products(module) == [(64, 64), (64, 4)]
    first = next(op for op in main_function(module).body.block.ops if op.name == "stablehlo.dot_general")
    layout = layout_of(first.results[0])
    assert layout is not None and [len(dim) for dim in layout.axes] == [0, 1]
    free, _ = searched(ANNOTATED.replace("sdy.sharding =", "was ="), {"a": 4})
    assert products(free) == [(4, 4), (64, 4)]


def test_parts_of_axes_cannot_be_searched_with() -> None:
    with pytest.raises(DiagnosticError, match='argument "x" is laid out as') as error:
        searched(CHAIN, {"a": 4}, shard=[("x", "a:(1)2")])
    assert "search=False" in (error.value.hint or "")


def test_a_pin_wants_more_than_there_is() -> None:
    """A pinned argument takes what it takes: no partitioning fits, and the search says so."""
    with pytest.raises(DiagnosticError, match="no partitioning fits"):
        searched(CHAIN, {"a": 4}, 120, shard=[("x", "-")])


def test_the_same_seed_gives_the_same_plan() -> None:
    for seed in (0, 1):
        first, second = (searched(LOOP, {"a": 4, "b": 2}, 200, seed=seed)[0] for _ in range(2))
        assert str(first) == str(second)


TALL = """
func.func @main(%a: tensor<4096x64xf32>, %b: tensor<64x4096xf32>, %v: tensor<4096x64xf32>) -> tensor<4096x64xf32> {
  %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0]
    : (tensor<4096x64xf32>, tensor<64x4096xf32>) -> tensor<4096x4096xf32>
  %1 = stablehlo.dot_general %0, %v, contracting_dims = [1] x [0]
    : (tensor<4096x4096xf32>, tensor<4096x64xf32>) -> tensor<4096x64xf32>
  return %1 : tensor<4096x64xf32>
}
"""


def products(module: ModuleOp) -> list[tuple[int, ...]]:
    ops = main_function(module).body.block.ops
    return [tuple(op.results[0].type.get_shape()) for op in ops if op.name == "stablehlo.dot_general"]


def test_other_forms_of_the_program_are_taken() -> None:
    """(A B) V makes a square matrix, A (B V) a small one."""
    written, plain = searched(TALL, {"a": 8}, logic=False)
    other, free = searched(TALL, {"a": 8})
    assert products(written) == [(4096, 4096), (4096, 64)]
    assert products(other) == [(64, 64), (4096, 64)]
    assert plain.seconds is not None and free.seconds is not None and free.seconds < 0.6 * plain.seconds
    last = main_function(other).body.block.last_op
    assert last is not None
    other.verify()
    assert result_layout(main_function(other), 0) is not None


def test_results_of_other_forms_lie_where_they_are_pinned() -> None:
    text = TALL.replace("-> tensor<4096x64xf32> {", '-> (tensor<4096x64xf32> {sharding.name = "y"}) {')
    text = text.replace("%v: tensor<4096x64xf32>", '%v: tensor<4096x64xf32> {sharding.name = "y"}')
    module, _ = searched(text, {"a": 8}, shard=[("y", "-,a")])
    layout = result_layout(main_function(module), 0)
    assert layout is not None and [len(dim) for dim in layout.axes] == [0, 1]


def test_other_forms_read_other_forms() -> None:
    """The result of one tree, read twice, is a leaf of the next."""
    text = TALL.replace(
        "  return %1 : tensor<4096x64xf32>\n",
        """  %2 = stablehlo.dot_general %1, %b, contracting_dims = [1] x [0]
    : (tensor<4096x64xf32>, tensor<64x4096xf32>) -> tensor<4096x4096xf32>
  %3 = stablehlo.dot_general %2, %1, contracting_dims = [1] x [0]
    : (tensor<4096x4096xf32>, tensor<4096x64xf32>) -> tensor<4096x64xf32>
  return %3 : tensor<4096x64xf32>
""",
    )
    module, _ = searched(text, {"a": 8})
    assert products(module) == [(64, 64), (4096, 64)] * 2
    module.verify()
    pipeline.run(module, make_context(), (*pipeline.RESHARD, *pipeline.PARTITION))
