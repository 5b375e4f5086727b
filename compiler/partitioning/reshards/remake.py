"""What any device can make by itself is made where it is read, in the layout that is read there, not moved."""

from __future__ import annotations

from xdsl.ir import Operation, OpResult
from xdsl.rewriter import InsertPoint, Rewriter

from eggshard.dialects.sharding import ReshardOp, StrategyAttr, set_layouts
from eggshard.dialects.sharding.access import STRATEGY
from eggshard.dialects.sharding.layout import Layout, Mesh, Strategy
from eggshard.partitioning.factors import Tiling, legal, project, unproject
from eggshard.partitioning.local import tensor_type
from eggshard.partitioning.localize.table import tileable
from eggshard.partitioning.reshards.edit import erase
from eggshard.rules.table import rule_of

SOURCES = frozenset({"stablehlo.constant", "stablehlo.iota"})


def remake(reshard: ReshardOp, mesh: Mesh) -> bool:
    """
    reshard(broadcast(scalar): A -> B)  ->  broadcast(scalar) in B; so for constants and iotas

    Returns whether the reshard is gone.
    """
    value, target = reshard.input, reshard.target.data
    partial = target.partial or reshard.source.data.partial
    if partial or not isinstance(value, OpResult) or not _costs_nothing(value.op):
        return False
    tiling = _tiling(value.op, target, mesh)
    if tiling is None:
        return False
    copy = value.op.clone()
    copy.location = value.op.location
    copy.attributes.pop(STRATEGY, None)
    if tiling:
        tiles = tuple((axis, factor) for factor in sorted(tiling) for axis in tiling[factor])
        copy.attributes[STRATEGY] = StrategyAttr(Strategy(target.mesh, tiles))
    set_layouts(copy, [target])
    Rewriter.insert_op(copy, InsertPoint.before(reshard))
    reshard.result.replace_all_uses_with(copy.results[0])
    erase(reshard)
    if not any(True for _ in value.uses):
        erase(value.op)
    return True


def _costs_nothing(op: Operation) -> bool:
    if op.name == "stablehlo.broadcast_in_dim":
        return not tensor_type(op.operands[0]).get_shape()
    return op.name in SOURCES


def _tiling(op: Operation, target: Layout, mesh: Mesh) -> Tiling | None:
    """How `op` is tiled if its result lies as `target`; None if it cannot."""
    rule = rule_of(op)
    if rule is None:
        return None
    rule = rule.local
    tiling = legal(project(target.axes, rule.results[0], rule.sizes, mesh), rule, tileable(op, rule), mesh)
    return tiling if unproject(tiling, rule.results[0], mesh) == target.axes else None
