"""A plan as people read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from eggshard.plans import Plan
from eggshard.report.paths import collapsed, grouped
from eggshard.report.prediction import prediction_section
from eggshard.report.summary import Tensor, Traffic, arguments, cause_text, results, traffic
from eggshard.report.text import duration, plural, quantity, table

CAUSES = 2
"""How many causes of a group of collectives are named."""


def report(plan: Plan) -> str:
    """Layouts, collectives with their main causes, and warnings."""
    given, made = arguments(plan), results(plan)
    updated, new = continued(made, given)
    parts = prediction_section(plan)
    parts += [layouts_section("arguments", given), layouts_section("results", made, new, updated)]
    parts.append(collectives_section(traffic(plan.collective_list())))
    if plan.warnings:
        parts.append("\n".join(["warnings", *(f"  {warning}" for warning in plan.warnings)]))
    return "\n\n".join(parts)


def layouts_section(
    title: str, all_tensors: Sequence[Tensor], shown: Sequence[Tensor] | None = None, notes: Sequence[str] = ()
) -> str:
    """
    Where tensors lie, those that lie alike in one row; what is replicated comes last, by common prefix.

    `shown` are those that get rows, `notes` are told of the others.
    """
    tensors = list(all_tensors if shown is None else shown)
    whole, local = sum(t.bytes for t in all_tensors), sum(t.local_bytes for t in all_tensors)
    head = f"{title}: {plural(len(all_tensors), 'tensor')}, {quantity(whole)}, {quantity(local)} on each device"
    head = "\n".join([head, *(f"  {note}" for note in notes)])
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


def continued(results: Sequence[Tensor], arguments: Sequence[Tensor]) -> tuple[list[str], list[Tensor]]:
    """
    Which results lie as arguments of the same name, as updated state does, in words; and the others.

    A result's name is what follows the entry of the tuple that it is in: `result/0/wi` continues `params/wi`.
    """
    by_tail: dict[tuple[str, str, str], str] = {}
    for argument in arguments:
        name, slash, tail = argument.path.partition("/")
        if slash:
            by_tail[tail, argument.type, argument.layout] = name
    heads: Counter[tuple[str, str]] = Counter()
    new: list[Tensor] = []
    for result in results:
        keys = result.path.split("/")
        depth = 2 if len(keys) > 2 and keys[1].isdigit() else 1
        found = by_tail.get(("/".join(keys[depth:]), result.type, result.layout))
        if found is None:
            new.append(result)
        else:
            heads["/".join(keys[:depth]), found] += 1
    return [f"{head}/... ({plural(count, 'tensor')}) as {name}/..." for (head, name), count in heads.items()], new


def collectives_section(groups: Sequence[Traffic]) -> str:
    """How often each collective runs, how much it carries, and what made it necessary."""
    if not groups:
        return "collectives: none"
    total = sum(group.count for group in groups)
    size = sum(group.bytes for group in groups)
    rows = [[g.kind, g.axes, str(g.count), quantity(g.bytes), _time(g.seconds), main_causes(g)] for g in groups]
    spent = [g.seconds for g in groups if g.seconds is not None]
    took = f", {duration(sum(spent))}" if spent else ""
    heads = ("kind", "axes", "count", "bytes a device", "time", "main causes")
    shown = _without_times(heads, rows, right=("count", "bytes a device", "time"))
    return f"collectives: {total}, {quantity(size)} on each device{took}\n{shown}"


def _time(seconds: float | None) -> str:
    return "" if seconds is None else duration(seconds)


def _without_times(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str]) -> str:
    """A table without the column of times where none are known."""
    at = heads.index("time")
    if any(row[at] for row in rows):
        return table(heads, rows, right)
    return table([*heads[:at], *heads[at + 1 :]], [[*row[:at], *row[at + 1 :]] for row in rows], right)


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
            _time(entry.get("seconds")),
            entry["type"].removeprefix("tensor<").removesuffix(">"),
            cause_text(entry),
        ]
        for number, entry in enumerate(plan.collective_list(), 1)
    ]
    heads = ("#", "kind", "axes", "times", "bytes a device", "time", "type", "cause")
    return f"in program order\n{_without_times(heads, rows, right=('#', 'times', 'bytes a device', 'time'))}"
