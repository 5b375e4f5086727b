"""`eggshard`: the command for people with a model."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from eggshard.tools.outcome import UsageError, guarded

COMMANDS = {
    "plan": "choose the cheapest partitioning of a model that fits in memory, with a bound on every other",
    "partition": "turn a model into the program that each device of a mesh runs",
    "certify": "prove that a partitioned program computes the model, from the files alone",
    "verify": "run a model and a partitioned program on the same inputs and compare",
    "explain": "show what a saved plan does and why",
    "diff": "show how two saved plans for one model differ",
    "solve": "choose a strategy for every node of a choice problem, at least cost within memory",
}
"""Name -> what it does; each lives in `eggshard.tools.commands.NAME` and is imported when it is asked for."""

DESCRIPTION = "Partitions machine-learning models over device meshes."

EPILOG = """\
eggshard COMMAND --help says more.
Exit status: 0 done, 1 the model or the plan is refused, 2 wrong usage."""


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # XLA reports on its start-up otherwise
    return guarded(lambda: run(arguments), "eggshard", "--debug" in arguments)


def run(argv: Sequence[str]) -> int:
    """Everything the command line asks for."""
    chosen = next((word for word in argv if not word.startswith("-")), None)
    if chosen is not None and chosen not in COMMANDS:
        near = difflib.get_close_matches(chosen, COMMANDS, 1, 0.5)
        known = f"did you mean {near[0]}?" if near else f"commands: {', '.join(COMMANDS)}"
        raise UsageError(f"there is no command '{chosen}'; {known}")
    parser = argparse.ArgumentParser(
        "eggshard", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(metavar="COMMAND", dest="command", required=True)
    for name, summary in COMMANDS.items():
        sub = commands.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        if name == chosen:
            import_module(f"eggshard.tools.commands.{name}").add_arguments(sub)
            sub.add_argument("--debug", action="store_true", help="show the traceback of an error")
    args = parser.parse_args(argv)
    status: int = import_module(f"eggshard.tools.commands.{args.command}").run(args)
    return status


if __name__ == "__main__":
    sys.exit(main())
