"""A choice to begin from that satisfies every table: one form of the program, whole on every device."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from eggshard.cost.batch import Ints
from eggshard.planning.outline import Outline
from eggshard.planning.strategies import Space, key_of
from eggshard.planning.variables import SAME, Decision


def replicated(outline: Outline, space: Space, decision: Decision) -> Ints:
    """
    Nothing partitioned, every island as it is written; it need not fit in memory.

    Pinned tensors lie where they are pinned.
    """
    way = _ways(outline)
    chosen = np.zeros(len(decision.variables), np.int64)
    for number, variable in enumerate(decision.variables):
        if variable.site >= 0:
            chosen[number] = _state(space, variable.site, way.get(variable.site, 0))
        elif not variable.copy:
            live = way.get(_maker(outline, variable.tensor), 0) >= 0
            whole = _place(space, outline, variable.tensor, variable.places)
            chosen[number] = whole if live else np.flatnonzero(variable.places < 0)[0]
    for link in decision.links:
        if link.alias is not None:
            same = link.alias & (link.targets == link.sources[chosen[link.first]])
            chosen[link.second] = np.flatnonzero(same)[0]
    agrees: dict[int, npt.NDArray[np.bool_]] = {}
    for link in decision.links:
        if link.kind == SAME:
            fine = link.sources == link.targets[chosen[link.second]]
            agrees[link.first] = agrees.get(link.first, True) & fine
    for number, fine in agrees.items():
        chosen[number] = np.flatnonzero(fine)[0]
    return chosen


def _ways(outline: Outline) -> dict[int, int]:
    """The way of each site of an island, -1 where it is not needed."""
    way: dict[int, int] = {}
    for rewritten in outline.islands:
        needed = {len(rewritten.pieces) - 1}
        for number in reversed(range(len(rewritten.pieces))):
            live = number in needed or not rewritten.pieces[number].optional
            piece = rewritten.pieces[number]
            way[rewritten.sites[number]] = piece.written if live else -1
            if live:
                needed |= {read for read in piece.ways[piece.written].reads if isinstance(read, int)}
    return way


def _maker(outline: Outline, tensor: int) -> int:
    maker = outline.tensors[tensor].maker
    return -1 if maker is None else maker[0]


def _state(space: Space, site: int, way: int) -> int:
    states = space.states(site)
    rows = np.flatnonzero(states.way == way)
    if way < 0:
        return int(rows[0])
    chosen = states.choices[way].chosen
    return int(next(s for s in rows if not any(chosen[states.index[s]])))


def _place(space: Space, outline: Outline, tensor: int, places: Ints) -> int:
    """The number of the layout in which every axis does nothing, the first one where it is not allowed."""
    kind = space.kinds[key_of(outline, tensor)]
    whole = kind.index[(0,) * len(kind.codes[0])]
    found = np.flatnonzero(places == whole)
    return int(found[0]) if len(found) else 0
