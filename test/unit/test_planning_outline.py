"""The program as the planner sees it: tensors, who makes and who reads them, and how often."""

from __future__ import annotations

from planning_support import CHAIN, LOOP, STATE, axes, read, searched

from eggshard.dialects.assembly import make_context
from eggshard.dialects.sharding import argument_layout, layout_of, result_layout
from eggshard.partitioning.program import main_function
from eggshard.passes import pipeline
from eggshard.planning.outline import Outline, outline


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
