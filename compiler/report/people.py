"""A plan as people read it."""

from __future__ import annotations

from collections.abc import Sequence

from eggshard.plans import Plan
from eggshard.report.paths import collapsed, grouped
from eggshard.report.summary import Tensor, Traffic, arguments, cause_text, results, traffic
from eggshard.report.text import plural, quantity, table

CAUSES = 2
"""How many causes of a group of collectives are named."""


def report(plan: Plan) -> str:
    """Layouts, collectives with their main causes, and warnings."""
    parts = [layouts_section("arguments", arguments(plan)), layouts_section("results", results(plan))]
    parts.append(collectives_section(traffic(plan.collective_list())))
    if plan.warnings:
        parts.append("\n".join(["warnings", *(f"  {warning}" for warning in plan.warnings)]))
    return "\n\n".join(parts)


def layouts_section(title: str, tensors: Sequence[Tensor]) -> str:
    """Where tensors lie, those that lie alike in one row; what is replicated comes last, by common prefix."""
    whole, local = sum(t.bytes for t in tensors), sum(t.local_bytes for t in tensors)
    head = f"{title}: {plural(len(tensors), 'tensor')}, {quantity(whole)}, {quantity(local)} on each device"
    if not tensors:
        return head
    paths = [tensor.path for tensor in tensors]
    sharded = [i for i, tensor in enumerate(tensors) if not tensor.replicated]
    groups = grouped(paths, sharded, [tensor.layout for tensor in tensors])
    groups += collapsed(paths, [i for i, tensor in enumerate(tensors) if tensor.replicated])
    rows = []
    for group in groups:
        members = [tensors[i] for i in group.members]
        types = {member.type for member in members}
        layout = "replicated" if members[0].replicated else members[0].layout
        each = quantity(sum(member.local_bytes for member in members))
        rows.append([group.pattern, str(len(members)), types.pop() if len(types) == 1 else "", layout, each])
    heads = ("path", "tensors", "type", "layout", "a device holds")
    return f"{head}\n{table(heads, rows, right=('tensors', 'a device holds'))}"


def collectives_section(groups: Sequence[Traffic]) -> str:
    """How often each collective runs, how much it carries, and what made it necessary."""
    if not groups:
        return "collectives: none"
    total = sum(group.count for group in groups)
    size = sum(group.bytes for group in groups)
    rows = [[g.kind, g.axes, str(g.count), quantity(g.bytes), main_causes(g)] for g in groups]
    heads = ("kind", "axes", "count", "bytes a device", "main causes")
    shown = table(heads, rows, right=("count", "bytes a device"))
    return f"collectives: {total}, {quantity(size)} on each device\n{shown}"


def main_causes(group: Traffic) -> str:
    named = [cause if times == 1 else f"{cause} (x{times})" for cause, times in group.causes[:CAUSES]]
    rest = len(group.causes) - CAUSES
    return "; ".join(named) + (f"; {rest} more" if rest > 0 else "")


def every_collective(plan: Plan) -> str:
    """One row for each collective, in program order."""
    rows = [
        [
            str(number),
            entry["kind"],
            "+".join(entry["axes"]),
            str(entry["times"]),
            quantity(entry["bytes"]),
            entry["type"].removeprefix("tensor<").removesuffix(">"),
            cause_text(entry),
        ]
        for number, entry in enumerate(plan.collective_list(), 1)
    ]
    heads = ("#", "kind", "axes", "times", "bytes a device", "type", "cause")
    return f"in program order\n{table(heads, rows, right=('#', 'times', 'bytes a device'))}"
