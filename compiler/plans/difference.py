"""How two plans for one model differ: layouts, strategies, collectives, and what is predicted of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from eggshard.diagnostics import DiagnosticError
from eggshard.plans.parts import OpPlan, Port
from eggshard.plans.plan import Plan


@dataclass(frozen=True)
class Moved:
    """An argument or result that lies otherwise: its path and type, and its layout in each plan."""

    path: str
    type: str
    layouts: tuple[str, str]


@dataclass(frozen=True)
class Changed:
    """
    Ops of one kind that change alike: how many, what they do in each plan (`data: i`, or where their results lie if
    only that differs; None in the plan that has no such op), and their lines with how many stand on each.
    """

    kind: str
    count: int
    strategies: tuple[str | None, str | None]
    sources: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Exchange:
    """
    Collectives of one kind, axes and cause, in each plan: how often they run, bytes of a device, and seconds (None
    where a plan does not know them).
    """

    kind: str
    axes: str
    cause: str
    counts: tuple[int, int]
    bytes: tuple[int, int]
    seconds: tuple[float | None, float | None]

    @property
    def alike(self) -> bool:
        return self.counts[0] == self.counts[1] and self.bytes[0] == self.bytes[1]


@dataclass(frozen=True)
class Difference:
    """What differs between two plans; `exchanges` are all collectives, alike or not."""

    plans: tuple[Plan, Plan]
    arguments: tuple[Moved, ...]
    results: tuple[Moved, ...]
    ops: tuple[Changed, ...]
    exchanges: tuple[Exchange, ...]

    @property
    def decides_alike(self) -> bool:
        """Whether both plans lead to the same per-device program."""
        first, second = self.plans
        moved = self.arguments or self.results or self.ops or not all(each.alike for each in self.exchanges)
        return not moved and first.mesh == second.mesh and first.rewrites == second.rewrites

    @property
    def equal(self) -> bool:
        """Whether they are also predicted to take the same."""
        first, second = (plan.predicted for plan in self.plans)
        if first is None or second is None:
            return self.decides_alike and first is second
        return self.decides_alike and (first.seconds, first.peak.bytes) == (second.seconds, second.peak.bytes)


def difference(first: Plan, second: Plan) -> Difference:
    """
    Compares two plans.

    Raises DiagnosticError if they are for different models.
    """
    if first.fingerprint != second.fingerprint:
        raise DiagnosticError(
            f"one plan is for model {first.fingerprint}, the other for model {second.fingerprint}",
            hint="compare plans for one model",
        )
    return Difference(
        (first, second),
        _moved(first.ports[0], second.ports[0]),
        _moved(first.ports[1], second.ports[1]),
        _changed(first.ops, second.ops),
        _exchanges(first.collective_list(), second.collective_list()),
    )


def _moved(first: Sequence[Port], second: Sequence[Port]) -> tuple[Moved, ...]:
    other = {port.path: port.layout for port in second}
    return tuple(
        Moved(port.path, port.type, (port.layout, other[port.path]))
        for port in first
        if port.path in other and other[port.path] != port.layout
    )


def _changed(first: Sequence[OpPlan], second: Sequence[OpPlan]) -> tuple[Changed, ...]:
    """Ops are paired by kind, line and type, in order; rewriting may leave some without a partner."""
    groups: dict[tuple[str, str | None, str | None], Counter[str]] = {}
    others = _numbered(second)
    for key, op in _numbered(first).items():
        other = others.pop(key, None)
        if other is None or _decided(op) != _decided(other):
            groups.setdefault((op.kind, *_told(op, other)), Counter())[op.source] += 1
    for op in others.values():
        groups.setdefault((op.kind, *_told(None, op)), Counter())[op.source] += 1
    found = [
        Changed(kind, sources.total(), (before, after), tuple(sources.most_common()))
        for (kind, before, after), sources in groups.items()
    ]
    return tuple(sorted(found, key=lambda change: (change.kind, -change.count)))


def _decided(op: OpPlan) -> tuple[str, tuple[str, ...]]:
    return op.strategy, op.layouts


def _numbered(ops: Iterable[OpPlan]) -> dict[tuple[str, str, str, int], OpPlan]:
    seen: Counter[tuple[str, str, str]] = Counter()
    found = {}
    for op in ops:
        key = (op.kind, op.source, op.type)
        found[*key, seen[key]] = op
        seen[key] += 1
    return found


def _told(op: OpPlan | None, other: OpPlan | None) -> tuple[str | None, str | None]:
    """What each does, in the terms in which they differ."""
    if op is not None and other is not None and op.strategy == other.strategy:
        return "; ".join(op.layouts) or "replicated", "; ".join(other.layouts) or "replicated"
    return None if op is None else strategy_of(op), None if other is None else strategy_of(other)


def strategy_of(op: OpPlan) -> str:
    """`data: i, model: j`; 'replicated' where it tiles nothing."""
    inside = op.strategy.removeprefix("<").removesuffix(">").partition(", ")[2]
    return inside.replace("{", "", 1).replace("}", "", 1) or "replicated"


def _exchanges(first: Sequence[dict[str, Any]], second: Sequence[dict[str, Any]]) -> tuple[Exchange, ...]:
    sides = [_by_cause(first), _by_cause(second)]
    found = []
    for key in dict.fromkeys([*sides[0], *sides[1]]):
        one, other = (side.get(key, (0, 0, 0.0)) for side in sides)
        found.append(Exchange(*key, (one[0], other[0]), (one[1], other[1]), (one[2], other[2])))
    return tuple(sorted(found, key=lambda each: (-max(s or 0.0 for s in each.seconds), -max(each.bytes))))


def _by_cause(entries: Sequence[dict[str, Any]]) -> dict[tuple[str, str, str], tuple[int, int, float | None]]:
    from eggshard.report.summary import cause_text, seconds_of

    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for entry in entries:
        groups.setdefault((entry["kind"], "+".join(entry["axes"]), cause_text(entry)), []).append(entry)
    return {
        key: (
            sum(entry["times"] for entry in members),
            sum(entry["bytes"] * entry["times"] for entry in members),
            seconds_of(members),
        )
        for key, members in groups.items()
    }
