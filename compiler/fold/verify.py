"""
Holds proposed classes to their claim; what deviates is peeled off.

This is the trusted part: whatever growth proposes, what comes out of here is true of the program.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence

from eggshard.fold.graph import Graph
from eggshard.fold.keys import INSIDE, LITERAL, OTHER, OWN, VARIED, Key, Link, flip, largest, reference_pair


class Verifier:
    """
    Classes that are true of the program, once `run` is done.

    `rows[c]` is the operand row of class c; its `flips` say which members take their two operands in the other order,
    its `exceptions` which (block, position) have a value in place of a partner that does not exist.
    """

    def __init__(self, graph: Graph, classes: Sequence[Link], family_of: Sequence[int]) -> None:
        self.graph = graph
        self.classes = [dict(sorted(members.items())) for members in classes]
        self.family_of = list(family_of)
        self.class_of = [-1] * len(graph)
        self.block_of = [0] * len(graph)
        self.rows: list[tuple[Key, ...]] = [()] * len(classes)
        self.flips: list[dict[int, int]] = [{}] * len(classes)
        self.exceptions: list[dict[tuple[int, int], int]] = [{}] * len(classes)
        for c, members in enumerate(self.classes):
            for b, n in members.items():
                self.class_of[n], self.block_of[n] = c, b

    def run(self) -> None:
        """Checks every class, and again whatever a peeled node concerns, until all hold."""
        queue = deque(range(len(self.classes)))
        queued = set(queue)
        while queue:
            c = queue.popleft()
            queued.discard(c)
            for concerned in sorted(self._check(c)):
                if concerned not in queued:
                    queued.add(concerned)
                    queue.append(concerned)

    def _check(self, c: int) -> set[int]:
        """Peels what deviates in one class; the classes that this concerns, the class itself among them."""
        members = self.classes[c]
        if len(members) < 2:
            return self._peel(c, list(members))
        odd = self._odd_signatures(members)
        if odd:
            return self._peel(c, odd)
        graph, some = self.graph, next(iter(members.values()))
        keys = {b: [self._key(self.family_of[c], v, b) for v in graph.operands[n]] for b, n in members.items()}
        flips: dict[int, int] = {}
        if graph.commutative[some]:
            flips = self._flips(keys)
            keys = {b: pair[::-1] if flips[b] else pair for b, pair in keys.items()}
        row: list[Key] = []
        exceptions: dict[tuple[int, int], int] = {}
        deviating: set[int] = set()
        for position in range(len(graph.operands[some])):
            column = {b: found[position] for b, found in keys.items()}
            role, accepted = self._role(column)
            row.append(role)
            for b, key in column.items():
                if b not in accepted:
                    deviating.add(b)
                elif role[0] == INSIDE and key != role:
                    at = 1 - position if flips.get(b) else position
                    exceptions[b, position] = graph.operands[members[b]][at]
        if deviating:
            return self._peel(c, sorted(deviating))
        self.rows[c], self.flips[c], self.exceptions[c] = tuple(row), flips, exceptions
        return set()

    def _odd_signatures(self, members: Link) -> list[int]:
        """The blocks not to keep: all signatures are to be equal, or to differ in offsets only and in all blocks."""
        graph = self.graph
        exact = {b: graph.exact[n] for b, n in members.items()}
        distinct = len(set(exact.values()))
        if distinct == 1:
            return []
        if distinct == len(members) and len({graph.loose[n] for n in members.values()}) == 1:
            return []
        kept = set(largest(exact))
        return [b for b in members if b not in kept]

    def _key(self, family: int, value: int, b: int) -> Key:
        node = self.graph.owner[value]
        if self.graph.literal[node]:
            return (LITERAL, value)
        c = self.class_of[node]
        if c >= 0 and self.family_of[c] == family:
            return (INSIDE, c, self.block_of[node] - b, value - self.graph.first[node])
        return (OTHER, value)

    def _flips(self, keys: dict[int, list[Key]]) -> dict[int, int]:
        pairs = {b: (found[0], found[1]) for b, found in keys.items()}
        reference = reference_pair(pairs.values())
        return {b: flip(pair, reference) for b, pair in pairs.items()}

    def _role(self, column: dict[int, Key]) -> tuple[Key, set[int]]:
        """The role that most members have, and the blocks for which it holds or its partner does not exist."""
        votes = Counter(column.values())
        if len(votes) == len(column):
            kinds = {key[0] for key in column.values()}
            if kinds == {LITERAL}:
                return (VARIED,), set(column)
            if kinds == {OTHER} and self._is_own([key[1] for key in column.values()]):
                return (OWN,), set(column)
        best: tuple[tuple[int, ...], Key, set[int]] | None = None
        for key, count in votes.items():
            accepted = {b for b, found in column.items() if found == key or self._is_missing(key, b)}
            # Half of the members must say so: a partner that hardly ever exists explains nothing.
            rank = (2 * count >= len(column), len(accepted), key[0] == INSIDE, count)
            if best is None or rank > best[0]:
                best = (rank, key, accepted if rank[0] else {b for b, found in column.items() if found == key})
        assert best is not None
        return best[1], best[2]

    def _is_missing(self, key: Key, b: int) -> bool:
        return key[0] == INSIDE and b + key[2] not in self.classes[key[1]]

    def _is_own(self, values: list[int]) -> bool:
        """Whether values correspond to each other as far as that can be said: all of one class, or all of none."""
        graph = self.graph
        places = {(self.class_of[graph.owner[v]], v - graph.first[graph.owner[v]]) for v in values}
        return len(places) == 1

    def _peel(self, c: int, blocks: list[int]) -> set[int]:
        members, graph = self.classes[c], self.graph
        concerned = {c} if members else set()
        if len(members) - len(blocks) < 2:
            blocks = list(members)
        for b in blocks:
            node = members.pop(b)
            self.class_of[node] = -1
            for value in range(graph.first[node], graph.first[node] + graph.results[node]):
                concerned.update(self.class_of[user] for user, _ in graph.users[value])
        # Whoever expected a partner in these blocks has one less, even if it is no user.
        concerned.discard(-1)
        return concerned
