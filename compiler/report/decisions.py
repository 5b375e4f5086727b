"""
What a plan records of each op, as text, and how it is applied to the same model again.

A decision is the op's strategy and where each of its results is wanted, separated by bars:
`<@mesh, {data: i}>|data,-`. Nothing is recorded of an op that is replicated.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from xdsl.dialects.builtin import ModuleOp, UnitAttr
from xdsl.ir import Operation, SSAValue

from eggshard.diagnostics import DiagnosticError
from eggshard.dialects.assembly import Parser, make_context
from eggshard.dialects.sharding import StrategyAttr, layout_of, set_layout
from eggshard.dialects.sharding.access import STRATEGY, set_argument_layouts, set_result_layouts
from eggshard.dialects.sharding.carrier import CarriesLayouts
from eggshard.dialects.sharding.layout import Layout, Mesh
from eggshard.dialects.sharding.syntax import parse_strategy, strategy_text
from eggshard.partitioning.program import main_function, program_ops, the_mesh
from eggshard.partitioning.strategies import CHOSEN, PLANNED
from eggshard.plans import Plan
from eggshard.report.layouts import layout_notation, parse_notation, port_names


def decisions(module: ModuleOp) -> list[str]:
    """The decision of every op in program order; '' where there is none."""
    return [_text(op) for op in program_ops(main_function(module).body.block)]


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
            raise DiagnosticError("the plan does not name the arguments and results of this model")
        put(func, {i: parse_notation(recorded[path], name, mesh) for i, path in enumerate(paths) if recorded[path]})
    func.attributes[CHOSEN] = UnitAttr()
    if plan.hardware is not None:
        func.attributes[PLANNED] = UnitAttr()
    ops = list(program_ops(func.body.block))
    if len(ops) != len(plan.strategies):
        raise DiagnosticError(f"the plan decides about {len(plan.strategies)} ops, the model has {len(ops)}")
    for op, text in zip(ops, plan.strategies, strict=True):
        if text:
            _apply(op, text, name, mesh)


def _text(op: Operation) -> str:
    attribute = op.attributes.get(STRATEGY)
    strategy = strategy_text(attribute.data) if isinstance(attribute, StrategyAttr) else ""
    places = [_place(layout_of(value)) for value in _values(op)]
    return "|".join([strategy, *places]) if strategy or any(places) else ""


def _place(layout: Layout | None) -> str:
    return "" if layout is None or layout.is_replicated() else layout_notation(layout)


def _apply(op: Operation, text: str, name: str, mesh: Mesh) -> None:
    strategy, *places = text.split("|")
    values = list(_values(op))
    if len(places) != len(values):
        raise DiagnosticError(f"the plan decides about {len(places)} values of {op.name}, it has {len(values)}")
    if strategy:
        op.attributes[STRATEGY] = _strategy(strategy)
    for value, place in zip(values, places, strict=True):
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
