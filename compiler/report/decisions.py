"""
What a plan records of each op, and how it is applied to the same model again.

A decision is the op's strategy, `<@mesh, {data: i}>`, and where each of its results is wanted, `data,-`. Nothing is
recorded of an op that is replicated.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from xdsl.dialects.builtin import ModuleOp, UnitAttr
from xdsl.ir import Operation, SSAValue

from eggshard.dialects.assembly import Parser, make_context
from eggshard.dialects.sharding import StrategyAttr, layout_of, set_layout
from eggshard.dialects.sharding.access import STRATEGY, set_argument_layouts, set_result_layouts
from eggshard.dialects.sharding.carrier import CarriesLayouts
from eggshard.dialects.sharding.layout import Layout, Mesh
from eggshard.dialects.sharding.syntax import parse_strategy, strategy_text
from eggshard.partitioning.program import main_function, program_ops, source_line, the_mesh
from eggshard.partitioning.strategies import CHOSEN, PLANNED
from eggshard.plans import OpPlan, Plan
from eggshard.plans.fitting import misfit
from eggshard.report.layouts import layout_notation, parse_notation, port_names, type_text


def decisions(module: ModuleOp) -> list[OpPlan]:
    """The decision of every op in program order."""
    return [_decision(op) for op in program_ops(main_function(module).body.block)]


def apply_decisions(module: ModuleOp, plan: Plan) -> None:
    """
    Gives every argument, result and op of an imported model what the plan decided.

    Raises DiagnosticError if the plan does not fit the program.
    """
    found = the_mesh(module)
    assert found is not None
    name, mesh = found
    func = main_function(module)
    for key, recorded, put in (
        ("arg_attrs", plan.arguments, set_argument_layouts),
        ("res_attrs", plan.results, set_result_layouts),
    ):
        paths = port_names(func, key)
        if list(recorded) != paths:
            raise misfit("it does not name the arguments and results of the model")
        put(func, {i: parse_notation(recorded[path], name, mesh) for i, path in enumerate(paths) if recorded[path]})
    func.attributes[CHOSEN] = UnitAttr()
    if plan.searched:
        func.attributes[PLANNED] = UnitAttr()
    ops = list(program_ops(func.body.block))
    if len(ops) != len(plan.ops):
        raise misfit(f"it decides about {len(plan.ops)} ops, the model has {len(ops)}")
    for op, decided in zip(ops, plan.ops, strict=True):
        _apply(op, decided, name, mesh)


def _decision(op: Operation) -> OpPlan:
    attribute = op.attributes.get(STRATEGY)
    strategy = strategy_text(attribute.data) if isinstance(attribute, StrategyAttr) else ""
    places = tuple(_place(layout_of(value)) for value in _values(op))
    kind = op.results[0].type if op.results else None
    name, line = op.name.split(".", 1)[-1], source_line(op.location)
    return OpPlan(name, line, "" if kind is None else type_text(kind), strategy, places if any(places) else ())


def _place(layout: Layout | None) -> str:
    return "" if layout is None or layout.is_replicated() else layout_notation(layout)


def _apply(op: Operation, decided: OpPlan, name: str, mesh: Mesh) -> None:
    if op.name.split(".", 1)[-1] != decided.kind:
        raise misfit(f"where it decides about {decided.kind} the model has {op.name}")
    if decided.strategy:
        op.attributes[STRATEGY] = _strategy(decided.strategy)
    if decided.layouts:
        values = list(_values(op))
        if len(decided.layouts) != len(values):
            raise misfit(f"it decides about {len(decided.layouts)} values of {op.name}, which has {len(values)}")
        for value, place in zip(values, decided.layouts, strict=True):
            if place:
                set_layout(value, parse_notation(place, name, mesh))


def _values(op: Operation) -> Iterator[SSAValue]:
    """The values whose layouts an op holds: its results, and the arguments of regions that carry their own."""
    yield from op.results
    if op.get_trait(CarriesLayouts) is not None:
        for region in op.regions:
            for block in region.blocks:
                yield from block.args


@lru_cache(4096)
def _strategy(text: str) -> StrategyAttr:
    return StrategyAttr(parse_strategy(Parser(make_context(), text, "plan")))
