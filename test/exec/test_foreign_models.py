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
