"""`eggshard partition`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eggshard.diagnostics import DiagnosticError
from eggshard.mesh import Mesh
from eggshard.sizes import parse_bytes
from eggshard.tools.devices import force_host_devices
from eggshard.tools.outcome import DONE, REFUSED, UsageError, say
from eggshard.tools.progress import Progress

if TYPE_CHECKING:
    from eggshard.passes.api import Wanted
    from eggshard.plans import Plan
    from eggshard.runtime.verify import Verifier

EPILOG = """\
MODEL is a file (.mlir pretty or generic, .mlirbc) or package.module:function, a function that returns (fn, args) with
args a tuple of arrays or jax.ShapeDtypeStructs; the working folder is searched for the package.

--shard lays out arguments and may be repeated; tactics apply in order, each propagated before the next. With --search,
or any option that speaks of a search, they are fixed and the cheapest plan around them is chosen.
  PATTERN  a regular expression that matches a whole argument path, such as params/layer_0/mlp/wi
  LAYOUT   axes for each dimension, separated by commas: '-' for none, '+' joins axes, the rest is unsharded

examples:
  eggshard partition model.mlir --mesh data=4,model=2 --shard 'tokens=data' --shard 'params/.*/wi=-,model' -o out.mlir
  eggshard partition mypackage.train:make --mesh data=8 --shard 'batch=data' --verify
  eggshard partition mypackage.train:make --mesh data=4,model=2 --hardware a100 --memory 40GiB"""

SEARCHING = ("hardware", "memory", "time_limit", "seed")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    add = parser.add_argument
    add("model", metavar="MODEL", help="the model to partition")
    add("--mesh", metavar="AXES", help="axes with sizes, major to minor: data=4,model=2 (default: the model's mesh)")
    add("--shard", metavar="PATTERN=LAYOUT", action="append", default=[], help="lay out the arguments that match")
    add("--plan", metavar="PLAN.json", help="apply a saved plan instead of tactics")
    add("--save-plan", metavar="PLAN.json", help="write the plan")
    add("-o", "--output", metavar="OUT.mlir", help="write the per-device program as StableHLO ('-' for stdout)")
    add("--verify", action="store_true", help="run the model whole and partitioned on the same inputs and compare")
    add("--json", action="store_true", help="print one JSON object instead of the report")
    add("--search", action="store_true", help="choose everything that --shard and the model's annotations leave open")
    add_search_arguments(parser)
    add("--no-search", action="store_true", help="only what annotations imply, whatever the options above")


def add_search_arguments(parser: argparse.ArgumentParser) -> None:
    """What a search is for; in `partition` each of them asks for one."""
    add = parser.add_argument
    add("--hardware", metavar="NAME", help="catalogue name or file of the device to plan for (default: h100)")
    add("--memory", metavar="SIZE", help="memory of a device that the plan must fit in: 80GiB (default: all it has)")
    add("--time-limit", metavar="SECONDS", type=float, help="how long to search (default: 60)")
    add("--seed", metavar="N", type=int, help="the same seed gives the same plan (default: 0)")


def run(args: argparse.Namespace) -> int:
    """Partitions, then reports; files are written last, so that a refused model leaves none."""
    mesh, tactics = parse_mesh(args.mesh), [parse_tactic(text) for text in args.shard]
    check_options(args)
    with Progress() as progress:
        made = Partitioned(args, mesh, tactics, progress)
        made.write(progress)
    made.tell()
    print(json.dumps(made.to_json(), indent=1) if args.json else made.report(), file=made.stream)
    return DONE if all(each.ok for each in made.comparisons) else REFUSED


def parse_mesh(text: str | None) -> Mesh | None:
    try:
        return None if text is None else Mesh.parse(text)
    except DiagnosticError as error:
        raise UsageError(f"--mesh '{text}': {error.message}, as in --mesh data=4,model=2") from None


def parse_tactic(text: str) -> tuple[str, str]:
    pattern, equals, layout = text.rpartition("=")
    if not equals or not pattern:
        raise UsageError(f"--shard '{text}' is not PATTERN=LAYOUT, as in --shard 'params/.*/wi=-,model'")
    return pattern, layout


def check_options(args: argparse.Namespace) -> None:
    if args.plan and args.shard:
        raise UsageError("--plan and --shard exclude each other: a plan holds the layouts of all arguments")
    if args.output == "-" and args.json:
        raise UsageError("-o - and --json both write to stdout; give -o a file")
    check_search_options(args)
    given = [f"--{name.replace('_', '-')}" for name in SEARCHING if getattr(args, name) is not None]
    if args.no_search and given:
        say(f"eggshard: --no-search: {', '.join(given)} ignored")
    if args.plan and (args.search or given) and not args.no_search:
        raise UsageError("--plan and a search exclude each other: a plan decides everything")


def check_search_options(args: argparse.Namespace) -> None:
    if args.memory is not None:
        try:
            parse_bytes(args.memory)
        except DiagnosticError as error:
            raise UsageError(f"--memory: {error.message}, as in --memory 80GiB") from None
    if args.time_limit is not None and not 0 < args.time_limit < float("inf"):
        raise UsageError(f"--time-limit {args.time_limit} is no number of seconds above 0")


def wanted_search(args: argparse.Namespace) -> Wanted | None:
    """What the options ask to be searched for; None if only annotations count."""
    from eggshard.passes.api import TIME_LIMIT, Wanted

    given = args.search or any(getattr(args, name) is not None for name in SEARCHING)
    if args.no_search or not given:
        return None
    limit = TIME_LIMIT if args.time_limit is None else args.time_limit
    return Wanted(args.hardware, args.memory, limit, args.seed or 0, tactic_option="--shard")


class Partitioned:
    """A model with its plan, and what the options ask for besides."""

    def __init__(self, args: argparse.Namespace, mesh: Mesh | None, tactics: list[tuple[str, str]], progress: Progress):
        from eggshard.plans import Plan

        self.args = args
        began = time.monotonic()
        saved = None if args.plan is None else Plan.load(args.plan)
        if saved is not None and mesh is not None and saved.mesh != mesh:
            said = f"the plan is for mesh {saved.mesh}, --mesh is {mesh}"
            raise DiagnosticError(said, location=args.plan, hint="leave --mesh out")
        over = mesh or (saved.mesh if saved is not None else None)
        if args.verify and over is not None:
            force_host_devices(over.device_count)
        progress("load the model")
        from eggshard.frontends.load import load

        model = load(args.model)
        verifier = self.verifier(model)
        self.ops = sum(1 for _ in model.module.walk())
        self.plan = self.make(model, mesh, tactics, saved, progress)
        self.seconds = time.monotonic() - began
        if args.verify:
            force_host_devices(self.plan.mesh.device_count)  # a mesh of the model's own is known only now
        progress("verify")
        self.comparisons = verifier.compare(self.plan.program) if verifier is not None else []
        self.inputs = verifier.inputs_text if verifier is not None else ""

    def verifier(self, model: Any) -> Verifier | None:
        if not self.args.verify:
            return None
        from eggshard.runtime.verify import Verifier

        return Verifier(model)

    def make(
        self, model: Any, mesh: Mesh | None, tactics: list[tuple[str, str]], saved: Plan | None, progress: Progress
    ) -> Plan:
        from eggshard.passes.api import apply_plan, plan_model

        if saved is not None:
            return apply_plan(model, saved, origin=self.args.plan, progress=progress)
        return plan_model(model, mesh=mesh, shard=tactics, search=wanted_search(self.args), progress=progress)

    def write(self, progress: Progress) -> None:
        """The files, or the program on stdout."""
        from eggshard.report.files import write_whole

        if self.args.output is not None:
            progress("write the program")
            if self.args.output == "-":
                sys.stdout.write(self.plan.stablehlo())
            else:
                write_whole(Path(self.args.output), self.plan.stablehlo())
        if self.args.save_plan is not None:
            progress("write the plan")
            self.plan.save(self.args.save_plan)

    def tell(self) -> None:
        """On stderr, whatever the report says: that the plan is not known to be the best."""
        from eggshard.report.prediction import mark

        noted = None if self.args.plan else mark(self.plan)
        if noted is not None:
            say(f"eggshard: {noted}")

    @property
    def stream(self) -> Any:
        """The report makes way for a program on stdout."""
        return sys.stderr if self.args.output == "-" else sys.stdout

    def report(self) -> str:
        from eggshard.report.people import report
        from eggshard.report.text import plural
        from eggshard.report.verification import verification_section

        plan = self.plan
        mesh = f"mesh {plan.mesh} ({plural(plan.mesh.device_count, 'device')})"
        parts = [f"{self.args.model}: {plural(self.ops, 'op')}, {mesh}, {self.seconds:.1f} s", report(plan)]
        if self.args.verify:
            parts.append(verification_section(self.comparisons, self.inputs))
        written = [path for path in (self.args.output, self.args.save_plan) if path not in (None, "-")]
        if written:
            parts.append(f"written: {', '.join(written)}")
        return "\n\n".join(parts)

    def to_json(self) -> dict[str, Any]:
        from eggshard.report.machine import comparison_json, plan_json

        found = {"model": self.args.model, "ops": self.ops, "seconds": self.seconds, **plan_json(self.plan)}
        if self.args.verify:
            found["verify"] = comparison_json(self.comparisons, self.inputs)
        found["written"] = [path for path in (self.args.output, self.args.save_plan) if path is not None]
        return found
