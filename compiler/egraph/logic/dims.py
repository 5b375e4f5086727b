"""Dimensions as groups of indices, so that reshapes which split or merge them vanish."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

Indices = tuple[int, ...]
Group = Indices
"""The indices of one dimension, major to minor; none for a dimension of one element."""
Dims = tuple[Group, ...]


def flat(dims: Dims) -> Indices:
    """All indices, in order."""
    return tuple(index for group in dims for index in group)


def plain(dims: Dims) -> bool:
    """Whether each dimension is one index."""
    return all(len(group) == 1 for group in dims)


class Splits:
    """The indices of a tree: their sizes, and which of them turned out to be several."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.parts: dict[int, tuple[int, int]] = {}

    def new(self, size: int) -> int:
        self.sizes.append(size)
        return len(self.sizes) - 1

    def whole(self, group: Group) -> Group:
        """A group by the finest parts."""
        return tuple(
            part for index in group for part in (self.whole(self.parts[index]) if index in self.parts else (index,))
        )

    def regrouped(self, dims: Dims, shape: Sequence[int]) -> Dims | None:
        """
        The same elements, in the same order, as dimensions of other sizes; None if their borders do not match.

        (8, 64) as one dimension of 512 is the group of both; 512 as (8, 64) splits the index of the former.
        """
        left = list(self.whole(flat(dims)))
        found: list[Group] = []
        for size in shape:
            group: list[int] = []
            while size > 1:
                if not left:
                    return None
                index = left.pop(0)
                have = self.sizes[index]
                if have > size:
                    if have % size:
                        return None
                    major, minor = self.new(size), self.new(have // size)
                    self.parts[index] = (major, minor)
                    left.insert(0, minor)
                    index, have = major, size
                if size % have:
                    return None
                group.append(index)
                size //= have
            found.append(tuple(group))
        return tuple(found) if prod(self.sizes[index] for index in left) == 1 else None
