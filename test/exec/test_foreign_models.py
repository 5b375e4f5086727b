"""Programs that other exporters wrote: shardings as strings, markers, no locations, Shardy hidden in attributes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from exec_support import draw
from jax import export
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

import eggshard
from eggshard import DiagnosticError
from eggshard.frontends.load import from_file
from eggshard.runtime.verify import Verifier


def mesh() -> jax.sharding.Mesh:
    return jax.make_mesh((4, 2), ("data", "model"), axis_types=(AxisType.Auto, AxisType.Auto))


@contextmanager
def before_shardy() -> Iterator[None]:
    """JAX as it was: it writes shardings as strings and per-device code between custom calls."""
    jax.config.update("jax_use_shardy_partitioner", False)
    try:
        yield
    finally:
        jax.config.update("jax_use_shardy_partitioner", True)


def verified(text: str | bytes, folder: Path, axes: Mapping[str, int] | None = None) -> eggshard.Plan:
    """The plan of a file, its program held against the unpartitioned one."""
    path = folder / ("model.mlir" if isinstance(text, str) else "model.mlirbc")
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    model = from_file(str(path))
    verifier = Verifier(model)
    made = eggshard.plan_model(model, mesh=axes)
    for comparison in verifier.compare(made.program):
        assert comparison.ok, comparison
    return made


def block(x: Any, w: Any, v: Any) -> Any:
    h = jax.lax.with_sharding_constraint(jnp.tanh(x @ w), NamedSharding(mesh(), P("data", "model")))
    y = jax.lax.with_sharding_constraint(h @ v, NamedSharding(mesh(), P("data", P.UNCONSTRAINED)))
    return y, jnp.sum(y**2)


SHARDINGS = (P("data"), P(None, "model"), P("model", None))


def lowered(fn: Callable[..., Any], specs: tuple[Any, ...], *args: Any) -> Any:
    return jax.jit(fn, in_shardings=tuple(NamedSharding(mesh(), spec) for spec in specs)).lower(*args)


def inputs() -> tuple[Any, ...]:
    return draw(8, 16), draw(16, 32), draw(32, 12)


@pytest.mark.parametrize(
    "axes, expected",
    [
        (None, ["axis_0,-", "-,axis_1", "axis_1,-"]),
        ({"data": 4, "model": 2}, ["data,-", "-,model", "model,-"]),
        ({"a": 2, "b": 2, "c": 2}, ["a+b,-", "-,c", "c,-"]),
        ({"all": 8}, ["all:(1)4,-", "-,all:(4)2", "all:(4)2,-"]),
    ],
)
def test_shardings_as_strings(axes: Mapping[str, int] | None, expected: list[str], tmp_path: Path) -> None:
    with before_shardy():
        text = lowered(block, SHARDINGS, *inputs()).as_text()
    assert "mhlo.sharding" in text and "@Sharding" in text and "sdy." not in text
    made = verified(text, tmp_path, axes)
    assert list(made.arguments.values()) == expected
    assert made.collectives() == {"all_reduce": 2} and not made.warnings
    assert "mhlo.sharding" not in made.stablehlo() and "@Sharding" not in made.stablehlo()


def test_strings_and_shardy_mean_the_same(tmp_path: Path) -> None:
    with before_shardy():
        old = verified(lowered(block, SHARDINGS, *inputs()).as_text(), tmp_path, {"data": 4, "model": 2})
    new = verified(lowered(block, SHARDINGS, *inputs()).as_text(), tmp_path)
    assert (old.arguments, old.results, old.collectives()) == (new.arguments, new.results, new.collectives())


@pytest.mark.parametrize("manual", [{"data", "model"}, {"data"}, {"model"}])
def test_code_that_is_per_device(manual: set[str], tmp_path: Path) -> None:
    def local(axis: str, x: Any, w: Any) -> Any:
        total = jax.lax.psum(x @ w, axis)
        place = jax.lax.axis_index(axis).astype(jnp.float32)
        return total, jax.lax.all_gather(x[:, :1] + place, axis, axis=0, tiled=True).sum(keepdims=True)

    axis = "model" if "model" in manual else "data"
    specs = (P(None, axis), P(axis, None))

    def fn(x: Any, w: Any) -> Any:
        shards = partial(jax.shard_map, mesh=mesh(), axis_names=manual, check_vma=False)
        y, z = shards(partial(local, axis), in_specs=specs, out_specs=(P(), P(axis)))(x, w)
        return jnp.tanh(y) * 2, z

    with before_shardy():
        text = lowered(fn, specs, draw(8, 16), draw(16, 12)).as_text()
    assert "SPMDFullToShardShape" in text
    made = verified(text, tmp_path, {"data": 4, "model": 2})
    assert made.collectives()["all_reduce"] >= 1


def test_markers_around_arguments(tmp_path: Path) -> None:
    text = """
