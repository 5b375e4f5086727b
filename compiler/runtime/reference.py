"""A model as it was before it was partitioned, as a function of flat arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation

from eggshard.annotation import names_of
from eggshard.dialects.sharding.layout import Layout, Mesh
from eggshard.frontends.load import Model
from eggshard.frontends.markers import is_marker
from eggshard.frontends.trees import Trees, typed, untyped
from eggshard.frontends.writer import Writer, mlir_context
from eggshard.partitioning.program import main_function
from eggshard.runtime.execute import call_p
from eggshard.runtime.program import Port, Program

Flat = Callable[[Sequence[Any]], list[Any]]

ANNOTATIONS = frozenset({"sdy.sharding_constraint", "sharding.constraint", "sharding.reshard", "sdy.reshard"})
"""Ops that say where a value lies and yield it unchanged."""
PLACES = ("sdy.sharding", "mhlo.sharding", "sharding.layout", "sharding.layouts")
PER_DEVICE = frozenset({"sdy.manual_computation"})
PER_DEVICE_CALLS = frozenset({"SPMDFullToShardShape", "SPMDShardToFullShape"})


def reference_function(model: Model) -> Flat:
    """
    The unpartitioned model.

    A JAX function is called as it is, a module is compiled by XLA for one device without its annotations; a module that
    is in parts written per device, which one device cannot run, is interpreted.
    """
    if model.fn is not None and model.trees is not None:
        return _function(model.fn, model.trees)
    module = model.module.clone()
    if any(map(_is_per_device, module.walk())):
        from eggshard.interpreter.run import run_module

        return lambda inputs: run_module(module, [np.asarray(value) for value in inputs])
    return _compiled(_without_annotations(module))


def _function(fn: Callable[..., Any], trees: Trees) -> Flat:
    compiled = jax.jit(fn)

    def run(inputs: Sequence[Any]) -> list[Any]:
        arguments = jax.tree_util.tree_unflatten(trees.inputs, typed(inputs, trees.input_keys))
        return [untyped(leaf) for leaf in jax.tree_util.tree_leaves(compiled(*arguments))]

    return run


def _compiled(module: ModuleOp) -> Flat:
    """The module as a program for a mesh of one device."""
    func = main_function(module)
    text = Writer(mlir_context()).module(module).operation.get_asm()
    mesh = Mesh((("one", 1),))
    program = Program(text, mesh, _ports(func, "arg_attrs"), _ports(func, "res_attrs"))
    compiled = jax.jit(lambda *arrays: call_p.bind(*arrays, program=program))
    return lambda inputs: list(compiled(*inputs))


def _ports(func: FuncOp, key: str) -> tuple[Port, ...]:
    types: Any = func.function_type.inputs if key == "arg_attrs" else func.function_type.outputs
    names = names_of(func, key) or [""] * len(types)
    layouts = [Layout.replicate("one", len(kind.get_shape())) for kind in types]
    return tuple(Port(*port) for port in zip(names, types, layouts, strict=True))


def _is_per_device(op: Operation) -> bool:
    target = op.properties.get("call_target_name")
    return op.name in PER_DEVICE or getattr(target, "data", None) in PER_DEVICE_CALLS


def _without_annotations(module: ModuleOp) -> ModuleOp:
    for op in list(module.walk()):
        if op.name in ANNOTATIONS or is_marker(op):
            op.results[0].replace_all_uses_with(op.operands[0])
        elif not op.name.endswith(".mesh"):
            _forget_places(op)
            continue
        op.detach()
        op.erase()
    return module


def _forget_places(op: Operation) -> None:
    for name in PLACES:
        op.attributes.pop(name, None)
    if isinstance(op, FuncOp):
        for key in ("arg_attrs", "res_attrs"):
            entries: Any = op.properties.get(key)
            if entries is not None:
                kept = [{k: v for k, v in entry.data.items() if k not in PLACES} for entry in entries]
                op.properties[key] = type(entries)([type(e)(d) for e, d in zip(entries, kept, strict=True)])
