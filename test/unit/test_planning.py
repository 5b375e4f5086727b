"""The planner on small programs: what it sees, what layouts cost, what it decides, and what it must keep to."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp

from eggshard.annotation import add_mesh
from eggshard.choose.evaluate import Evaluator
from eggshard.choose.problem import Problem
from eggshard.choose.solve import solve
from eggshard.cost import AnalyticCost
from eggshard.diagnostics import DiagnosticError
from eggshard.dialects.assembly import make_context, parse_module
from eggshard.dialects.sharding import argument_layout, layout_of, result_layout
from eggshard.egraph.codes import LAST_DIMENSION
from eggshard.egraph.explore import explore
from eggshard.hardware import load_hardware
from eggshard.mesh import Mesh
from eggshard.partitioning.program import main_function
from eggshard.passes import pipeline
from eggshard.planning.kinds import Kind, make_kind
from eggshard.planning.outline import Outline, outline
from eggshard.planning.pins import pins
from eggshard.planning.problem import problem_of
from eggshard.planning.search import Search, search
from eggshard.planning.strategies import space
from eggshard.planning.variables import decision
from eggshard.propagation.tactics import apply_tactics

PLENTY = 1 << 40


def model(mesh: Mesh) -> AnalyticCost:
    return AnalyticCost(load_hardware("h100"), mesh.value)


def read(text: str, sizes: dict[str, int] | None = None, shard: list[tuple[str, str]] | None = None) -> ModuleOp:
    """An imported program, with its mesh and what tactics fix."""
    module = parse_module(text)
    pipeline.run(module, make_context(), pipeline.IMPORT)
    add_mesh(module, Mesh(sizes or {"a": 2}))
    apply_tactics(module, shard or [])
    return module


def searched(text: str, sizes: dict[str, int], memory: int = PLENTY, **options: Any) -> tuple[ModuleOp, Search]:
    module = read(text, sizes, options.pop("shard", None))
    return module, search(module, model(Mesh(sizes)), memory, time_limit=options.pop("time_limit", 60.0), **options)


def problem(module: ModuleOp, sizes: dict[str, int], memory: int = PLENTY) -> Problem:
    """The choice problem of a program as it is written."""
    mesh = Mesh(sizes)
    laid = outline(module)
    everything = space(laid, mesh.value, model(mesh))
    chosen = decision(laid, everything, pins(module, laid, everything, "mesh", mesh.value))
    return problem_of(chosen, list(everything.kinds.values()), laid.steps, memory, "test")


def maker(laid: Outline, tensor: int) -> str:
    made = laid.tensors[tensor].maker
    return "home" if made is None else laid.sites[made[0]].op.name.removeprefix("stablehlo.")


def readers(laid: Outline, tensor: int) -> list[str]:
    """What reads a tensor, and how often."""
    return [
        f"{laid.sites[use.site].op.name.removeprefix('stablehlo.') if use.site >= 0 else 'feeds ' + str(use.feeds)}"
        f" x{use.times:g}"
        for use in laid.tensors[tensor].uses
    ]


CHAIN = """
func.func @main(%x: tensor<8x4xf32> {sharding.name = "x"}, %w: tensor<4x4xf32> {sharding.name = "w"})
    -> tensor<8x4xf32> {
  %0 = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0]
    : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
  %1 = stablehlo.tanh %0 : tensor<8x4xf32>
  return %1 : tensor<8x4xf32>
}
"""

LOOP = """
func.func @main(%x: tensor<8x4xf32> {sharding.name = "x"}, %w: tensor<4x4xf32> {sharding.name = "w"})
    -> tensor<8x4xf32> {
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %r:2 = stablehlo.while(%i = %zero, %c = %x) : tensor<i32>, tensor<8x4xf32>
  cond {
    %five = stablehlo.constant dense<5> : tensor<i32>
    %more = stablehlo.compare LT, %i, %five : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %more : tensor<i1>
  } do {
    %one = stablehlo.constant dense<1> : tensor<i32>
    %next = stablehlo.add %i, %one : tensor<i32>
    %p = stablehlo.dot_general %c, %w, contracting_dims = [1] x [0]
      : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
    stablehlo.return %next, %p : tensor<i32>, tensor<8x4xf32>
  }
  return %r#1 : tensor<8x4xf32>
}
"""


def test_outline_of_a_chain() -> None:
    laid = outline(read(CHAIN))
    assert [maker(laid, t) for t in range(5)] == ["home", "home", "dot_general", "tanh", "home"]
    assert readers(laid, 0) == readers(laid, 1) == ["dot_general x1"]
    assert readers(laid, 2) == ["tanh x1"] and readers(laid, 3) == ["feeds 4 x1"]
    assert [t.argument for t in laid.tensors] == [0, 1, -1, -1, -1] and laid.tensors[4].result == 0
    assert all(laid.tensors[t].end == laid.steps for t in (0, 1)), "arguments stay: the caller holds them"


def test_outline_of_a_loop() -> None:
    """A carry is one tensor; what the loop reads from outside is read in each round, but may be brought there once."""
    laid = outline(read(LOOP))
    (product,) = (t for t in range(len(laid.tensors)) if maker(laid, t) == "dot_general")
    carry = laid.tensors[product].uses[0].feeds
    assert len(laid.tensors[carry].values) == 3, "the loop's result, and its argument in both regions"
    assert readers(laid, 0) == [f"feeds {carry} x1"]
    assert readers(laid, 1) == ["dot_general x5"] and laid.tensors[1].uses[0].loop >= 0
    assert readers(laid, product) == [f"feeds {carry} x5"]
    (inside,) = (use for use in laid.tensors[carry].uses if use.site >= 0 and use.operand == 0)
    assert inside.loop == -1 and laid.tensors[carry].times == 5, "the carry is another one in each round"
    (dot,) = (site for site in laid.sites if site.op.name == "stablehlo.dot_general")
    assert dot.times == 5
    assert laid.tensors[carry].start < dot.position < laid.tensors[carry].end


def test_outline_of_a_carry_that_stays() -> None:
    """What a loop hands on unchanged is read from outside, and need not be brought there in each round."""
    text = LOOP.replace("%r:2", "%r:3").replace("%c = %x)", "%c = %x, %k = %w)").replace("%c, %w,", "%c, %k,")
    text = text.replace("return %next, %p :", "return %next, %p, %k :")
    text = text.replace("tensor<i32>, tensor<8x4xf32>\n", "tensor<i32>, tensor<8x4xf32>, tensor<4x4xf32>\n")
    laid = outline(read(text))
    (carry,) = (use.feeds for use in laid.tensors[1].uses)
    assert readers(laid, carry) == ["dot_general x5"]
    assert laid.tensors[carry].uses[0].loop >= 0 and laid.tensors[carry].times == 1


CASE = """
func.func @main(%i: tensor<i32>, %x: tensor<8x4xf32> {sharding.name = "x"}) -> tensor<8x4xf32> {
  %r = "stablehlo.case"(%i) ({
    %0 = stablehlo.tanh %x : tensor<8x4xf32>
    stablehlo.return %0 : tensor<8x4xf32>
  }, {
    stablehlo.return %x : tensor<8x4xf32>
  }) : (tensor<i32>) -> tensor<8x4xf32>
  return %r : tensor<8x4xf32>
}
"""


def test_outline_of_branches() -> None:
    """A branch's result is fed by each branch, one of them an argument as it is."""
    laid = outline(read(CASE))
    (made,) = (t for t in range(len(laid.tensors)) if maker(laid, t) == "tanh")
    home = laid.tensors[made].uses[0].feeds
    assert readers(laid, made) == [f"feeds {home} x1"]
    assert f"feeds {home} x1" in readers(laid, 1) and "tanh x1" in readers(laid, 1)


