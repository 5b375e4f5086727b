"""all_to_all: an axis leaves the minor end of one dimension and arrives at the minor end of another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from eggshard.egraph.terms import Axes, at, replaced, rule


def rules(axes: Axes, arities: Iterable[int]) -> Iterator[str]:
    """At(t, .. e ..) = all_to_all(At(t, .. d ..)); a device's share stays as large as it was"""
    for axis in range(len(axes)):
        source = replaced(axes.columns(), axis, "d")
        target = replaced(axes.columns(), axis, "e")
        between = replaced(axes.columns(), axis, "0")
        facts = [
            f"(= x {at('t', source, 'o')})",
            f"(movable {axis} {' '.join(source)} o)",
            "(kind t k)",
            f"(layout k {' '.join(target)} p)",
            "(!= d e)",
            f"(movable {axis} {' '.join(target)} p)",
            f"(normal {' '.join(between)} o q)",
            f"(normal {' '.join(between)} p q)",
        ]
        yield rule("all_to_all", facts, [f"(union {at('t', target, 'p')} (AllToAll {axis} e x))"])
