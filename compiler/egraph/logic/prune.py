"""
Drops forms that no plan will take, before they become pieces.

A form is kept if some way to make the island's result by it takes at most `SLACK` times the work of the program as
written on one device. More work may still pay over a mesh, where it saves communication; several times as much does
not, and each form makes the choice harder.
"""

from __future__ import annotations

from eggshard.egraph.logic.islands import Island
from eggshard.egraph.logic.saturate import Form, Forms

SLACK = 1.5
INTENSITY = 64
"""Multiplications that take as long as one element read or written: accelerators have 50 to 300."""


def pruned(island: Island, forms: Forms) -> Forms | None:
    """The forms worth considering; None if only the one that is written is."""
    inside = _inside(island, forms)
    through = _through(island, forms, inside)
    limit = SLACK * _written(island, forms)
    kept: list[list[Form]] = []
    written: list[int] = []
    for c, made in enumerate(forms.forms):
        first = forms.first[c]
        order = [n for n, work in enumerate(through[c]) if work <= limit or n == first]
        kept.append([made[n] for n in order])
        written.append(order.index(first) if first in order else -1)
    return _reached(Forms(forms.root, forms.masks, kept, forms.leaves, forms.written, written))


def work(island: Island, forms: Forms, form: Form, c: int) -> float:
    """Elements read and written, and multiplications at their rate."""
    masks = [forms.masks[operand] for operand in form.operands]
    moved = sum(island.elements(mask) for mask in (*masks, forms.masks[c]))
    if form.kind != "product":
        return float(moved)
    return moved + island.elements(masks[0] | masks[1]) / INTENSITY


def _inside(island: Island, forms: Forms) -> list[float]:
    """The least work to make each class."""
    least: list[float] = []
    for c, made in enumerate(forms.forms):
        ways = [work(island, forms, form, c) + sum(least[o] for o in form.operands) for form in made]
        least.append(min(ways) if ways and forms.leaves[c] is None else 0.0 if forms.leaves[c] else float("inf"))
    return least


def _through(island: Island, forms: Forms, inside: list[float]) -> list[list[float]]:
    """Per form the least work to make the root by way of it."""
    outside = [float("inf")] * len(inside)
    outside[forms.root] = 0.0
    through: list[list[float]] = [[] for _ in inside]
    for c in reversed(range(len(inside))):
        for form in forms.forms[c]:
            own = outside[c] + work(island, forms, form, c)
            below = sum(inside[operand] for operand in form.operands)
            through[c].append(own + below)
            for operand in form.operands:
                outside[operand] = min(outside[operand], own + below - inside[operand])
    return through


def _written(island: Island, forms: Forms) -> float:
    """The work of the program as it is written, where each class is made once."""
    total, seen, left = 0.0, set(), [forms.root]
    while left:
        c = left.pop()
        if c in seen or not forms.forms[c]:
            continue
        seen.add(c)
        form = forms.forms[c][max(forms.first[c], 0)]
        total += work(island, forms, form, c)
        left.extend(form.operands)
    return total


def _reached(forms: Forms) -> Forms | None:
    """Only classes that the root still reads, numbered anew."""
    needed = {forms.root}
    for c in reversed(range(len(forms.masks))):
        if c in needed:
            needed.update(operand for form in forms.forms[c] for operand in form.operands)
    if not any(len(forms.forms[c]) > 1 for c in needed):
        return None
    order = sorted(needed)
    number = {c: n for n, c in enumerate(order)}
    return Forms(
        number[forms.root],
        [forms.masks[c] for c in order],
        [[Form(form.kind, tuple(number[o] for o in form.operands)) for form in forms.forms[c]] for c in order],
        [forms.leaves[c] for c in order],
        [forms.written[c] for c in order],
        [forms.first[c] for c in order],
    )
