"""JAX -> ours -> StableHLO says the same, whatever form the module comes in; names and source lines reach the end."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from exec_support import plan
from jax import export
from jaxlib.mlir.dialects import stablehlo
from models.registry import MESHES, MODELS

from eggshard.frontends.load import from_bytes
from eggshard.frontends.reader import Reader
from eggshard.frontends.writer import Writer, mlir_context

SMALL = [(name, "small") for name in MODELS]
REAL = [("gpt2", "real"), ("llama_scan", "real")]


@cache
def lowered(name: str, config: str) -> Any:
    """The module that JAX makes of a model."""
    fn, args = MODELS[name].build(config, "f32")
    return jax.jit(fn, keep_unused=True).lower(*args).compiler_ir("stablehlo")


def written(module: Any, locations: bool) -> str:
    """Our text of a module of ours."""
    return text(Writer(mlir_context()).module(module), locations)


def text(module: Any, locations: bool) -> str:
    return str(module.operation.get_asm(enable_debug_info=locations))


@pytest.mark.parametrize("name, config", SMALL + REAL)
def test_text_is_identical(name: str, config: str) -> None:
    source = lowered(name, config)
    module = Reader().module(source)
    module.verify()
    for locations in (False, True):
        assert written(module, locations) == text(source, locations)


def generic(source: Any) -> bytes:
    return str(source.operation.get_asm(print_generic_op_form=True, enable_debug_info=True)).encode()


def bytecode(source: Any) -> bytes:
    stream = io.BytesIO()
    source.operation.write_bytecode(stream)
    return stream.getvalue()


def pretty(source: Any) -> bytes:
    return text(source, True).encode()


@pytest.mark.parametrize("form", [pretty, generic, bytecode])
@pytest.mark.parametrize("name", ["gpt2", "moe", "mamba", "t5", "vit"])
def test_every_form_is_read(form: Callable[[Any], bytes], name: str) -> None:
    source = lowered(name, "small")
    assert written(from_bytes(form(source), name), True) == text(source, True)


@pytest.mark.parametrize("name", ["gpt2", "dlrm", "t5", "vit"])
def test_what_jax_exports_is_read(name: str) -> None:
    fn, args = MODELS[name].build("small", "f32")
    artifact = export.export(jax.jit(fn))(*args).mlir_module_serialized
    assert artifact[4:].startswith(b"\rStableHLO")
    expected = stablehlo.deserialize_portable_artifact(mlir_context(), artifact)
    assert written(from_bytes(artifact, name), True) == text(expected, True)


def test_artifacts_of_old_versions_are_upgraded() -> None:
    fn = jax.jit(lambda x, w: (jnp.tanh(x @ w).sum(0), jax.lax.while_loop(lambda y: y < 3, lambda y: y + 1, x[0, 0])))
    source = str(fn.lower(jnp.ones((8, 4)), jnp.ones((4, 8))).compiler_ir("stablehlo"))
    for version in (stablehlo.get_minimum_version(), stablehlo.get_current_version()):
        artifact = stablehlo.serialize_portable_artifact_str(source, version)
        expected = stablehlo.deserialize_portable_artifact(mlir_context(), artifact)
        assert written(from_bytes(artifact, "old"), False) == text(expected, False)


@pytest.mark.parametrize("name", ["gpt2", "t5", "resnet"])
def test_names_and_lines_reach_the_emitted_program(name: str) -> None:
    fn, args = MODELS[name].build("small", "f32")
    tactic = MODELS[name].tactics(MESHES["4x2"])["batch"]
    made = plan(fn, args, tactic)
    emitted = made.stablehlo()
    assert f'test/models/{name}.py":' in emitted
    assert [port.name for port in made.program.arguments] == list(made.arguments)
    for path in list(made.arguments)[:20]:
        assert f'sharding.name = "{path}"' in emitted
    assert any(entry["source"].startswith(f"{name}.py:") for entry in made.collective_list())


def test_what_has_no_locations_is_read() -> None:
    source = lowered("mlp", "small")
    module = from_bytes(text(source, False).encode(), "mlp.mlir")
    assert written(module, False) == text(source, False)
    assert "mlp.mlir" in written(module, True)