def test_outline_of_barriers_and_constants() -> None:
    """A barrier's result is a place of its own; a constant is made where it is read."""
    text = """
func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  %c = stablehlo.constant dense<2.0> : tensor<8xf32>
  %0 = stablehlo.multiply %x, %c : tensor<8xf32>
  %1 = stablehlo.optimization_barrier %0 : tensor<8xf32>
  return %1 : tensor<8xf32>
}"""
    laid = outline(read(text))
    assert [maker(laid, t) for t in range(len(laid.tensors))] == ["home", "multiply", "home", "home"]
    assert readers(laid, 1) == ["feeds 2 x1"] and readers(laid, 2) == ["feeds 3 x1"]
    assert laid.sites[0].ways[0].operands == [0, -1]


MANUAL = """
sdy.mesh @mesh = <["a"=2]>
func.func @main(%x: tensor<8x4xf32> {sharding.name = "x"}) -> tensor<8x4xf32> {
  %0 = stablehlo.tanh %x : tensor<8x4xf32>
  %1 = sdy.manual_computation(%0) in_shardings=[<@mesh, [{}, {"a"}]>] out_shardings=[<@mesh, [{"a"}, {}]>]
      manual_axes={"a"} (%local: tensor<8x2xf32>) {
    %2 = stablehlo.reshape %local : (tensor<8x2xf32>) -> tensor<4x4xf32>
    sdy.return %2 : tensor<4x4xf32>
  } : (tensor<8x4xf32>) -> tensor<8x4xf32>
  return %1 : tensor<8x4xf32>
}
"""


