"""Folds one block of a program: which ops and arguments correspond to each other."""

from __future__ import annotations

from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, StringAttr
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block, Operation

from eggshard.fold.colours import Colours
from eggshard.fold.folding import Folding
from eggshard.fold.graph import Graph, build
from eggshard.fold.grow import Growth
from eggshard.fold.names import NamedList, named_lists
from eggshard.fold.result import Described, result_of
from eggshard.fold.seeds import grow_structural
from eggshard.fold.signatures import Signatures
from eggshard.fold.verify import Verifier
from eggshard.pauses import collector_paused

BODIES = frozenset(("stablehlo.while", "stablehlo.case", "stablehlo.if"))
"""Ops whose regions are programs of their own, not functions of scalars."""


@collector_paused()
def fold(function: FuncOp | Block, *, names: bool = True, structure: bool = True) -> Folding:
    """
    Finds the repeated blocks of a function (or of any block), and those of its loops' bodies each by itself.

    Expects calls to be inlined and dead ops to be gone; changes nothing. `names` and `structure` say where repetition
    is looked for: in the names of arguments, and in the dataflow that those leave uncovered. Same program, same result.
    """
    block = function if isinstance(function, Block) else function.body.block
    return _fold(block, Signatures(), names, structure)


def _fold(block: Block, signatures: Signatures, names: bool, structure: bool) -> Folding:
    graph = build(block, signatures)
    growth = Growth(graph, Colours(graph))
    described = _grow_named(growth, _lists(block, graph)) if names else []
    if structure:
        grow_structural(growth)
    described += [Described(0, "")] * (len(growth.lengths) - len(described))
    verifier = Verifier(graph, _aligned(growth), growth.family_of)
    verifier.run()
    folding = result_of(block, graph, verifier, described)
    for c in folding.classes:
        op = c.representative
        if isinstance(op, Operation) and op.name in BODIES:
            inner = [block for region in op.regions for block in region.blocks]
            folding.bodies[op] = tuple([_fold(body, signatures, names, structure) for body in inner])
    return folding


def _lists(block: Block, graph: Graph) -> list[NamedList]:
    parent = block.parent_op()
    attributes = parent.arg_attrs if isinstance(parent, FuncOp) else None
    if not isinstance(attributes, ArrayAttr):
        return []
    names: dict[int, str] = {}
    for argument, found in enumerate(attributes):
        name = found.data.get("sharding.name") if isinstance(found, DictionaryAttr) else None
        if isinstance(name, StringAttr):
            names[argument] = name.data
    return named_lists(names, {argument: graph.exact[argument] for argument in names})


def _grow_named(growth: Growth, lists: list[NamedList]) -> list[Described]:
    """Grows a family from each list; one whose first arguments have been reached from another list joins its family."""
    described: list[Described] = []
    for named in lists:
        free = [seed for seed in named.seeds if all(growth.class_of[n] < 0 for n in seed.values())]
        if not free:
            continue
        family = _reached(growth, named)
        if family is None:
            family = growth.new_family(named.count)
            described.append(Described(named.period, named.prefix))
        for seed in free:
            growth.seed(family, seed)
        growth.grow(family)
    return described


def _reached(growth: Growth, named: NamedList) -> int | None:
    """The family that holds some of a list's arguments already, each in the block that the list would put it in."""
    for seed in named.seeds:
        classes = {growth.class_of[n] for n in seed.values()}
        if len(classes) == 1 and -1 not in classes and all(growth.block_of[n] == b for b, n in seed.items()):
            family = growth.family_of[classes.pop()]
            if growth.lengths[family] == named.count:
                return family
    return None


def _aligned(growth: Growth) -> list[dict[int, int]]:
    """The classes with their blocks renumbered into 0 .. length - 1: growth may have met a class from its neighbour."""
    aligned = []
    for c, members in enumerate(growth.classes):
        length, low, high = growth.lengths[growth.family_of[c]], min(members), max(members)
        shift = -low if low < 0 or high - low + 1 == length else min(0, length - 1 - high)
        aligned.append({b + shift: n for b, n in members.items()})
    return aligned
