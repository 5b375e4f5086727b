"""`eggshard verify`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from eggshard.diagnostics import DiagnosticError
from eggshard.tools.devices import device_count_of, force_host_devices
from eggshard.tools.outcome import DONE, REFUSED
from eggshard.tools.progress import Progress

EPILOG = """\
Prints, for each result, the largest difference relative to the largest magnitude of that result.
Limits: 1e-9 in f64, 1e-4 in f32, 2e-2 in bf16 and f16, of the coarsest input; integers must be equal.

example:
  eggshard verify mypackage.train:make out.mlir"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    add = parser.add_argument
    add("model", metavar="MODEL", help="the model, as for eggshard partition")
    add("program", metavar="OUT.mlir", help="what eggshard partition wrote")
    add("--seed", metavar="N", type=int, help="draw inputs at random, even if the model brings its own")
    add("--json", action="store_true", help="print one JSON object instead of the table")


def run(args: argparse.Namespace) -> int:
    """Compares; exit status 1 if a result is off."""
    count = device_count_of(args.program)
    if count is not None:
        force_host_devices(count)
    with Progress() as progress:
        progress("load the model")
        from eggshard.frontends.load import load
        from eggshard.runtime.load import parse_program
        from eggshard.runtime.verify import Verifier

        try:
            text = Path(args.program).read_text()
        except UnicodeDecodeError:
            raise DiagnosticError("is not text", location=args.program) from None
        program = parse_program(text, args.program)
        verifier = Verifier(load(args.model), args.seed)
        progress("run the model and the program")
        comparisons = verifier.compare(program)
    if args.json:
        from eggshard.report.machine import comparison_json

        print(json.dumps(comparison_json(comparisons, verifier.inputs_text), indent=1))
    else:
        from eggshard.report.verification import verification_section

        print(verification_section(comparisons, verifier.inputs_text))
    return DONE if all(each.ok for each in comparisons) else REFUSED
