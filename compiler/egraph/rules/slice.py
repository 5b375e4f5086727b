"""slice: each device keeps its part along an axis, which becomes the minor one of its dimension."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from eggshard.egraph.terms import Axes, at, replaced, rule


def rules(axes: Axes, arities: Iterable[int]) -> Iterator[str]:
    """At(t, .. d ..) = slice(At(t, .. 0 ..)); nothing is sent"""
    for axis in range(len(axes)):
        whole = replaced(axes.columns(), axis, "0")
        cut = replaced(axes.columns(), axis, "d")
        facts = [
            f"(= e {at('t', whole, 'o')})",
            "(kind t k)",
            f"(layout k {' '.join(cut)} p)",
            f"(movable {axis} {' '.join(cut)} p)",
            f"(normal {' '.join(whole)} p o)",
        ]
        yield rule("slice", facts, [f"(union {at('t', cut, 'p')} (Slice {axis} d e))"])
