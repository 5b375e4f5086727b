"""Sharding groups: tensors that are always laid out alike."""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp

from eggshard.propagation.graph import Graph
from eggshard.rules.build import number


def join_groups(module: ModuleOp, graph: Graph) -> None:
    """Ties together the slots of all tensors of a group; groups that share a tensor are one."""
    members: dict[int, list[int]] = {}
    for op in module.walk():
        if op.name == "sdy.sharding_group" and op.operands[0] in graph.slot_of:
            members.setdefault(number(op.properties["group_id"]), []).append(graph.slot_of[op.operands[0]])
    for slots in members.values():
        joined: list[int] = []
        for slot in slots:
            for member in graph.groups.get(slot, [slot]):
                if member not in joined:
                    joined.append(member)
        for member in joined:
            graph.groups[member] = joined
