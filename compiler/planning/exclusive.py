"""
What an island's forms have together, and what they never have.

A form is a way for each piece that is made, down from the result. Where there are not too many, one variable says which
is taken: without it a bound would make half a piece for two halves of forms that both need it whole. Likewise a tensor
that is read by several, of which no form has two, is read by one at most.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eggshard.cost.batch import Ints
from eggshard.planning.outline import Outline, Rewritten, Use

MOST = 512
"""Islands of more forms than this are not listed."""


def forms(rewritten: Rewritten) -> Ints | None:
    """[forms, pieces] the way of each piece in each form, -1 where it is not made; None if there are too many."""
    pieces = rewritten.pieces
    last = len(pieces) - 1
    found: list[tuple[frozenset[int], dict[int, int]]] = [(frozenset([last]), {})]
    for number in reversed(range(len(pieces))):
        following = []
        for needed, ways in found:
            if number not in needed and pieces[number].optional:
                following.append((needed, ways))
                continue
            for way, made in enumerate(pieces[number].ways):
                read = {place for place in made.reads if isinstance(place, int)}
                following.append((needed | read, {**ways, number: way}))
        if len(following) > MOST:
            return None
        found = following
    return np.array([[ways.get(number, -1) for number in range(last + 1)] for _, ways in found], np.int64)


class Exclusive:
    """Which readers of a program's islands never read together; `forms` of each island."""

    def __init__(self, outline: Outline):
        self.place = {site: (number, p) for number, it in enumerate(outline.islands) for p, site in enumerate(it.sites)}
        self.forms = [forms(rewritten) for rewritten in outline.islands]

    def groups(self, uses: Sequence[Use]) -> list[list[Use]]:
        """The uses in groups of pairwise exclusive ones, greedily."""
        found: list[list[Use]] = []
        for use in uses:
            for group in found:
                if all(self.exclude(use, other) for other in group):
                    group.append(use)
                    break
            else:
                found.append([use])
        return found

    def exclude(self, one: Use, other: Use) -> bool:
        if one.site not in self.place or other.site not in self.place:
            return False
        (island, p), (second, q) = self.place[one.site], self.place[other.site]
        listed = self.forms[island]
        if island != second or listed is None:
            return False
        return not bool(((listed[:, p] == one.way) & (listed[:, q] == other.way)).any())
