"""The plan file: JSON with a schema version, an entry of a list on a line."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from eggshard.diagnostics import DiagnosticError
from eggshard.mesh import Mesh
from eggshard.plans.parts import SCHEMA, Asked, OpPlan, Peak, Port, Prediction, Share
from eggshard.plans.plan import Plan

ENTRY = ("kind", "axes", "type", "bytes", "times", "cause", "source")
"""What an entry of the list of collectives has in every plan."""


def to_json(plan: Plan) -> dict[str, Any]:
    """Everything that the file holds."""
    return {
        "schema": SCHEMA,
        "model": plan.fingerprint,
        "mesh": plan.mesh.axes,
        "asked": None if plan.asked is None else asdict(plan.asked),
        "predicted": None if plan.predicted is None else _predicted(plan.predicted),
        "tactics": [list(tactic) for tactic in plan.tactics],
        "arguments": [asdict(port) for port in plan.ports[0]],
        "results": [asdict(port) for port in plan.ports[1]],
        "ops": [asdict(op) for op in plan.ops],
        "rewrites": plan.rewrites,
        "collectives": plan.collective_list(),
        "warnings": plan.warnings,
        "program": plan.stablehlo(),
    }


def _predicted(predicted: Prediction) -> dict[str, Any]:
    return {**asdict(predicted), "gap": predicted.gap}


def save(plan: Plan, path: Path) -> None:
    """Writes a plan, whole or not at all."""
    from eggshard.report.files import write_whole

    write_whole(path, text_of(to_json(plan)))


def text_of(data: dict[str, Any]) -> str:
    """JSON in which each key, and each entry of a list, has a line of its own."""
    return "{\n" + ",\n".join(f' "{key}": {_value(value)}' for key, value in data.items()) + "\n}\n"


def _value(value: Any) -> str:
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(f"  {json.dumps(entry)}" for entry in value) + "\n ]"
    return json.dumps(value)


def load(path: Path) -> Plan:
    """
    Reads a plan.

    Raises DiagnosticError if the file is no plan or of another schema version.
    """
    try:
        data = json.loads(path.read_text())
        if data["schema"] != SCHEMA:
            raise DiagnosticError(
                f"the plan has schema version {data['schema']}, this eggshard reads version {SCHEMA}",
                location=str(path),
                hint="make the plan again with this version: eggshard plan",
            )
        return _plan(data)
    except OSError as error:
        raise DiagnosticError(f"cannot be read: {error.strerror}", location=str(path)) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"no entry {error}" if isinstance(error, KeyError) else str(error)
        raise DiagnosticError(
            f"is no plan of eggshard: {reason}", location=str(path), hint="eggshard plan MODEL -o PLAN.json writes one"
        ) from None


def _plan(data: dict[str, Any]) -> Plan:
    return Plan(
        Mesh(data["mesh"]),
        str(data["model"]),
        (_ports(data["arguments"]), _ports(data["results"])),
        [OpPlan(**{**op, "layouts": tuple(op["layouts"])}) for op in data["ops"]],
        warnings=[str(text) for text in data["warnings"]],
        tactics=[(str(pattern), str(layout)) for pattern, layout in data["tactics"]],
        rewrites=[str(text) for text in data["rewrites"]],
        emitted=str(data["program"]),
        exchanged=[_checked(entry) for entry in data["collectives"]],
        asked=None if data["asked"] is None else Asked(**data["asked"]),
        predicted=None if data["predicted"] is None else _prediction(data["predicted"]),
    )


def _ports(entries: list[dict[str, str]]) -> tuple[Port, ...]:
    return tuple(Port(**entry) for entry in entries)


def _prediction(entry: dict[str, Any]) -> Prediction:
    peak = entry["peak"]
    largest = tuple(Share(**share) for share in peak["largest"])
    return Prediction(
        float(entry["seconds"]),
        float(entry["op_seconds"]),
        Peak(int(peak["bytes"]), dict(peak["by_category"]), largest, str(peak["at"])),
        entry["ended"],
        entry["bound_seconds"],
    )


def _checked(entry: dict[str, Any]) -> dict[str, Any]:
    for key in ENTRY:
        entry[key]
    return entry
