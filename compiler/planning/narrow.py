"""
A decision with fewer strategies, chosen along mesh axes.

Every axis multiplies the strategies of an op and the layouts of a tensor by five or so, and tables by its square. Two
narrower spaces hold what a good plan looks like: those in which some axes always do the same, as one axis of their
joint size; and those in which every op and tensor differs from a given choice in what at most one axis does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import numpy.typing as npt

from eggshard.cost.batch import Ints
from eggshard.planning.strategies import Space, States
from eggshard.planning.variables import Decision

Mask = npt.NDArray[np.bool_]


@dataclass
class Narrowed:
    """A decision over `kept[v]`, numbers of strategies of the whole one, ascending."""

    decision: Decision
    kept: list[Ints]

    def whole(self, choice: Ints) -> Ints:
        """A choice of the narrowed decision as one of the whole."""
        return np.array([kept[s] for kept, s in zip(self.kept, choice, strict=True)], np.int64)

    def part(self, choice: Ints) -> Ints:
        """A choice of the whole decision whose strategies are all kept as one of the narrowed one."""
        pairs = zip(self.kept, choice, strict=True)
        return np.array([np.searchsorted(kept, s) for kept, s in pairs], np.int64)


def narrowed(decision: Decision, masks: Sequence[Mask]) -> Narrowed:
    """The decision with the strategies that `masks` allow; a variable that it allows none keeps all."""
    kept = [np.flatnonzero(mask) if mask.any() else np.arange(len(mask)) for mask in masks]
    variables = [
        replace(
            variable,
            strategies=len(keep),
            costs=variable.costs[keep],
            held=variable.held[keep],
            places=variable.places[keep] if len(variable.places) else variable.places,
        )
        for variable, keep in zip(decision.variables, kept, strict=True)
    ]
    links = [
        replace(
            link,
            sources=link.sources[kept[link.first]],
            targets=link.targets[kept[link.second]],
            alias=None if link.alias is None else link.alias[kept[link.second]],
        )
        for link in decision.links
    ]
    return Narrowed(replace(decision, variables=variables, links=links), kept)


def entries(decision: Decision) -> int:
    """Table entries of its choice problem."""
    return sum(len(link.sources) * len(link.targets) for link in decision.links)


def columns(decision: Decision, space: Space, outline_kinds: Sequence[int], axes: int) -> list[Ints]:
    """
    Per variable what each mesh axis does under each strategy: [strategies, axes], equal numbers for equal deeds.

    `outline_kinds[t]` is the number of tensor t's kind. Where a site does nothing at all, and where there is no copy,
    every axis does -1.
    """
    codes = [np.array([code[:axes] for code in kind.codes] + [(-1,) * axes], np.int64) for kind in space.kinds.values()]
    rows: dict[int, Ints] = {}
    found = []
    for variable in decision.variables:
        if variable.site >= 0:
            states = space.states(variable.site)
            if id(states) not in rows:
                rows[id(states)] = _rows(states, axes)
            found.append(rows[id(states)])
        else:
            found.append(codes[outline_kinds[variable.tensor]][variable.places])
    return found


def _rows(states: States, axes: int) -> Ints:
    """The factor row of each axis, apart for each way."""
    found = np.full((len(states.way), axes), -1, np.int64)
    first = 0
    for way, choices in enumerate(states.choices):
        taken = np.flatnonzero(states.way == way)
        chosen = np.array(choices.chosen, np.int64).reshape(-1, axes + 1)[:, :axes]
        found[taken] = chosen[states.index[taken]] + first * (chosen[states.index[taken]] > 0)
        first += len(choices.table.rows)
    return found


def groupings(axes: int) -> Iterator[tuple[int, ...]]:
    """All ways to put mesh axes into two groups: the group of each axis, the first axis in group 0."""
    for rest in product((0, 1), repeat=axes - 1):
        if any(rest):
            yield (0, *rest)


def grouped(found: Sequence[Ints], groups: tuple[int, ...]) -> list[Mask]:
    """The strategies under which the axes of each group do the same."""
    first = [groups.index(group) for group in groups]
    cache: dict[int, Mask] = {}
    masks = []
    for each in found:
        if id(each) not in cache or len(cache[id(each)]) != len(each):
            cache[id(each)] = np.all(each == each[:, first], axis=1)
        masks.append(cache[id(each)])
    return masks


def around(found: Sequence[Ints], choices: Sequence[Ints]) -> list[Mask]:
    """
    The strategies that differ from the first of the `choices` in at most one axis, and those of all of them.

    Doing nothing is always among them; where it is what is chosen, so are strategies in which one axis does something.
    """
    masks = []
    for variable, each in enumerate(found):
        now = np.maximum(each[choices[0][variable]], 0)
        mask: Mask = (each != now).sum(axis=1) <= 1
        mask |= (each < 0).all(axis=1)
        mask[[choice[variable] for choice in choices]] = True
        masks.append(mask)
    return masks
