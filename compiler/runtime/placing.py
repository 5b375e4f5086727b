"""Arrays that lie elsewhere come to the devices of a plan before it runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from eggshard.diagnostics import DiagnosticError
from eggshard.runtime.execute import jax_mesh, named_sharding
from eggshard.runtime.program import Port, Program


class Placing:
    """
    A jitted function that takes arrays wherever one device has them.

    jax.jit moves what no device was asked for and refuses the rest. So does this, but for an array that was put on one
    device, as a checkpoint's or another function's result is: that is moved to the plan's devices, if they are of the
    same platform. Raises DiagnosticError, with the argument's name, for one that lies on other devices than these.
    """

    def __init__(self, function: Any, program: Program, devices: Sequence[Any] | None = None):
        self.function = function
        self.program = program
        self.chosen = devices
        layouts = [port.layout for port in (*program.arguments, *program.results)]
        self.devices = tuple(jax_mesh(program.mesh, layouts, devices).devices.flat)
        self.set = frozenset(self.devices)

    def __call__(self, *args: Any) -> Any:
        leaves, tree = jax.tree_util.tree_flatten(args)
        strays = [
            (index, port)
            for index, (leaf, port) in enumerate(zip(leaves, self.program.arguments, strict=False))
            if self.is_elsewhere(leaf) and leaf.shape == port.shape[: leaf.ndim]
        ]
        for index, port in strays:
            leaves[index] = self.moved(leaves[index], port)
        return self.function(*(jax.tree_util.tree_unflatten(tree, leaves) if strays else args))

    def __getattr__(self, name: str) -> Any:
        """What else a jitted function can do: lower, trace, eval_shape, ..."""
        return getattr(self.function, name)

    def is_elsewhere(self, leaf: Any) -> bool:
        if not isinstance(leaf, jax.Array) or isinstance(leaf, jax.core.Tracer) or not leaf.committed:
            return False
        return bool(leaf.sharding.device_set != self.set)

    def moved(self, array: Any, port: Port) -> Any:
        held = sorted(array.sharding.device_set, key=lambda device: device.id)
        platforms = {device.platform for device in (*held, *self.devices)}
        if len(held) > 1 or len(platforms) > 1:
            where = ", ".join(f"{device.platform}:{device.id}" for device in held)
            own = ", ".join(f"{device.platform}:{device.id}" for device in self.devices)
            raise DiagnosticError(
                f'argument "{port.name}" lies on {where}, the plan runs on {own}',
                hint="jax.device_put(args, plan.in_shardings)",
            )
        if jax.process_count() > 1:
            return np.asarray(array)  # which every process has, as jax.jit demands of what it spreads
        is_key = array.ndim < len(port.shape)
        return jax.device_put(array, named_sharding(port, self.program, is_key, self.chosen))
