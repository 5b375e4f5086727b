"""Propagation of layouts through small programs."""

from __future__ import annotations

import pytest
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp

from eggshard.dialects.sharding import argument_layout, layout_of, result_layout
from eggshard.partitioning.program import main_function
from eggshard.propagation import Mode, propagate
from eggshard.propagation.finish import finish
from eggshard.tools.bench.shardy import layouts_by_place, run_passes

MESH = 'sdy.mesh @mesh = <["a"=2, "b"=2, "c"=2]>\n'


def shards(dims: str) -> str:
    return f"{{sdy.sharding = #sdy.sharding<@mesh, [{dims}]>}}"


def load(text: str) -> ModuleOp:
    return run_passes(MESH + text, "")


def dims(module: ModuleOp) -> list[str]:
    """The layouts of the main function's arguments, ops and results, in order; '' for none."""
    found = layouts_by_place(module, open=True)
    numbered = {place: "".join(texts) for place, texts in found.items()}
    return [text for place, text in numbered.items() if place[0] != "result"] + [
        text for place, text in numbered.items() if place[0] == "result"
    ]


def run(text: str, **options: object) -> list[str]:
    module = load(text)
    propagate(module, **options)  # type: ignore[arg-type]
    return dims(module)


DOT = """func.func @main(%x: tensor<8x8xf32> X, %y: tensor<8x8xf32> Y) -> tensor<8x8xf32> {
  %0 = stablehlo.dot_general %x, %y, contracting_dims = [1] x [0] {probe.id = 0 : i64}
    : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}"""
ADD = """func.func @main(%x: tensor<8x8xf32> X, %y: tensor<8x8xf32> Y) -> (tensor<8x8xf32> RESULT) {
  %0 = stablehlo.add %x, %y {probe.id = 0 : i64} : tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}"""


def test_through_a_product() -> None:
    """Rows to rows, columns to columns, and the contracted dimension from one operand to the other."""
    text = DOT.replace("X", shards('{"a"}, {"b"}')).replace("Y", "")
    assert run(text) == ['[{"a"}, {"b"}]', '[{"b", ?}, {?}]', '[{"a", ?}, {?}]', '[{"a", ?}, {?}]']


def test_closed_dimensions_stay() -> None:
    text = ADD.replace("X", shards('{"a"}, {}')).replace("Y", shards('{}, {"b"}')).replace("RESULT", "")
    assert run(text)[:2] == ['[{"a"}, {}]', '[{}, {"b"}]']


def test_basic_gives_a_contested_axis_to_nobody() -> None:
    """Rows of x and columns of y want the same axis in their product."""
    text = DOT.replace("X", shards('{"a"}, {}')).replace("Y", shards('{}, {"a"}'))
    assert run(text, mode=Mode.BASIC)[2] == ""


def test_aggressive_gives_it_to_the_larger_tensor_first() -> None:
    """Of equal ones to the first."""
    text = DOT.replace("X", shards('{"a"}, {}')).replace("Y", shards('{}, {"a"}'))
    assert run(text, mode=Mode.AGGRESSIVE)[2] == '[{"a", ?}, {?}]'
    wide = text.replace("%y: tensor<8x8", "%y: tensor<8x16").replace(", tensor<8x8xf32>)", ", tensor<8x16xf32>)")
    wide = wide.replace("-> tensor<8x8", "-> tensor<8x16").replace("%0 : tensor<8x8", "%0 : tensor<8x16")
    assert run(wide, mode=Mode.AGGRESSIVE)[2] == '[{?}, {"a", ?}]'


def test_elementwise_ops_come_before_products() -> None:
    """The sum takes over the layout of y before the product can give it another."""
    text = """func.func @main(%x: tensor<8x8xf32> X, %y: tensor<8x8xf32> Y) -> tensor<8x8xf32> {
      %0 = stablehlo.dot_general %x, %x, contracting_dims = [1] x [0] {probe.id = 0 : i64}
        : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
      %1 = stablehlo.add %0, %y {probe.id = 1 : i64} : tensor<8x8xf32>
      return %1 : tensor<8x8xf32>
    }"""
    text = text.replace("X", shards('{"a"}, {}')).replace("Y", shards('{?}, {"a", ?}'))
    assert run(text)[2:4] == ['[{?}, {"a", ?}]'] * 2
    assert run(text, mode=Mode.AGGRESSIVE)[2] == '[{"a", ?}, {?}]'


def test_user_priorities_order_rounds() -> None:
    """Priority 0 goes first, although x comes before y."""
    text = ADD.replace("X", shards('{"a", ?}p1, {?}')).replace("Y", shards('{"b", ?}, {?}')).replace("RESULT", "")
    assert run(text) == ['[{"a", ?}, {?}]', '[{"b", ?}, {?}]', '[{"b", ?}, {?}]', '[{"b", ?}, {?}]']


