"""
collective_permute: shares change devices whole, as where axes of one dimension change order or change places.

S + S^T with S cut on both dimensions costs 1.1 times as much without it on a mesh of 2x2, 1.7 times on 2x2x2
(`symmetrised` of `tools/bench/ablation.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from eggshard.egraph.codes import LAST_DIMENSION
from eggshard.egraph.terms import Axes, at, rule

REORDER = "-1 -1"
"""In the place of the two axes that change places."""


def rules(axes: Axes, arities: Iterable[int]) -> Iterator[str]:
    """
    At(t, c.., 1) = permute(At(t, c.., 0)) and back
    At(t, .. d .. e ..) = permute(At(t, .. e .. d ..)) over two axes of equal size, neither of them partial
    """
    columns = axes.columns()
    for old, new in ((0, 1), (1, 0)):
        facts = [f"(= x {at('t', columns, str(old))})", "(kind t k)", f"(layout k {' '.join(columns)} {new})"]
        yield rule("permute", facts, [f"(union {at('t', columns, str(new))} (Permute {REORDER} x))"])
    for a, b in axes.alike():
        swapped = list(columns)
        swapped[a], swapped[b] = swapped[b], swapped[a]
        facts = [
            f"(= x {at('t', columns, 'o')})",
            f"(!= c{a} c{b})",
            f"(<= c{a} {LAST_DIMENSION})",
            f"(<= c{b} {LAST_DIMENSION})",
            "(kind t k)",
            f"(layout k {' '.join(swapped)} o)",
        ]
        yield rule("permute", facts, [f"(union {at('t', swapped, 'o')} (Permute {a} {b} x))"])
