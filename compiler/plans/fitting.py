"""Whether a plan is for a model, and what differs where it is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eggshard.diagnostics import DiagnosticError
from eggshard.plans.parts import Port


def misfit(found: str) -> DiagnosticError:
    """A plan for this model that cannot be applied to it: it was made by another version, or changed by hand."""
    return DiagnosticError(
        f"the plan does not fit the model: {found}", hint="make it again with this version: eggshard plan"
    )


def check_model(model: Any, fingerprint: str, ports: Sequence[Port], origin: str) -> None:
    """Raises DiagnosticError, at `origin`, if a plan with these arguments was made for another model."""
    if model.fingerprint == fingerprint:
        return
    raise DiagnosticError(
        f"the plan is for model {fingerprint}, {model.name} is model {model.fingerprint}: {_difference(model, ports)}",
        location=origin,
        hint="eggshard plan MODEL --mesh ... -o PLAN.json makes one for this model",
    )


def _difference(model: Any, ports: Sequence[Port]) -> str:
    """The first thing that tells two models apart."""
    from eggshard.report.layouts import port_types

    planned, found = {port.path: port.type for port in ports}, port_types(model.module, "arg_attrs")
    for path, kind in planned.items():
        if path not in found:
            return f'it has no argument "{path}"'
        if found[path] != kind:
            return f'argument "{path}" is {kind} in the plan, {found[path]} in the model'
    more = [path for path in found if path not in planned]
    return f'the plan has no argument "{more[0]}"' if more else "their arguments are equal, their ops are not"
