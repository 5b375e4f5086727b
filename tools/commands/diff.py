"""`eggshard diff`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

EPILOG = """\
Shows what is predicted of both plans beside each other, then arguments, results and ops that the plans treat otherwise,
and collectives that one of them has more of. Both plans must be for one model; their meshes may differ.

example:
  eggshard plan MODEL --mesh data=8 --memory 40GiB -o tight.json && eggshard diff plan.json tight.json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    add = parser.add_argument
    add("first", metavar="A.json", help="a plan that eggshard plan or partition --save-plan wrote")
    add("second", metavar="B.json", help="the plan to hold it against")
    add("--json", action="store_true", help="print one JSON object instead of the tables")


def run(args: argparse.Namespace) -> int:
    """Exit status 0 whether or not they differ; 1 if they cannot be compared."""
    from eggshard.plans import Plan
    from eggshard.plans.difference import difference
    from eggshard.report.differences import difference_json, difference_text
    from eggshard.tools.outcome import DONE

    found = difference(Plan.load(args.first), Plan.load(args.second))
    if args.json:
        print(json.dumps(difference_json(found), indent=1))
    else:
        print(difference_text(found, _heads(args.first, args.second)))
    return DONE


def _heads(first: str, second: str) -> tuple[str, str]:
    """File names where they tell the plans apart, else whole paths, else their places."""
    for one, other in ((Path(first).name, Path(second).name), (first, second)):
        if one != other:
            return one, other
    return "first", "second"
