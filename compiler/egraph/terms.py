"""How rules are written: patterns over layouts with one column per mesh axis, as egglog text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True)
class Axes:
    """The sizes of the mesh axes, each of more than one device."""

    sizes: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.sizes)

    def columns(self, letter: str = "c") -> list[str]:
        """One variable per axis: c0 c1 ..."""
        return [f"{letter}{axis}" for axis in range(len(self))]

    def partitions(self) -> Iterator[list[list[int]]]:
        """Every way to group the axes; those of one group tile the same factor."""
        yield from _partitions(list(range(len(self))))

    def span(self, group: Sequence[int]) -> int:
        total = 1
        for axis in group:
            total *= self.sizes[axis]
        return total

    def alike(self) -> list[tuple[int, int]]:
        """Pairs of axes of equal size."""
        return [(a, b) for a, b in combinations(range(len(self)), 2) if self.sizes[a] == self.sizes[b]]


def _partitions(items: list[int]) -> Iterator[list[list[int]]]:
    if not items:
        yield []
        return
    head, *tail = items
    for smaller in _partitions(tail):
        yield [[head], *smaller]
        for index in range(len(smaller)):
            yield [*smaller[:index], [head, *smaller[index]], *smaller[index + 1 :]]


def replaced(columns: Sequence[str], axis: int, by: str) -> list[str]:
    """The columns with that of one axis exchanged."""
    return [by if index == axis else column for index, column in enumerate(columns)]


def at(tensor: str, columns: Sequence[str], order: str) -> str:
    """The class of a tensor in a layout."""
    return f"(At {tensor} {' '.join(columns)} {order})"


def rule(ruleset: str, facts: Sequence[str], actions: Sequence[str]) -> str:
    """One rule in egglog's syntax."""
    return f"(rule ({' '.join(facts)})\n      ({' '.join(actions)})\n      :ruleset {ruleset})"
