"""
Chosen forms in place of written ones: which way each piece of an island is made, as text that a plan keeps.

A note has an entry per piece, `dot_general 0` for the way and its number among those of the piece, `-` for a piece that
the chosen form does without.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import OpResult, SSAValue

from eggshard.egraph.logic.pieces import Piece
from eggshard.planning.outline import Outline, Rewritten, outline
from eggshard.plans.fitting import misfit

NONE = "-"


def noted(rewritten: Rewritten, ways: Sequence[int]) -> str:
    """The note of an island; `ways` says which way each piece is made, -1 not at all."""
    return ", ".join(_noted(piece, way) for piece, way in zip(rewritten.pieces, ways, strict=True))


def _noted(piece: Piece, way: int) -> str:
    return NONE if way < 0 else f"{piece.ways[way].op.name.split('.', 1)[-1]} {way}"


def apply_notes(module: ModuleOp, notes: Sequence[str]) -> None:
    """
    Rewrites an imported module as a plan notes it.

    Raises DiagnosticError if the notes are of other forms than this program has.
    """
    if not notes:
        return
    from eggshard.planning.search import rewritable

    laid = outline(module, rewritable(module))
    if len(laid.islands) != len(notes):
        raise misfit(f"it rewrites {len(notes)} trees of ops, the model has {len(laid.islands)}")
    chosen = [_ways(rewritten, note) for rewritten, note in zip(laid.islands, notes, strict=True)]
    rebuild(laid, chosen)


def _ways(rewritten: Rewritten, note: str) -> list[int]:
    entries = note.split(", ")
    if len(entries) != len(rewritten.pieces):
        raise misfit(f"a tree of ops has {len(rewritten.pieces)} pieces, the plan notes {len(entries)}")
    ways = []
    for piece, entry in zip(rewritten.pieces, entries, strict=True):
        number = entry.rpartition(" ")[2]
        way = int(number) if number.isdecimal() else -1
        if way >= len(piece.ways) or _noted(piece, way) != entry:
            raise misfit(f"no piece of its trees of ops is made as '{entry}'")
        ways.append(way)
    return ways


def rebuild(laid: Outline, chosen: Sequence[Sequence[int]]) -> None:
    """Puts the chosen ways of every island in the place of its ops; the outline's tensors stand for what is made."""
    replaced: dict[SSAValue, SSAValue] = {}
    for rewritten, ways in zip(laid.islands, chosen, strict=True):
        _rebuild(rewritten, ways, laid, replaced)


def _rebuild(rewritten: Rewritten, ways: Sequence[int], laid: Outline, replaced: dict[SSAValue, SSAValue]) -> None:
    """`replaced` are the results of islands before it."""
    root = rewritten.island.root
    block = root.parent
    assert block is not None
    made: list[SSAValue | None] = []
    for piece, number, way in zip(rewritten.pieces, rewritten.sites, ways, strict=True):
        if way < 0:
            made.append(None)
            continue
        op = piece.ways[way].op
        for place, read in enumerate(piece.ways[way].reads):
            value = made[read] if isinstance(read, int) else replaced.get(read, read)
            assert value is not None, "a way that is taken reads only what is there"
            if isinstance(value, OpResult) and value.op.parent is None:
                block.insert_op_before(value.op, root)  # a constant of its own
            op.operands[place] = value
        op.location = root.location
        block.insert_op_before(op, root)
        made.append(op.results[0])
        laid.tensors[laid.sites[number].results[0]].values = [op.results[0]]
    last = made[-1]
    assert last is not None
    last.name_hint = root.results[0].name_hint
    root.results[0].replace_all_uses_with(last)
    replaced[root.results[0]] = last
    for op in rewritten.island.inside:  # readers first
        op.detach()
        op.erase()
