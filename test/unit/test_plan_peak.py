"""What a device holds at the peak of a plan, by category."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import pytest

import eggshard
from eggshard.frontends.load import from_bytes
from eggshard.planning.peak import category_of_argument
from eggshard.planning.search import explored
from eggshard.plans import Plan

WIDTH, BATCH, LAYERS = 64, 256, 3
MESH = {"data": 2}


def loss(params: Any, x: Any) -> Any:
    for w in params:
        x = jnp.tanh(x @ w)
    return (x * x).mean()


def step(params: Any, opt_state: Any, x: Any) -> Any:
    value, grads = jax.value_and_grad(loss)(params, x)
    opt_state = jax.tree.map(lambda m, g: 0.9 * m + g, opt_state, grads)
    return jax.tree.map(lambda w, m: w - 0.1 * m, params, opt_state), opt_state, value


def planned(fn: Any, **options: Any) -> Plan:
    weights = [jax.ShapeDtypeStruct((WIDTH, WIDTH), jnp.float32)] * LAYERS
    x = jax.ShapeDtypeStruct((BATCH, WIDTH), jnp.float32)
    args = (weights, weights, x) if fn is step else (weights, x)
    made: Plan = eggshard.plan(fn, args, mesh=MESH, time_limit=60.0, **options)
    return made


def test_a_train_step() -> None:
    """Everything replicated: all of parameters and state, and of each layer what its gradient needs."""
    plan = planned(step, shard={".*": ""})
    assert plan.predicted is not None
    peak, layer = plan.predicted.peak, 4 * WIDTH * WIDTH
    assert peak.by_category["parameters"] == peak.by_category["optimizer state"] == LAYERS * layer
    assert peak.by_category["batch inputs"] == 4 * BATCH * WIDTH
    assert peak.by_category["activations"] > 0 and sum(peak.by_category.values()) == peak.bytes
    named = {share.what for share in peak.largest}
    assert {"x", "params/0", "opt_state/2"} <= named
    assert all(share.layout == "-,-" for share in peak.largest if share.what in ("x", "params/0"))
    assert [share.bytes for share in peak.largest] == sorted((s.bytes for s in peak.largest), reverse=True)


def test_without_a_gradient_there_are_no_activations() -> None:
    plan = planned(loss)
    assert plan.predicted is not None
    assert plan.predicted.peak.by_category["activations"] == 0
    assert plan.predicted.peak.by_category["optimizer state"] == 0
    assert plan.predicted.peak.by_category["parameters"] > 0


def test_names_of_ops_are_not_needed() -> None:
    """In a program from elsewhere all on which only updated state depends is the backward pass."""
    from eggshard.annotation import add_mesh
    from eggshard.cost import AnalyticCost
    from eggshard.dialects.assembly import make_context
    from eggshard.hardware import load_hardware
    from eggshard.mesh import Mesh
    from eggshard.passes import pipeline
    from eggshard.planning.backward import backward_of

    module = from_bytes(TRAINS.encode(), "model.mlir")
    pipeline.run(module, make_context(), pipeline.IMPORT)
    mesh = add_mesh(module, Mesh(MESH))
    made = explored(module, AnalyticCost(load_hardware("h100"), mesh.value), 2**30)
    found = backward_of(made.outline, True)
    names = [site.op.name.removeprefix("stablehlo.") for site in made.outline.sites]
    assert [name for number, name in enumerate(names) if number in found.sites] == ["multiply", "subtract"]
    kept = [n for n, tensor in enumerate(made.outline.tensors) if found.keeps(n, tensor) and tensor.maker is not None]
    assert [names[made.outline.tensors[n].maker[0]] for n in kept] == ["tanh"]  # type: ignore[index]


TRAINS = """\
func.func @main(%p: tensor<8x8xf32> {sharding.name = "params/w"}, %x: tensor<8x8xf32> {sharding.name = "x"})
    -> (tensor<8x8xf32> {sharding.name = "result/0/w"}, tensor<8x8xf32> {sharding.name = "result/1"}) {
  %0 = stablehlo.add %p, %x : tensor<8x8xf32>
  %1 = stablehlo.tanh %0 : tensor<8x8xf32>
  %2 = stablehlo.exponential %1 : tensor<8x8xf32>
  %3 = stablehlo.multiply %1, %x : tensor<8x8xf32>
  %4 = stablehlo.subtract %p, %3 : tensor<8x8xf32>
  return %4, %2 : tensor<8x8xf32>, tensor<8x8xf32>
}
"""


@pytest.mark.parametrize(
    ("path", "updated", "category"),
    [
        ("params/layer_0/wi", True, "parameters"),
        ("params/layer_0/wi", False, "parameters"),
        ("weights", False, "parameters"),
        ("opt_state/0/mu/wi", True, "optimizer state"),
        ("state/momentum/wi", True, "optimizer state"),
        ("state/batch_stats/mean", True, "parameters"),
        ("state/0", True, "parameters"),
        ("tokens", False, "batch inputs"),
        ("options", False, "batch inputs"),
        ("multiplier", False, "batch inputs"),
    ],
)
def test_arguments_by_name(path: str, updated: bool, category: str) -> None:
    assert category_of_argument(path, updated) == category
