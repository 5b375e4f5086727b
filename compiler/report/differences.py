"""How two plans differ, for people and for machines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from eggshard.plans import Plan
from eggshard.plans.difference import Changed, Difference, Exchange, Moved
from eggshard.report.paths import grouped
from eggshard.report.text import duration, plural, quantity, table

SOURCES = 2
"""How many lines of a group of ops are named."""
CHANGES = 3
"""How many changes of the ops of one kind get a row."""
FIRST = ("dot_general", "convolution")
"""Kinds that decide most."""
Names = tuple[str, str]


def difference_text(found: Difference, names: Names) -> str:
    """Every section that has something to say; a sentence if none has."""
    if found.equal:
        return "the plans are equal"
    parts = [*_predicted(found.plans, names)]
    if found.decides_alike:
        return "\n\n".join(["the plans decide alike; what is predicted of them differs", *parts])
    parts += _meshes(found.plans, names)
    parts += _moved("arguments", found.arguments, names)
    parts += _moved("results", found.results, names)
    parts += _changed(found.ops, names)
    parts.append(_exchanged(found.exchanges, names))
    return "\n\n".join(parts)


def difference_json(found: Difference) -> dict[str, Any]:
    """The same for machines; pairs are lists of two."""
    return {
        "equal": found.equal,
        "decides_alike": found.decides_alike,
        "mesh": [plan.mesh.axes for plan in found.plans],
        "seconds_predicted": [plan.seconds for plan in found.plans],
        "bound_seconds": [plan.bound_seconds for plan in found.plans],
        "peak_bytes": [plan.peak_bytes for plan in found.plans],
        "peak": [None if plan.predicted is None else plan.predicted.peak.by_category for plan in found.plans],
        "arguments": [asdict(moved) for moved in found.arguments],
        "results": [asdict(moved) for moved in found.results],
        "ops": [asdict(changed) for changed in found.ops],
        "collectives": [asdict(each) for each in found.exchanges if not each.alike],
    }


def _meshes(plans: tuple[Plan, Plan], names: Names) -> list[str]:
    if plans[0].mesh == plans[1].mesh:
        return []
    return ["mesh\n" + table(names, [[str(plan.mesh) for plan in plans]])]


def _predicted(plans: tuple[Plan, Plan], names: Names) -> list[str]:
    """Times and bytes beside each other, with their ratio; nothing if neither plan was searched."""
    rows = [
        ["step", *_pair([plan.seconds for plan in plans], duration)],
        ["  ops", *_pair([p.predicted.op_seconds if p.predicted else None for p in plans], duration)],
        ["  reshards", *_pair([_exchange_seconds(plan) for plan in plans], duration)],
        ["bound", *_pair([plan.bound_seconds for plan in plans], duration)],
        ["peak memory", *_pair([plan.peak_bytes for plan in plans], quantity)],
    ]
    peaks = [plan.predicted.peak.by_category if plan.predicted else {} for plan in plans]
    rows += [
        [f"  {category}", *_pair([peak.get(category, 0) for peak in peaks], quantity)]
        for category in dict.fromkeys([*peaks[0], *peaks[1]])
        if any(peak.get(category) for peak in peaks)
    ]
    rows = [row for row in rows if any(row[1:])]
    heads = ("predicted", *names, "ratio")
    return [table(heads, rows, right=heads[1:])] if rows else []


def _exchange_seconds(plan: Plan) -> float | None:
    return None if plan.predicted is None else max(0.0, plan.predicted.seconds - plan.predicted.op_seconds)


def _pair(values: Sequence[Any], text: Callable[[Any], str]) -> list[str]:
    """Both as text, and how much the second is of the first."""
    shown = ["" if value is None else text(value) for value in values]
    known = all(value is not None for value in values) and values[0]
    return [*shown, f"{values[1] / values[0]:.2f}x" if known else ""]


def _moved(title: str, moved: Sequence[Moved], names: Names) -> list[str]:
    """A row for those that move alike, repeated layers as `layer_*`."""
    if not moved:
        return []
    groups = grouped([each.path for each in moved], range(len(moved)), [each.layouts for each in moved])
    rows = []
    for group in groups:
        members = [moved[i] for i in group.members]
        types = {member.type for member in members}
        kind = types.pop() if len(types) == 1 else ""
        rows.append([group.pattern, str(len(members)), kind, *map(_layout, members[0].layouts)])
    head = f"{title}: {len(moved)} lie otherwise" if len(moved) > 1 else f"{title}: 1 lies otherwise"
    return [f"{head}\n{table(('path', 'tensors', 'type', *names), rows, right=('tensors',))}"]


def _layout(layout: str) -> str:
    return layout if layout.strip("-,") else "replicated"


def _changed(ops: Sequence[Changed], names: Names) -> list[str]:
    """By kind, contractions first, of each kind the most frequent changes."""
    if not ops:
        return []
    by_kind: dict[str, list[Changed]] = {}
    for change in ops:
        by_kind.setdefault(change.kind, []).append(change)
    kinds = sorted(by_kind, key=lambda kind: (kind not in FIRST, -_total(by_kind[kind]), kind))
    rows = [row for kind in kinds for row in _rows(by_kind[kind])]
    head = f"ops: {_total(ops)} done otherwise"
    return [f"{head}\n{table(('kind', 'ops', *names, 'where'), rows, right=('ops',))}"]


def _rows(changes: Sequence[Changed]) -> list[list[str]]:
    rows = [
        [change.kind, str(change.count), *(text or "no such op" for text in change.strategies), _sources(change)]
        for change in changes[:CHANGES]
    ]
    rest = changes[CHANGES:]
    return [*rows, [changes[0].kind, str(_total(rest)), f"{len(rest)} other changes", "", ""]] if rest else rows


def _total(changes: Sequence[Changed]) -> int:
    return sum(change.count for change in changes)


def _sources(change: Changed) -> str:
    named = [line if times == 1 else f"{line} (x{times})" for line, times in change.sources[:SOURCES] if line]
    rest = len(change.sources) - SOURCES
    return "; ".join(named) + (f"; {rest} more" if rest > 0 else "")


def _exchanged(exchanges: Sequence[Exchange], names: Names) -> str:
    """Those that differ, with totals of all."""
    counts = [sum(each.counts[side] for each in exchanges) for side in (0, 1)]
    sizes = [sum(each.bytes[side] for each in exchanges) for side in (0, 1)]
    head = (
        f"collectives: {counts[0]} and {counts[1]}, {quantity(sizes[0])} and {quantity(sizes[1])} on each device"
        if exchanges
        else "collectives: none in either plan"
    )
    rows = [
        [
            *(each.kind, each.axes),
            *map(str, each.counts),
            *map(quantity, each.bytes),
            *("" if seconds is None else duration(seconds) for seconds in each.seconds),
            each.cause,
        ]
        for each in exchanges
        if not each.alike
    ]
    alike = len(exchanges) - len(rows)
    if not rows:
        return f"{head}; alike" if exchanges else head
    if alike:
        head += f"; {plural(alike, 'row')} alike not shown"
    measures = ("count", "bytes", "time")
    heads = ("kind", "axes", *(f"{m} {side}" for m in measures for side in ("a", "b")), "cause")
    legend = f"  a: {names[0]}, b: {names[1]}"
    return f"{head}\n{legend}\n{table(heads, rows, right=heads[2:-1])}"
