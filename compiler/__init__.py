"""
eggshard: partitions machine-learning models over device meshes.

Names are imported on first use, so that commands start quickly.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_NAMES = {
    "Mesh": "eggshard.mesh",
    "Plan": "eggshard.plans",
    "DiagnosticError": "eggshard.diagnostics",
    "plan": "eggshard.passes.api",
    "plan_model": "eggshard.passes.api",
}

__all__ = ["DiagnosticError", "Mesh", "Plan", "plan", "plan_model"]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(import_module(_NAMES[name]), name)
    raise AttributeError(f"module 'eggshard' has no attribute '{name}'")
