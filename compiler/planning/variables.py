"""
What is decided: a strategy per op, and a place for each tensor that several read.

A tensor read once goes straight from its maker to its reader. Otherwise it has a home, and readers that stand close
together and want it elsewhere share one copy. A copy that lies as its home does is none, and holds no memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from eggshard.cost.batch import Ints
from eggshard.planning.outline import Outline, Tensor, Use
from eggshard.planning.strategies import Space, key_of

WINDOW = 32
"""Readers at most so many ops apart share a copy; the same window as in share-reshards."""


@dataclass
class Variable:
    """
    A node of the choice problem.

    `places[s]` is the layout in which strategy s keeps its tensor (homes and copies; -1: there is none); `held[s]` the
    bytes that it holds in steps [start, end).
    """

    strategies: int
    costs: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
    held: Ints
    start: int
    end: int
    places: Ints
    site: int = -1
    tensor: int = -1
    copy: bool = False


@dataclass
class Link:
    """
    Layouts on both sides of a way that a tensor goes, `times` times: `sources[s]`, `targets[s]` are layouts of `kind`,
    -1 where there is no tensor, or none is read.

    A strategy of a copy that is no copy (`alias[s]`) must lie where its home does.
    """

    first: int
    second: int
    kind: int
    sources: Ints
    targets: Ints
    times: float
    alias: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] | None = None


@dataclass
class Decision:
    """The variables and links of a program; `of_site` and `home` say which variable decides what (-1: none)."""

    variables: list[Variable] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    of_site: list[int] = field(default_factory=list)
    home: list[int] = field(default_factory=list)


def decision(outline: Outline, space: Space, pins: dict[int, list[int]]) -> Decision:
    """
    Everything to be decided about a program.

    `pins` are the layouts that tensors with homes may take, where a user or the program says so.
    """
    return _Builder(outline, space, pins).run()


class _Builder:
    def __init__(self, outline: Outline, space: Space, pins: dict[int, list[int]]):
        self.outline, self.space, self.pins = outline, space, pins
        self.kinds = list(space.kinds.values())
        self.number = {key: index for index, key in enumerate(space.kinds)}
        self.out = Decision()
        self.tensors = outline.tensors

    def run(self) -> Decision:
        out = self.out
        out.home = [-1] * len(self.tensors)
        for index in range(len(self.outline.sites)):
            out.of_site.append(self.site(index))
        for index, tensor in enumerate(self.tensors):
            if self.needs_home(index, tensor):
                out.home[index] = self.place(index, tensor, tensor.start, tensor.end)
        for index, tensor in enumerate(self.tensors):
            if tensor.maker is not None and out.home[index] >= 0:
                self.link_maker(index, out.home[index], tensor.times)
        for index, tensor in enumerate(self.tensors):
            for group in grouped(tensor):
                self.readers(index, tensor, group)
        return out

    def needs_home(self, index: int, tensor: Tensor) -> bool:
        return tensor.maker is None or len(tensor.uses) > 1 or index in self.pins

    def site(self, index: int) -> int:
        site = self.outline.sites[index]
        states = self.space.states(index)
        count = len(states.way)
        held, end = np.zeros(count, np.int64), site.position + 1
        for result, tensor in enumerate(site.results):
            if tensor >= 0 and not self.fuses(tensor):
                found = self.tensors[tensor]
                made = states.makes[:, result]
                held += np.where(made >= 0, self.space.kinds[key_of(self.outline, tensor)].held[made], 0)
                if not self.needs_home(tensor, found):
                    end = max(end, found.end)
        self.out.variables.append(
            Variable(
                count,
                states.seconds * site.times,
                held,
                site.position,
                end,
                np.zeros(0, np.int64),
                site=index,
            )
        )
        return len(self.out.variables) - 1

    def fuses(self, tensor: int) -> bool:
        """Whether a result never lies in memory: it is read once, by an op that XLA puts into the same kernel."""
        found = self.tensors[tensor]
        if len(found.uses) != 1 or found.maker is None:
            return False
        use = found.uses[0]
        if use.feeds >= 0:
            return self.tensors[use.feeds].argument >= 0  # written where the argument lay
        sites = [self.outline.sites[number] for number in (found.maker[0], use.site)]
        if any(len(site.ways) > 1 for site in sites):
            return False
        names = (sites[0].op.name, sites[1].op.name)
        return names[0] in FUSING and (names[1] in FUSING or names[1] == "stablehlo.reduce")

    def place(self, index: int, tensor: Tensor, start: int, end: int, copy: bool = False) -> int:
        """A home or a copy of a tensor."""
        kind = self.space.kinds[key_of(self.outline, index)]
        places = np.arange(len(kind.codes))
        if tensor.argument >= 0 or tensor.result >= 0 or (tensor.maker is None and not copy):
            places = places[kind.whole]  # what comes from elsewhere is no sum to be finished here
        if not copy and index in self.pins:
            places = np.array(self.pins[index], np.int64)
        held = kind.held[places]
        if tensor.optional:
            places, held = np.append(places, -1), np.append(held, 0)
        if copy:
            held = np.concatenate([held, np.zeros_like(held)])
            places = np.concatenate([places, places])
        count = len(places)
        self.out.variables.append(Variable(count, np.zeros(count), held, start, end, places, tensor=index, copy=copy))
        return len(self.out.variables) - 1

    def link_maker(self, index: int, variable: int, times: float) -> None:
        """From the op that makes a tensor to where it is kept."""
        maker = self.tensors[index].maker
        assert maker is not None
        site, result = maker
        made = self.space.states(site).makes[:, result]
        places = self.out.variables[variable].places
        self.link(self.out.of_site[site], variable, index, made, places, times)

    def link(
        self,
        first: int,
        second: int,
        tensor: int,
        sources: Ints,
        targets: Ints,
        times: float,
        alias: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] | None = None,
    ) -> None:
        kind = self.number[key_of(self.outline, tensor)]
        self.out.links.append(Link(first, second, kind, sources, targets, times, alias))

    def readers(self, index: int, tensor: Tensor, group: list[Use]) -> None:
        """From a tensor, through a copy if several share one, to those that read it."""
        home = self.out.home[index]
        source = home
        if home >= 0 and self.copies(tensor, group):
            start, end = group[0].position, max(self.reach(tensor, use) for use in group)
            source = self.place(index, tensor, start, end, copy=True)
            kept, copied = self.out.variables[home], self.out.variables[source]
            alias = np.arange(copied.strategies) >= copied.strategies // 2
            once = min(tensor.times, *(use.times for use in group)) if len(group) > 1 else tensor.times
            self.link(home, source, index, kept.places, copied.places, once, alias)
        for use in group:
            times = use.times
            if use.feeds >= 0:
                second, targets = self.out.home[use.feeds], self.out.variables[self.out.home[use.feeds]].places
            else:
                second = self.out.of_site[use.site]
                targets = self.space.states(use.site).reads(use.way, use.operand)
            if source >= 0:
                self.link(source, second, index, self.out.variables[source].places, targets, times)
            else:
                assert tensor.maker is not None
                site, result = tensor.maker
                made = self.space.states(site).makes[:, result]
                self.link(self.out.of_site[site], second, index, made, targets, times)

    def copies(self, tensor: Tensor, group: list[Use]) -> bool:
        """Whether a group of readers gets a place of its own beside the home."""
        if any(use.loop >= 0 for use in group):
            return True  # read in a loop, brought there once
        if len(group) == 1:
            return False
        return tensor.maker is None or len(group) < len(tensor.uses)

    def reach(self, tensor: Tensor, use: Use) -> int:
        return tensor.end if use.loop >= 0 else use.position + 1


def grouped(tensor: Tensor) -> list[list[Use]]:
    """Readers in groups that stand close together and read as often; those in one loop are a group."""
    groups: list[list[Use]] = []
    for use in sorted(tensor.uses, key=lambda use: use.position):
        last = groups[-1][-1] if groups else None
        if last is not None and _together(last, use):
            groups[-1].append(use)
        else:
            groups.append([use])
    return groups


def _together(one: Use, other: Use) -> bool:
    if one.loop != other.loop:
        return False
    return one.loop >= 0 or (one.times == other.times and other.position - one.position <= WINDOW)


def _fusing() -> frozenset[str]:
    from eggshard.cost.batch import Category
    from eggshard.cost.features import CATEGORIES

    return frozenset(n for n, c in CATEGORIES.items() if c in (Category.ELEMENTWISE, Category.FREE))


FUSING = _fusing()
