"""Repetition that shows in the names of the arguments: `params/layer_0/wi`, `params/layer_1/wi`, .."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

NUMBER = re.compile(r"\d+")
LONGEST_PERIOD = 64
"""Of how many elements of a list a block may be made up; a bound on the search, which is quadratic in it."""

ALIKE = 0.6
"""Which part of its arguments a block must have in common with its neighbours to be one of them."""


@dataclass(frozen=True)
class Repeat:
    """Elements start .. start + period * count of a sequence are `count` equal runs of `period` elements."""

    start: int
    period: int
    count: int

    @property
    def covered(self) -> int:
        return self.period * self.count


@dataclass(frozen=True)
class NamedList:
    """
    Arguments whose names differ in one number, cut into blocks that are equal or nearly so.

    `seeds` are the arguments at each place of a block, by block: seeds[i][b] is the one at the i-th place of block b.
    A block that lacks that place, as an odd layer may, is not in seeds[i].
    """

    prefix: str
    period: int
    count: int
    seeds: tuple[dict[int, int], ...]

    @property
    def covered(self) -> int:
        return sum(len(seed) for seed in self.seeds)


def tandem_repeats(sequence: Sequence[Hashable]) -> list[Repeat]:
    """
    Disjoint repeats that cover a sequence well: the one that covers most first, of equal ones the shortest period.

    [a, b, b, b, c, d, c, d] has b three times and (c, d) twice.
    """
    found: list[Repeat] = []
    _search(sequence, 0, len(sequence), found)
    return sorted(found, key=lambda repeat: repeat.start)


def _search(sequence: Sequence[Hashable], low: int, high: int, found: list[Repeat]) -> None:
    best = Repeat(low, 1, 1)
    for period in range(1, min((high - low) // 2, LONGEST_PERIOD) + 1):
        run = 0
        for at in range(low, high - period + 1):
            if at + period < high and sequence[at] == sequence[at + period]:
                run += 1
                continue
            repeat = Repeat(at - run, period, (run + period) // period)
            if repeat.count > 1 and (repeat.covered > best.covered or best.count == 1):
                best = repeat
            run = 0
    if best.count > 1:
        found.append(best)
        _search(sequence, low, best.start, found)
        _search(sequence, best.start + best.covered, high, found)


def named_lists(names: Mapping[int, str], signatures: Mapping[int, Hashable]) -> list[NamedList]:
    """
    Every list among the arguments' names that repeats, the one that covers most first.

    `names` by argument; `signatures` say which arguments are alike. A list inside another one that repeats is part of
    its blocks and does not count.
    """
    found: list[NamedList] = []
    _descend(sorted(names), 0, names, signatures, found)
    return sorted(found, key=lambda named: (-named.covered, min(named.seeds[0].values())))


def _descend(
    arguments: Iterable[int],
    skip: int,
    names: Mapping[int, str],
    signatures: Mapping[int, Hashable],
    found: list[NamedList],
) -> None:
    """Looks at the first number of each name behind its first `skip`, and further where nothing repeats."""
    lists: dict[str, dict[int, list[tuple[str, int]]]] = defaultdict(lambda: defaultdict(list))
    for argument in arguments:
        number = _number(names[argument], skip)
        if number is not None:
            prefix, index, tail = number
            lists[prefix][index].append((tail, argument))
    for prefix, elements in lists.items():
        indices = sorted(elements)
        rows = [sorted(elements[index]) for index in indices]
        shapes = [tuple([(tail, signatures[argument]) for tail, argument in row]) for row in rows]
        repeated = widened(shapes, tandem_repeats(shapes))
        inside = {at for repeat in repeated for at in range(repeat.start, repeat.start + repeat.covered)}
        found += [_named(prefix, repeat, rows, shapes) for repeat in repeated]
        rest = [argument for at, row in enumerate(rows) if at not in inside for _, argument in row]
        if rest:
            _descend(rest, skip + 1, names, signatures, found)


def _number(name: str, skip: int) -> tuple[str, int, str] | None:
    for found in NUMBER.finditer(name):
        if not skip:
            return name[: found.start()], int(found.group()), name[found.end() :]
        skip -= 1
    return None


def widened(rows: Sequence[tuple[Hashable, ...]], repeats: Sequence[Repeat]) -> list[Repeat]:
    """
    The repeats together with blocks beside them that are nearly like theirs, as the first block of a stage often is.

    Repeats with such a block, or nothing, between them become one.
    """
    left = list(repeats)
    found: list[Repeat] = []
    while left:
        repeat = left.pop(0)
        pattern = rows[repeat.start : repeat.start + repeat.period]
        free = found[-1].start + found[-1].covered if found else 0
        while repeat.start - repeat.period >= free and _similar(pattern, rows, repeat.start - repeat.period):
            repeat = Repeat(repeat.start - repeat.period, repeat.period, repeat.count + 1)
        end = repeat.start + repeat.covered
        while end + repeat.period <= len(rows) and _similar(pattern, rows, end):
            repeat = Repeat(repeat.start, repeat.period, repeat.count + 1)
            end += repeat.period
        left = [_behind(other, end) for other in left if other.start + other.covered > end]
        left = [other for other in left if other.count > 1]
        found.append(repeat)
    return found


def _behind(repeat: Repeat, end: int) -> Repeat:
    """What of a repeat begins at `end` or later."""
    skipped = max(0, -(-(end - repeat.start) // repeat.period))
    return Repeat(repeat.start + skipped * repeat.period, repeat.period, repeat.count - skipped)


def _similar(pattern: Sequence[tuple[Hashable, ...]], rows: Sequence[tuple[Hashable, ...]], start: int) -> bool:
    wanted = {(offset, part) for offset, row in enumerate(pattern) for part in row}
    there = {(offset, part) for offset, row in enumerate(rows[start : start + len(pattern)]) for part in row}
    return len(wanted & there) >= ALIKE * max(len(wanted), len(there))


def _named(
    prefix: str, repeat: Repeat, rows: Sequence[Sequence[tuple[str, int]]], shapes: Sequence[tuple[Hashable, ...]]
) -> NamedList:
    seeds: dict[Hashable, dict[int, int]] = defaultdict(dict)
    for block in range(repeat.count):
        for offset in range(repeat.period):
            at = repeat.start + block * repeat.period + offset
            for part, (_, argument) in zip(shapes[at], rows[at], strict=True):
                seeds[offset, part][block] = argument
    places = tuple([seed for seed in seeds.values() if len(seed) > 1])
    return NamedList(prefix, repeat.period, repeat.count, places)
