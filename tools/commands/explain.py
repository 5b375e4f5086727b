"""`eggshard explain`."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eggshard.plans import Plan

EPILOG = """\
example:
  eggshard plan MODEL --mesh data=8 -o plan.json && eggshard explain plan.json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("plan", metavar="PLAN.json", help="what eggshard plan -o or partition --save-plan wrote")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the report")


def run(args: argparse.Namespace) -> int:
    """Shows what was asked and predicted, layouts, and each collective with its cause."""
    from eggshard.plans import Plan
    from eggshard.tools.outcome import DONE

    plan = Plan.load(args.plan)
    if args.json:
        from eggshard.report.machine import plan_json

        print(json.dumps(plan_json(plan), indent=1))
        return DONE
    print(text_of(plan))
    return DONE


def text_of(plan: Plan) -> str:
    """Everything that the plan says, for people."""
    from eggshard.report.people import every_collective, report
    from eggshard.report.prediction import asked_section, largest_section
    from eggshard.report.text import plural

    mesh = f"mesh {plan.mesh} ({plural(plan.mesh.device_count, 'device')})"
    tactics = [f"  {pattern}={layout}" for pattern, layout in plan.tactics]
    named = "pinned by --shard" if plan.asked is not None else "tactics, in order"
    nothing = "nothing pinned by --shard" if plan.asked is not None else "no tactics"
    head = [
        f"plan for model {plan.fingerprint}, {mesh}",
        asked_section(plan),
        *([named, *tactics] if tactics else [nothing]),
    ]
    parts = ["\n".join(head), report(plan), *largest_section(plan)]
    if plan.collective_list():
        parts.append(every_collective(plan))
    return "\n\n".join(parts)
