"""Strategies of all ops of a program, extended round by round as annotations arrive."""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.ir import Operation, SSAValue

from eggshard.dialects.sharding import StrategyAttr
from eggshard.dialects.sharding.access import STRATEGY
from eggshard.dialects.sharding.layout import Axis, Layout, Mesh, Strategy
from eggshard.dialects.stablehlo.dense import element_bytes
from eggshard.partitioning import strategy
from eggshard.partitioning.factors import Tiling
from eggshard.partitioning.localize.table import tileable
from eggshard.partitioning.program import CONTROL_FLOW, main_function, program_ops, the_mesh, wanted_layout
from eggshard.rules.table import rule_of

CONTRACTIONS = frozenset({"stablehlo.dot_general", "stablehlo.dot", "stablehlo.convolution"})


def choose_strategies(module: ModuleOp) -> None:
    """
    Writes `sharding.strategy` on every op that tiles something.

    May run after each round of annotations: what an op already has is kept and extended.
    """
    found = the_mesh(module)
    if found is None:
        return
    name, mesh = found
    sizes: dict[object, int] = {}
    for op in program_ops(main_function(module).body.block):
        if op.name in CONTROL_FLOW:
            continue
        tiling = _choose(op, name, mesh, sizes)
        if tiling:
            tiles = tuple((axis, factor) for factor in sorted(tiling) for axis in tiling[factor])
            op.attributes[STRATEGY] = StrategyAttr(Strategy(name, tiles))


def tiling_of(op: Operation) -> Tiling:
    """The tiling that `sharding.strategy` records."""
    attribute = op.attributes.get(STRATEGY)
    if not isinstance(attribute, StrategyAttr):
        return {}
    tiling: dict[int, tuple[Axis, ...]] = {}
    for axis, factor in attribute.data.tiles:
        tiling[factor] = (*tiling.get(factor, ()), axis)
    return tiling


def _choose(op: Operation, name: str, mesh: Mesh, sizes: dict[object, int]) -> Tiling:
    operands = [wanted_layout(value, name) for value in op.operands]
    results = [wanted_layout(value, name) for value in op.results]
    if not any(any(layout.axes) for layout in (*operands, *results)):
        return {}
    rule = rule_of(op)
    if rule is None:
        return {}
    rule = rule.local
    return strategy.choose(
        rule,
        tileable(op, rule),
        [_tensor(value, layout, sizes) for value, layout in zip(op.operands, operands, strict=True)],
        [_tensor(value, layout, sizes) for value, layout in zip(op.results, results, strict=True)],
        mesh,
        tiling_of(op),
        op.name in CONTRACTIONS,
    )


def _tensor(value: SSAValue, layout: Layout, sizes: dict[object, int]) -> strategy.Tensor:
    kind = value.type
    size = sizes.get(kind)
    if size is None:
        assert isinstance(kind, TensorType)
        size = sizes[kind] = kind.element_count() * element_bytes(kind.element_type)
    return strategy.Tensor(size, layout.axes)
