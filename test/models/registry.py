"""
Every model, and the meshes, dtypes and limits that they are held to.

`models.registry:NAME_CONFIG_DTYPE`, as in `models.registry:gpt2_odd_bf16`, names each build for a command line.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import ModuleType

import jax

from . import clip, dlrm, gnn, gpt2, llama, llama_scan, lstm, mamba, mlp, moe, resnet, t5, t32, unet, vit
from .common import Built, Tactic

MESHES: dict[str, dict[str, int]] = {
    "8": {"d": 8},
    "4x2": {"data": 4, "model": 2},
    "2x2x2": {"a": 2, "b": 2, "c": 2},
}

LIMITS = {"f64": 1e-9, "f32": 1e-4, "bf16": 2e-2}
"""By dtype, the largest allowed difference between sequential and partitioned, relative to each result's scale."""


@dataclass(frozen=True)
class Model:
    """
    A model of the suite.

    build(config, dtype) gives the function and its arguments: arrays for the configurations `small` (divides the
    meshes, mostly) and `odd` (divides none), jax.ShapeDtypeStruct for `real` (published sizes).
    tactics(mesh) gives its plans by name; no plan names an argument twice.
    note says what keeps rounding from becoming more than rounding.
    """

    name: str
    build: Callable[[str, str], Built]
    tactics: Callable[[Mapping[str, int]], dict[str, Tactic]]
    trains: bool
    configs: tuple[str, ...]
    note: str


def _model(module: ModuleType, note: str = "", *, trains: bool = True) -> Model:
    name = module.__name__.rpartition(".")[2]
    return Model(name, module.build, module.tactics, trains, tuple(module.CONFIGS), note)


MODELS: dict[str, Model] = {
    model.name: model
    for model in (
        _model(mlp),
        _model(
            gpt2,
            "moments start away from zero, or Adam returns the sign of rounding noise; bf16 dots accumulate in f32",
        ),
        _model(llama, "moments as in gpt2"),
        _model(llama_scan, "moments as in gpt2"),
        _model(t32, "moments as in gpt2"),
        _model(moe, "routing noise in even steps: no token's k-th expert hangs on rounding"),
        _model(vit, "moments as in gpt2; dropout must draw the unpartitioned bits"),
        _model(resnet, "batch norm and its running statistics are computed in at least f32"),
        _model(unet, "moments as in gpt2"),
        _model(gnn, "moments as in gpt2"),
        _model(mamba, "the scan runs in at least f32"),
        _model(t5, "the head is peaked: no greedy choice hangs on rounding", trains=False),
        _model(lstm),
        _model(dlrm),
        _model(clip, "a temperature near e, not 1 / 0.07, which multiplies rounding too"),
    )
}


def __getattr__(name: str) -> Callable[[], Built]:
    model, _, rest = name.partition("_")
    while model not in MODELS or rest.count("_") > 1:
        head, _, rest = rest.partition("_")
        if not rest:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        model = f"{model}_{head}"
    config, _, dtype = rest.partition("_")
    if config not in MODELS[model].configs or dtype not in LIMITS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return partial(MODELS[model].build, config, dtype)


def argument_paths(built: Built) -> dict[str, int]:
    """The path of every argument as a tactic's pattern sees it (params/layer_0/mlp/wi), with the argument's rank."""
    fn, args = built
    paths = {}
    for name, arg in zip(inspect.signature(fn).parameters, args, strict=True):
        for keys, leaf in jax.tree_util.tree_flatten_with_path(arg)[0]:
            paths["/".join([name, *(jax.tree_util.keystr((key,), simple=True) for key in keys)])] = len(leaf.shape)
    return paths
