"""
Grows classes of corresponding nodes through the dataflow, all blocks at once.

Growth only proposes: what it gets wrong is peeled by `verify`, so it may guess. It assigns each node once, to the first
class that reaches it.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Mapping

from eggshard.fold.colours import Colours
from eggshard.fold.graph import Graph
from eggshard.fold.keys import INSIDE, LITERAL, OTHER, Key, Link, flip, largest, reference_pair

RADII = (0, 1, 2, 3, 4, 6)
"""How far to look, one after the other, where candidates cannot be told apart."""


def enough(length: int) -> int:
    """How many of `length` blocks must agree before they make a class: three quarters, and one may always be odd."""
    return max(2, min(length - 1, -(-3 * length // 4)))


class Growth:
    """
    Classes of all families so far.

    `classes[c]` maps block -> node, `family_of[c]` is the class's family, `lengths[f]` how many blocks a family has;
    `class_of` and `block_of` say where a node is (class -1: nowhere).
    """

    def __init__(self, graph: Graph, colours: Colours) -> None:
        self.graph, self.colours = graph, colours
        self.classes: list[Link] = []
        self.family_of: list[int] = []
        self.lengths: list[int] = []
        self.class_of = [-1] * len(graph)
        self.block_of = [0] * len(graph)
        self._queue: deque[int] = deque()
        self._queued: set[int] = set()
        # Classes with candidates that cannot be told apart, and those with nodes beside them that found no class.
        self._open: set[int] = set()
        self._waiting: set[int] = set()

    def new_family(self, length: int) -> int:
        """A family without classes."""
        self.lengths.append(length)
        return len(self.lengths) - 1

    def drop_family(self) -> None:
        """Takes the newest family back, with all its classes."""
        family = len(self.lengths) - 1
        while self.classes and self.family_of[-1] == family:
            for node in self.classes.pop().values():
                self.class_of[node] = -1
            self.family_of.pop()
        self.lengths.pop()

    def seed(self, family: int, members: Mapping[int, int]) -> None:
        """A first class; nodes that are taken are left out."""
        free = {b: n for b, n in members.items() if self.class_of[n] < 0 and not self.graph.literal[n]}
        if len(free) > 1:
            self._create(family, free)

    def grow(self, family: int) -> None:
        """Follows operands and users of the family's classes until nothing new is found."""
        self._open.clear()
        self._waiting.clear()
        for c, owner in enumerate(self.family_of):
            if owner == family:
                self._enqueue(c)
        while self._queue:
            while self._queue:
                c = self._queue.popleft()
                self._queued.discard(c)
                self._visit(c, 0)
            for c in sorted(self._waiting):
                self._visit(c, 0)
            if self._queue:
                continue
            for radius in RADII:
                for c in sorted(self._open):
                    self._visit(c, radius)
                if self._queue:
                    break

    # -- links ------------------------------------------------------------------------------------------------------

    def _visit(self, c: int, radius: int) -> None:
        self._waiting.discard(c)
        clear = self._follow_operands(c, radius)
        clear = self._follow_users(c, radius) and clear
        if clear:
            self._open.discard(c)
        else:
            self._open.add(c)

    def _follow_operands(self, c: int, radius: int) -> bool:
        # A copy, for a class may be extended by what is found from it.
        graph, members = self.graph, dict(self.classes[c])
        some = next(iter(members.values()))
        flips = self.flips(c, radius) if graph.commutative[some] else {}
        if flips is None:
            return False
        owner, operands = graph.owner, graph.operands
        for position in range(len(operands[some])):
            if flips:
                link = {b: owner[operands[n][position ^ flips[b]]] for b, n in members.items()}
            else:
                link = {b: owner[operands[n][position]] for b, n in members.items()}
            self._follow(c, link)
        return True

    def _follow_users(self, c: int, radius: int) -> bool:
        graph, members = self.graph, dict(self.classes[c])
        colour = self.colours.level(radius)
        clear = True
        for result in range(graph.results[next(iter(members.values()))]):
            users: dict[tuple[int, int], dict[int, list[int]]] = defaultdict(dict)
            for b, n in members.items():
                for user, position in graph.users[graph.first[n] + result]:
                    key = (-1 if graph.commutative[user] else position, colour[user])
                    found = users[key].setdefault(b, [])
                    if user not in found:
                        found.append(user)
            for candidates in users.values():
                link: Link = {}
                for b, found in candidates.items():
                    free = [user for user in found if self.class_of[user] < 0] if len(found) > 1 else found
                    if len(free) == 1:
                        link[b] = free[0]
                    elif free:
                        clear = False
                    else:
                        link[b] = found[0]
                self._follow(c, link)
        return clear

    def flips(self, c: int, radius: int) -> dict[int, int] | None:
        """Per block whether a commutative op's operands change places; None while they cannot be told apart."""
        graph, members, family = self.graph, self.classes[c], self.family_of[c]
        colour = graph.loose if radius == 0 else self.colours.level(radius)

        def key(value: int, b: int) -> Key:
            found = self.key(family, value, b)
            if found[0] != OTHER:
                return found
            node = graph.owner[value]
            return (OTHER, colour[node], value - graph.first[node])

        keys: dict[int, tuple[Key, Key]] = {}
        same = True
        for b, n in members.items():
            left, right = graph.operands[n]
            keys[b] = (key(left, b), key(right, b))
            same = same and left == right
        reference = reference_pair(keys.values())
        if reference[0] == reference[1] and reference[0][0] == OTHER and not same:
            return None
        return {b: flip(pair, reference) for b, pair in keys.items()}

    def key(self, family: int, value: int, b: int) -> Key:
        """What `value` is, seen from block b of a family."""
        node = self.graph.owner[value]
        if self.graph.literal[node]:
            return (LITERAL, value)
        c = self.class_of[node]
        if c >= 0 and self.family_of[c] == family:
            return (INSIDE, c, self.block_of[node] - b, value - self.graph.first[node])
        return (OTHER, value)

    def _follow(self, origin: int, link: Link) -> None:
        """
        Extends the class in which most nodes of a link lie already, or makes a class of them.

        If nodes are left over, the class from which the link goes out waits until more is known.
        """
        family = self.family_of[origin]
        free: Link = {}
        votes: Counter[tuple[int, int]] = Counter()
        class_of = self.class_of
        for b, n in link.items():
            c = class_of[n]
            if c < 0:
                if not self.graph.literal[n]:
                    free[b] = n
            elif self.family_of[c] == family:
                votes[c, self.block_of[n] - b] += 1
        if not free:
            return
        if votes:
            (c, shift), count = votes.most_common(1)[0]
            alike = {b: n for b, n in free.items() if self._alike(self.classes[c], n)}
            if 2 * count >= votes.total() + len(alike):
                for b, n in alike.items():
                    self._extend(c, b + shift, n)
        elif len(free) > 1:
            self._found(family, free)
        shared = len(set(link.values())) == 1
        if not shared and any(class_of[n] < 0 for n in free.values()):
            self._waiting.add(origin)

    # -- classes ----------------------------------------------------------------------------------------------------

    def _found(self, family: int, free: Link) -> None:
        """A new class, if enough nodes are alike and enough of those have like operands."""
        length = self.lengths[family]
        needed = enough(length)
        occurrences = Counter(free.values())
        free = {b: n for b, n in free.items() if occurrences[n] == 1}
        if len(free) < needed:
            return
        graph = self.graph
        alike = largest({b: graph.exact[n] for b, n in free.items()})
        if len(alike) < needed:
            # Same op at another place in each block: offsets may differ, if they differ in all.
            if len({graph.exact[n] for n in free.values()}) < len(free):
                return
            alike = largest({b: graph.loose[n] for b, n in free.items()})
        typical = self._with_typical_operands(free, alike)
        if len(alike) < needed or typical is None:
            return
        c = self._create(family, {b: free[b] for b in typical})
        for b in alike:
            if b not in self.classes[c]:
                self._extend(c, b, free[b])

    def _with_typical_operands(self, nodes: Link, blocks: list[int]) -> list[int] | None:
        """The blocks whose operands are of the most common kind; None where too few are, at some position."""
        rows = {b: self._operand_signatures(nodes[b]) for b in blocks}
        typical = set(blocks)
        for position in range(len(rows[blocks[0]])):
            agreeing = largest({b: row[position] for b, row in rows.items()})
            # One fewer than must be alike: an odd block and the first one may both be among them.
            if len(agreeing) < enough(len(blocks)) - 1:
                return None
            typical &= set(agreeing)
        return sorted(typical) if len(typical) > 1 else blocks

    def _operand_signatures(self, node: int) -> tuple[int, ...]:
        graph = self.graph
        owners = [graph.owner[value] for value in graph.operands[node]]
        # Literals may differ in value; then they are no reason to tell ops apart.
        found = [-1 if graph.literal[owner] else graph.loose[owner] for owner in owners]
        return tuple(sorted(found) if self.graph.commutative[node] else found)

    def _create(self, family: int, members: Link) -> int:
        c = len(self.classes)
        self.classes.append(dict(members))
        self.family_of.append(family)
        for b, n in members.items():
            self.class_of[n] = c
            self.block_of[n] = b
        self._enqueue(c)
        return c

    def _extend(self, c: int, b: int, node: int) -> None:
        members = self.classes[c]
        if b in members or self.class_of[node] >= 0 or not self._alike(members, node):
            return
        span = max(max(members), b) - min(min(members), b) + 1
        if span > self.lengths[self.family_of[c]] or not self._fits(c, b, node):
            return
        members[b] = node
        self.class_of[node] = c
        self.block_of[node] = b
        self._enqueue(c)

    def _alike(self, members: Link, node: int) -> bool:
        exact = {self.graph.exact[n] for n in members.values()}
        if len(exact) == 1:
            return self.graph.exact[node] in exact
        some = next(iter(members.values()))
        return self.graph.loose[node] == self.graph.loose[some] and self.graph.exact[node] not in exact

    def _fits(self, c: int, b: int, node: int) -> bool:
        """Whether every operand of `node` is what the class's other members make expect, where that exists."""
        graph, family, members = self.graph, self.family_of[c], self.classes[c]
        operands = graph.operands[node]
        flips = (self.flips(c, 0) if graph.commutative[node] else None) or dict.fromkeys(members, 0)
        expected = []
        for position in range(len(operands)):
            at = (graph.operands[n][position ^ flips[m]] for m, n in members.items())
            keys = [self.key(family, value, m) for value, m in zip(at, members, strict=True)]
            expected.append(Counter(keys).most_common(1)[0])
        orders = (operands, operands[::-1]) if graph.commutative[node] else (operands,)
        return any(all(map(lambda v, e: self._expected(v, b, *e), order, expected)) for order in orders)

    def _expected(self, value: int, b: int, key: Key, count: int) -> bool:
        if key[0] == INSIDE:
            partner = self.classes[key[1]].get(b + key[2])
            return partner is None or value == self.graph.first[partner] + key[3]
        # A value that only one member has says nothing about the others.
        return count == 1 or value == key[1]

    def _enqueue(self, c: int) -> None:
        if c not in self._queued:
            self._queued.add(c)
            self._queue.append(c)
