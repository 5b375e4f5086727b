"""Every strategy that the e-graph offers computes the op: each is run by the interpreter on four or eight devices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xdsl.dialects.builtin import UnitAttr
from xdsl.ir import Operation

from eggshard.annotation import add_mesh
from eggshard.cost import AnalyticCost
from eggshard.dialects.assembly import make_context
from eggshard.dialects.sharding import StrategyAttr, set_layout
from eggshard.dialects.sharding.access import STRATEGY, result_layout, set_argument_layouts, set_result_layouts
from eggshard.dialects.sharding.layout import Layout
from eggshard.dialects.sharding.layout import Mesh as MeshValue
from eggshard.egraph.codes import layout_of_code
from eggshard.frontends.load import from_file
from eggshard.hardware import load_hardware
from eggshard.interpreter import run_devices, run_module, shard, unshard
from eggshard.mesh import Mesh
from eggshard.partitioning.program import main_function
from eggshard.partitioning.strategies import CHOSEN, PLANNED
from eggshard.passes import pipeline
from eggshard.planning.outline import outline
from eggshard.planning.strategies import Space, key_of, space

OPS = {
    "dot": (
        ["4x8xf64", "8x4xf64"],
        "4x4xf64",
        "%r = stablehlo.dot_general %0, %1, contracting_dims = [1] x [0] "
        ": (tensor<4x8xf64>, tensor<8x4xf64>) -> tensor<4x4xf64>",
    ),
    "batched dot": (
        ["4x4x3xf64", "4x3x5xf64"],
        "4x4x5xf64",
        "%r = stablehlo.dot_general %0, %1, batching_dims = [0] x [0], contracting_dims = [2] x [1] "
        ": (tensor<4x4x3xf64>, tensor<4x3x5xf64>) -> tensor<4x4x5xf64>",
    ),
    "add": (["6x4xf64", "6x4xf64"], "6x4xf64", "%r = stablehlo.add %0, %1 : tensor<6x4xf64>"),
    "multiply": (["6x4xf64", "6x4xf64"], "6x4xf64", "%r = stablehlo.multiply %0, %1 : tensor<6x4xf64>"),
    "abs": (["6x4xf64"], "6x4xf64", "%r = stablehlo.abs %0 : tensor<6x4xf64>"),
    "select": (
        ["4x4xi1", "4x4xf64", "4x4xf64"],
        "4x4xf64",
        "%r = stablehlo.select %0, %1, %2 : tensor<4x4xi1>, tensor<4x4xf64>",
    ),
    "transpose": (
        ["4x6xf64"],
        "6x4xf64",
        "%r = stablehlo.transpose %0, dims = [1, 0] : (tensor<4x6xf64>) -> tensor<6x4xf64>",
    ),
    "split": (["8x4xf64"], "4x2x4xf64", "%r = stablehlo.reshape %0 : (tensor<8x4xf64>) -> tensor<4x2x4xf64>"),
    "merge": (["4x2x4xf64"], "8x4xf64", "%r = stablehlo.reshape %0 : (tensor<4x2x4xf64>) -> tensor<8x4xf64>"),
    "broadcast": (
        ["4xf64"],
        "4x8xf64",
        "%r = stablehlo.broadcast_in_dim %0, dims = [0] : (tensor<4xf64>) -> tensor<4x8xf64>",
    ),
    "sum": (
        ["4x7xf64"],
        "4xf64",
        "%c = stablehlo.constant dense<0.0> : tensor<f64>\n"
        "%r = stablehlo.reduce(%0 init: %c) applies stablehlo.add across dimensions = [1] "
        ": (tensor<4x7xf64>, tensor<f64>) -> tensor<4xf64>",
    ),
    "max": (
        ["4x7xf64"],
        "4xf64",
        "%c = stablehlo.constant dense<0xFFF0000000000000> : tensor<f64>\n"
        "%r = stablehlo.reduce(%0 init: %c) applies stablehlo.maximum across dimensions = [1] "
        ": (tensor<4x7xf64>, tensor<f64>) -> tensor<4xf64>",
    ),
    "concatenate": (
        ["4x2xf64", "4x3xf64"],
        "4x5xf64",
        "%r = stablehlo.concatenate %0, %1, dim = 1 : (tensor<4x2xf64>, tensor<4x3xf64>) -> tensor<4x5xf64>",
    ),
    "slice": (["6x8xf64"], "6x3xf64", "%r = stablehlo.slice %0 [0:6, 2:5] : (tensor<6x8xf64>) -> tensor<6x3xf64>"),
    "pad": (
        ["6x4xf64"],
        "6x6xf64",
        "%c = stablehlo.constant dense<0.0> : tensor<f64>\n"
        "%r = stablehlo.pad %0, %c, low = [0, 1], high = [0, 1], interior = [0, 0] "
        ": (tensor<6x4xf64>, tensor<f64>) -> tensor<6x6xf64>",
    ),
    "gather": (
        ["8x4xf64", "6x1xi32"],
        "6x4xf64",
        '%r = "stablehlo.gather"(%0, %1) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], '
        "collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 4>}> "
        ": (tensor<8x4xf64>, tensor<6x1xi32>) -> tensor<6x4xf64>",
    ),
    "scatter": (
        ["8x4xf64", "6x1xi32", "6x4xf64"],
        "8x4xf64",
        '%r = "stablehlo.scatter"(%0, %1, %2) <{scatter_dimension_numbers = #stablehlo.scatter<'
        "update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], "
        "index_vector_dim = 1>}> ({\n"
        "^bb0(%a: tensor<f64>, %b: tensor<f64>):\n%s = stablehlo.add %a, %b : tensor<f64>\n"
        "stablehlo.return %s : tensor<f64>\n}) "
        ": (tensor<8x4xf64>, tensor<6x1xi32>, tensor<6x4xf64>) -> tensor<8x4xf64>",
    ),
    "convolution": (
        ["2x6x6x4xf64", "3x3x4x4xf64"],
        "2x6x6x4xf64",
        "%r = stablehlo.convolution(%0, %1) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], "
        "window = {pad = [[1, 1], [1, 1]]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} "
        ": (tensor<2x6x6x4xf64>, tensor<3x3x4x4xf64>) -> tensor<2x6x6x4xf64>",
    ),
    "dynamic_slice": (
        ["6x8xf64", "i32", "i32"],
        "6x4xf64",
        "%r = stablehlo.dynamic_slice %0, %1, %2, sizes = [6, 4] "
        ": (tensor<6x8xf64>, tensor<i32>, tensor<i32>) -> tensor<6x4xf64>",
    ),
    "dynamic_update_slice": (
        ["6x8xf64", "6x2xf64", "i32", "i32"],
        "6x8xf64",
        "%r = stablehlo.dynamic_update_slice %0, %1, %2, %3 "
        ": (tensor<6x8xf64>, tensor<6x2xf64>, tensor<i32>, tensor<i32>) -> tensor<6x8xf64>",
    ),
}
MESHES = {"2x2": {"a": 2, "b": 2}, "4x2": {"a": 4, "b": 2}}
DTYPES = {"f64": np.float64, "i32": np.int32, "i1": np.bool_}


def numbers(kind: str, seed: int) -> Any:
    *sizes, element = kind.split("x")
    low = 0 if element != "f64" else -4
    return np.random.default_rng(seed).integers(low, 5, [int(size) for size in sizes]).astype(DTYPES[element])


def load(name: str, folder: Path, sizes: dict[str, int]) -> tuple[Any, MeshValue, Operation]:
    types, result, body = OPS[name]
    arguments = ", ".join(f'%{index}: tensor<{kind}> loc("arg{index}")' for index, kind in enumerate(types))
    path = folder / "model.mlir"
    path.write_text(
        f"func.func public @main({arguments}) -> tensor<{result}> {{\n{body}\nreturn %r : tensor<{result}>\n}}"
    )
    module = from_file(str(path)).module
    mesh = Mesh(sizes)
    pipeline.run(module, make_context(), pipeline.IMPORT)
    add_mesh(module, mesh)
    last = main_function(module).body.block.last_op
    assert last is not None
    return module, mesh.value, last.operands[0].owner  # type: ignore[return-value]


def pieces(array: Any, layout: Layout, mesh: MeshValue, rng: np.random.Generator) -> list[Any]:
    """What each device holds; along a partial axis terms that add up, or for max, a value and smaller ones."""
    terms = [array]
    for term in layout.partial:
        split = []
        for whole in terms:
            parts = [rng.integers(-3, 4, whole.shape).astype(whole.dtype) for _ in range(mesh.size(term.axis) - 1)]
            split += [*parts, whole - sum(parts)]
        terms = split
    plain = Layout.of(layout.mesh, layout.axes)
    laid = [shard(term, plain, mesh) for term in terms]
    axes = tuple(term.axis for term in layout.partial)
    return [laid[mesh.coordinate(device, axes)][device] for device in range(mesh.device_count)]


def strategies(module: Any, mesh: MeshValue) -> tuple[Any, Space]:
    laid = outline(module)
    return laid, space(laid, mesh, AnalyticCost(load_hardware("h100"), mesh))


@pytest.mark.parametrize("mesh_name", MESHES)
@pytest.mark.parametrize("name", OPS)
def test_each_strategy_computes_the_op(name: str, mesh_name: str, tmp_path: Path) -> None:
    types = OPS[name][0]
    inputs = [numbers(kind, seed) for seed, kind in enumerate(types)]
    module, mesh, op = load(name, tmp_path, MESHES[mesh_name])
    (expected,) = run_module(module, inputs)
    laid, choices = strategies(module, mesh)
    site = next(s for s in laid.sites if s.op is op)
    offered = choices.choices[choices.of_site[laid.sites.index(site)][0]]
    assert len(offered.chosen) > 1
    rng = np.random.default_rng(0)
    for number in range(len(offered.chosen)):
        module, mesh, op = load(name, tmp_path, MESHES[mesh_name])
        func = main_function(module)
        layouts = {}
        for index, tensor in enumerate(site.ways[0].operands):
            if tensor >= 0 and laid.tensors[tensor].argument >= 0:
                kind = choices.kinds[key_of(laid, tensor)]
                code = kind.codes[offered.reads[number, index]]
                layouts[laid.tensors[tensor].argument] = layout_of_code(code, len(kind.shape), "mesh", mesh)
        kind = choices.kinds[key_of(laid, site.results[0])]
        made = layout_of_code(kind.codes[offered.makes[number, 0]], len(kind.shape), "mesh", mesh)
        func.attributes[CHOSEN] = func.attributes[PLANNED] = UnitAttr()
        strategy = offered.strategy(number, "mesh", mesh)
        if strategy.tiles or strategy.carries:
            op.attributes[STRATEGY] = StrategyAttr(strategy)
        set_argument_layouts(func, layouts)
        set_layout(op.results[0], made)
        set_result_layouts(func, {0: Layout.of("mesh", made.axes)})
        pipeline.run(module, make_context(), (*pipeline.RESHARD, *pipeline.PARTITION, *pipeline.COLLECTIVES))
        parts = [
            pieces(array, layouts.get(index, Layout.replicate("mesh", array.ndim)), mesh, rng)
            for index, array in enumerate(inputs)
        ]
        found = run_devices(module, parts, mesh.device_count)
        given = result_layout(main_function(module), 0)
        assert given is not None
        whole = unshard(found[0], given, mesh, expected.shape)
        assert np.array_equal(whole, expected), f"{strategy} on {made}"
