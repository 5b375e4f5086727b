"""The e-graph as text: it verifies, reads back as it was printed, and the plan can be followed through it."""

from __future__ import annotations

from typing import Any

import pytest
from xdsl.dialects.builtin import ModuleOp, UnrealizedConversionCastOp
from xdsl.dialects.equivalence import ClassOp, YieldOp
from xdsl.ir import Operation

from eggshard.annotation import add_mesh
from eggshard.cost import AnalyticCost
from eggshard.dialects.assembly import make_context, parse_module
from eggshard.dialects.sharding.ops import ConstraintOp
from eggshard.egraph.dump.write import dump
from eggshard.hardware import load_hardware
from eggshard.mesh import Mesh
from eggshard.passes import pipeline
from eggshard.planning.search import decide, explored

MLP = """
func.func @main(%x: tensor<64x64xf32>, %w: tensor<64x128xf32>, %v: tensor<128x64xf32>) -> (tensor<64x64xf32>, tensor<f32>) {
  %h = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0] : (tensor<64x64xf32>, tensor<64x128xf32>) -> tensor<64x128xf32>
  %t = stablehlo.tanh %h : tensor<64x128xf32>
  %y = stablehlo.dot_general %t, %v, contracting_dims = [1] x [0] : (tensor<64x128xf32>, tensor<128x64xf32>) -> tensor<64x64xf32>
  %z = stablehlo.constant dense<0.0> : tensor<f32>
  %s = stablehlo.reduce(%y init: %z) applies stablehlo.add across dimensions = [0, 1] : (tensor<64x64xf32>, tensor<f32>) -> tensor<f32>
  func.return %y, %s : tensor<64x64xf32>, tensor<f32>
}
"""  # noqa: E501

LOOP = """
func.func @main(%x: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %n = stablehlo.constant dense<3> : tensor<i32>
  %i = stablehlo.constant dense<0> : tensor<i32>
  %r:2 = stablehlo.while(%j = %i, %a = %x) : tensor<i32>, tensor<64x64xf32> cond {
    %p = stablehlo.compare LT, %j, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  } do {
    %one = stablehlo.constant dense<1> : tensor<i32>
    %k = stablehlo.add %j, %one : tensor<i32>
    %b = stablehlo.dot_general %a, %x, contracting_dims = [1] x [0] : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
    stablehlo.return %k, %b : tensor<i32>, tensor<64x64xf32>
  }
  func.return %r#1 : tensor<64x64xf32>
}
"""  # noqa: E501

CHAIN = """
func.func @main(%a: tensor<64x4096xf32>, %b: tensor<4096x512xf32>, %c: tensor<512x8xf32>) -> tensor<64x8xf32> {
  %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (tensor<64x4096xf32>, tensor<4096x512xf32>) -> tensor<64x512xf32>
  %1 = stablehlo.dot_general %0, %c, contracting_dims = [1] x [0] : (tensor<64x512xf32>, tensor<512x8xf32>) -> tensor<64x8xf32>
  func.return %1 : tensor<64x8xf32>
}
"""  # noqa: E501


def dumped(text: str, chosen: bool, tensors: str | None = None, memory: int = 1 << 17) -> ModuleOp:
    module = parse_module(text)
    pipeline.run(module, make_context(), pipeline.IMPORT)
    mesh = Mesh({"a": 4, "b": 2})
    add_mesh(module, mesh)
    model = AnalyticCost(load_hardware("h100"), mesh.value)
    dump(module, decide(module, model, memory) if chosen else explored(module, model, memory), tensors)
    return module


@pytest.mark.parametrize("chosen", [False, True])
@pytest.mark.parametrize("text", [MLP, LOOP], ids=["mlp", "loop"])
def test_it_verifies_and_reads_back(text: str, chosen: bool) -> None:
    module = dumped(text, chosen)
    module.verify()
    again = parse_module(str(module))
    again.verify()
    assert str(again) == str(module)


@pytest.mark.parametrize("text", [MLP, LOOP, CHAIN], ids=["mlp", "loop", "chain"])
def test_the_plan_is_complete_and_has_no_circle(text: str) -> None:
    """From what is returned, through the e-nodes taken, down to what is given."""
    module = dumped(text, True, memory=1 << 40 if text is CHAIN else 1 << 17)
    end = next(op for op in module.walk() if isinstance(op, YieldOp))
    done: set[Operation] = set()
    path: set[Operation] = set()

    def follow(made: Any) -> None:
        op = made.owner
        if op in done or not isinstance(op, Operation):
            return
        assert op not in path, "a tensor is made from itself"
        path.add(op)
        if isinstance(op, ClassOp):
            assert op.min_cost_index is not None, f"{op} is read, but nothing makes it"
            follow(op.operands[op.min_cost_index.data])
        elif not isinstance(op, ConstraintOp | UnrealizedConversionCastOp):
            for operand in op.operands:
                follow(operand)
        path.discard(op)
        done.add(op)

    for value in end.operands:
        follow(value)
    assert any(isinstance(op, ConstraintOp) for op in done) or text is LOOP


def test_costs_only_where_something_was_chosen() -> None:
    before, after = dumped(MLP, False), dumped(MLP, True)
    assert "eqsat_cost" not in str(before) and "min_cost_index" not in str(before)
    assert "eqsat_cost" in str(after) and "min_cost_index" in str(after)


def test_one_class_for_each_tensor_in_each_layout() -> None:
    module = dumped(MLP, False)
    named = [str(op.attributes) for op in module.walk() if isinstance(op, ClassOp)]
    assert len(named) == len(set(named))


def test_of_tensors_that_are_not_asked_for_only_what_is_read_is_shown() -> None:
    module = dumped(MLP, False, "^%t$")
    names = {op.name for op in module.walk()}
    assert "stablehlo.tanh" in names and "stablehlo.dot_general" not in names
