"""N devices in lock step: collectives, device-dependent control flow, shard_map programs, shards of tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from interpreter_support import check_jax, random, same

from eggshard.diagnostics import DiagnosticError
from eggshard.dialects.assembly import parse_module
from eggshard.dialects.sharding.layout import Axis, Layout, Mesh, Partial
from eggshard.interpreter import run_devices, run_module, shard, unshard
from eggshard.interpreter.shards import copies_agree

MESH = Mesh((("a", 2), ("b", 4)))
A, B = Axis("a"), Axis("b")


def on_devices(text: str, *inputs: Any, count: int = 8) -> list[list[Any]]:
    return run_devices(parse_module(text), inputs, count)


def spmd(op: str, source: str, result: str) -> str:
    """A per-device program of one op on the mesh a=2, b=4."""
    return f"""sharding.mesh @m = <["a"=2, "b"=4]>
func.func @main(%x: {source}) -> {result} attributes {{spmd.mesh = @m}} {{
  %0 = spmd.{op} : {source} -> {result}
  return %0 : {result}
}}"""


def pieces(shape: tuple[int, ...], name: str = "float64", count: int = 8) -> list[Any]:
    """A different tensor on each device."""
    return [random(shape, name, seed) for seed in range(count)]


def test_all_gather_by_axes() -> None:
    x = pieces((2, 3))
    found = on_devices(spmd('all_gather %x {axes = ["b"], dim = 1}', "tensor<2x3xf64>", "tensor<2x12xf64>"), x)[0]
    for device in range(8):
        same(found[device], np.concatenate(x[device // 4 * 4 : device // 4 * 4 + 4], axis=1))


def test_all_gather_joins_major_axes_first() -> None:
    x = pieces((1, 2))
    found = on_devices(spmd('all_gather %x {axes = ["b", "a"], dim = 0}', "tensor<1x2xf64>", "tensor<8x2xf64>"), x)[0]
    same(found[3], np.concatenate([x[a * 4 + b] for b in range(4) for a in range(2)]))


@pytest.mark.parametrize(
    ("kind", "numpy"), [("sum", np.add), ("max", np.maximum), ("min", np.minimum), ("prod", np.multiply)]
)
def test_all_reduce_by_axes(kind: str, numpy: Any) -> None:
    x = pieces((2, 3))
    found = on_devices(spmd(f'all_reduce %x {{axes = ["a"], kind = {kind}}}', "tensor<2x3xf64>", "tensor<2x3xf64>"), x)[
        0
    ]
    for device in range(8):
        same(found[device], numpy(x[device % 4], x[device % 4 + 4]))
    assert found[1] is found[5], "devices of one group share the result"


def test_reduce_scatter_slice_and_all_to_all_by_axes() -> None:
    x = pieces((4, 3))
    scattered = on_devices(
        spmd('reduce_scatter %x {axes = ["b"], dim = 0, kind = sum}', "tensor<4x3xf64>", "tensor<1x3xf64>"), x
    )[0]
    cut = on_devices(spmd('slice %x {axes = ["b"], dim = 0}', "tensor<4x3xf64>", "tensor<1x3xf64>"), x)[0]
    moved = on_devices(
        spmd('all_to_all %x {axes = ["b"], split_dim = 0, concat_dim = 1}', "tensor<4x3xf64>", "tensor<1x12xf64>"), x
    )[0]
    for device in range(8):
        group, b = x[device // 4 * 4 : device // 4 * 4 + 4], device % 4
        same(scattered[device], sum(group)[b : b + 1])
        same(cut[device], x[device][b : b + 1])
        same(moved[device], np.concatenate([member[b : b + 1] for member in group], axis=1))


def test_collective_permute_by_axes() -> None:
    x = pieces((2,))
    found = on_devices(
        spmd('collective_permute %x {axes = ["b"], pairs = [0->1, 1->0, 4->7]}', "tensor<2xf64>", "tensor<2xf64>"), x
    )[0]
    for device, wanted in enumerate([x[1], x[0], None, None, None, None, None, x[4]]):
        same(found[device], np.zeros(2) if wanted is None else wanted)


def test_device_index() -> None:
    text = """sharding.mesh @m = <["a"=2, "b"=4]>
