"""Colour refinement: how far a node is like another one, seen from some steps away."""

from __future__ import annotations

from eggshard.fold.graph import Graph

BUSY = 64
"""A value with more users than this tells its users nothing about one another."""


class Colours:
    """
    Weisfeiler-Leman colours of nodes, from operands and users alike, made when they are asked for.

    Radius 0 is the exact signature. Two nodes of one colour at radius r have the same signatures around them up to r
    steps away, but for users of busy values.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._levels: list[list[int]] = [graph.exact]

    def at(self, node: int, radius: int) -> int:
        """The colour of a node."""
        return self.level(radius)[node]

    def level(self, radius: int) -> list[int]:
        """The colours of all nodes."""
        while len(self._levels) <= radius:
            self._levels.append(self._refined(self._levels[-1]))
        return self._levels[radius]

    def _refined(self, colours: list[int]) -> list[int]:
        graph = self._graph
        numbers: dict[object, int] = {}
        refined: list[int] = []
        owner, users, first = graph.owner, graph.users, graph.first
        for node, colour in enumerate(colours):
            above = [colours[owner[value]] for value in graph.operands[node]]
            if graph.commutative[node]:
                above.sort()
            below = []
            for result in range(graph.results[node]):
                used = users[first[node] + result]
                if len(used) <= BUSY:
                    below.append(tuple(sorted([(colours[user], self._position(user, at)) for user, at in used])))
            key = (colour, tuple(above), tuple(below))
            refined.append(numbers.setdefault(key, len(numbers)))
        return refined

    def _position(self, user: int, at: int) -> int:
        return -1 if self._graph.commutative[user] else at
