"""The machine that tests run on: eight CPU devices, whatever else there is."""

from __future__ import annotations

import os
import signal

# Before anything imports jax.
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
FLAGS = os.environ.get("XLA_FLAGS", "")
if "xla_force_host_platform_device_count" not in FLAGS:
    os.environ["XLA_FLAGS"] = f"{FLAGS} --xla_force_host_platform_device_count=8".strip()

# A shell starts what it runs in the background with Ctrl-C ignored; tests of Ctrl-C send it all the same.
signal.signal(signal.SIGINT, signal.default_int_handler)
