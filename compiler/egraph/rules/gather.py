"""
all_gather: an axis that is the minor one of its dimension leaves it.

Only the minor one: what a gather over the major axis of a dimension joins is not contiguous.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from eggshard.egraph.terms import Axes, at, replaced, rule


def rules(axes: Axes, arities: Iterable[int]) -> Iterator[str]:
    """At(t, .. 0 ..) = all_gather(At(t, .. d ..))"""
    for axis in range(len(axes)):
        cut = replaced(axes.columns(), axis, "d")
        whole = replaced(axes.columns(), axis, "0")
        facts = [
            f"(= e {at('t', cut, 'o')})",
            "(kind t k)",
            f"(movable {axis} {' '.join(cut)} o)",
            f"(normal {' '.join(whole)} o p)",
        ]
        yield rule("gather", facts, [f"(union {at('t', whole, 'p')} (AllGather {axis} e))"])
