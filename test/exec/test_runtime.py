"""A plan's function under jax: jit, donation, export, shardings, files, and what it says of wrong arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from exec_support import MESH, assert_equal, check, draw, plan, whole

import eggshard
from eggshard import DiagnosticError

Tree = dict[str, Any]


def step(state: Tree, x: Any, rate: Any) -> tuple[Tree, Any]:
    """A train step with state that is sharded, replicated and a scalar."""

    def loss(w: Any) -> Any:
        return jnp.mean(jnp.tanh(x @ w + state["bias"]) ** 2)

    value, gradient = jax.value_and_grad(loss)(state["w"])
    return {**state, "w": state["w"] - rate * gradient, "count": state["count"] + 1}, value


TACTICS = [("x", "data,-"), ("state/w", "-,model"), ("state/bias", "model")]


def arguments() -> tuple[Tree, Any, Any]:
    state = {"w": draw(16, 32), "bias": draw(32), "count": np.int32(3)}
    return state, draw(8, 16), np.float32(0.5)


@pytest.fixture(scope="module")
def made() -> eggshard.Plan:
    return plan(step, arguments(), TACTICS)


@pytest.fixture(scope="module")
def expected() -> Any:
    return whole(step, arguments())


# -- what goes in ------------------------------------------------------------------------------------------------------


def test_numpy_arrays(made: eggshard.Plan, expected: Any) -> None:
    assert_equal(expected, made.compile()(*arguments()))


def test_sharded_arrays_and_several_calls(made: eggshard.Plan) -> None:
    step8, whole_args, args = made.compile(), arguments(), jax.device_put(arguments(), made.in_shardings)
    for _ in range(3):
        state, value = step8(*args)
        whole_state, whole_value = whole(step, whole_args)
        assert_equal((whole_state, whole_value), (state, value))
        args, whole_args = (state, *args[1:]), (whole_state, *whole_args[1:])


def test_results_lie_as_the_plan_says(made: eggshard.Plan) -> None:
    state, _ = made.compile()(*arguments())
    assert made.results["result/0/w"] == "-,model"
    for (path, array), sharding in zip(
        jax.tree_util.tree_leaves_with_path(state), jax.tree.leaves(made.out_shardings[0]), strict=True
    ):
        assert array.sharding.is_equivalent_to(sharding, array.ndim), path


def test_numbers_of_python(made: eggshard.Plan, expected: Any) -> None:
    state, x, _ = arguments()
    assert_equal(expected, made.compile()({**state, "count": 3}, x, 0.5))


def test_typed_and_raw_random_keys() -> None:
    def draws(key: Any, x: Any) -> Any:
        first, second = jax.random.split(key)
        return first, x + jax.random.normal(second, x.shape)

    for key in (jax.random.PRNGKey(7), jax.random.key(7), jax.random.key(7, impl="rbg")):
        args = (key, draw(8, 16))
        made = check(draws, args, {"x": "data,model"}, limit=1e-6)
        assert_equal(whole(draws, args), made.compile()(*jax.device_put(args, made.in_shardings)), 1e-6)


# -- under jax ---------------------------------------------------------------------------------------------------------


def test_jit_with_donation_reuses_memory(made: eggshard.Plan, expected: Any) -> None:
    args = jax.device_put(arguments(), made.in_shardings)
    places = [shard.data.unsafe_buffer_pointer() for shard in args[0]["w"].addressable_shards]
    state, value = jax.jit(made.compile(), donate_argnums=0)(*args)
    assert args[0]["w"].is_deleted() and not args[1].is_deleted()
    assert [shard.data.unsafe_buffer_pointer() for shard in state["w"].addressable_shards] == places
    assert_equal(expected, (state, value))


def test_inside_another_function(made: eggshard.Plan) -> None:
    step8 = made.compile()

    def twice(state: Tree, x: Any, rate: Any) -> Any:
        state, first = step8(state, x, rate)
        state, second = step8(state, x * 2, rate)
        return first + second, state

    def whole_twice(state: Tree, x: Any, rate: Any) -> Any:
        state, first = step(state, x, rate)
        state, second = step(state, x * 2, rate)
        return first + second, state

    assert_equal(whole(whole_twice, arguments()), jax.jit(twice)(*arguments()))


def test_inside_a_loop_of_jax(made: eggshard.Plan) -> None:
    step8 = made.compile()
    state, x, rate = arguments()

    def train(one: Any, state: Tree) -> Any:
        return jax.lax.scan(lambda s, _: one(s, x, rate), state, None, length=3)

    assert_equal(whole(lambda s: train(step, s), (state,)), jax.jit(lambda s: train(step8, s))(state))


def test_shardings_for_plain_jit(made: eggshard.Plan, expected: Any) -> None:
    jitted = jax.jit(step, in_shardings=made.in_shardings, out_shardings=made.out_shardings)
    assert_equal(expected, jitted(*arguments()))


def test_export_round_trip(made: eggshard.Plan, expected: Any) -> None:
    pytest.importorskip("flatbuffers", reason="jax.export serializes through it")
    from jax import export

    exported = export.export(made.compile())(*arguments())
    assert exported.nr_devices == 8
    again = export.deserialize(exported.serialize())
    assert_equal(expected, jax.jit(again.call)(*jax.device_put(arguments(), made.in_shardings)))


def test_memory_analysis_is_of_one_device(made: eggshard.Plan) -> None:
    analysis = made.compile().lower(*jax.device_put(arguments(), made.in_shardings)).compile().memory_analysis()
    state = 16 * 32 // 2 + 32 // 2 + 1
    assert analysis.argument_size_in_bytes == 4 * (state + 8 * 16 // 4 + 1)


# -- layouts -----------------------------------------------------------------------------------------------------------


def product(x: Any, w: Any) -> Any:
    return jnp.tanh(x @ w)


@pytest.mark.parametrize("layout", ["axis:(1)2,axis:(2)4", "axis:(2)2,axis:(1)2", "-,axis:(4)2", "axis:(1)4+b,-"])
def test_parts_of_an_axis(layout: str) -> None:
    mesh = {"axis": 8} if "b" not in layout else {"axis": 4, "b": 2}
    made = check(product, (draw(16, 8), draw(8, 12)), {"x": layout}, mesh)
    spec = made.in_shardings[0].spec
    assert made.arguments["x"].startswith(layout.split(",")[0]) and len(made.in_shardings[0].mesh.devices.flat) == 8
    assert spec != jax.sharding.PartitionSpec()


def test_axis_order_of_one_dimension() -> None:
    made = check(product, (draw(16, 8), draw(8, 12)), {"x": "model+data"})
    assert made.in_shardings[0].spec == jax.sharding.PartitionSpec(("model", "data"), None)


@pytest.mark.parametrize("rows, inner, columns", [(6, 8, 12), (8, 5, 12), (8, 8, 3), (3, 1, 1), (0, 8, 4)])
def test_sizes_that_do_not_divide(rows: int, inner: int, columns: int) -> None:
    args = (draw(rows, inner), draw(inner, columns))
    for tactics in ({"x": "data,model"}, {"x": "data,-", "w": "-,model"}, {"x": "-,data", "w": "data,model"}):
        made = check(product, args, tactics)
        assert_equal(whole(product, args), jax.jit(product, in_shardings=made.in_shardings)(*args))


def test_scalars_and_results_that_are_arguments() -> None:
    def fn(a: Any, x: Any, unused: Any) -> Any:
        return x, a, a + 1, jnp.float32(2.0)

    check(fn, (np.float32(1.0), draw(8, 4), draw(3)), {"x": "data"})


def test_several_meshes_of_equal_devices() -> None:
    args = (draw(16, 8), draw(8, 12))
    for mesh in ({"a": 8}, {"a": 2, "b": 2, "c": 2}, {"a": 1, "b": 8}, {"a": 2, "b": 4}):
        axes = list(mesh)
        check(product, args, {"x": f"{axes[0]},{axes[-1]}" if len(axes) > 1 else axes[0]}, mesh)


def test_devices_in_another_order(made: eggshard.Plan, expected: Any) -> None:
    found = made.compile(jax.devices()[::-1])(*arguments())
    assert_equal(expected, found)
    assert next(iter(found[0]["w"].sharding.mesh.devices.flat)) == jax.devices()[-1]


# -- files -------------------------------------------------------------------------------------------------------------


def test_plan_from_a_file_runs_flat(made: eggshard.Plan, expected: Any, tmp_path: Path) -> None:
    made.save(tmp_path / "plan.json")
    loaded = eggshard.Plan.load(tmp_path / "plan.json")
    flat = jax.tree.leaves(expected)
    assert_equal(flat, loaded.compile()(*arguments()))
    assert_equal(flat, loaded.compile()(*jax.tree.leaves(arguments())))
    assert list(loaded.results) == list(made.results) and len(loaded.results) == len(flat)
    assert loaded.collectives() == made.collectives()
    assert loaded.in_shardings == jax.tree.leaves(made.in_shardings)
    assert loaded.stablehlo() == made.stablehlo()


# -- refusals ----------------------------------------------------------------------------------------------------------


def test_arrays_that_one_device_holds_are_moved(made: eggshard.Plan, expected: Any) -> None:
    """As a checkpoint's, or another function's results."""
    state, x, rate = jax.device_put(arguments(), jax.devices()[3])
    assert_equal(expected, made.compile()({**state, "bias": arguments()[0]["bias"]}, x, rate))
    key = jax.device_put(jax.random.key(7), jax.devices()[1])

    def draws(key: Any, x: Any) -> Any:
        return x + jax.random.normal(key, x.shape)

    args = (key, draw(7, 16))
    assert_equal(whole(draws, args), plan(draws, args, {"x": "data,model"}).compile()(*args), 1e-6)


def test_arrays_on_some_of_the_devices_are_refused(made: eggshard.Plan) -> None:
    four = jax.sharding.Mesh(np.array(jax.devices()[:4]), ("q",))
    state, x, rate = arguments()
    x = jax.device_put(x, jax.sharding.NamedSharding(four, jax.sharding.PartitionSpec("q")))
    with pytest.raises(
        DiagnosticError, match='argument "x" lies on cpu:0, cpu:1, cpu:2, cpu:3, the plan runs on cpu:0'
    ):
        made.compile()(state, x, rate)
    with pytest.raises(DiagnosticError, match=r'argument "x" is float32\[4, 16\]'):
        made.compile()(state, jax.device_put(arguments()[1][:4], jax.devices()[0]), rate)


def test_wrong_number_of_devices(made: eggshard.Plan) -> None:
    with pytest.raises(DiagnosticError, match="mesh 4x2 has 8 devices, the devices given are 4"):
        made.compile(jax.devices()[:4])
    wide = plan(product, (draw(16, 8), draw(8, 12)), {"x": "data"}, {"data": 16})
    with pytest.raises(DiagnosticError, match="mesh 16 has 16 devices, this process sees 8") as caught:
        wide.compile()
    assert "xla_force_host_platform_device_count=16" in str(caught.value)


def test_wrong_shape_dtype_and_structure(made: eggshard.Plan, tmp_path: Path) -> None:
    step8, (state, x, rate) = made.compile(), arguments()
    with pytest.raises(DiagnosticError, match=r'argument "x" is float32\[4, 16\], required float32\[8, 16\]'):
        step8(state, x[:4], rate)
    with pytest.raises(DiagnosticError, match=r'argument "state/count" is float32\[\], required int32\[\]'):
        step8({**state, "count": np.float32(3)}, x, rate)
    with pytest.raises(DiagnosticError, match=r"arguments\[0\] are dict of 2 \('bias', 'w'\), required dict of 3"):
        step8({"w": state["w"], "bias": state["bias"]}, x, rate)
    with pytest.raises(DiagnosticError, match=r"arguments\[0\]\['w'\] are tuple of 1, required an array"):
        step8({**state, "w": (state["w"],)}, x, rate)
    made.save(tmp_path / "plan.json")
    with pytest.raises(DiagnosticError, match="4 arrays are given, the program takes 5"):
        eggshard.Plan.load(tmp_path / "plan.json").compile()(state, x)


def test_double_precision_must_be_on() -> None:
    jax.config.update("jax_enable_x64", True)
    args = (draw(16, 8, dtype=np.float64), draw(8, 12, dtype=np.float64))
    made = check(product, args, {"x": "data,model"}, MESH)
    jax.config.update("jax_enable_x64", False)
    with pytest.raises(DiagnosticError, match=r'argument "x" is float32\[16, 8\], required float64\[16, 8\]') as caught:
        made.compile()(*args)
    assert "jax_enable_x64" in str(caught.value)


# -- programs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["threefry2x32", "rbg"])
@pytest.mark.parametrize("shape", [(16, 8), (10, 7)])
def test_random_numbers_are_the_unpartitioned_ones(kind: str, shape: tuple[int, ...]) -> None:
    def draws(key: Any, x: Any) -> Any:
        keys = jax.random.split(key, 4)
        kept = jax.random.bernoulli(keys[0], 0.9, x.shape)
        return (
            jnp.where(kept, x / 0.9, 0),
            x + jax.random.normal(keys[1], x.shape),
            jax.random.uniform(keys[2], x.shape)[:, 0] + x[:, 0],
            jax.random.randint(keys[3], x.shape, 0, 10),
            jax.random.categorical(keys[3], x),
        )

    for layout in ("data,model", "model+data", "-,data"):
        check(draws, (jax.random.key(3, impl=kind), draw(*shape)), {"x": layout}, limit=1e-6)


def test_while_loop_with_sharded_carries() -> None:
    def power(x: Any, w: Any, steps: Any) -> Any:
        def body(carry: Any) -> Any:
            i, y, norm = carry
            y = jnp.tanh(y @ w)
            return i + 1, y, norm + jnp.sum(y**2)

        return jax.lax.while_loop(lambda carry: (carry[0] < steps) & (carry[2] < 1e6), body, (0, x, jnp.float32(0)))

    for tactics in ({"x": "data"}, {"x": "data,model"}, {"w": "-,model"}, {"x": "data", "w": "model"}):
        check(power, (draw(8, 16), 0.1 * draw(16, 16), np.int32(5)), tactics)


def test_scan_with_sharded_layers_and_gradients() -> None:
    def loss(layers: Any, x: Any) -> Any:
        y, seen = jax.lax.scan(jax.checkpoint(lambda y, w: (jnp.tanh(y @ w), jnp.sum(y))), x, layers)
        return jnp.mean(y**2) + seen[-1]

    for layout in ("-,-,model", "data,-,model", "-,model+data,-"):
        check(jax.value_and_grad(loss), (draw(4, 16, 16) / 4, draw(8, 16)), {"layers": layout, "x": "data"})


def test_decoding_with_a_key_value_cache() -> None:
    heads, length, size = 4, 12, 8

    def decode(params: Tree, cache: Tree, token: Any) -> Any:
        def body(i: Any, carry: Any) -> Any:
            cache, token, out = carry
            x = params["embedding"][token]
            q, k, v = (jnp.einsum("bd,dhk->bhk", x, params[name]) for name in ("wq", "wk", "wv"))
            cache = {
                name: jax.lax.dynamic_update_slice(cache[name], value[:, None], (0, i, 0, 0))
                for name, value in (("k", k), ("v", v))
            }
            scores = jnp.einsum("bhk,bthk->bht", q, cache["k"])
            scores = jnp.where(jnp.arange(length) <= i, scores, -1e9)
            y = jnp.einsum("bht,bthk->bhk", jax.nn.softmax(scores), cache["v"])
            logits = jnp.einsum("bhk,hkd->bd", y, params["wo"]) @ params["embedding"].T
            token = jnp.argmax(logits, -1).astype(jnp.int32)
            return cache, token, out.at[:, i].set(token)

        return jax.lax.fori_loop(0, length, body, (cache, token, jnp.zeros((8, length), jnp.int32)))

    params = {
        "embedding": draw(32, 16),
        **{name: draw(16, heads, size, seed=seed) for seed, name in enumerate(("wq", "wk", "wv"), 1)},
        "wo": draw(heads, size, 16, seed=4),
    }
    cache = {name: np.zeros((8, length, heads, size), np.float32) for name in ("k", "v")}
    args = (params, cache, np.arange(8, dtype=np.int32))
    megatron = {"params/w[qkv]": "-,model", "params/wo": "model"}
    for tactics in (
        {"token": "data"},
        {"cache/.*": "data,-,model"},
        {"cache/.*": "-,data"},
        {"params/embedding": "data"},
        {"token": "data", **megatron},
    ):
        check(decode, args, tactics)
