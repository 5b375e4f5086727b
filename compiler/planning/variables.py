"""
What is decided: a strategy per op, and a place for each tensor that several read.

A tensor read once goes straight from its maker to its reader. Otherwise it has a home, and readers that stand close
together and want it elsewhere share one copy. A copy that lies as its home does is none, and holds no memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from eggshard.cost.batch import Ints
from eggshard.planning.exclusive import Exclusive
from eggshard.planning.outline import Outline, Tensor, Use
from eggshard.planning.strategies import Space, key_of

SAME = -1
WINDOW = 32
"""Readers at most so many ops apart share a copy; the same window as in share-reshards."""


@dataclass
class Variable:
    """
    A node of the choice problem: of a `site`, or of a `tensor`.

    `places[s]` is the layout in which strategy s keeps its tensor (homes and copies; -1: there is none); `held[s]` the
    bytes that it holds in steps [start, end). What only says who reads, or which form is taken, is a copy that holds
    nothing.
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

    A strategy of a copy that is no copy (`alias[s]`) must lie where its home does. With kind `SAME` both sides must say
    the same, whatever the numbers mean.
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
        self.exclusive = Exclusive(outline)

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
        for number in range(len(self.outline.islands)):
            self.form(number)
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
        for rivals in self.exclusive.groups(group):
            if len(rivals) > 1:
                self.reading(index, source, rivals)
            else:
                self.reader(index, source, rivals[0])

    def reader(self, index: int, source: int, use: Use) -> None:
        """From a tensor to one that reads it."""
        if use.feeds >= 0:
            second, targets = self.out.home[use.feeds], self.out.variables[self.out.home[use.feeds]].places
        else:
            second = self.out.of_site[use.site]
            targets = self.space.states(use.site).reads(use.way, use.operand)
        self.link_from(index, source, second, targets, use.times)

    def reading(self, index: int, source: int, rivals: list[Use]) -> None:
        """Who of several exclusive readers reads a tensor, and in which layout, if any of them does."""
        wanted = [self.space.states(use.site).reads(use.way, use.operand) for use in rivals]
        layouts = [np.unique(each[each >= 0]) for each in wanted]
        places = np.concatenate([*layouts, np.array([-1])])
        reader = np.repeat(np.arange(len(rivals) + 1), [*map(len, layouts), 1])
        number = self.says(index, places, rivals[0].position)
        self.link_from(index, source, number, places, rivals[0].times)
        for rival, (use, targets) in enumerate(zip(rivals, wanted, strict=True)):
            mine = np.where(reader == rival, places, -1)
            self.out.links.append(Link(number, self.out.of_site[use.site], SAME, mine, targets, 1.0))

    def form(self, number: int) -> None:
        """Which form of an island is taken."""
        sites, listed = self.outline.islands[number].sites, self.exclusive.forms[number]
        if listed is None:
            return
        last = self.outline.sites[sites[-1]]
        variable = self.says(last.results[0], np.full(len(listed), -1), last.position)
        for piece, site in enumerate(sites):
            self.out.links.append(
                Link(variable, self.out.of_site[site], SAME, listed[:, piece], self.space.states(site).way, 1.0)
            )

    def says(self, tensor: int, places: Ints, position: int) -> int:
        """A variable that holds nothing and costs nothing."""
        costs, held = np.zeros(len(places)), np.zeros(len(places), np.int64)
        self.out.variables.append(
            Variable(len(places), costs, held, position, position, places, tensor=tensor, copy=True)
        )
        return len(self.out.variables) - 1

    def link_from(self, index: int, source: int, second: int, targets: Ints, times: float) -> None:
        """From where a tensor is kept, or from its maker if `source` is -1."""
        if source >= 0:
            self.link(source, second, index, self.out.variables[source].places, targets, times)
            return
        maker = self.tensors[index].maker
        assert maker is not None
        site, result = maker
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