def test_outline_of_manual_computations() -> None:
    """Its author decided: nothing inside is planned, and what goes in and comes out lies where it says."""
    laid = outline(read(MANUAL))
    assert [site.op.name for site in laid.sites] == ["stablehlo.tanh"]
    module, _ = searched(MANUAL, {"a": 2})
    (manual,) = (op for op in main_function(module).body.block.ops if op.name == "sdy.manual_computation")
    layout = layout_of(manual.operands[0])
    assert layout is not None and [len(dim) for dim in layout.axes] == [0, 1]
    pipeline.run(module, make_context(), (*pipeline.RESHARD, *pipeline.PARTITION))


SEVERAL = """
func.func @main(%x: tensor<8x4xf32> {sharding.name = "x"}, %y: tensor<8x4xf32> {sharding.name = "y"})
    -> (tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) {
  %s:2 = "stablehlo.sort"(%x, %y) <{dimension = 1 : i64, is_stable = true}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>, %c: tensor<f32>, %d: tensor<f32>):
    %less = stablehlo.compare LT, %a, %b : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %less : tensor<i1>
  }) : (tensor<8x4xf32>, tensor<8x4xf32>) -> (tensor<8x4xf32>, tensor<8x4xf32>)
  return %s#0, %x, %s#0 : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>
}
"""


def test_outline_of_several_results() -> None:
    """Each result of an op is a tensor, read or not; each result of the program a place, whatever it is."""
    laid = outline(read(SEVERAL))
    (sort,) = laid.sites
    assert [len(laid.tensors[t].uses) for t in sort.results] == [2, 0]
    assert [t.result for t in laid.tensors] == [-1] * 4 + [0, 1, 2]
    assert readers(laid, 0) == ["sort x1", "feeds 5 x1"]


def test_equal_values_may_be_returned_in_different_places() -> None:
    """One value, two results, each pinned: both pins count."""
    text = SEVERAL.replace("-> (tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) {", "-> (%RESULTS%) {")
    names = ", ".join(f'tensor<8x4xf32> {{sharding.name = "{name}"}}' for name in ("p", "q", "r"))
    text = text.replace("%RESULTS%", names).replace('sharding.name = "x"', 'sharding.name = "p"')
    text = text.replace('sharding.name = "y"', 'sharding.name = "r"')
    module, _ = searched(text, {"a": 2}, shard=[("p", "a"), ("r", "-,a")])
    found = [result_layout(main_function(module), index) for index in (0, 2)]
    assert [[len(dim) for dim in layout.axes] for layout in found if layout is not None] == [[1, 0], [0, 1]]


STATE = """
func.func @main(%w: tensor<8x4xf32> {sharding.name = "params/w"}, %g: tensor<8x4xf32> {sharding.name = "g"})
    -> (tensor<8x4xf32> {sharding.name = "result/w"}) {
  %0 = stablehlo.subtract %w, %g : tensor<8x4xf32>
  return %0 : tensor<8x4xf32>
}
"""


