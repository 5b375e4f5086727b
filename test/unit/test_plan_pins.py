"""Pins that contradict each other are refused, both named with their source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import pytest

import eggshard
from eggshard.annotation import add_mesh
from eggshard.diagnostics import DiagnosticError
from eggshard.dialects.assembly import make_context
from eggshard.frontends.load import load
from eggshard.mesh import Mesh
from eggshard.partitioning.program import main_function
from eggshard.passes import pipeline
from eggshard.planning.contradictions import check_pins

ANNOTATED = """\
sdy.mesh @mesh = <["a"=4, "b"=2]>
func.func @main(%x: tensor<8x4xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}, {?}]>, sharding.name = "x"},
                %y: tensor<8x4xf32> {sharding.name = "y"}) -> (tensor<8x4xf32> {sharding.name = "z"}) {
  %0 = stablehlo.add %x, %y : tensor<8x4xf32>
  return %0 : tensor<8x4xf32>
}
"""

Tactics = list[tuple[str, str]]


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    Path("model.mlir").write_text(ANNOTATED)
    module = load("model.mlir").module
    pipeline.run(module, make_context(), pipeline.IMPORT)
    add_mesh(module, Mesh({"a": 4, "b": 2}))
    return module


AGREE: list[Tactics] = [
    [],
    [("y", "a"), ("y", "a,-")],
    [("y", "a"), ("x", "a,b")],
    [("x", "a"), (".*", "a")],
    [("x", "a,-")],
]


@pytest.mark.parametrize("tactics", AGREE)
def test_pins_that_agree_or_only_close_what_is_open(model: Any, tactics: Tactics) -> None:
    before = str(main_function(model).properties)
    check_pins(model, tactics)
    assert str(main_function(model).properties) == before, "the module stays as it is"


CONTRADICT = [
    (
        [("y", "a"), (".*", "b")],
        "argument \"x\": the model's annotation at model.mlir:2 lays it out as a,?, tactic '.*=b' as b,-",
    ),
    ([("y", "a"), ("y", "b")], "argument \"y\": tactic 'y=a' lays it out as a,-, tactic 'y=b' as b,-"),
    ([("y", "a"), ("y", "a,b")], "argument \"y\": tactic 'y=a' lays it out as a,-, tactic 'y=a,b' as a,b"),
    ([("y", "a"), ("y", "-,a")], 'axis "a" cannot shard both dim 0 and dim 1'),
    ([("y", "a+b"), ("y", "b+a")], "as a+b,-, tactic 'y=b+a' as b+a,-"),
    ([("x", "-,a")], 'axis "a" cannot shard both dim 0 and dim 1'),
    ([("x", "-")], "tactic 'x=-' as -,-"),
]


@pytest.mark.parametrize(("tactics", "said"), CONTRADICT)
def test_pins_that_do_not(model: Any, tactics: Tactics, said: str) -> None:
    with pytest.raises(DiagnosticError) as error:
        check_pins(model, tactics)
    assert said in str(error.value)
    assert error.value.hint == "leave one of them out, or narrow its pattern"


def test_the_option_is_named(model: Any) -> None:
    with pytest.raises(DiagnosticError, match="--shard 'y=a' lays it out as a,-, --shard 'y=b' as b,-"):
        check_pins(model, [("y", "a"), ("y", "b")], "--shard")


def test_only_a_search_knows_no_order() -> None:
    """Without one tactics are propagated one after the other, and the later one counts."""

    def double(x: Any) -> Any:
        return 2 * x

    args = (jax.ShapeDtypeStruct((8, 4), jnp.float32),)
    both = [("x", "a"), ("x", "-,b")]
    with pytest.raises(DiagnosticError, match="tactic 'x=a' lays it out as a,-, tactic 'x=-,b' as -,b"):
        eggshard.plan(double, args, mesh={"a": 4, "b": 2}, shard=both)
    plan = eggshard.plan(double, args, mesh={"a": 4, "b": 2}, shard=both, search=False)
    assert plan.arguments["x"] == "-,b"
