"""Joins all_reduces that wait at the same time, as XLA does."""

from __future__ import annotations

from collections import deque
from typing import Any

from eggshard.cost.lowered import TUPLE_ENTRY, Kind, Lowered, Node


def combine_all_reduces(graph: Lowered) -> Lowered:
    """
    Joins all_reduces over the same axes that wait at the same time into one, which needs all their operands.

    Everything else goes first, so those of gradients gather up until something needs one of them.
    """
    waiting: dict[Any, list[int]] = {}
    groups: list[list[int]] = []
    users, missing = graph.users(), [len(set(node.operands)) for node in graph.nodes]
    ready = deque(index for index, count in enumerate(missing) if not count)
    done: list[int] = []
    while ready or waiting:
        if ready:
            index = ready.popleft()
            key = _combines(graph.nodes[index])
            if key is not None:
                waiting.setdefault(key, []).append(index)
                continue
            released = [index]
        else:
            released = waiting.pop(next(iter(waiting)))
            groups.append(released)
        for index in released:
            done.append(index)
            for user in users[index]:
                missing[user] -= 1
                if not missing[user]:
                    ready.append(user)
    if all(len(group) == 1 for group in groups):
        return graph
    return _joined(graph, done, [group for group in groups if len(group) > 1])


def _combines(node: Node) -> Any:
    op = node.op
    if node.kind is not Kind.LIBRARY or op is None or not op.name.endswith(".all_reduce"):
        return None
    kind: Any = op.results[0].type
    return (
        op.properties.get("axes"),
        op.properties.get("kind"),
        kind.element_type,
        op.properties.get("replica_groups"),
    )


def _joined(graph: Lowered, order: list[int], groups: list[list[int]]) -> Lowered:
    """The graph renumbered in `order`, with a call before the members of each group."""
    group_of = {member: group for group in groups for member in group}
    new: list[Node] = []
    place: dict[int, int] = {}
    calls: dict[int, int] = {}
    for index in order:
        node = graph.nodes[index]
        group = group_of.get(index)
        if group is not None:
            if group[0] not in calls:
                operands = [place[operand] for member in group for operand in graph.nodes[member].operands]
                calls[group[0]] = len(new)
                new.append(Node(Kind.LIBRARY, len(group) * TUPLE_ENTRY, 0, operands, op=node.op))
            node = Node(Kind.PART, node.bytes, node.rank, [calls[group[0]]], op=node.op)
        else:
            node.operands = [place[operand] for operand in node.operands]
        place[index] = len(new)
        new.append(node)
    arguments, results = ([place[index] for index in ends] for ends in (graph.arguments, graph.results))
    return Lowered(new, arguments, results, graph.captured)