func.func @main() -> tensor<i32> attributes {spmd.mesh = @m} {
  %0 = spmd.device_index {axes = ["b", "a"]} : tensor<i32>
  return %0 : tensor<i32>
}"""
    assert [int(v) for v in on_devices(text)[0]] == [0, 2, 4, 6, 1, 3, 5, 7]


def stablehlo(op: str, attributes: str, types: str, result: str, region: str = "") -> str:
    return f"""module attributes {{mhlo.num_partitions = 4 : i32}} {{
func.func @main(%x: {types}) -> {result} {{
  %0 = "stablehlo.{op}"(%x) <{{{attributes}}}> {region} : ({types}) -> {result}
  return %0 : {result}
}}}}"""


CHANNEL = "channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>"
GROUPS = "replica_groups = dense<[[0, 2], [3, 1]]> : tensor<2x2xi64>"
SUM = """({
  ^bb0(%p: tensor<f64>, %q: tensor<f64>):
    %s = stablehlo.add %p, %q : tensor<f64>
    stablehlo.return %s : tensor<f64>
  })"""
ODD_BODY = """({
  ^bb0(%p: tensor<f64>, %q: tensor<f64>):
    %n = stablehlo.negate %p : tensor<f64>
    %m = stablehlo.negate %q : tensor<f64>
    %s = stablehlo.minimum %n, %m : tensor<f64>
    %r = stablehlo.negate %s : tensor<f64>
    stablehlo.return %r : tensor<f64>
  })"""


def test_collectives_by_replica_groups() -> None:
    x, ids = pieces((4, 2), count=4), "use_global_device_ids"
    whole, part = "tensor<4x2xf64>", "tensor<2x2xf64>"
    reduced = on_devices(stablehlo("all_reduce", f"{GROUPS}, {CHANNEL}, {ids}", whole, whole, SUM), x, count=4)[0]
    odd = on_devices(stablehlo("all_reduce", f"{GROUPS}, {CHANNEL}, {ids}", whole, whole, ODD_BODY), x, count=4)[0]
    gathered = on_devices(
        stablehlo("all_gather", f"{GROUPS}, {CHANNEL}, {ids}, all_gather_dim = 1 : i64", whole, "tensor<4x4xf64>"),
        x,
        count=4,
    )[0]
    scattered = on_devices(
        stablehlo("reduce_scatter", f"{GROUPS}, {CHANNEL}, {ids}, scatter_dimension = 0 : i64", whole, part, SUM),
        x,
        count=4,
    )[0]
    split = "split_dimension = 0 : i64, concat_dimension = 1 : i64, split_count = 2 : i64"
    moved = on_devices(stablehlo("all_to_all", f"{GROUPS}, {CHANNEL}, {split}", whole, "tensor<2x4xf64>"), x, count=4)[
        0
    ]
    sent = on_devices(stablehlo("collective_broadcast", f"{GROUPS}, {CHANNEL}", whole, whole), x, count=4)[0]
    for group in ((0, 2), (3, 1)):
        first, second = (x[device] for device in group)
        for index, device in enumerate(group):
            rows = slice(2 * index, 2 * index + 2)
            same(reduced[device], first + second)
            same(odd[device], np.maximum(first, second))
            same(gathered[device], np.concatenate([first, second], axis=1))
            same(scattered[device], (first + second)[rows])
            same(moved[device], np.concatenate([first[rows], second[rows]], axis=1))
            same(sent[device], first)


def test_groups_without_a_channel_are_replicas() -> None:
    """Two replicas of two partitions: devices 0, 1 are replica 0. Without a channel partitions do not meet."""
    groups = "replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>"
    text = stablehlo("all_reduce", groups, "tensor<2xf64>", "tensor<2xf64>", SUM)
    text = text.replace("num_partitions = 4 : i32", "num_partitions = 2 : i32, mhlo.num_replicas = 2 : i32")
    x = pieces((2,), count=4)
    found = on_devices(text, x, count=4)[0]
    for device, wanted in enumerate([x[0] + x[2], x[1] + x[3], x[0] + x[2], x[1] + x[3]]):
        same(found[device], wanted)
    crossed = on_devices(text.replace(groups, f"{groups}, {CHANNEL}"), x, count=4)[0]
    for device in range(4):
        same(crossed[device], x[0] + x[1] + x[2] + x[3])


LOOP = """module attributes {mhlo.num_partitions = 4 : i32} {
func.func @main(%x: tensor<f64>) -> (tensor<i32>, tensor<f64>) {
  %id = stablehlo.partition_id : tensor<ui32>
  %n = stablehlo.convert %id : (tensor<ui32>) -> tensor<i32>
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %one = stablehlo.constant dense<1> : tensor<i32>
  %two = stablehlo.constant dense<2> : tensor<i32>
  %limit = stablehlo.LIMIT %n, %two : tensor<i32>
  %r:2 = stablehlo.while(%i = %zero, %v = %x) : tensor<i32>, tensor<f64>
  cond {
    %p = stablehlo.compare LT, %i, %limit : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  } do {
    %j = stablehlo.add %i, %one : tensor<i32>
    %w = BODY
    stablehlo.return %j, %w : tensor<i32>, tensor<f64>
  }
  return %r#0, %r#1 : tensor<i32>, tensor<f64>
}}"""
REDUCE = f"""\"stablehlo.all_reduce"(%v) <{{replica_groups = dense<[[0, 2], [1, 3]]> : tensor<2x2xi64>, {CHANNEL},
      use_global_device_ids}}> {SUM} : (tensor<f64>) -> tensor<f64>"""


def test_devices_leave_a_loop_at_different_times() -> None:
    text = LOOP.replace("LIMIT", "multiply").replace("BODY", "stablehlo.add %v, %v : tensor<f64>")
    x = pieces((), count=4)
    steps, values = on_devices(text, x, count=4)
    for device in range(4):
        assert int(steps[device]) == 2 * device
        same(values[device], x[device] * 4.0**device)


def test_collective_in_a_loop_that_its_groups_leave_together() -> None:
    text = LOOP.replace("LIMIT", "remainder").replace("BODY", REDUCE)  # devices 0, 2 take no step, 1 and 3 one
    x = pieces((), count=4)
    _, values = on_devices(text, x, count=4)
    for device, wanted in enumerate([x[0], x[1] + x[3], x[2], x[1] + x[3]]):
        same(values[device], wanted)


def test_collective_that_would_wait_for_ever() -> None:
    text = LOOP.replace("LIMIT", "multiply").replace("BODY", REDUCE)
    with pytest.raises(DiagnosticError, match=r"all_reduce is reached by devices \[1, 2, 3\] but waits for \[0\]"):
        on_devices(text, pieces((), count=4), count=4)


def test_devices_take_different_branches() -> None:
    text = """func.func @main(%x: tensor<2xf64>) -> tensor<2xf64> {
  %id = stablehlo.partition_id : tensor<ui32>
  %n = stablehlo.convert %id : (tensor<ui32>) -> tensor<i32>
  %0 = "stablehlo.case"(%n) ({
    stablehlo.return %x : tensor<2xf64>
  }, {
    %1 = stablehlo.negate %x : tensor<2xf64>
    stablehlo.return %1 : tensor<2xf64>
  }) : (tensor<i32>) -> tensor<2xf64>
  return %0 : tensor<2xf64>
}"""
    x = pieces((2,), count=3)
    for found, wanted in zip(on_devices(text, x, count=3)[0], (x[0], -x[1], -x[2]), strict=True):
        same(found, wanted)


def test_devices_that_hold_the_same_object_share_the_work() -> None:
    text = """func.func @main(%x: tensor<2xf64>) -> tensor<2xf64> {
  %0 = stablehlo.add %x, %x : tensor<2xf64>
  return %0 : tensor<2xf64>
}"""
    x = random((2,), "float64", 1)
    found = on_devices(text, [x, x, x + 1], count=3)[0]
    assert found[0] is found[1] and found[0] is not found[2]


def check_shard_map(function: Any, *args: Any, in_specs: Any, out_specs: Any, **options: Any) -> None:
    import jax

    mapped = jax.shard_map(
        function, mesh=mesh_2x4(), in_specs=in_specs, out_specs=out_specs, check_vma=False, **options
    )
    check_jax(mapped, *args)


def mesh_2x4() -> Any:
    import jax

    return jax.sharding.Mesh(np.array(jax.devices()[:8]).reshape(2, 4), ("a", "b"))


def test_shard_map() -> None:
    from jax import lax
    from jax.sharding import PartitionSpec as P

    def collectives(x: Any, y: Any) -> Any:
        i = lax.axis_index("b")
        return (
            lax.psum(x, "a"),
            lax.psum(x.sum(), ("a", "b")),
            lax.all_gather(y, "b", tiled=True),
            lax.psum_scatter(y, "b", scatter_dimension=1, tiled=True),
            lax.all_to_all(y, "b", 1, 0, tiled=True),
            lax.ppermute(x, "b", [(0, 1), (1, 2), (3, 0)]),
            x * i,
            lax.pmax(x, ("a", "b")),
            lax.cond(i > 1, lambda v: v + 1, lambda v: -v, x),
            lax.fori_loop(0, 3, lambda _, v: lax.psum(v, "b") * 0.1, x),
        )

    check_shard_map(
        collectives,
        random((4, 8), "float64", 1),
        random((8, 8), "float64", 2),
        in_specs=(P("a", "b"), P("b")),
        out_specs=(P(None, "b"), P(), P(), P("b"), P("b"), P("a", "b"), P("a", "b"), P(), P("a", "b"), P("a", "b")),
    )


def test_shard_map_over_some_axes() -> None:
    from jax import lax
    from jax.sharding import PartitionSpec as P

    check_shard_map(
        lambda x: lax.psum(x * 2, "a"), random((4, 8), "float64", 1), in_specs=P("a"), out_specs=P(), axis_names={"a"}
    )


def test_shard_map_inside_a_program() -> None:
    """Its gradient, with sequential code around it."""
    import jax
    from jax import lax
    from jax.sharding import PartitionSpec as P

    def matmul(x: Any, w: Any) -> Any:
        return lax.psum(x @ w, "b")

    mapped = jax.shard_map(matmul, mesh=mesh_2x4(), in_specs=(P("a", "b"), P("b")), out_specs=P("a"), check_vma=False)

    def loss(x: Any, w: Any) -> Any:
        return (jax.numpy.tanh(mapped(x, w)) ** 2).sum()

    args = random((4, 8), "float64", 1, 0.3), random((8, 3), "float64", 2, 0.3)
    check_jax(jax.value_and_grad(loss, argnums=(0, 1)), *args)


def test_per_device_code_between_custom_calls() -> None:
    """The form of exporters that know no Shardy."""
    text = """module attributes {mhlo.num_partitions = 4 : i32} {
func.func @main(%x: tensor<4x6xf64>) -> tensor<4x6xf64> {
  %0 = stablehlo.custom_call @Sharding(%x) {mhlo.sharding = "{devices=[2,2]<=[2,2]T(1,0)}"} : (tensor<4x6xf64>) -> tensor<4x6xf64>
  %1 = stablehlo.custom_call @SPMDFullToShardShape(%0) {mhlo.sharding = "{manual}"} : (tensor<4x6xf64>) -> tensor<2x3xf64>
  %2 = stablehlo.partition_id : tensor<ui32>
  %3 = stablehlo.convert %2 : (tensor<ui32>) -> tensor<f64>
  %4 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f64>) -> tensor<2x3xf64>
  %5 = stablehlo.add %1, %4 : tensor<2x3xf64>
  %6 = stablehlo.custom_call @Sharding(%5) {mhlo.sharding = "{manual}"} : (tensor<2x3xf64>) -> tensor<2x3xf64>
  %7 = stablehlo.custom_call @SPMDShardToFullShape(%6) {mhlo.sharding = "{devices=[2,2]<=[2,2]T(1,0)}"} : (tensor<2x3xf64>) -> tensor<4x6xf64>
  return %7 : tensor<4x6xf64>
}}"""  # noqa: E501
    x = random((4, 6), "float64", 1)
    added = np.block([[np.full((2, 3), 0.0), np.full((2, 3), 2.0)], [np.full((2, 3), 1.0), np.full((2, 3), 3.0)]])
    same(run_module(parse_module(text), [x])[0], x + added)


def test_ragged_all_to_all() -> None:
    """Device i sends its first 1 + i rows to device 0 and the rest to device 1, who stack them."""
    text = """module attributes {mhlo.num_partitions = 2 : i32} {
func.func @main(%x: tensor<4xf64>, %o: tensor<6xf64>, %a: tensor<2xi32>, %n: tensor<2xi32>, %t: tensor<2xi32>,
    %r: tensor<2xi32>) -> tensor<6xf64> {
  %0 = stablehlo.custom_call @ragged_all_to_all(%x, %o, %a, %n, %t, %r) {
      api_version = 4 : i32, backend_config = {replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}}
      : (tensor<4xf64>, tensor<6xf64>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>) -> tensor<6xf64>
  return %0 : tensor<6xf64>
}}"""
    x, out = pieces((4,), count=2), pieces((6,), count=2)
    rows = [[[0, 1], [0, 2]], [[1, 3], [2, 2]], [[0, 0], [1, 3]], [[1, 2], [3, 2]]]  # starts, sizes, targets, received
    plans = [[np.array(row, np.int32) for row in per_device] for per_device in rows]
    found = on_devices(text, x, out, *plans, count=2)[0]
    same(found[0], np.concatenate([x[0][:1], x[1][:2], out[0][3:]]))
    same(found[1], np.concatenate([x[0][1:4], x[1][2:4], out[1][5:]]))


LAYOUTS = [
    Layout.of("m", ((A,), (B,))),
    Layout.of("m", ((B, A), ())),
    Layout.of("m", ((), (A, B))),
    Layout.of("m", ((Axis("b", 1, 2),), (Axis("b", 2, 2), A))),
    Layout.of("m", ((), (B,)), (Partial(A, "sum"),)),
    Layout.of("m", ((A,), ()), (Partial(B, "max"),)),
    Layout.of("m", ((), ()), (Partial(A, "prod"), Partial(B, "prod"))),
]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("ids", (None, (3, 1, 4, 0, 5, 2, 6, 7)))
@pytest.mark.parametrize("shape", ((8, 16), (5, 3)))
def test_shards_of_a_tensor(shape: tuple[int, int], ids: tuple[int, ...] | None, layout: Layout) -> None:
    """Also where dimensions do not divide, and where the mesh numbers its devices in an order of its own."""
    mesh = Mesh(MESH.axes, ids)
    x = random(shape, "float32", 1)
    parts = shard(x, layout, mesh)
    same(unshard(parts, layout, mesh, shape), x)
    assert copies_agree(parts, layout, mesh)


def test_terms_are_combined() -> None:
    layout = Layout.of("m", ((B,),), (Partial(A, "sum"),))
    parts = pieces((2,))
    wanted = np.concatenate([parts[b] + parts[b + 4] for b in range(4)])
    same(unshard(parts, layout, MESH, (8,)), wanted)
    assert not copies_agree(parts, Layout.of("m", ((B,),)), MESH)


def test_padding_is_filled() -> None:
    parts = shard(np.ones(3, np.float32), Layout.of("m", ((B,),)), MESH, fill=-np.inf)
    same(parts[3], np.full(1, -np.inf, np.float32))
