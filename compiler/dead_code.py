"""Ops whose results nobody uses."""

from __future__ import annotations

from xdsl.dialects.builtin import IntegerAttr, ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block, Operation

EFFECTS = frozenset({"infeed", "outfeed", "send", "recv", "rng"})
"""StableHLO ops that are more than their results."""

CONSTRAINTS = frozenset({"sdy.sharding_constraint", "sharding.constraint"})
REDUCERS = frozenset(
    f"stablehlo.{name}"
    for name in "reduce all_reduce reduce_scatter scatter reduce_window select_and_scatter sort map".split()
)
"""Ops with functions of scalars."""


def drop_dead_ops(module: ModuleOp) -> None:
    """
    Erases every op without effects whose results are unused, users before what they use.

    Constraints on the scalars of a reduction's body go too: they say nothing, and would hide which reduction it is.
    """
    for op in list(module.walk()):
        parent = op.parent_op()
        if op.name in CONSTRAINTS and parent is not None and parent.name in REDUCERS:
            op.results[0].replace_all_uses_with(op.operands[0])
            op.detach()
            op.erase()
    for func in module.ops:
        if isinstance(func, FuncOp):
            for region in func.regions:
                for block in region.blocks:
                    _drop(block)


def _drop(block: Block) -> None:
    op = block.last_op
    while op is not None:
        above = op.prev_op
        if op.results and not any(True for result in op.results for _ in result.uses) and not has_effects(op):
            op.detach()
            op.erase()
        else:
            for region in op.regions:
                for inner in region.blocks:
                    _drop(inner)
        op = above


def has_effects(op: Operation) -> bool:
    """Whether running `op` does more than yield its results."""
    dialect, _, name = op.name.partition(".")
    if dialect not in ("stablehlo", "chlo", "sdy", "sharding"):
        return True
    if name == "custom_call":
        effect = op.properties.get("has_side_effect")
        return isinstance(effect, IntegerAttr) and bool(effect.value.data)
    if name in EFFECTS:
        return True
    return any(
        has_effects(inner)
        for region in op.regions
        for block in region.blocks
        for inner in block.ops
        if not inner.name.endswith(".return")
    )