def test_updated_state_lies_like_the_state_that_came_in() -> None:
    laid = outline(read(STATE))
    assert laid.linked_results == [(0, 0)] and len(laid.tensors) == 3
    module, _ = searched(STATE, {"a": 2}, shard=[("g", "-,a")])
    func = main_function(module)
    given, made = argument_layout(func, 0), result_layout(func, 0)
    assert given is not None and made is not None and given.axes == made.axes


def test_updated_state_lies_where_the_program_says() -> None:
    text = 'sdy.mesh @mesh = <["a"=2]>\n' + STATE.replace(
        'sharding.name = "result/w"', 'sharding.name = "result/w", sdy.sharding = #sdy.sharding<@mesh, [{}, {"a"}]>'
    )
    module, _ = searched(text, {"a": 2}, shard=[("params/w", "a")])
    made = result_layout(main_function(module), 0)
    assert axes(module, 0) == [["a"], []]
    assert made is not None and [len(dim) for dim in made.axes] == [0, 1]


# -- kinds ------------------------------------------------------------------------------------------------------------


def kind(shape: tuple[int, ...], sizes: dict[str, int]) -> Kind:
    mesh = Mesh(sizes)
    steps = explore(tuple(sizes.values()), [], [], [shape], {}).steps[0]
    return make_kind(shape, 4, steps, mesh.value, model(mesh))


@pytest.mark.parametrize("sizes", [{"a": 2}, {"a": 4, "b": 2}, {"a": 2, "b": 2, "c": 2}])
def test_ways_between_layouts_are_the_cheapest(sizes: dict[str, int]) -> None:
    found = kind((16, 16), sizes)
    seconds = found.seconds
    around = (seconds[:, :, None] + seconds[None, :, :]).min(axis=1)
    assert (seconds <= around * (1 + 1e-12)).all(), "the triangle inequality"
    assert (np.diag(seconds) == 0).all()
    whole = np.flatnonzero(found.whole)
    assert np.isfinite(seconds[:, whole]).all(), "from anywhere to any layout without terms"
    partial = np.flatnonzero(~found.whole)
    assert np.isinf(seconds[np.ix_(whole, partial)]).all(), "nothing is taken apart into terms"
    assert (seconds[~np.eye(len(seconds), dtype=bool)] > 0).all()


def test_gather_then_slice() -> None:
    """Where a dimension cannot be exchanged for another in one step, the tensor is made whole, then cut."""
    found = kind((16, 3), {"a": 4, "b": 2})
    rows, columns = found.index[(1, 0, 0)], found.index[(0, 2, 0)]
    gathered = found.index[(0, 0, 0)]
    direct = found.seconds[rows, gathered] + found.seconds[gathered, columns]
    assert 0 < found.seconds[rows, columns] <= direct
    assert found.seconds[gathered, columns] < found.seconds[rows, gathered] / 100, "a slice is nearly free"


def test_terms_become_shards_by_one_reduce_scatter() -> None:
    found = kind((1024, 1024), {"a": 8})
    terms, whole, cut = (found.index[(column, 0)] for column in (15, 0, 1))
    assert found.seconds[terms, cut] < found.seconds[terms, whole] <= 2.1 * found.seconds[terms, cut]


def test_what_devices_hold() -> None:
    found = kind((16, 6), {"a": 4, "b": 2})
    held = {code: int(found.held[index]) for code, index in found.index.items()}
    assert held[(0, 0, 0)] == held[(15, 15, 0)] == 16 * 6 * 4
    assert held[(1, 1, 0)] == held[(1, 1, 1)] == 2 * 6 * 4
    assert held[(2, 0, 0)] == 16 * 2 * 4, "six columns over four devices: the largest part counts"
    assert all(max(code[:-1]) <= LAST_DIMENSION for code, whole in zip(found.codes, found.whole, strict=True) if whole)


# -- the choice problem -----------------------------------------------------------------------------------------------

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


def axes(module: ModuleOp, argument: int) -> list[list[str]]:
    layout = argument_layout(main_function(module), argument)
    assert layout is not None
    return [[axis.name for axis in dim] for dim in layout.axes]


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
