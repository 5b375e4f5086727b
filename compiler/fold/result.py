"""Verified classes as the objects that the planner reads."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from xdsl.ir import Block, Operation, SSAValue

from eggshard.fold.folding import Crossing, Family, FoldedClass, Folding, Inside, Literal, Own, Role, Shared
from eggshard.fold.graph import Graph, Node
from eggshard.fold.keys import INSIDE, LITERAL, OTHER, OWN, Key
from eggshard.fold.signatures import OFFSETS
from eggshard.fold.verify import Verifier


@dataclass(frozen=True)
class Described:
    """What the names say about a family: elements per block, and the prefix of the names."""

    period: int
    name: str


def result_of(block: Block, graph: Graph, verifier: Verifier, described: list[Described]) -> Folding:
    """The folding: verified classes and then every other node as a class of its own, all in program order."""
    kept = [c for c, members in enumerate(verifier.classes) if members]
    kept.sort(key=lambda c: min(verifier.classes[c].values()))
    families = sorted({verifier.family_of[c] for c in kept}, key=lambda f: _first(verifier, f))
    family_index = {f: i for i, f in enumerate(families)}
    starts = {min(verifier.classes[c].values()): c for c in kept}
    order: list[tuple[int, int]] = []
    for node in range(len(graph)):
        if node in starts:
            order.append((node, starts[node]))
        elif verifier.class_of[node] < 0:
            order.append((node, -1))
    number = {c: index for index, (_, c) in enumerate(order) if c >= 0}
    best = {f: _best_block(verifier, [c for c in kept if verifier.family_of[c] == f]) for f in families}
    classes: list[FoldedClass] = []
    for index, (node, c) in enumerate(order):
        if c < 0:
            classes.append(_single(graph, index, node))
        else:
            family = verifier.family_of[c]
            classes.append(_folded(graph, verifier, c, index, number, family_index[family], best[family]))
    return _assemble(block, graph, verifier, classes, [(described[f], best[f]) for f in families])


def _first(verifier: Verifier, family: int) -> int:
    return min(min(m.values()) for c, m in enumerate(verifier.classes) if m and verifier.family_of[c] == family)


def _best_block(verifier: Verifier, classes: list[int]) -> int:
    """The block with most members in their full role, and of those the first."""
    full: dict[int, int] = defaultdict(int)
    for c in classes:
        odd = {b for b, _ in verifier.exceptions[c]}
        for b in verifier.classes[c]:
            full[b] += b not in odd
    return max(sorted(full), key=lambda b: full[b])


def _single(graph: Graph, index: int, node: int) -> FoldedClass:
    row = tuple([_outside(graph, value) for value in graph.operands[node]])
    return FoldedClass(index, None, {0: graph.nodes[node]}, row, graph.nodes[node], 0)


def _outside(graph: Graph, value: int) -> Role:
    return (Literal if graph.literal[graph.owner[value]] else Shared)(graph.values[value])


def _folded(
    graph: Graph, verifier: Verifier, c: int, index: int, number: dict[int, int], family: int, best: int
) -> FoldedClass:
    members = verifier.classes[c]
    odd = {b for b, _ in verifier.exceptions[c]}
    full = [b for b in members if b not in odd]
    block = best if best in full else (full or list(members))[0]
    varying: frozenset[str] = frozenset()
    op = graph.nodes[members[block]]
    if isinstance(op, Operation) and len({graph.exact[n] for n in members.values()}) > 1:
        others = [graph.nodes[n] for n in members.values()]
        varying = frozenset(
            key
            for key in OFFSETS[op.name]
            if any(isinstance(o, Operation) and o.properties[key] != op.properties[key] for o in others)
        )
    return FoldedClass(
        index,
        family,
        {b: graph.nodes[n] for b, n in members.items()},
        tuple([_role(graph, key, number) for key in verifier.rows[c]]),
        op,
        block,
        frozenset(b for b, flipped in verifier.flips[c].items() if flipped),
        {place: graph.values[value] for place, value in verifier.exceptions[c].items()},
        varying,
    )


def _role(graph: Graph, key: Key, number: dict[int, int]) -> Role:
    if key[0] == INSIDE:
        return Inside(number[key[1]], key[2], key[3])
    if key[0] == LITERAL:
        return Literal(graph.values[key[1]])
    if key[0] == OTHER:
        return Shared(graph.values[key[1]])
    return Own() if key[0] == OWN else Literal(None)


def _assemble(
    block: Block,
    graph: Graph,
    verifier: Verifier,
    classes: list[FoldedClass],
    described: list[tuple[Described, int]],
) -> Folding:
    class_of: dict[Node, int] = {}
    block_of: dict[Node, int] = {}
    for c in classes:
        for b, node in c.members.items():
            class_of[node], block_of[node] = c.index, b
    for op, original in graph.duplicates.items():
        class_of[op], block_of[op] = class_of[original], block_of[original]
    used_outside = _exits(graph, classes, class_of)
    place = {node: n for n, node in enumerate(graph.nodes)}
    by_family: dict[int, list[FoldedClass]] = defaultdict(list)
    for c in classes:
        if c.family is not None:
            by_family[c.family].append(c)
    families = []
    for index, (what, best) in enumerate(described):
        own = sorted(by_family[index], key=lambda c: place[c.members.get(best, c.representative)])
        families.append(_family(index, own, what, best, tuple(used_outside[index])))
    ops = [(op, n) for n, op in enumerate(graph.nodes) if isinstance(op, Operation)]
    signature_of = {op: graph.exact[n] for op, n in ops}
    signature_of.update((op, signature_of[original]) for op, original in graph.duplicates.items())
    literals = {op for op, n in ops if graph.literal[n]}
    literals.update(op for op, original in graph.duplicates.items() if original in literals)
    return Folding(
        block,
        tuple(classes),
        tuple(families),
        class_of,
        block_of,
        graph.duplicates,
        frozenset(literals),
        {},
        signature_of,
    )


def _exits(
    graph: Graph, classes: list[FoldedClass], class_of: dict[Node, int]
) -> dict[int, dict[tuple[int, int], None]]:
    """Per family the (class, result) that something outside the family uses, in program order."""
    exits: dict[int, dict[tuple[int, int], None]] = defaultdict(dict)
    for value, users in enumerate(graph.users):
        node = graph.owner[value]
        c = classes[class_of[graph.nodes[node]]]
        if c.family is not None and any(classes[class_of[graph.nodes[u]]].family != c.family for u, _ in users):
            exits[c.family][c.index, value - graph.first[node]] = None
    return exits


def _family(
    index: int, own: list[FoldedClass], described: Described, best: int, exits: tuple[tuple[int, int], ...]
) -> Family:
    crossings: list[Crossing] = []
    shared: dict[SSAValue, None] = {}
    for c in own:
        for position, role in enumerate(c.operands):
            if isinstance(role, Inside) and role.shift:
                crossings.append(Crossing(role.cls, role.result, role.shift, c.index, position))
            elif isinstance(role, Shared):
                shared[role.value] = None
    length = 1 + max(max(c.members) for c in own)
    order = tuple(c.index for c in own)
    name, period = described.name, described.period
    return Family(index, length, period, name, best, order, tuple(crossings), tuple(shared), exits)
