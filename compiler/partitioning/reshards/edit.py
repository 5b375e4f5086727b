"""Small edits of reshards, shared by the passes over them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, OpResult, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from eggshard.dialects.sharding import ReshardOp, StrategyAttr, set_layouts
from eggshard.dialects.sharding.access import STRATEGY
from eggshard.dialects.sharding.layout import Layout, Mesh, Strategy
from eggshard.partitioning.factors import legal, project, unproject
from eggshard.partitioning.localize.table import tileable
from eggshard.partitioning.program import CONTROL_FLOW, main_function
from eggshard.rules.table import rule_of


def blocks(module: ModuleOp) -> Iterator[Block]:
    """The blocks of the program, outer ones first."""
    stack = [main_function(module).body.block]
    while stack:
        block = stack.pop()
        yield block
        for op in block.ops:
            if op.name in CONTROL_FLOW:
                stack.extend(inner for region in op.regions for inner in region.blocks)


def defining_reshard(value: SSAValue) -> ReshardOp | None:
    """The reshard that makes `value`, if one does."""
    return value.op if isinstance(value, OpResult) and isinstance(value.op, ReshardOp) else None


def single_use(value: SSAValue) -> bool:
    return value.has_one_use()


def erase(op: Operation) -> None:
    op.detach()
    op.erase()


def reshard_after(op: Operation, source: Layout, target: Layout, because: str | None, index: int = 0) -> ReshardOp:
    """Reshards one result of `op` for all its users."""
    result = op.results[index]
    reshard = ReshardOp(result, source, target, because)
    reshard.location = op.location
    set_layouts(reshard, [target])
    result.replace_all_uses_with(reshard.result)
    reshard.operands[0] = result
    Rewriter.insert_op(reshard, InsertPoint.after(op))
    return reshard


def reshard_operand(op: Operation, index: int, source: Layout, target: Layout, because: str | None) -> None:
    """Reshards one operand of `op`, for it alone."""
    reshard = ReshardOp(op.operands[index], source, target, because)
    reshard.location = op.location
    set_layouts(reshard, [target])
    Rewriter.insert_op(reshard, InsertPoint.before(op))
    op.operands[index] = reshard.result


def run_under(op: Operation, layouts: dict[int, Layout], mesh: Mesh, mesh_name: str) -> Layout | None:
    """
    Lets `op` run on operands that lie as `layouts` says (by operand), the others as that implies.

    Returns the layout of its one result, partial terms of the given operands passed on, and records the strategy; None,
    and nothing is changed, if the op cannot run so.
    """
    rule = rule_of(op)
    if rule is None or len(op.results) != 1:
        return None
    rule = rule.local
    wish: dict[int, tuple] = {}  # type: ignore[type-arg]
    for index, layout in layouts.items():
        for factor, axes in project(layout.axes, rule.operands[index], rule.sizes, mesh).items():
            if wish.setdefault(factor, axes) != axes:
                return None
    tiling = legal(wish, rule, tileable(op, rule), mesh)
    if tiling != wish or any(factor in rule.reduction for factor in tiling):
        return None
    for index, layout in layouts.items():
        if unproject(tiling, rule.operands[index], mesh) != layout.axes:
            return None
    made = unproject(tiling, rule.results[0], mesh)
    partial = next(iter(layouts.values())).partial
    result = Layout.of(mesh_name, made, partial)
    tiles = tuple((axis, factor) for factor in sorted(tiling) for axis in tiling[factor])
    op.attributes.pop(STRATEGY, None)
    if tiles:
        op.attributes[STRATEGY] = StrategyAttr(Strategy(mesh_name, tiles))
    set_layouts(op, [result])
    return result


def without_partial(layout: Layout) -> Layout:
    return replace(layout, partial=())
