"""
Which values of a lowered program exist in memory.

The rules of XLA's instruction fusion: from the last op to the first, an op takes in whatever feeds it and is cheap
enough to be computed again for each reader; what some reader refuses is in memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from eggshard.cost.lowered import Kind, Lowered, Node

FUSIBLE = frozenset({Kind.ELEMENTWISE, Kind.SOURCE, Kind.VIEW, Kind.SHAPE, Kind.REDUCE})
"""Kinds that are taken in by their readers, and that take in what they read."""
TAKES_IN = FUSIBLE
LARGEST = 1000
"""Ops of one fused cluster, so that time stays linear."""
REPEATED = 15
"""How often the code of one op may stand in a cluster, once for each index that it is read at."""


@dataclass(slots=True)
class Step:
    """
    One value in memory: the node, the nodes in memory that it reads, and those among them whose buffer it may take.

    `view_of` is the node that it is merely another shape of.
    """

    node: int
    reads: list[int]
    shares: list[int] = field(default_factory=list)
    view_of: int | None = None


def materialised(graph: Lowered) -> list[Step]:
    """The steps that remain after fusion, in an order in which operands come first."""
    return _Fuser(graph).run()


class _Fuser:
    def __init__(self, graph: Lowered):
        self.graph = graph
        self.nodes = graph.nodes
        self.users = graph.users()
        self.needed = [False] * len(graph.nodes)
        for index in graph.results:
            self.needed[index] = True
        self.returned = frozenset(graph.results)
        self.inside: set[int] = set()
        """Nodes that a library call has taken in before anything else is fused."""
        self.library_reads = {index: self.absorbed(index) for index, node in enumerate(graph.nodes) if node.absorbs}
        self.single = self.not_duplicated()

    def run(self) -> list[Step]:
        steps: list[Step] = []
        for index in range(len(self.nodes) - 1, -1, -1):
            node = self.nodes[index]
            if node.kind in (Kind.LIBRARY, Kind.PART, Kind.IN_PLACE, Kind.LOOP, Kind.ARGUMENT):
                self.needed[index] = True
            if self.needed[index] and node.kind is not Kind.CONSTANT:
                steps.append(self.step(index))
        steps.reverse()
        return steps

    def step(self, root: int) -> Step:
        node = self.nodes[root]
        if node.kind in TAKES_IN:
            return self.cluster(root)
        reads = list(dict.fromkeys(node.operands))
        if node.absorbs:
            reads = self.library_reads[root]
        for operand in reads:
            self.needed[operand] = True
        shares = node.operands[:1] if node.kind is Kind.IN_PLACE else []
        return Step(root, [o for o in reads if self.nodes[o].kind is not Kind.CONSTANT], shares)

    def absorbed(self, root: int) -> list[int]:
        """What a library call reads that computes products and exponentials of its operand by itself."""
        reads: list[int] = []
        stack = list(self.nodes[root].operands)
        while stack:
            index = stack.pop()
            node = self.nodes[index]
            alone = len(self.users[index]) == 1 and index not in self.returned
            name = node.op.name if node.op is not None else ""
            if alone and (name in ABSORBED or node.kind in (Kind.VIEW, Kind.SOURCE)):
                self.inside.add(index)
                stack.extend(node.operands)
            elif node.kind is not Kind.CONSTANT:
                reads.append(index)
        return list(dict.fromkeys(reads))

    def cluster(self, root: int) -> Step:
        """Takes in operands, those with the most readers inside first known, and notes what is refused."""
        nodes = self.nodes
        pure = {root: nodes[root].kind is Kind.ELEMENTWISE}
        own = {root: True}
        indexed: dict[int, set[int]] = {root: {root}}
        """By node those whose index it is read at: elementwise readers hand on theirs, others make one of their own."""
        times = {root: 1}
        heap = [-operand for operand in dict.fromkeys(nodes[root].operands)]
        heapify(heap)
        seen = set(heap)
        reads: list[int] = []
        shares: list[int] = []
        while heap:
            index = -heappop(heap)
            node = nodes[index]
            if node.kind is Kind.CONSTANT:
                continue
            readers = [user for user in self.users[index] if user in pure]
            only = not self.needed[index] and len(readers) == len(self.users[index]) and all(own[u] for u in readers)
            indices = set().union(
                *(indexed[user] if nodes[user].kind is Kind.ELEMENTWISE else (user,) for user in readers)
            )
            repeated = sum(times[user] for user in indices)
            if repeated <= REPEATED and len(pure) < LARGEST and self.taken(index, readers, only):
                indexed[index], times[index] = indices, repeated
                pure[index] = node.kind is Kind.ELEMENTWISE and all(pure[user] for user in readers)
                own[index] = only
                for operand in node.operands:
                    if -operand not in seen:
                        seen.add(-operand)
                        heappush(heap, -operand)
            else:
                self.needed[index] = True
                reads.append(index)
                if node.bytes == nodes[root].bytes and all(pure[user] for user in readers):
                    shares.append(index)
        view = nodes[root].kind is Kind.VIEW and len(pure) == 1 and len(reads) == 1
        return Step(root, reads, shares, reads[0] if view else None)

    def taken(self, index: int, readers: list[int], only: bool) -> bool:
        """Whether a cluster takes in `index`, which `readers` inside of it read; `only` if nobody else does."""
        node = self.nodes[index]
        if node.kind not in FUSIBLE:
            return False
        if only:
            return not (node.dear and any(self.repeats(user) for user in readers))
        return not node.dear and index not in self.single

    def repeats(self, user: int) -> bool:
        """Whether `user` reads elements more than once."""
        node = self.nodes[user]
        return node.kind is Kind.SOURCE and bool(node.operands)

    def accepts(self, user: int, operand: int) -> bool:
        """Whether this one edge can be fused, looked at alone."""
        node = self.nodes[operand]
        if node.kind not in FUSIBLE or self.nodes[user].kind not in TAKES_IN or user in self.inside:
            return False
        return not (node.dear and (self.repeats(user) or len(self.users[operand]) > 1))

    def not_duplicated(self) -> set[int]:
        """
        Nodes that are computed once: they read more than they write, and some reader cannot take them in.

        Reading at most one operand of full rank costs no more when it is done again.
        """
        found: set[int] = set()
        for index, node in enumerate(self.nodes):
            if node.kind not in FUSIBLE or index in self.inside or self.at_most_unary(node):
                continue
            users = self.users[index]
            if sum(self.nodes[operand].bytes for operand in node.operands) <= node.bytes:
                continue
            if index in self.returned or not all(self.on_all_paths(index, user) for user in users):
                found.add(index)
        return found

    def on_all_paths(self, index: int, user: int) -> bool:
        if not self.accepts(user, index):
            return False
        others = (o for o in self.nodes[user].operands if o != index and index in self.nodes[o].operands)
        return all(self.accepts(user, other) and self.accepts(other, index) for other in others)

    def at_most_unary(self, node: Node) -> bool:
        full = 0
        for operand in node.operands:
            source = self.nodes[operand]
            full += source.kind not in (Kind.SOURCE, Kind.CONSTANT) and source.rank >= node.rank
        return full <= 1


ABSORBED = frozenset(f"stablehlo.{name}" for name in ("multiply", "subtract", "exponential", "convert"))
