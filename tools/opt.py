"""`eggshard-opt`: passes over a module, one by one, for people who work on the compiler."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from eggshard.tools.outcome import DONE, UsageError, guarded, one_line

if TYPE_CHECKING:
    from xdsl.passes import ModulePass

DESCRIPTION = """\
Runs passes over a module and prints the result.

FILE is MLIR text, pretty or generic, or MLIR bytecode, in the dialects stablehlo, chlo, sdy, sharding and spmd.
Exit status: 0 done, 1 the module is refused, 2 wrong usage."""

REPRODUCER = "eggshard-reproducer.mlir"

FLAGS = {
    "--split-input-file": "treat what '// -----' separates as modules of their own",
    "--verify-diagnostics": "print what a verifier or a pass refuses on stdout and go on",
    "--parsing-diagnostics": "print what the parser refuses on stdout and go on",
    "--print-between-passes": "print the module after each pass",
    "--time-passes": "print the seconds of each pass on stderr",
    "--print-op-generic": "print ops in the generic form",
    "--print-no-properties": "print properties as attributes",
    "--print-debuginfo": "print source locations",
    "--syntax-highlight": "print in colours",
    "--allow-unregistered-dialect": "accept ops of dialects that are not known",
    "--no-implicit-module": "require the module op to be written out",
    "--disable-verify": "verify nothing",
    "--debug": "show the traceback of an error",
}


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    return guarded(lambda: run(arguments), "eggshard-opt", "--debug" in arguments, position_first=True)


def run(argv: Sequence[str]) -> int:
    """Everything the command line asks for."""
    parser = argument_parser()
    args = parser.parse_args(argv)
    if args.help:
        from eggshard.tools.pass_help import pass_list

        print(f"{parser.format_help()}\npasses, stage by stage (--help-pass PASS says more):\n{pass_list()}")
        return DONE
    from eggshard.diagnostics import DiagnosticError

    try:
        if args.help_pass is not None:
            from eggshard.tools.pass_help import pass_help

            print(pass_help(args.help_pass))
            return DONE
        passes = parse_passes(args.passes)
    except DiagnosticError as error:
        raise UsageError(f"{error.message}; {error.hint}") from None
    from eggshard.tools.driver import Driver

    return Driver(args, passes).run()


def argument_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "eggshard-opt",
        usage="eggshard-opt [FILE] [-p PASS,PASS{option=value}] [options]",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("input_file", metavar="FILE", nargs="?", help="what to read (default: stdin)")
    add("-p", "--passes", metavar="PASSES", default="", help="passes to run, separated by commas")
    add("-o", "--output-file", metavar="PATH", help="where to write the module, whole or not at all (default: stdout)")
    add("--reproducer", metavar="PATH", default=REPRODUCER, help="where a failing pass leaves its input")
    add("--help-pass", metavar="PASS", help="what a pass requires and ensures, and its options")
    for flag, text in FLAGS.items():
        add(flag, action="store_true", help=text)
    add("-h", "--help", action="store_true", help="this text and all passes")
    return parser


def parse_passes(pipeline: str) -> list[ModulePass]:
    """
    The passes of a pipeline such as `inline-calls,apply-tactics{shard="x=data"}`.

    Raises DiagnosticError for an unknown pass, UsageError for options that it does not take.
    """
    from xdsl.utils.arg_spec import parse_pipeline
    from xdsl.utils.exceptions import ArgSpecParseError

    from eggshard.passes.registry import load_pass

    passes: list[ModulePass] = []
    try:
        for spec in parse_pipeline(pipeline):
            passes.append(load_pass(spec.name).from_pass_spec(spec))
    except ArgSpecParseError as error:
        raise UsageError(f"-p '{pipeline}' is no pipeline: {one_line(str(error).split(chr(10))[-2])}") from None
    except ValueError as error:
        said = f"{one_line(str(error))}; eggshard-opt --help-pass PASS lists options"
        raise UsageError(f"-p '{pipeline}': {said}") from None
    return passes


if __name__ == "__main__":
    sys.exit(main())
