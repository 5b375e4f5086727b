"""Executes whole programs and per-device programs in numpy, without XLA: the second oracle."""

from eggshard.interpreter.run import run_devices, run_module
from eggshard.interpreter.shards import shard, unshard

__all__ = ["run_devices", "run_module", "shard", "unshard"]
