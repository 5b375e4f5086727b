"""
Executes whole programs and per-device programs in numpy, without XLA: the second oracle.

It computes what XLA's CPU backend computes, random bits included, except that sums of floats are rounded once,
subnormal numbers are kept, integer powers are exact for exponents above 63, and `stablehlo.rng` has numbers of its own.
Ops that talk to a host (infeed, outfeed, send, recv, callbacks) are refused.
"""

from eggshard.interpreter.run import run_devices, run_module
from eggshard.interpreter.shards import shard, unshard

__all__ = ["run_devices", "run_module", "shard", "unshard"]
