"""Many paths under one name: repeated layers become `layer_*`, siblings become `(wi|wo)`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Group:
    """Tensors that lie alike: the pattern of their paths, and the places that they have in the list they came from."""

    pattern: str
    members: tuple[int, ...]


def grouped(paths: Sequence[str], chosen: Iterable[int], kinds: Sequence[object]) -> list[Group]:
    """
    Groups of the chosen paths of one kind, in the order of their first members.

    First paths that differ in numbers alone are joined, then groups that differ in one key of the path.
    """
    by_number: dict[tuple[object, str], list[int]] = {}
    for index in chosen:
        by_number.setdefault((kinds[index], _skeleton(paths[index])), []).append(index)
    return _joined(
        [(kind, _numbered([paths[i] for i in members]), members) for (kind, _), members in by_number.items()]
    )


def collapsed(paths: Sequence[str], chosen: Iterable[int]) -> list[Group]:
    """
    Groups of the chosen paths by the shortest prefix under which every path is chosen: `params/...`.

    Numbers do not count, and groups that differ in one key are joined.
    """
    wanted = list(chosen)
    under: Counter[str] = Counter(prefix for path in paths for prefix in _prefixes(_skeleton(path)))
    of_them: Counter[str] = Counter(prefix for index in wanted for prefix in _prefixes(_skeleton(paths[index])))
    groups: dict[str, list[int]] = {}
    for index in wanted:
        prefixes = _prefixes(_skeleton(paths[index]))
        prefix = next((p for p in prefixes if of_them[p] == under[p]), prefixes[-1])
        groups.setdefault(prefix, []).append(index)
    named: list[_Group] = []
    for prefix, members in groups.items():
        depth = prefix.count("/") + 1 if len(members) > 1 else len(paths[members[0]].split("/"))
        heads = ["/".join(paths[i].split("/")[:depth]) for i in members]
        below = any(paths[i] != head for i, head in zip(members, heads, strict=True))
        named.append((None, f"{_numbered(heads)}/..." if below else _numbered(heads), members))
    return _joined(named)


def _skeleton(path: str) -> str:
    return NUMBER.sub("*", path)


def _prefixes(path: str) -> list[str]:
    """`a`, `a/b`, `a/b/c`."""
    return list(accumulate(path.split("/"), lambda head, key: f"{head}/{key}"))


_Group = tuple[object, str, list[int]]
_Keyed = tuple[object, tuple[tuple[str, ...], ...], list[int]]


def _joined(groups: Sequence[_Group]) -> list[Group]:
    """Joins groups that differ in one key, and puts them in the order of their first members."""
    keyed: list[_Keyed] = [(kind, tuple((key,) for key in name.split("/")), members) for kind, name, members in groups]
    while (merged := _merge(keyed)) is not None:
        keyed = merged
    keyed.sort(key=lambda group: min(group[2]))
    return [Group("/".join(map(_alternatives, keys)), tuple(sorted(members))) for _, keys, members in keyed]


def _numbered(paths: list[str]) -> str:
    """The paths with '*' for each number in which they differ."""
    numbers = list(zip(*(NUMBER.findall(path) for path in paths), strict=True))
    marks = iter("*" if len(set(column)) > 1 else column[0] for column in numbers)
    return NUMBER.sub(lambda _: next(marks), paths[0])


def _merge(groups: list[_Keyed]) -> list[_Keyed] | None:
    """Joins groups of one kind that agree in all keys but one; None if there are none."""
    longest = max((len(keys) for _, keys, _ in groups), default=0)
    for place in reversed(range(longest)):
        joined: dict[object, _Keyed] = {}
        for kind, keys, members in groups:
            if place < len(keys):
                same: object = (kind, keys[:place], keys[place + 1 :])
            else:
                same = (kind, keys, None, None)
            if same in joined:
                _, other, others = joined[same]
                both = tuple(dict.fromkeys((*other[place], *keys[place])))
                joined[same] = (kind, (*keys[:place], both, *keys[place + 1 :]), others + members)
            else:
                joined[same] = (kind, keys, members)
        if len(joined) < len(groups):
            return list(joined.values())
    return None


def _alternatives(keys: tuple[str, ...]) -> str:
    return keys[0] if len(keys) == 1 else f"({'|'.join(keys)})"
