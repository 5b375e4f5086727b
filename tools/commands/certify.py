"""`eggshard certify`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from eggshard.diagnostics import DiagnosticError
from eggshard.tools.outcome import DONE, REFUSED
from eggshard.tools.progress import Progress

EPILOG = """\
Nothing is run: every value of the program is shown to be a part of a value of the model, op by op, from the layouts
of the arguments alone. "certified" is a proof, up to rounding; "not certified" names the first op of which nothing
follows, and is no proof that the program is wrong.

example:
  eggshard certify mypackage.train:make out.mlir"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    add = parser.add_argument
    add("model", metavar="MODEL", help="the model, as for eggshard partition")
    add("program", metavar="OUT.mlir", help="what eggshard partition wrote")
    add("--json", action="store_true", help="print one JSON object instead of a sentence")


def run(args: argparse.Namespace) -> int:
    """Checks; exit status 1 if the program is not certified."""
    with Progress() as progress:
        progress("load the model")
        from eggshard.certify.check import certify
        from eggshard.frontends.load import from_bytes, load

        try:
            data = Path(args.program).read_bytes()
        except OSError as error:
            raise DiagnosticError(str(error.strerror), location=args.program) from None
        whole, program = load(args.model).module, from_bytes(data, args.program)
        progress("check the program")
        found = certify(whole, program)
    if args.json:
        refusal = None if found.refusal is None else found.refusal.line(args.program)
        print(
            json.dumps({"certified": found.ok, "ops": found.ops, "claims": found.claims, "refused": refusal}, indent=1)
        )
    elif found.refusal is None:
        print(f"certified: {args.program} computes {args.model} ({found.ops} ops, {found.claims} claims)")
    else:
        print(f"not certified: {found.refusal.line(args.program)}")
    return DONE if found.ok else REFUSED
