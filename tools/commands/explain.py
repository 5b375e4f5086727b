"""`eggshard explain`."""

from __future__ import annotations

import argparse
import json

EPILOG = """\
example:
  eggshard partition MODEL --mesh data=8 --save-plan plan.json && eggshard explain plan.json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("plan", metavar="PLAN.json", help="what eggshard partition --save-plan wrote")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the report")


def run(args: argparse.Namespace) -> int:
    """Shows layouts, and each collective with its cause."""
    from eggshard.plans import Plan
    from eggshard.tools.outcome import DONE

    plan = Plan.load(args.plan)
    if args.json:
        from eggshard.report.machine import plan_json

        print(json.dumps(plan_json(plan), indent=1))
        return DONE
    from eggshard.report.people import every_collective, report
    from eggshard.report.text import plural

    mesh = f"mesh {plan.mesh} ({plural(plan.mesh.device_count, 'device')})"
    tactics = [f"  {pattern}={layout}" for pattern, layout in plan.tactics]
    print(f"plan for model {plan.fingerprint}, {mesh}")
    print("\n".join(["tactics, in order", *tactics]) if tactics else "no tactics")
    print(f"\n{report(plan)}")
    if plan.collective_list():
        print(f"\n{every_collective(plan)}")
    return DONE
