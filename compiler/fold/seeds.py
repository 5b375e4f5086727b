"""Repetition that shows in the dataflow alone: where names say nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from xdsl.ir import Operation

from eggshard.fold.graph import Graph
from eggshard.fold.grow import Growth
from eggshard.fold.verify import Verifier

ANCHORS = frozenset(("stablehlo.dot_general", "stablehlo.convolution", "stablehlo.dot"))
"""Ops with which a block is recognised: few, and of many shapes."""
RADII = (3, 2, 1, 0)
MULTIPLICITIES = 3
"""How many numbers of blocks are tried per radius."""
TRIES = 2
"""How many seeds are tried per number of blocks."""
LEAST = 8
"""A family that saves fewer nodes than this is not worth having."""


def grow_structural(growth: Growth) -> None:
    """
    Adds families to what has been grown from names, the one that saves most first, until none saves enough.

    A seed is a group of like dots or convolutions of which each is strictly deeper in the dataflow than the one before:
    those of consecutive layers are, those side by side in one layer are not.
    """
    graph = growth.graph
    depths = _depths(graph)
    threshold = max(LEAST, len(graph) // 200)
    tried: set[tuple[int, ...]] = set()
    # At least two blocks share what one of them saves.
    while len(_free(growth)) >= 2 * threshold:
        best: tuple[int, tuple[int, ...]] | None = None
        for seed in _seeds(growth, depths):
            if seed in tried:
                continue
            saved = _saved(growth, seed)
            if saved < threshold:
                tried.add(seed)
            elif best is None or saved > best[0]:
                best = (saved, seed)
        if best is None:
            return
        _grow(growth, best[1])


def _grow(growth: Growth, seed: tuple[int, ...]) -> int:
    family = growth.new_family(len(seed))
    growth.seed(family, dict(enumerate(seed)))
    growth.grow(family)
    return family


def _saved(growth: Growth, seed: tuple[int, ...]) -> int:
    """How many nodes need not be explored if `seed` is grown; the growth is taken back."""
    family = _grow(growth, seed)
    classes = [members for c, members in enumerate(growth.classes) if growth.family_of[c] == family]
    verifier = Verifier(growth.graph, classes, [family] * len(classes))
    verifier.run()
    growth.drop_family()
    return sum(len(members) - 1 for members in verifier.classes if members)


def _free(growth: Growth) -> list[int]:
    """Ops that are in no class and depend on an argument."""
    graph = growth.graph
    return [n for n in range(graph.arguments, len(graph)) if growth.class_of[n] < 0 and not graph.literal[n]]


def _seeds(growth: Growth, depths: list[int]) -> Iterator[tuple[int, ...]]:
    graph = growth.graph
    free = _free(growth)
    anchors = [n for n in free if _name(graph, n) in ANCHORS] or free
    seen: set[tuple[int, ...]] = set()
    for radius in RADII:
        colour = growth.colours.level(radius)
        sizes = Counter(Counter(colour[n] for n in free).values())
        covered = Counter({size: size * count for size, count in sizes.items() if size > 1})
        groups: dict[int, list[int]] = defaultdict(list)
        for n in anchors:
            groups[colour[n]].append(n)
        for size, _ in covered.most_common(MULTIPLICITIES):
            chains = [chain for group in groups.values() if len(group) == size for chain in _chain(group, depths)]
            for chain in _spread(chains):
                if chain not in seen:
                    seen.add(chain)
                    yield chain


def _chain(group: list[int], depths: list[int]) -> Iterator[tuple[int, ...]]:
    """The group in the order of the dataflow, if it has one."""
    if len({depths[n] for n in group}) == len(group):
        yield tuple(sorted(group, key=lambda n: depths[n]))


def _spread(chains: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """A few of many, from all over the program."""
    step = max(1, len(chains) // TRIES)
    return chains[::step][:TRIES]


def _name(graph: Graph, node: int) -> str:
    op = graph.nodes[node]
    return op.name if isinstance(op, Operation) else ""


def _depths(graph: Graph) -> list[int]:
    """How many ops are on the longest way from an argument to each node."""
    depths: list[int] = []
    for operands in graph.operands:
        depths.append(1 + max((depths[graph.owner[value]] for value in operands), default=-1))
    return depths
