"""
What this machine's cores do as XLA devices: the figures of compiler/hardware/specs/cpu.json.

    python -m eggshard.tools.bench.cpu_rates

CPU seconds, the least of several runs on eight devices that share the cores; rates and seconds are those of one core.
A chain of collectives less a chain of one gives what one takes, of all devices together; a device's share is an eighth.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from eggshard.tools.bench.real_time import keep_memory
from eggshard.tools.bench.table import print_table
from eggshard.tools.devices import force_host_devices

DEVICES = 8
LENGTH = 8
"""Collectives of a chain."""


def main() -> int:
    """Prints the table."""
    force_host_devices(DEVICES)
    keep_memory()
    import jax

    jax.config.update("jax_enable_x64", True)
    print_table(("measured on one core", "value"), [*_arithmetic(), *_collectives()])
    return 0


def _arithmetic() -> Iterator[tuple[str, str]]:
    """Products, memory and exponentials, one device at work."""
    import jax
    import jax.numpy as jnp

    for dtype in (jnp.float32, jnp.float64, jnp.bfloat16):
        x = jnp.ones((512, 512), dtype)
        rate = 2 * 512**3 / _seconds(jax.jit(lambda x: x @ x), x)
        yield f"{x.dtype} products, FLOP/s", f"{rate:.2e}"
    for size in (2**18, 2**24):
        x = jnp.ones(size, jnp.float32)
        yield (
            f"memory, {4 * size:,} bytes read and written, bytes/s",
            f"{8 * size / _seconds(jax.jit(lambda x: x * 2 + 1), x):.2e}",
        )
    x = jnp.ones(2**18, jnp.float32)
    yield "exponentials a second", f"{2**18 / _seconds(jax.jit(jnp.exp), x):.2e}"


def _collectives() -> Iterator[tuple[str, str]]:
    """Seconds of one device, by group and bytes before; `inner` along a dimension that is not the outermost."""
    import jax
    import jax.numpy as jnp
    from jax.sharding import NamedSharding, PartitionSpec

    mesh = jax.make_mesh((DEVICES // 2, 2), ("a", "b"))
    spec = PartitionSpec(("a", "b"))
    spread = NamedSharding(mesh, spec)

    def chain(op: Callable[[Any], Any], length: int) -> Callable[..., Any]:
        def run(x: Any) -> Any:
            for _ in range(length):
                x = jax.lax.optimization_barrier(op(x))
            return x

        jitted: Callable[..., Any] = jax.jit(
            jax.shard_map(run, mesh=mesh, in_specs=spec, out_specs=spec, check_vma=False)
        )
        return jitted

    for group in (("a", "b"), ("a",), ("b",)):
        members = {("a", "b"): DEVICES, ("a",): DEVICES // 2, ("b",): 2}[group]
        for rows in (8, 8192):
            x = jax.device_put(jnp.ones((rows * DEVICES, 64), jnp.float32), spread)
            for name, op in _ops(group).items():
                once = (_seconds(chain(op, LENGTH + 1), x) - _seconds(chain(op, 1), x)) / LENGTH
                title = f"{name} of {rows * 256:,} bytes among {members}, seconds"
                yield title, f"{once / DEVICES:.2e}"
    for dimension, where in ((0, "outer"), (1, "inner")):
        x = jax.device_put(jnp.ones((64 * DEVICES, 1024), jnp.float32), spread)

        def gathered(x: Any, dimension: int = dimension) -> Any:
            return jax.lax.all_gather(x * 2, ("a", "b"), axis=dimension, tiled=True) * 3

        spent = _seconds(chain(gathered, 1), x) / DEVICES
        yield f"all_gather of 262,144 bytes among {DEVICES}, {where} dimension, seconds", f"{spent:.2e}"


def _ops(group: tuple[str, ...]) -> dict[str, Callable[[Any], Any]]:
    """Collectives that keep the shape of a device's [rows, 64]."""
    import jax

    return {
        "all_reduce": lambda x: jax.lax.psum(x, group) * 0.5,
        "all_gather": lambda x: jax.lax.all_gather(x, group, tiled=True)[: x.shape[0]],
        "all_to_all": lambda x: jax.lax.all_to_all(x, group, 0, 0, tiled=True),
    }


def _seconds(fn: Callable[..., Any], *args: Any) -> float:
    """CPU seconds of the quickest of nine runs."""
    import jax

    jax.block_until_ready(fn(*args))
    best = float("inf")
    for _ in range(9):
        start = time.process_time()
        jax.block_until_ready(fn(*args))
        best = min(best, time.process_time() - start)
    return best


if __name__ == "__main__":
    sys.exit(main())
