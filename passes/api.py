"""What the library API and both commands call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from xdsl.dialects.builtin import ModuleOp

from eggshard.diagnostics import DiagnosticError
from eggshard.dialects.assembly import make_context
from eggshard.mesh import Mesh
from eggshard.passes import pipeline
from eggshard.plans import Plan, fingerprint

Tactics = Mapping[str, str] | Sequence[tuple[str, str]]
Progress = Callable[[str], None]


def plan(
    fn: Callable[..., Any],
    args: Sequence[Any],
    *,
    mesh: Mesh | Mapping[str, int],
    hardware: str | None = None,
    memory: str | int | None = None,
    shard: Tactics | None = None,
    search: bool = True,
    progress: Progress | None = None,
) -> Plan:
    """
    Partitions a JAX function over `mesh`.

    `args` are arrays or jax.ShapeDtypeStructs. `shard` maps patterns over argument paths to layouts, applied in order.
    With `search=False` the plan is only what annotations imply. Raises DiagnosticError for what cannot be done.
    """
    from eggshard.frontends.load import from_jax

    if search:
        raise DiagnosticError("search is not there yet", hint="search=False plans from annotations")
    return plan_model(from_jax(fn, args), mesh=mesh, shard=shard, progress=progress)


def plan_model(
    model: Any,
    *,
    mesh: Mesh | Mapping[str, int] | None = None,
    shard: Tactics | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Partitions a loaded model (eggshard.frontends.load); the model's module is consumed."""
    from eggshard.annotation import add_mesh, link_results, observed
    from eggshard.partitioning.strategies import choose_strategies
    from eggshard.propagation import propagate
    from eggshard.propagation.tactics import apply_tactics
    from eggshard.report.layouts import argument_layouts, result_layouts, strategy_list

    module: ModuleOp = model.module
    context = make_context()
    tactics = list(shard.items() if isinstance(shard, Mapping) else shard or [])
    if mesh is not None and not isinstance(mesh, Mesh):
        mesh = Mesh(mesh)
    identity = fingerprint(observed(module))
    pipeline.run(module, context, pipeline.IMPORT, progress)
    mesh = add_mesh(module, mesh)
    apply_tactics(module, tactics)
    link_results(module)
    propagate(module, on_round=lambda: choose_strategies(module))
    link_results(module, final=True)
    if progress:
        progress("propagate-shardings")
    pipeline.run(module, context, pipeline.RESHARD, progress)
    made = Plan(
        mesh,
        identity,
        argument_layouts(module),
        result_layouts(module),
        strategy_list(module),
        trees=model.trees,
        tactics=tactics,
    )
    pipeline.run(module, context, (*pipeline.PARTITION, *pipeline.COLLECTIVES), progress)
    made.module = module
    return made