module @SyncTensorsGraph.12 attributes {mhlo.cross_program_prefetches = [], mhlo.is_dynamic = false} {
  func.func @main(%arg0: tensor<12x32xf32>, %arg1: tensor<12xf32>, %arg2: tensor<8x32xf32>) -> tensor<8x12xf32> {
    %0 = stablehlo.custom_call @tt.mark_argument(%arg0) {api_version = 0 : i32, mhlo.frontend_attributes = {tt.argument_type = "parameter", tt.name = "linear.weight"}} : (tensor<12x32xf32>) -> tensor<12x32xf32>
    %1 = stablehlo.custom_call @Sharding(%0) {backend_config = "", mhlo.sharding = "{devices=[2,1,4]0,1,2,3,4,5,6,7 last_tile_dim_replicate}"} : (tensor<12x32xf32>) -> tensor<12x32xf32>
    %2 = stablehlo.custom_call @tt.mark_argument(%arg1) {api_version = 0 : i32, mhlo.frontend_attributes = {tt.argument_type = "parameter", tt.name = "linear.bias"}} : (tensor<12xf32>) -> tensor<12xf32>
    %3 = stablehlo.custom_call @mark_tensor(%arg2) {backend_config = "{}"} : (tensor<8x32xf32>) -> tensor<8x32xf32>
    %4 = stablehlo.transpose %1, dims = [1, 0] : (tensor<12x32xf32>) -> tensor<32x12xf32>
    %5 = stablehlo.dot_general %3, %4, contracting_dims = [1] x [0] : (tensor<8x32xf32>, tensor<32x12xf32>) -> tensor<8x12xf32>
    %6 = stablehlo.broadcast_in_dim %2, dims = [1] : (tensor<12xf32>) -> tensor<8x12xf32>
    %7 = stablehlo.add %5, %6 : tensor<8x12xf32>
    return %7 : tensor<8x12xf32>
  }
}
"""  # noqa: E501
    made = verified(text, tmp_path)
    assert made.mesh.axes == {"axis_0": 2, "axis_1": 4}
    assert made.arguments == {"linear.weight": "axis_0,-", "linear.bias": "axis_0", "arg2": "-,-"}
    assert "@tt.mark" not in made.stablehlo() and "@mark" not in made.stablehlo()


def test_shardy_hidden_from_readers_that_do_not_know_it(tmp_path: Path) -> None:
    text = r"""
