"""Sharding groups: tensors that are always laid out alike."""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation, SSAValue
from xdsl.rewriter import Rewriter

from eggshard.dialects.sharding import ConstraintOp, layout_of, set_layout
from eggshard.dialects.sharding.layout import Layout
from eggshard.propagation.constraints import after_value
from eggshard.propagation.graph import Graph
from eggshard.rules.build import number

GROUP = "sdy.sharding_group"


def sync_groups(module: ModuleOp) -> None:
    """
    Gives all members of a group the layout that those of them that have one agree on.

    Where they disagree, each keeps its own, and an open constraint behind it takes its place in the group.
    """
    for members in _groups(module):
        given = [layout_of(member) for member in members]
        telling = [layout for layout in given if layout is not None and _tells(layout)]
        if not telling or len(members) == 1:
            continue
        if all(layout == telling[0] for layout in telling):
            for member in members:
                set_layout(member, telling[0])
            continue
        for member in members:
            _replace_in_group(member, telling[0])


def _tells(layout: Layout) -> bool:
    return any(dim.axes or not dim.open for dim in layout.dims)


def _replace_in_group(member: SSAValue, like: Layout) -> None:
    constraint = ConstraintOp(member, Layout.replicate(like.mesh, like.rank, open=True))
    Rewriter.insert_op(constraint, after_value(member))
    member.replace_uses_with_if(constraint.result, lambda use: use.operation is not constraint)


def _groups(module: ModuleOp) -> list[list[SSAValue]]:
    """The members of each group in order; groups that share a tensor are one."""
    group_of: dict[SSAValue, list[SSAValue]] = {}
    by_number: dict[int, list[SSAValue]] = {}
    for op in _group_ops(module):
        member, name = op.operands[0], number(op.properties["group_id"])
        group = by_number.setdefault(name, [])
        other = group_of.get(member)
        if other is None:
            group.append(member)
            group_of[member] = group
        elif other is not group:
            other.extend(group)
            group_of.update((value, other) for value in group)
            by_number.update((n, other) for n, g in list(by_number.items()) if g is group)
    unique: list[list[SSAValue]] = []
    for group in group_of.values():
        if not any(group is known for known in unique):
            unique.append(group)
    return unique


def _group_ops(module: ModuleOp) -> list[Operation]:
    return [op for op in module.walk() if op.name == GROUP]


def join_groups(module: ModuleOp, graph: Graph) -> None:
    """Ties together the slots of all tensors of a group."""
    for members in _groups(module):
        slots = list(dict.fromkeys(graph.slot_of[member] for member in members if member in graph.slot_of))
        for slot in slots:
            graph.groups[slot] = slots
