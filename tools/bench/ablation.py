"""
What each ruleset is worth: which plans get worse without it, and by how much.

    python -m eggshard.tools.bench.ablation --models gpt2,moe --programs all --time-limit 4

Plans of the model suite (small configurations) and of the programs of `rewrites`, under a memory limit that forbids to
replicate, each with every ruleset and with one left out. A plan is worse if the bound without the ruleset is above the
cost with it, which is a proof; "unproven" ones only cost more when time was up. Columns: how many plans were searched,
how many got worse, and the plans with their factors. `layouts` and `local` are not here: there is no plan without them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from eggshard.tools.bench.models import suite
from eggshard.tools.bench.rewrites import PLENTY, imported, sizes_of
from eggshard.tools.bench.rewritten import MOVED, PROGRAMS
from eggshard.tools.bench.table import print_table

HEADER = ("kind", "ruleset", "plans", "worse", "largest", "unproven", "where")
GAP = 1e-3
"""A search ends once its plan is so near to its bound; smaller losses are none."""
NAMED = 6
"""Plans that a row names."""


@dataclass
class Case:
    """A program over a mesh, its memory limit, and what its plan costs with every ruleset."""

    name: str
    module: Any
    mesh: Any
    limit: int
    relaxed: bool = False
    seconds: float = 0.0
    forms: bool = False


@dataclass
class Loss:
    """A plan without a ruleset: how many times as much it costs (inf: there is none), and whether that is proven."""

    name: str
    factor: float
    proven: bool


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default=",".join(suite().MODELS), metavar="NAME,..", help="of the suite, or none")
    parser.add_argument("--programs", default="all", metavar="NAME,..", help="of rewrites, all or none")
    parser.add_argument("--rulesets", default="all", metavar="NAME,..")
    parser.add_argument("--meshes", default="4x2", metavar="MESH,..", help="for models")
    parser.add_argument("--program-meshes", default="4x2,8,2x2x2", metavar="MESH,..", help="for programs")
    parser.add_argument("--hardware", default="h100")
    parser.add_argument("--fraction", type=float, default=0.4, help="of the peak on one device (default: 0.4)")
    parser.add_argument("--time-limit", type=float, default=4.0, metavar="SECONDS", help="for each search")
    args = parser.parse_args()
    losses: dict[tuple[str, str], list[Loss]] = {pair: [] for pair in rulesets(args)}
    searched = 0
    for case in cases(args):
        case.seconds = chosen(case, args).seconds
        searched += 1
        print(f"{case.name}: {case.seconds * 1e6:.2f} us", file=sys.stderr, flush=True)
        for pair in rulesets(args):
            found = list(lost(case, *pair, args))
            losses[pair] += found
            if found:
                print(f"  without {' '.join(pair)}: {text(found[0].factor)}", file=sys.stderr, flush=True)
    print_table(HEADER, [row(*pair, searched, losses[pair]) for pair in rulesets(args)])
    return 0


def rulesets(args: argparse.Namespace) -> list[tuple[str, str]]:
    from eggshard.egraph.rulesets import LAYOUT, LOGICAL, NEEDED

    found = [("layout", name) for name in LAYOUT if name not in NEEDED]
    found += [("layout", "convert"), *(("logical", name) for name in LOGICAL)]
    return [pair for pair in found if args.rulesets == "all" or pair[1] in args.rulesets.split(",")]


def row(kind: str, name: str, searched: int, losses: list[Loss]) -> list[str]:
    proven = sorted((loss for loss in losses if loss.proven), key=lambda loss: -loss.factor)
    named = [f"{loss.name} {text(loss.factor)}" for loss in proven[:NAMED]]
    more = [f"and {len(proven) - NAMED} more"] if len(proven) > NAMED else []
    largest = text(proven[0].factor) if proven else "-"
    unproven = len(losses) - len(proven)
    return [
        kind,
        name,
        str(searched),
        str(len(proven)),
        largest,
        str(unproven),
        ", ".join([*named, *more]) or "nowhere",
    ]


def text(factor: float) -> str:
    return "no plan" if factor == float("inf") else f"{factor:.3f}x"


def lost(case: Case, kind: str, name: str, args: argparse.Namespace) -> Iterator[Loss]:
    """What a plan loses without a ruleset, if anything."""
    if (kind == "logical" and not case.forms) or (name == "convert" and not case.relaxed):
        return
    made = chosen(case, args, without=(kind, name))
    if made.seconds is None:
        yield Loss(case.name, float("inf"), made.result is not None and made.result.infeasible)
    elif made.seconds > case.seconds * (1 + GAP):
        yield Loss(case.name, made.seconds / case.seconds, made.bound_seconds > case.seconds)


def chosen(case: Case, args: argparse.Namespace, without: tuple[str, str] = ("", "")) -> Any:
    """The search of a case, with every ruleset but one; `all` kinds of them for the program as it is written."""
    from eggshard.cost import AnalyticCost
    from eggshard.egraph.rulesets import Rules
    from eggshard.hardware import load_hardware
    from eggshard.planning.search import decide

    kind, name = without
    rules = Rules(
        logic=kind != "all",
        layout_off=frozenset({name} if kind == "layout" else ()),
        logic_off=frozenset({name} if kind == "logical" else ()),
        relax_rounding=case.relaxed and name != "convert",
    )
    cost = AnalyticCost(load_hardware(args.hardware), case.mesh)
    return decide(case.module, cost, case.limit, rules, time_limit=args.time_limit, gap=GAP)


def cases(args: argparse.Namespace) -> Iterator[Case]:
    """Every program on every mesh."""
    for name in chosen_names(args.models, suite().MODELS):
        yield from over_meshes(name, model_module(name), args.meshes, args)
    known = {**PROGRAMS, **MOVED}
    for name in chosen_names(args.programs, known):
        yield from over_meshes(name, imported(known[name]), args.program_meshes, args, known[name].relaxed)


def chosen_names(given: str, known: Any) -> list[str]:
    return [] if given == "none" else list(known) if given == "all" else given.split(",")


def over_meshes(name: str, module: Any, meshes: str, args: argparse.Namespace, relaxed: bool = False) -> Iterator[Case]:
    from eggshard.annotation import add_mesh
    from eggshard.mesh import Mesh
    from eggshard.planning.search import rewritable

    alone = module.clone()
    one = Mesh({"one": 1})
    add_mesh(alone, one)
    peak = chosen(Case(name, alone, one.value, PLENTY), args, without=("all", "")).peak_bytes
    for text_of_mesh in meshes.split(","):
        copy, mesh = module.clone(), Mesh(sizes_of(text_of_mesh))
        add_mesh(copy, mesh)
        title = name if "," not in meshes else f"{name} {text_of_mesh}"
        yield Case(title, copy, mesh.value, int(peak * args.fraction), relaxed, forms=bool(rewritable(copy)))


def model_module(name: str) -> Any:
    """A model of the suite, ready to be explored."""
    from eggshard.dialects.assembly import make_context
    from eggshard.frontends.load import from_jax
    from eggshard.passes import pipeline

    module = from_jax(*suite().MODELS[name].build("small", "f32")).module
    pipeline.run(module, make_context(), pipeline.IMPORT)
    return module


if __name__ == "__main__":
    sys.exit(main())
