"""
Constraints speak of the tensor that they constrain, not only of its use: before propagation they are applied to it.

A constraint that is closed in all dimensions becomes the layout of its operand, if that has none and no other
constraint disagrees. The operands of a manual computation are constrained likewise by the layouts that it takes.
"""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import BlockArgument, Operation, OpResult, SSAValue, Use
from xdsl.rewriter import InsertPoint, Rewriter

from eggshard.dialects.sharding import ConstraintOp, layout_of, set_layout
from eggshard.dialects.sharding.layout import Layout
from eggshard.propagation.dataflow import BODIES, DATA_FLOW

CONSTRAINTS = frozenset(["sharding.constraint", "sdy.sharding_constraint"])
MANUAL = "sdy.manual_computation"


def apply_constraints(module: ModuleOp) -> None:
    """Moves the layouts of constraints and of manual computations to the tensors that they stand on."""
    for op in _inner_first(module):
        if op.name in CONSTRAINTS:
            _bypass_chain(op)
            layout = layout_of(op.results[0])
            if layout is not None:
                _apply_constraint(op, op.operands[0], layout)
        elif op.name == MANUAL:
            for index, operand in enumerate(op.operands):
                layout = _taken(op, index)
                if _should_apply(operand, layout):
                    _constrain(op, operand, layout)


def _inner_first(module: ModuleOp) -> list[Operation]:
    """Every op, those in its regions before it."""
    found: list[Operation] = []

    def visit(op: Operation) -> None:
        for region in op.regions:
            for block in region.blocks:
                for inner in block.ops:
                    visit(inner)
        if op.name in CONSTRAINTS or op.name == MANUAL:
            found.append(op)

    visit(module)
    return found


def _taken(op: Operation, index: int) -> Layout:
    """The layout that a manual computation takes operand `index` in."""
    from eggshard.dialects.sdy.region_layouts import layout_in_field

    layout = layout_in_field(op, "in_shardings", index)
    assert layout is not None
    return layout


def _apply_constraint(op: Operation, value: SSAValue, layout: Layout) -> None:
    if not _should_apply(value, layout):
        return
    if not on_edge(value):
        set_layout(value, layout)
        return
    # All targets of an edge share a layout, so only what follows this one is constrained.
    block = op.parent
    assert block is not None
    block.detach_op(op)
    Rewriter.insert_op(op, after_value(value))
    value.replace_uses_with_if(op.results[0], lambda use: use.operation is not op)


def _constrain(op: Operation, value: SSAValue, layout: Layout) -> None:
    """Gives an operand of a manual computation its layout."""
    if not on_edge(value):
        set_layout(value, layout)
        return
    constraint = ConstraintOp(value, layout)
    constraint.location = op.location
    Rewriter.insert_op(constraint, after_value(value))
    value.replace_uses_with_if(constraint.result, lambda use: use.operation is not constraint)


def _should_apply(value: SSAValue, layout: Layout) -> bool:
    if layout_of(value) is not None or any(dim.open for dim in layout.dims):
        return False
    return not any(_disagrees(use, layout) for use in value.uses)


def _disagrees(use: Use, layout: Layout) -> bool:
    if use.operation.name in CONSTRAINTS:
        return layout_of(use.operation.results[0]) != layout
    return use.operation.name == MANUAL and _taken(use.operation, use.index) != layout


def on_edge(value: SSAValue) -> bool:
    """Whether a data flow edge ends at `value`."""
    if isinstance(value, OpResult):
        return value.op.name in DATA_FLOW
    assert isinstance(value, BlockArgument)
    parent = value.block.parent_op()
    return parent is not None and (parent.name in BODIES or parent.name == "stablehlo.while")


def after_value(value: SSAValue) -> InsertPoint:
    """Where the first op that uses `value` can stand."""
    if isinstance(value, OpResult):
        return InsertPoint.after(value.op)
    assert isinstance(value, BlockArgument)
    return InsertPoint.at_start(value.block)


def _bypass_chain(head: Operation) -> None:
    """
    Lets later uses of a tensor follow a chain of constraints on it, x -> head -> ... -> tail, to its end.

    Only for a tensor without a layout of its own or other constraints, and not for what the function returns.
    """
    value = head.operands[0]
    tail = _tail(head)
    if tail is None:
        return
    block = tail.parent
    later = {op for op in _following(tail) if op.name != "func.return"}
    value.replace_uses_with_if(
        tail.results[0],
        lambda use: use.operation is not head and use.operation.parent is block and use.operation in later,
    )


def _tail(head: Operation) -> Operation | None:
    """The last of a chain of at least two constraints of which only the last may have several uses."""
    value = head.operands[0]
    if isinstance(value, OpResult) and value.op.name in CONSTRAINTS:
        return None
    if layout_of(value) is not None or _is_constrained(value, head):
        return None
    tail = head
    while (user := _only_user(tail)) is not None and user.name in CONSTRAINTS:
        tail = user
    return None if tail is head or _is_constrained(tail.results[0], None) else tail


def _is_constrained(value: SSAValue, excluded: Operation | None) -> bool:
    users = (use.operation for use in value.uses)
    return any(user is not excluded and (user.name in CONSTRAINTS or user.name == MANUAL) for user in users)


def _only_user(op: Operation) -> Operation | None:
    result = op.results[0]
    return result.get_user_of_unique_use() if result.has_one_use() else None


def _following(op: Operation) -> list[Operation]:
    following: list[Operation] = []
    after = op.next_op
    while after is not None:
        following.append(after)
        after = after.next_op
    return following
