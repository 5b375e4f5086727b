"""
What this machine's cores do as XLA devices: the figures of compiler/hardware/specs/cpu.json.

    python -m eggshard.tools.bench.cpu_rates

CPU seconds, the least of several runs. Devices share the cores: on c cores, one of n devices does c / n of what a core
does. A collective's seconds are those of all devices together, divided by the cores.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

from eggshard.tools.bench.table import print_table
from eggshard.tools.devices import force_host_devices

DEVICES = 8


def main() -> int:
    """Prints the table."""
    force_host_devices(DEVICES)
    os.environ.setdefault("JAX_ENABLE_X64", "1")
    import jax
    import jax.numpy as jnp
    from jax.sharding import NamedSharding, PartitionSpec

    cores = len(os.sched_getaffinity(0))
    rows: list[tuple[str, str]] = []
    for dtype in (jnp.float32, jnp.float64, jnp.bfloat16):
        x = jnp.ones((512, 512), dtype)
        rate = 2 * 512**3 / _seconds(jax.jit(lambda x: x @ x), x)
        rows.append((f"{x.dtype} products, FLOP/s a device", f"{rate * cores / DEVICES:.2e}"))
    for size in (2**18, 2**24):
        x = jnp.ones(size, jnp.float32)
        rate = 8 * size / _seconds(jax.jit(lambda x: x * 2 + 1), x)
        rows.append((f"memory, bytes/s a device, {4 * size:,} bytes", f"{rate * cores / DEVICES:.2e}"))
    x = jnp.ones(2**18, jnp.float32)
    rows.append(("exponentials a second a device", f"{2**18 / _seconds(jax.jit(jnp.exp), x) * cores / DEVICES:.2e}"))
    mesh = jax.make_mesh((DEVICES,), ("d",))
    spec = PartitionSpec("d")

    def chain(count: int) -> Callable[..., Any]:
        def run(x: Any) -> Any:
            for _ in range(count):
                x = jax.lax.optimization_barrier(jax.lax.psum(x, "d") * 0.125)
            return x

        jitted: Callable[..., Any] = jax.jit(
            jax.shard_map(run, mesh=mesh, in_specs=spec, out_specs=spec, check_vma=False)
        )
        return jitted

    for count in (64, 2**16, 2**20):
        x = jax.device_put(jnp.ones(DEVICES * count, jnp.float32), NamedSharding(mesh, spec))
        once = (_seconds(chain(9), x) - _seconds(chain(1), x)) / 8
        rows.append((f"all_reduce of {4 * count:,} bytes a device, seconds", f"{once / cores:.2e}"))
    print_table(("measured", "value"), rows)
    return 0


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