module @jit_f attributes {mhlo.frontend_attributes = {xla.sdy.meshes = "{mesh = #sdy.mesh<[\22data\22=4, \22model\22=2]>}"}, mhlo.num_partitions = 8 : i32} {
  func.func public @main(%arg0: tensor<8x16xf32> {mhlo.frontend_attributes = {xla.sdy.sharding = "#sdy.sharding<@mesh, [{\22data\22}, {}]>"}, mhlo.sharding = "{devices=[4,1,2]<=[8] last_tile_dim_replicate}"}, %arg1: tensor<16x32xf32>) -> (tensor<8x32xf32> {mhlo.sharding = "{devices=[4,2]<=[8]}"}) {
    %0 = stablehlo.dot_general %arg0, %arg1, contracting_dims = [1] x [0] : (tensor<8x16xf32>, tensor<16x32xf32>) -> tensor<8x32xf32>
    %1 = stablehlo.custom_call @Sharding(%0) {mhlo.frontend_attributes = {xla.sdy.sharding = "#sdy.sharding_per_value<[<@mesh, [{\22data\22}, {\22model\22}]>]>"}, mhlo.sharding = "{devices=[4,2]<=[8]}"} : (tensor<8x32xf32>) -> tensor<8x32xf32>
    %2 = stablehlo.custom_call @xla.sdy.FuncResultSharding(%1) {has_side_effect = true, mhlo.frontend_attributes = {xla.sdy.sharding = "#sdy.sharding_per_value<[<@mesh, [{\22data\22}, {\22model\22}]>]>"}} : (tensor<8x32xf32>) -> tensor<8x32xf32>
    return %2 : tensor<8x32xf32>
  }
}
"""  # noqa: E501
    made = verified(text, tmp_path)
    assert made.mesh.axes == {"data": 4, "model": 2}
    assert made.arguments == {"arg0": "data,-", "arg1": "-,model"} and made.results == {"result0": "data,model"}


@pytest.mark.parametrize("shardy", [True, False])
def test_artifacts_with_shardings(shardy: bool, tmp_path: Path) -> None:
    jitted = jax.jit(block, in_shardings=tuple(NamedSharding(mesh(), spec) for spec in SHARDINGS))
    if shardy:
        artifact = export.export(jitted)(*inputs()).mlir_module_serialized
    else:
        with before_shardy():
            artifact = export.export(jitted)(*inputs()).mlir_module_serialized
    made = verified(artifact, tmp_path, {"data": 4, "model": 2})
    assert made.arguments == {"x": "data,-", "w": "-,model", "v": "model,-"}


def test_a_mesh_that_does_not_fit_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with before_shardy():
        text = lowered(block, SHARDINGS, *inputs()).as_text()
    with pytest.raises(DiagnosticError, match=r"is for 8 devices, mesh data=4 has 4 devices") as caught:
        verified(text, tmp_path, {"data": 4})
    assert caught.value.hint == "leave --mesh out, or --mesh axis_0=4,axis_1=2 with names of your own"


MANUAL = r"""
module @jit_f attributes {mhlo.frontend_attributes = {xla.sdy.meshes = "{mesh = #sdy.mesh<[\22data\22=4, \22model\22=2]>}"}, mhlo.num_partitions = 8 : i32} {
  func.func public @main(%arg0: tensor<8x4xf32>, %arg1: tensor<4xf32>) -> (tensor<8x4xf32>, tensor<8xf32>) {
    %0:2 = stablehlo.custom_call @xla.sdy.GlobalToLocalShape(%arg0, %arg1) {has_side_effect = true, mhlo.frontend_attributes = {xla.sdy.in_shardings = "#sdy.sharding_per_value<[<@mesh, [{\22data\22}, {}]>, <@mesh, [{}]>]>", xla.sdy.manual_axes = "#sdy<manual_axes{\22data\22, \22model\22}>"}} : (tensor<8x4xf32>, tensor<4xf32>) -> (tensor<2x4xf32>, tensor<4xf32>)
    %1:2 = call @xla.sdy.manual_computation_body(%0#0, %0#1) {mhlo.frontend_attributes = {xla.sdy.in_shardings = "#sdy.sharding_per_value<[<@mesh, [{\22data\22}, {}]>, <@mesh, [{}]>]>", xla.sdy.manual_axes = "#sdy<manual_axes{\22data\22, \22model\22}>", xla.sdy.out_shardings = "#sdy.sharding_per_value<[<@mesh, [{\22data\22}, {}]>, <@mesh, [{\22data\22}]>]>"}} : (tensor<2x4xf32>, tensor<4xf32>) -> (tensor<2x4xf32>, tensor<2xf32>)
    %2:2 = stablehlo.custom_call @xla.sdy.LocalToGlobalShape(%1#0, %1#1) {mhlo.frontend_attributes = {xla.sdy.manual_axes = "#sdy<manual_axes{\22data\22, \22model\22}>", xla.sdy.out_shardings = "#sdy.sharding_per_value<[<@mesh, [{\22data\22}, {}]>, <@mesh, [{\22data\22}]>]>"}} : (tensor<2x4xf32>, tensor<2xf32>) -> (tensor<8x4xf32>, tensor<8xf32>)
    return %2#0, %2#1 : tensor<8x4xf32>, tensor<8xf32>
  }
  func.func private @xla.sdy.manual_computation_body(%arg0: tensor<2x4xf32>, %arg1: tensor<4xf32>) -> (tensor<2x4xf32>, tensor<2xf32>) {
    %c = stablehlo.constant dense<0.0> : tensor<f32>
    %0 = "stablehlo.collective_permute"(%arg0) <{channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>, source_target_pairs = dense<[[0, 2], [1, 3], [2, 4], [3, 5], [4, 6], [5, 7], [6, 0], [7, 1]]> : tensor<8x2xi64>}> : (tensor<2x4xf32>) -> tensor<2x4xf32>
    %1 = stablehlo.broadcast_in_dim %arg1, dims = [1] : (tensor<4xf32>) -> tensor<2x4xf32>
    %2 = stablehlo.multiply %0, %1 : tensor<2x4xf32>
    %3 = stablehlo.reduce(%2 init: %c) applies stablehlo.add across dimensions = [1] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2xf32>
    return %2, %3 : tensor<2x4xf32>, tensor<2xf32>
  }
}
"""  # noqa: E501


def test_per_device_code_that_shardy_hides(tmp_path: Path) -> None:
    """A function between custom calls that cut and join becomes a manual computation, and runs where it stands."""
    plan = verified(MANUAL, tmp_path)
    assert not plan.warnings
    assert plan.collectives() == {"collective_permute": 1}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("(%0#0, %0#1)", "(%0#0, %arg1)", "takes a value that no xla.sdy.GlobalToLocalShape has cut"),
        ("LocalToGlobalShape", "Unknown", "gives a value that no xla.sdy.LocalToGlobalShape alone joins"),
        ("xla.sdy.manual_axes", "xla.sdy.other_axes", "has no xla.sdy.manual_axes"),
        ("#sdy<manual_axes", "#sdy<manual_ax", "which cannot be read"),
    ],
)
def test_hidden_per_device_code_that_cannot_be_read(old: str, new: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "model.mlir"
    path.write_text(MANUAL.replace(old, new))
    with pytest.raises(DiagnosticError, match=message):
        from_file(str(path))


RESOURCES = """
func.func public @main(%arg0: tensor<4xf32>) -> (tensor<4xf32>, tensor<2xi64>) {
  %0 = stablehlo.constant dense_resource<weights> : tensor<4xf32>
  %1 = stablehlo.constant dense_resource<sizes> : tensor<2xi64>
  %2 = stablehlo.add %0, %arg0 : tensor<4xf32>
  return %2, %1 : tensor<4xf32>, tensor<2xi64>
}
{-#
  dialect_resources: {
    builtin: {
      weights: "0x040000000000803F000000400000404000008040",
      sizes: "0x0800000001000000000000000200000000000000"
    }
  }
#-}
"""


def test_constants_at_the_end_of_the_file(tmp_path: Path) -> None:
    """Their bytes are read from there, from text and from bytecode."""
    from jaxlib.mlir import ir

    from eggshard.frontends.writer import mlir_context

    verified(RESOURCES, tmp_path, {"data": 4})
    path = tmp_path / "model.mlirbc"
    with mlir_context(), path.open("wb") as file:
        ir.Module.parse(RESOURCES).operation.write_bytecode(file)
    text = str(from_file(str(path)).module)
    assert "dense<[1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00]>" in text
    assert "dense<[1, 2]>" in text


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<weights>", "<elided>", r"model.mlir:3:\d+: the elements of dense_resource<elided> are not in the file"),
        ("000040400000", "00004040", "dense_resource<weights> has 14 bytes, tensor<4xf32> requires 16"),
    ],
)
def test_constants_without_their_elements(old: str, new: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "model.mlir"
    path.write_text(RESOURCES.replace(old, new))
    with pytest.raises(DiagnosticError, match=message):
        from_file(str(path))