def test_a_later_round_extends_an_earlier_one() -> None:
    text = (
        ADD.replace("X", shards('{"a", ?}, {"c"}p2')).replace("Y", shards('{"a", "b", ?}p1, {?}')).replace("RESULT", "")
    )
    assert run(text)[2] == '[{"a", "b", ?}, {"c", ?}]'


def test_a_round_is_told_of() -> None:
    """`on_round` sees the layouts of the rounds so far."""
    module = load(ADD.replace("X", shards('{"a"}p1, {?}')).replace("Y", shards('{?}, {"b"}')).replace("RESULT", ""))
    seen: list[str] = []
    propagate(module, on_round=lambda: seen.append(dims(module)[2]))
    assert seen == ['[{?}, {"b", ?}]', '[{"a", ?}, {"b", ?}]']


def test_from_a_result_backward() -> None:
    text = ADD.replace("X", "").replace("Y", "").replace("RESULT", shards('{"a"}, {?}'))
    assert run(text)[:3] == ['[{"a", ?}, {?}]'] * 3


WHILE = """func.func @main(%x: tensor<8x8xf32> X, %p: tensor<i1>) -> (tensor<8x8xf32> RESULT) {
  %0 = stablehlo.while(%arg = %x) : tensor<8x8xf32> attributes {probe.id = 1 : i64}
  cond { stablehlo.return %p : tensor<i1> }
  do {
    %1 = stablehlo.sine %arg {probe.id = 2 : i64} : tensor<8x8xf32>
    stablehlo.return %1 : tensor<8x8xf32>
  }
  return %0 : tensor<8x8xf32>
}"""


@pytest.mark.parametrize("place", ["X", "RESULT"])
def test_a_loop_has_one_layout(place: str) -> None:
    """What goes in, is carried, and comes out is laid out alike, wherever the layout comes from."""
    text = WHILE.replace(place, shards('{"a", ?}, {?}')).replace("X", "").replace("RESULT", "")
    found = run(text)
    assert found[0] == found[2] == found[3] == found[4] == '[{"a", ?}, {?}]'


def test_branches_agree() -> None:
    text = """func.func @main(%i: tensor<i32>, %x: tensor<8xf32> X, %y: tensor<8xf32>) -> tensor<8xf32> {
      %0 = "stablehlo.case"(%i) ({ "stablehlo.return"(%x) : (tensor<8xf32>) -> () },
        { "stablehlo.return"(%y) : (tensor<8xf32>) -> () }) {probe.id = 1 : i64} : (tensor<i32>) -> tensor<8xf32>
      return %0 : tensor<8xf32>
    }""".replace("X", shards('{"a"}'))
    assert run(text)[2:] == ['[{"a", ?}]'] * 3


def test_a_manual_computation_hides_its_axes() -> None:
    """The body sees the free axis only; outside, the manual axis stays in front."""
    text = """func.func @main(%x: tensor<8x8xf32> X) -> tensor<8x8xf32> {
      %0 = sdy.manual_computation(%x) in_shardings=[<@mesh, [{"a", ?}, {?}]>] out_shardings=[<@mesh, [{"a", ?}, {?}]>]
        manual_axes={"a"} (%y: tensor<4x8xf32>) {
          %1 = stablehlo.sine %y {probe.id = 1 : i64} : tensor<4x8xf32>
          sdy.return %1 : tensor<4x8xf32>
        } {probe.id = 2 : i64} : (tensor<8x8xf32>) -> tensor<8x8xf32>
      return %0 : tensor<8x8xf32>
    }""".replace("X", shards('{"a", "b"}, {?}'))
    found = layouts_by_place(propagated(text), open=True)
    assert found[1, 0] == {'[{"b", ?}, {?}]'}
    assert found[2, "in", 0] == found[2, 0] == {'[{"a", "b", ?}, {?}]'}


def propagated(text: str) -> ModuleOp:
    module = load(text)
    propagate(module)
    return module


def test_constants_do_not_connect_their_uses() -> None:
    """One constant, two users with different layouts: two constants."""
    text = """func.func @main(%x: tensor<8xf32> X, %y: tensor<8xf32> Y) -> (tensor<8xf32>, tensor<8xf32>) {
      %c = stablehlo.constant {probe.id = 0 : i64} dense<1.0> : tensor<8xf32>
      %0 = stablehlo.add %x, %c {probe.id = 1 : i64} : tensor<8xf32>
      %1 = stablehlo.add %y, %c {probe.id = 2 : i64} : tensor<8xf32>
      return %0, %1 : tensor<8xf32>, tensor<8xf32>
    }"""
    apart = propagated(text.replace("X", shards('{"a"}')).replace("Y", shards('{"b"}')))
    assert layouts_by_place(apart, open=True)[0, 0] == {'[{"a", ?}]', '[{"b", ?}]'}
    alike = propagated(text.replace("X", shards('{"a"}')).replace("Y", shards('{"a"}')))
    assert sum(op.name == "stablehlo.constant" for op in alike.walk()) == 1


