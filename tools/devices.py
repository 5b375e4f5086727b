"""Enough devices: on a CPU XLA pretends to have as many as it is told to, if it is told before it starts."""

from __future__ import annotations

import os
import re
from math import prod
from pathlib import Path

FORCED = "xla_force_host_platform_device_count"
EMITTED_MESH = re.compile(r'sharding\.mesh = "((?:[^"\\]|\\.)*)"')


def force_host_devices(count: int) -> None:
    """Asks for `count` CPU devices, unless the environment already says how many there are."""
    flags = os.environ.get("XLA_FLAGS", "")
    if FORCED not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} --{FORCED}={count}".strip()


def device_count_of(program: str) -> int | None:
    """How many devices an emitted program is for, without reading all of it; None if it does not say."""
    try:
        text = Path(program).read_text(errors="replace")
    except OSError:
        return None
    found = EMITTED_MESH.search(text)
    return prod(map(int, re.findall(r"=(\d+)", found[1].split("]")[0]))) if found else None
