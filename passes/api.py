"""What the library API and both commands call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xdsl.dialects.builtin import ModuleOp

from eggshard.dialects.assembly import make_context
from eggshard.mesh import Mesh
from eggshard.passes import pipeline
from eggshard.pauses import collector_paused
from eggshard.plans import Asked, Peak, Plan, Prediction
from eggshard.sizes import parse_bytes

if TYPE_CHECKING:
    from eggshard.cost.batch import CostModel

Tactics = Mapping[str, str] | Sequence[tuple[str, str]]
Progress = Callable[[str], None]

HARDWARE = "h100"
"""What is predicted for where nobody says."""
TIME_LIMIT = 60.0
"""Seconds of search where nobody says."""


@dataclass(frozen=True)
class Wanted:
    """
    What a search is for: hardware (name or file), memory of a device, seconds of search, the seed, and how near to its
    bound a plan is good enough (a fraction of its time). Messages call a tactic `tactic_option`. With `relax_rounding`
    terms of a sum may be rounded to a narrower float before they are added.
    """

    hardware: str | None = None
    memory: str | int | None = None
    time_limit: float = TIME_LIMIT
    seed: int = 0
    gap: float = 1e-4
    tactic_option: str = "tactic"
    relax_rounding: bool = False


def plan(
    fn: Callable[..., Any],
    args: Sequence[Any],
    *,
    mesh: Mesh | Mapping[str, int],
    hardware: str | None = None,
    memory: str | int | None = None,
    shard: Tactics | None = None,
    search: bool = True,
    time_limit: float = TIME_LIMIT,
    seed: int = 0,
    progress: Progress | None = None,
) -> Plan:
    """
    Partitions a JAX function over `mesh`.

    `args` are arrays or jax.ShapeDtypeStructs. `shard` maps patterns over argument paths to layouts, applied in order.
    The search takes them as fixed and chooses everything else for `hardware` (a name of the catalogue or a file) within
    `memory` a device ("80GiB" or bytes; default: what the hardware has), in at most `time_limit` seconds or until
    Ctrl-C; `Plan.predicted.ended` says why it stopped. The same input and seed give the same plan, if the clock did not
    cut the search short. With `search=False` the plan is only what annotations imply. Raises DiagnosticError for what
    cannot be done: memory that nothing fits in, layouts that contradict each other.
    """
    from eggshard.frontends.load import from_jax

    wanted = Wanted(hardware, memory, time_limit, seed) if search else None
    return plan_model(from_jax(fn, args), mesh=mesh, shard=shard, search=wanted, progress=progress)


@collector_paused()
def plan_model(
    model: Any,
    *,
    mesh: Mesh | Mapping[str, int] | None = None,
    shard: Tactics | None = None,
    search: Wanted | None = None,
    progress: Progress | None = None,
) -> Plan:
    """
    Partitions a loaded model (eggshard.frontends.load); the model's module is consumed.

    Without `search` the plan is what annotations imply.
    """
    from eggshard.annotation import add_mesh
    from eggshard.frontends.markers import has_sharding_strings
    from eggshard.propagation.tactics import apply_tactics

    module: ModuleOp = model.module
    context = make_context()
    tactics = list(shard.items() if isinstance(shard, Mapping) else shard or [])
    if mesh is not None and not isinstance(mesh, Mesh):
        mesh = Mesh(mesh)
    if mesh is not None and has_sharding_strings(module):
        add_mesh(module, mesh)  # what the strings mean depends on it
    pipeline.run(module, context, pipeline.IMPORT, progress)
    mesh = add_mesh(module, mesh)
    if search is not None:
        from eggshard.planning.contradictions import check_pins

        check_pins(module, tactics, search.tactic_option)
    apply_tactics(module, tactics)
    if search is not None:
        return _searched(model, mesh, tactics, search, progress)
    return _propagated(model, mesh, tactics, progress)


def _propagated(model: Any, mesh: Mesh, tactics: list[tuple[str, str]], progress: Progress | None) -> Plan:
    """The plan that annotations imply."""
    from eggshard.annotation import link_results
    from eggshard.partitioning.strategies import Chooser
    from eggshard.propagation import propagate

    module: ModuleOp = model.module
    link_results(module)
    if progress:
        progress("propagate-shardings")
    propagate(module, on_round=Chooser(module).run)
    link_results(module, final=True)
    return _lowered(model, mesh, model.fingerprint, tactics, progress)


def _searched(
    model: Any, mesh: Mesh, tactics: list[tuple[str, str]], wanted: Wanted, progress: Progress | None
) -> Plan:
    """The plan that the search finds; what annotations fix stays."""
    from eggshard.cost import AnalyticCost
    from eggshard.cost.exchanges import priced
    from eggshard.hardware import load_hardware
    from eggshard.planning.search import NothingFound, search

    hardware = load_hardware(wanted.hardware or HARDWARE)
    memory = hardware.memory_bytes if wanted.memory is None else parse_bytes(wanted.memory)
    cost = AnalyticCost(hardware, mesh.value)
    limit, seed = wanted.time_limit, wanted.seed
    try:
        found = search(
            model.module,
            cost,
            memory,
            time_limit=limit,
            seed=seed,
            gap=wanted.gap,
            relax_rounding=wanted.relax_rounding,
            progress=progress,
        )
    except NothingFound:
        plan = _propagated(model, mesh, tactics, progress)
        plan.predicted = _measured(plan, cost)
    else:
        plan = _lowered(model, mesh, model.fingerprint, tactics, progress)
        plan.rewrites = found.rewrites
        assert found.seconds is not None and found.op_seconds is not None and found.peak is not None
        plan.predicted = Prediction(found.seconds, found.op_seconds, found.peak, found.ended, found.bound_seconds)
    plan.asked = Asked(hardware.name, memory, limit, seed)
    assert plan.module is not None
    plan.exchanged = priced(plan.module, cost)
    return plan


def _measured(plan: Plan, cost: CostModel) -> Prediction:
    """What is predicted of a per-device program that no search has chosen."""
    from eggshard.cost.memory import predicted_memory
    from eggshard.cost.program import program_seconds

    assert plan.module is not None
    seconds, memory = program_seconds(plan.module, cost), predicted_memory(plan.module)
    return Prediction(seconds.total, seconds.compute, Peak(memory.peak), "propagated")


@collector_paused()
def apply_plan(model: Any, saved: Plan, *, origin: str = "plan", progress: Progress | None = None) -> Plan:
    """
    Partitions a loaded model as a plan made for it says; the model's module is consumed.

    Raises DiagnosticError, at `origin`, if the plan is for another model.
    """
    from eggshard.annotation import add_mesh
    from eggshard.frontends.markers import has_sharding_strings
    from eggshard.planning.rewriting import apply_notes
    from eggshard.plans.fitting import check_model
    from eggshard.report.decisions import apply_decisions

    check_model(model, saved.fingerprint, saved.ports[0], origin)
    if has_sharding_strings(model.module):
        add_mesh(model.module, saved.mesh)
    pipeline.run(model.module, make_context(), pipeline.IMPORT, progress)
    mesh = add_mesh(model.module, saved.mesh)
    apply_notes(model.module, saved.rewrites)
    apply_decisions(model.module, saved)
    plan = _lowered(model, mesh, saved.fingerprint, saved.tactics, progress)
    plan.rewrites, plan.asked, plan.predicted = saved.rewrites, saved.asked, saved.predicted
    plan.exchanged = saved.exchanged
    return plan


def _lowered(model: Any, mesh: Mesh, identity: str, tactics: list[tuple[str, str]], progress: Progress | None) -> Plan:
    """The plan of a model whose layouts and strategies are decided."""
    from eggshard.report.decisions import decisions
    from eggshard.report.layouts import ports
    from eggshard.report.unruled import unruled

    module: ModuleOp = model.module
    decided, warnings = decisions(module), unruled(module)
    context = make_context()
    pipeline.run(module, context, pipeline.RESHARD, progress)
    made = Plan(
        mesh,
        identity,
        (ports(module, "arg_attrs"), ports(module, "res_attrs")),
        decided,
        trees=model.trees,
        tactics=tactics,
        warnings=warnings,
    )
    pipeline.run(module, context, (*pipeline.PARTITION, *pipeline.COLLECTIVES), progress)
    made.module = module
    return made
