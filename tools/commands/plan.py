"""`eggshard plan`."""

from __future__ import annotations

import argparse
import json

from eggshard.tools.commands.partition import (
    Partitioned,
    add_search_arguments,
    check_search_options,
    parse_mesh,
    parse_tactic,
)
from eggshard.tools.outcome import DONE
from eggshard.tools.progress import Progress

EPILOG = """\
MODEL, --mesh and --shard are as in `eggshard partition --help`. What --shard and the model's annotations say is fixed,
everything else is chosen: the cheapest plan that fits in the memory of a device, and a bound that no plan is below.
Ctrl-C ends the search with the best plan so far.

examples:
  eggshard plan mypackage.train:make --mesh data=4,model=2 --hardware a100 --memory 40GiB -o plan.json
  eggshard explain plan.json
  eggshard partition mypackage.train:make --plan plan.json -o out.mlir"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    add = parser.add_argument
    add("model", metavar="MODEL", help="the model to plan")
    add("--mesh", metavar="AXES", help="axes with sizes, major to minor: data=4,model=2 (default: the model's mesh)")
    add("--shard", metavar="PATTERN=LAYOUT", action="append", default=[], help="fix the layout of arguments that match")
    add_search_arguments(parser)
    add("-o", "--output", dest="save_plan", metavar="PLAN.json", help="write the plan")
    add("--json", action="store_true", help="print one JSON object instead of the report")


def run(args: argparse.Namespace) -> int:
    """Searches, then reports; the plan is written last."""
    mesh, tactics = parse_mesh(args.mesh), [parse_tactic(text) for text in args.shard]
    check_search_options(args)
    args.plan, args.output, args.verify, args.search, args.no_search = None, None, False, True, False
    with Progress() as progress:
        made = Partitioned(args, mesh, tactics, progress)
        made.write(progress)
    made.tell()
    print(json.dumps(made.to_json(), indent=1) if args.json else made.report(), file=made.stream)
    return DONE
