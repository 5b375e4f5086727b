"""Strategies of all ops of a program, extended round by round as annotations arrive."""

from __future__ import annotations

from typing import Any

from xdsl.dialects.builtin import ModuleOp, TensorType, UnitAttr
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation, SSAValue

from eggshard.dialects.sharding import LayoutAttr, StrategyAttr
from eggshard.dialects.sharding.access import STRATEGY, attached_layouts, layout_of
from eggshard.dialects.sharding.layout import Axis, Strategy
from eggshard.dialects.stablehlo.dense import element_bytes
from eggshard.partitioning import strategy
from eggshard.partitioning.factors import DimAxes, Tiling
from eggshard.partitioning.localize.table import tileable
from eggshard.partitioning.program import CONTROL_FLOW, main_function, program_ops, the_mesh
from eggshard.rules.rule import Rule
from eggshard.rules.table import rule_of

CONTRACTIONS = frozenset({"stablehlo.dot_general", "stablehlo.dot", "stablehlo.convolution"})

CHOSEN = "sharding.chosen"
"""Marks a function whose strategies are decided, an op without one being replicated."""

PLANNED = "sharding.planned"
"""Marks a function whose layouts a search decided: a value may be left partial, for several users to read."""


def choose_strategies(module: ModuleOp) -> None:
    """
    Writes `sharding.strategy` on every op that tiles something.

    What an op already has is kept and extended.
    """
    Chooser(module).run()


def tiling_of(op: Operation) -> Tiling:
    """The tiling that `sharding.strategy` records."""
    attribute = op.attributes.get(STRATEGY)
    if not isinstance(attribute, StrategyAttr):
        return {}
    tiling: dict[int, tuple[Axis, ...]] = {}
    for axis, factor in attribute.data.tiles:
        tiling[factor] = (*tiling.get(factor, ()), axis)
    return tiling


def carries_of(op: Operation) -> tuple[tuple[Axis, tuple[int, ...]], ...]:
    """Per axis the operands whose partial sums `op` passes on."""
    attribute = op.attributes.get(STRATEGY)
    return attribute.data.carries if isinstance(attribute, StrategyAttr) else ()


class Chooser:
    """
    The strategies of one program over several rounds.

    Equal situations of equal ops are decided once: a model of twelve equal layers pays for one.
    """

    def __init__(self, module: ModuleOp):
        self.module = module
        self.rules: dict[Operation, tuple[Rule, frozenset[int], tuple[int, ...]] | None] = {}
        self.decided: dict[Any, tuple[Tiling, StrategyAttr | None]] = {}
        self.seen: dict[Operation, Any] = {}

    def run(self) -> None:
        """One round, with the layouts that the module has now."""
        found = the_mesh(self.module)
        if found is None:
            return
        name, mesh = found
        func = main_function(self.module)
        func.attributes[CHOSEN] = UnitAttr()
        axes: dict[SSAValue, DimAxes] = {value: layout.axes for value, layout in _argument_axes(func)}
        for op in program_ops(func.body.block):
            if op.name in CONTROL_FLOW:
                for region in op.regions:
                    for block in region.blocks:
                        axes.update((a, layout.axes) for a in block.args if (layout := layout_of(a)) is not None)
            entries = attached_layouts(op)
            if entries is not None:
                for result, entry in zip(op.results, entries, strict=True):
                    assert isinstance(entry, LayoutAttr)
                    axes[result] = entry.data.axes
            elif not op.name.startswith(("stablehlo.", "chlo.")):  # constraints and the like keep theirs in fields
                axes.update((r, layout.axes) for r in op.results if (layout := layout_of(r)) is not None)
            if op.name in CONTROL_FLOW:
                continue
            dims = tuple(axes.get(value) for value in (*op.operands, *op.results))
            if not any(d and any(d) for d in dims) or self.seen.get(op) == dims:
                continue
            self.seen[op] = dims
            self.decide(op, dims, name, mesh)

    def decide(self, op: Operation, dims: tuple[DimAxes | None, ...], name: str, mesh: Any) -> None:
        found = self.rules[op] if op in self.rules else self.look_up(op)
        if found is None:
            return
        rule, tileable_factors, sizes = found
        fixed = op.attributes.get(STRATEGY)
        key = (rule, tileable_factors, sizes, dims, fixed, op.name in CONTRACTIONS)
        known = self.decided.get(key)
        if known is None:
            ranks = [len(factors) for factors in (*rule.operands, *rule.results)]
            tensors = [
                strategy.Tensor(size, d if d is not None else ((),) * rank)
                for size, d, rank in zip(sizes, dims, ranks, strict=True)
            ]
            count = len(rule.operands)
            tiling = strategy.choose(
                rule, tileable_factors, tensors[:count], tensors[count:], mesh, tiling_of(op), op.name in CONTRACTIONS
            )
            tiles = tuple((axis, factor) for factor in sorted(tiling) for axis in tiling[factor])
            known = self.decided[key] = (tiling, StrategyAttr(Strategy(name, tiles)) if tiles else None)
        if known[1] is not None:
            op.attributes[STRATEGY] = known[1]

    def look_up(self, op: Operation) -> tuple[Rule, frozenset[int], tuple[int, ...]] | None:
        rule = rule_of(op)
        found = None
        if rule is not None:
            rule = rule.local
            found = (rule, tileable(op, rule), tuple(_bytes(value) for value in (*op.operands, *op.results)))
        self.rules[op] = found
        return found


def _argument_axes(func: FuncOp) -> list[tuple[SSAValue, Any]]:
    return [(a, layout) for a in func.body.block.args if (layout := layout_of(a)) is not None]


def _bytes(value: SSAValue) -> int:
    kind = value.type
    return kind.element_count() * element_bytes(kind.element_type) if isinstance(kind, TensorType) else 0
