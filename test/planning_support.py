"""Small programs for the tests of the planner, and the way through it."""

from __future__ import annotations

from typing import Any

from xdsl.dialects.builtin import ModuleOp

from eggshard.annotation import add_mesh
from eggshard.choose.problem import Problem
from eggshard.cost import AnalyticCost
from eggshard.dialects.assembly import make_context, parse_module
from eggshard.dialects.sharding import argument_layout
from eggshard.hardware import load_hardware
from eggshard.mesh import Mesh
from eggshard.partitioning.program import main_function
from eggshard.passes import pipeline
from eggshard.planning.outline import outline
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


def axes(module: ModuleOp, argument: int) -> list[list[str]]:
    layout = argument_layout(main_function(module), argument)
    assert layout is not None
    return [[axis.name for axis in dim] for dim in layout.axes]


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

STATE = """
func.func @main(%w: tensor<8x4xf32> {sharding.name = "params/w"}, %g: tensor<8x4xf32> {sharding.name = "g"})
    -> (tensor<8x4xf32> {sharding.name = "result/w"}) {
  %0 = stablehlo.subtract %w, %g : tensor<8x4xf32>
  return %0 : tensor<8x4xf32>
}
"""
