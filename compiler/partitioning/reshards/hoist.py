"""What a loop does not change is resharded before the loop, not in each round."""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation, SSAValue

from eggshard.dialects.sharding import ReshardOp, layouts_of, set_layouts
from eggshard.partitioning.program import the_mesh
from eggshard.partitioning.reshards.edit import blocks, erase, reshard_after, reshard_operand


def hoist_reshards(module: ModuleOp) -> None:
    """
    Moves a reshard of a loop-invariant carry in front of the loop.

    Where all of the body and the condition look at the carry through reshards to one layout.
    """
    if the_mesh(module) is None:
        return
    for block in list(blocks(module)):
        for op in list(block.ops):
            if op.name == "stablehlo.while":
                _hoist(op)


def _hoist(loop: Operation) -> None:
    layouts = list(layouts_of(loop) or ())
    condition, body = (region.block for region in loop.regions)
    last = body.last_op
    assert last is not None
    for index, layout in enumerate(layouts):
        carry = body.args[index]
        if [place for place, value in enumerate(last.operands) if value is carry] != [index]:
            continue  # it changes, or another carry takes it over in the layout that it has now
        found = _reshards(carry, last)
        others = _reshards(condition.args[index], None)
        if not found or others is None:
            continue
        target = found[0].target.data
        if any(op.target.data != target for op in (*found, *others)):
            continue
        because = found[0].because.data if found[0].because is not None else None
        reshard_operand(loop, index, layout, target, because)
        for op in (*found, *others):
            op.result.replace_all_uses_with(op.input)
            erase(op)
        layouts[index] = target
        if any(True for _ in loop.results[index].uses):
            reshard_after(loop, target, layout, "carry of a loop", index)
    if layouts:
        set_layouts(loop, layouts)


def _reshards(carry: SSAValue, last: Operation | None) -> list[ReshardOp] | None:
    """All uses of a carry but its return, if they are reshards."""
    found: list[ReshardOp] = []
    for use in carry.uses:
        if isinstance(use.operation, ReshardOp):
            found.append(use.operation)
        elif use.operation is not last:
            return None
    return found
