"""Operands, seen from a block."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

Link = dict[int, int]
"""Block -> node."""
Key = tuple[int, ...]
"""
What an operand is, seen from a block: (LITERAL, value), (INSIDE, class, shift, result) in a class of the same family,
or (OTHER, value). As the role of a whole class also (VARIED,), each member another literal, and (OWN,), each member
another value from outside the family.
"""
LITERAL, INSIDE, OTHER, VARIED, OWN = range(5)


def reference_pair(pairs: Iterable[tuple[Key, Key]]) -> tuple[Key, Key]:
    """The most common pair in whatever order, of equally common ones the first."""
    votes = Counter(pair if pair[0] <= pair[1] else (pair[1], pair[0]) for pair in pairs)
    return votes.most_common(1)[0][0]


def flip(pair: tuple[Key, Key], reference: tuple[Key, Key]) -> int:
    """Whether (1 or 0) a pair agrees better with another one when it is turned around."""
    straight = (pair[0] == reference[0]) + (pair[1] == reference[1])
    crossed = (pair[0] == reference[1]) + (pair[1] == reference[0])
    return int(crossed > straight)


def largest(groups: Mapping[int, object]) -> list[int]:
    """The blocks of the largest group, in order."""
    blocks: dict[object, list[int]] = defaultdict(list)
    for b, group in groups.items():
        blocks[group].append(b)
    return max(blocks.values(), key=len, default=[])
