"""Runs a model whole and partitioned on the same inputs and compares what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from xdsl.dialects.builtin import FunctionType, TensorType
from xdsl.ir import Attribute

from eggshard.diagnostics import DiagnosticError
from eggshard.dialects.sharding.layout import Mesh
from eggshard.frontends.dtypes import numpy_dtype
from eggshard.frontends.load import Model
from eggshard.partitioning.program import main_function
from eggshard.report.layouts import port_names
from eggshard.runtime.execute import executable
from eggshard.runtime.inputs import example_inputs, random_inputs
from eggshard.runtime.program import Program
from eggshard.runtime.reference import reference_function

LIMITS = {"float64": 1e-9, "float32": 1e-4, "bfloat16": 2e-2, "float16": 2e-2, "complex128": 1e-9, "complex64": 1e-4}
"""Largest error relative to a result's scale, by dtype; integers and booleans must be equal."""
NARROW = 0.25
"""The limit of floating-point types of 8 bits and fewer."""


@dataclass(frozen=True)
class Comparison:
    """
    One result: `error` is the largest difference over the largest finite magnitude of the unpartitioned result.

    NaN and infinity count as equal where both runs have them, and as an infinite error where one has them.
    """

    path: str
    shape: tuple[int, ...]
    dtype: str
    error: float
    limit: float
    has_nan: bool = False

    @property
    def ok(self) -> bool:
        return self.error <= self.limit


class Verifier:
    """
    A model to hold partitioned programs against.

    Make it before the model is partitioned, for that consumes the model's module. `seed` draws random inputs; without
    it the model's own example arrays are used where it has them, and seed 0 where it has only shapes.
    """

    def __init__(self, model: Model, seed: int | None = None):
        func = main_function(model.module)
        self.types: FunctionType = func.function_type
        self.result_names = port_names(func, "res_attrs")
        self.wide = model.fn is None and _is_wide(self.types)
        self.run_whole = reference_function(model)
        self.given = example_inputs(model) if seed is None else None
        self.seed = seed or 0
        self.model = model.name

    @property
    def inputs_text(self) -> str:
        """Where the inputs come from, for a report."""
        return "the model's own example" if self.given is not None else f"random, seed {self.seed}"

    def compare(self, program: Program) -> list[Comparison]:
        """
        One comparison per result.

        Raises DiagnosticError if the program does not take the model's arguments or yield its results, or if there are
        too few devices.
        """
        self._check(program)
        with jax.enable_x64(True) if self.wide else nullcontext():
            return self._compare(program)

    def _compare(self, program: Program) -> list[Comparison]:
        run = jax.jit(executable(program, devices_for(program.mesh)))
        whole, inputs = self._whole()
        parts = [np.asarray(value) for value in run(*inputs)]
        coarsest = max([0.0, *(limit_of(np.asarray(value).dtype) for value in inputs)])
        return [
            compare(name, expected, found, coarsest)
            for name, expected, found in zip(self.result_names, whole, parts, strict=True)
        ]

    def _whole(self) -> tuple[list[Any], Sequence[Any]]:
        """
        What the unpartitioned model yields, and for which inputs.

        Roots and logarithms of random numbers are NaN and hide whatever went into them: then positive ones are drawn.
        """
        if self.given is not None:
            return self.run_whole(self.given), self.given
        inputs = random_inputs(self.types, self.seed)
        whole = self.run_whole(inputs)
        if any(_has_nan(value) for value in whole):
            positive = random_inputs(self.types, self.seed, positive=True)
            again = self.run_whole(positive)
            if sum(map(_has_nan, again)) < sum(map(_has_nan, whole)):
                return again, positive
        return whole, inputs

    def _check(self, program: Program) -> None:
        sides = (("argument", self.types.inputs, program.arguments), ("result", self.types.outputs, program.results))
        for side, types, ports in sides:
            if len(types) != len(ports):
                raise DiagnosticError(
                    f"the program has {len(ports)} {side}s, the model has {len(types)}",
                    location=self.model,
                    hint="partition this model again",
                )
            for index, (kind, port) in enumerate(zip(types, ports, strict=True)):
                if kind != port.type:
                    raise DiagnosticError(
                        f'{side} {index} "{port.name}" of the program is {port.type}, the model\'s is {kind}',
                        location=self.model,
                        hint="partition this model again",
                    )


def devices_for(mesh: Mesh) -> list[Any]:
    """
    As many devices as the mesh has: the default ones, else CPU devices.

    Raises DiagnosticError if there are fewer.
    """
    count = mesh.device_count
    for found in (jax.devices(), jax.devices("cpu")):
        if len(found) >= count:
            return list(found[:count])
    raise DiagnosticError(
        f"mesh {','.join(f'{name}={size}' for name, size in mesh.axes)} has {count} devices, this process sees "
        f"{len(jax.devices())}",
        hint=f"XLA_FLAGS=--xla_force_host_platform_device_count={count}, or a smaller mesh",
    )


def compare(path: str, expected: Any, found: Any, coarsest: float = 0.0) -> Comparison:
    """Compares one result; `coarsest` is the limit of the coarsest input, whose rounding every result carries."""
    expected, found = np.asarray(expected), np.asarray(found)
    limit = limit_of(expected.dtype)
    limit = max(limit, coarsest) if limit else 0.0
    has_nan = _has_nan(expected)
    if expected.shape != found.shape or expected.dtype != found.dtype:
        return Comparison(path, expected.shape, str(expected.dtype), float("inf"), limit, has_nan)
    return Comparison(path, expected.shape, str(expected.dtype), largest_error(expected, found), limit, has_nan)


def largest_error(expected: Any, found: Any) -> float:
    """The largest difference relative to the largest finite magnitude of `expected`."""
    wide = np.complex128 if np.iscomplexobj(expected) else np.float64
    if limit_of(expected.dtype) == 0.0:
        return 0.0 if np.array_equal(expected, found) else float("inf")
    a, b = expected.astype(wide), found.astype(wide)
    finite = np.isfinite(a)
    odd = ~finite | ~np.isfinite(b)
    if not np.array_equal(a[odd], b[odd], equal_nan=True):
        return float("inf")
    if not finite.any():
        return 0.0
    scale = float(np.abs(a[finite]).max())
    difference = float(np.abs(a[finite] - b[finite]).max())
    return difference / scale if scale else difference


def limit_of(dtype: Any) -> float:
    """The limit of a dtype; 0 for integers and booleans."""
    if np.issubdtype(dtype, np.integer) or dtype == np.bool_ or "int" in str(dtype):
        return 0.0
    return LIMITS.get(str(dtype), NARROW)


def _has_nan(value: Any) -> bool:
    array = np.asarray(value)
    return limit_of(array.dtype) > 0 and bool(np.isnan(array).any())


def _is_wide(types: FunctionType) -> bool:
    """Whether the model speaks of 64-bit numbers, which jax narrows unless it is told."""
    return any(_bits(kind) >= 64 for kind in (*types.inputs, *types.outputs))


def _bits(kind: Attribute) -> int:
    if not isinstance(kind, TensorType):
        return 0
    dtype = numpy_dtype(kind.element_type)
    return int(dtype.itemsize) * 8 // (2 if np.issubdtype(dtype, np.complexfloating) else 1)
