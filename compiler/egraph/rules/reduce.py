"""The ends of a reduction: its terms are combined on every device, or each device combines its part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from eggshard.egraph.codes import LAST_DIMENSION
from eggshard.egraph.terms import Axes, at, replaced, rule


def rules(axes: Axes, arities: Iterable[int]) -> Iterator[str]:
    """
    At(t, .. 0 ..) = all_reduce(At(t, .. partial ..))
    At(t, .. d ..) = reduce_scatter(At(t, .. partial ..))
    """
    for axis in range(len(axes)):
        terms = replaced(axes.columns(), axis, "z")
        whole = replaced(axes.columns(), axis, "0")
        cut = replaced(axes.columns(), axis, "d")
        partial = [f"(= e {at('t', terms, 'o')})", f"(> z {LAST_DIMENSION})", "(kind t k)"]
        yield rule("reduce", partial, [f"(union {at('t', whole, 'o')} (AllReduce {axis} e))"])
        facts = [
            *partial,
            f"(layout k {' '.join(cut)} p)",
            f"(movable {axis} {' '.join(cut)} p)",
            f"(normal {' '.join(whole)} p o)",
        ]
        yield rule("reduce", facts, [f"(union {at('t', cut, 'p')} (ReduceScatter {axis} d e))"])