def test_a_closed_constraint_is_applied_to_its_operand() -> None:
    text = """func.func @main(%x: tensor<8xf32> X) -> tensor<8xf32> {
      %0 = stablehlo.sine %x {probe.id = 1 : i64} : tensor<8xf32>
      %1 = sdy.sharding_constraint %0 <@mesh, [{"b"}]> : tensor<8xf32>
      return %1 : tensor<8xf32>
    }""".replace("X", shards('{"a"}'))
    assert run(text)[1] == '[{"b"}]'
    assert run(text.replace('{"b"}', '{"b", ?}'))[1] == '[{"a", ?}]'


def test_a_group_is_laid_out_alike() -> None:
    text = """func.func @main(%x: tensor<8xf32> X, %y: tensor<8xf32>) -> tensor<8xf32> {
      sdy.sharding_group %x group_id=4 : tensor<8xf32>
      sdy.sharding_group %y group_id=4 : tensor<8xf32>
      return %y : tensor<8xf32>
    }""".replace("X", shards('{"a"}'))
    assert run(text)[:2] == ['[{"a"}]'] * 2


def test_a_barrier_lets_through_one_way() -> None:
    text = """func.func @main(%x: tensor<8xf32> X) -> (tensor<8xf32> RESULT) {
      %0 = sdy.propagation_barrier %x allowed_direction=FORWARD {probe.id = 1 : i64} : tensor<8xf32>
      return %0 : tensor<8xf32>
    }"""
    assert run(text.replace("X", shards('{"a", ?}')).replace("RESULT", ""))[1] == '[{"a", ?}]'
    assert run(text.replace("RESULT", shards('{"a"}')).replace("X", ""))[0] == ""


def test_a_call_has_a_callee_of_its_own() -> None:
    """Two calls with different layouts do not meet in the function that they call."""
    text = """func.func @main(%x: tensor<8xf32> X, %y: tensor<8xf32> Y) -> (tensor<8xf32>, tensor<8xf32>) {
      %0 = func.call @f(%x) : (tensor<8xf32>) -> tensor<8xf32>
      %1 = func.call @f(%y) : (tensor<8xf32>) -> tensor<8xf32>
      return %0, %1 : tensor<8xf32>, tensor<8xf32>
    }
    func.func private @f(%x: tensor<8xf32>) -> tensor<8xf32> {
      %0 = stablehlo.sine %x : tensor<8xf32>
      return %0 : tensor<8xf32>
    }"""
    apart = propagated(text.replace("X", shards('{"a"}')).replace("Y", shards('{"b"}')))
    assert [layout.axes[0][0].name for i in (0, 1) if (layout := result_layout(main_function(apart), i))] == ["a", "b"]
    assert sum(isinstance(op, FuncOp) for op in apart.ops) == 3
    alike = propagated(text.replace("X", shards('{"a"}')).replace("Y", shards('{"a"}')))
    assert sum(isinstance(op, FuncOp) for op in alike.ops) == 2


def test_other_meshes_do_not_mix() -> None:
    text = 'sdy.mesh @other = <["z"=2]>\n' + ADD.replace("X", shards('{"a"}, {?}')).replace("RESULT", "")
    text = text.replace("Y", '{sdy.sharding = #sdy.sharding<@other, [{?}, {"z"}]>}')
    assert run(text)[2:] == ["", ""]


def test_axes_of_size_one_are_gone() -> None:
    text = (
        ADD.replace("X", shards('{"a", "d"}, {"d"}'.replace(', {"d"}', ", {?}"))).replace("Y", "").replace("RESULT", "")
    )
    module = run_passes(MESH.replace('"c"=2', '"c"=2, "d"=1') + text, "")
    propagate(module)
    assert dims(module)[0] == '[{"a"}, {?}]'


def test_finish_closes_and_evens() -> None:
    """A result that nobody asked for is cut to what divides it, and to whole axes."""
    text = """func.func @main(%x: tensor<6x8xf32> X) -> tensor<6x8xf32> {
      %0 = stablehlo.sine %x {probe.id = 1 : i64} : tensor<6x8xf32>
      return %0 : tensor<6x8xf32>
    }""".replace("X", shards('{"a", "b"}, {}'))
    module = load(text)
    propagate(module)
    finish(module)
    function = main_function(module)
    result = result_layout(function, 0)
    assert result is not None and [[str(a) for a in axes] for axes in result.axes] == [['"a"'], []]
    inner = next(layout_of(op.results[0]) for op in module.walk() if op.name == "stablehlo.sine")
    assert inner is not None and len(inner.axes[0]) == 2 and not inner.dims[0].open


def test_finish_leaves_what_lies_on_one_device() -> None:
    text = """sdy.mesh @one = <[], device_ids=[0]>
    func.func @main(%x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@one, []>}) -> tensor<8xf32> {
      return %x : tensor<8xf32>
    }"""
    module = load(text)
    propagate(module)
    finish(module)
    layout = argument_layout(main_function(module), 0)
    assert layout is not None and (layout.mesh, layout.dims) == ("one", ())
