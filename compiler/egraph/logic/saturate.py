"""Saturates islands under the logical rules: every form of every node, as classes of e-nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from eggshard.egraph.logic.dims import Indices
from eggshard.egraph.logic.islands import Island, Term
from eggshard.egraph.logic.scalars import constant
from eggshard.egraph.rulesets import LOGICAL

ROUNDS = 5
"""Rounds of all rules; chains of products of up to eight factors saturate before that."""
GROWTH = 2
"""No form may make a tensor more than so many times larger than the largest of the program as written."""

SCHEMA = """
(sort E)
(constructor Leaf (i64) E)
(constructor One (i64) E)
(constructor Product (i64 E E) E)
(constructor Add (E E) E)
(constructor Sum (i64 E) E)
(function indices (E) i64 :merge old)
(relation root (i64 E))
(relation written (i64 E))
(ruleset masks)
(rule ((= e (Product m a b))) ((set (indices e) m)) :ruleset masks)
(rule ((= e (Sum m a))) ((set (indices e) m)) :ruleset masks)
(rule ((= e (Add a b)) (= i (indices a))) ((set (indices e) i)) :ruleset masks)
"""


@dataclass(frozen=True)
class Form:
    """One way to make a class: a product, sum or addition of other classes."""

    kind: str
    operands: tuple[int, ...]


@dataclass
class Forms:
    """
    All forms of one island, by class number; classes come after those that their forms read.

    `masks[c]` are the indices of class c; `leaves[c]` is the leaf that it is, or None; `written[c]` the term that the
    program makes it by, or None where only a rewrite does; `first[c]` is the number of that form (-1: it is none).
    """

    root: int
    masks: list[int]
    forms: list[list[Form]]
    leaves: list[Term | None]
    written: list[Term | None]
    first: list[int]


def saturate(islands: Sequence[Island], rulesets: Sequence[str] = LOGICAL) -> list[Forms | None]:
    """The forms of each island; None for one that has no other form than the one written."""
    from egglog.bindings import EGraph

    lines = [SCHEMA]
    leaves: list[Term] = []
    terms: list[Term] = []
    for name in rulesets:
        lines += [f"(ruleset {name})", import_module(f"eggshard.egraph.logic.rules.{name}").RULES]
    for number, island in enumerate(islands):
        known: dict[tuple[Any, Indices], int] = {}
        text = _text(island.term, known, leaves, terms, lines)
        lines.append(f"(root {number} {text})")
    every = " ".join(f"(run {name})" for name in rulesets)
    lines.append(f"(run-schedule (saturate (run masks)) (repeat {ROUNDS} {every} (saturate (run masks))))")
    graph = EGraph()
    graph.run_program(*graph.parse_program("\n".join(lines)))
    return _read(graph, islands, leaves, terms)


def _text(
    term: Term, known: dict[tuple[Any, Indices], int], leaves: list[Term], terms: list[Term], lines: list[str]
) -> str:
    """The name of a term, after the lines that define it."""
    if term.kind == "ones":
        return f"(One {term.mask})"
    if term.kind == "leaf":
        key = (term.value, term.indices)
        if key not in known:
            known[key] = len(leaves)
            leaves.append(term)
            lines.append(f"(let $l{known[key]} (Leaf {known[key]}))")
            lines.append(f"(set (indices $l{known[key]}) {term.mask})")
        return f"$l{known[key]}"
    operands = " ".join(_text(operand, known, leaves, terms, lines) for operand in term.operands)
    number = len(terms)
    terms.append(term)
    head = {"product": f"Product {term.mask}", "add": "Add", "sum": f"Sum {term.mask}"}[term.kind]
    lines.append(f"(let $t{number} ({head} {operands}))")
    lines.append(f"(written {number} $t{number})")
    return f"$t{number}"


def _read(graph: Any, islands: Sequence[Island], leaves: list[Term], terms: list[Term]) -> list[Forms | None]:
    number = graph.value_to_i64
    functions = graph.freeze().functions
    masks = {row.inputs[0]: number(row.output) for row in functions["indices"].rows}
    leaf_of = {row.output: leaves[number(row.inputs[0])] for row in functions["Leaf"].rows}
    ones = {row.output: number(row.inputs[0]) for row in functions["One"].rows}
    forms: dict[Any, list[tuple[str, tuple[Any, ...]]]] = {}
    for row in functions["Product"].rows:
        forms.setdefault(row.output, []).append(("product", tuple(row.inputs[1:])))
    for row in functions["Add"].rows:
        forms.setdefault(row.output, []).append(("add", tuple(row.inputs)))
    for row in functions["Sum"].rows:
        forms.setdefault(row.output, []).append(("sum", (row.inputs[1],)))
    made_by = {number(row.inputs[0]): row.inputs[1] for row in functions["written"].rows}
    place = {id(terms[n]): c for n, c in made_by.items()}
    of_leaf = {(leaf.value, leaf.indices): c for c, leaf in leaf_of.items()}
    of_ones = {mask: c for c, mask in ones.items()}
    written: dict[Any, tuple[Term, tuple[Any, ...]]] = {}
    for n, c in made_by.items():
        operands = tuple(
            place.get(id(o), of_ones.get(o.mask) if o.kind == "ones" else of_leaf.get((o.value, o.indices)))
            for o in terms[n].operands
        )
        written.setdefault(c, (terms[n], operands))
    roots = {number(row.inputs[0]): row.inputs[1] for row in functions["root"].rows}
    return [_Island(island, roots[n], masks, forms, leaf_of, ones, written).read() for n, island in enumerate(islands)]


class _Island:
    """The classes that one root reaches, without forms that cannot or need not be made."""

    def __init__(
        self,
        island: Island,
        root: Any,
        masks: dict[Any, int],
        forms: dict[Any, list[tuple[str, tuple[Any, ...]]]],
        leaf_of: dict[Any, Term],
        ones: dict[Any, int],
        written: dict[Any, tuple[Term, tuple[Any, ...]]],
    ):
        self.island, self.root, self.masks, self.forms = island, root, masks, forms
        self.leaf_of, self.ones, self.written = leaf_of, ones, written
        self.largest = GROWTH * max(island.elements(term.mask) for term in _walk(island.term))
        self.number: dict[Any, int] = {}
        self.out = Forms(0, [], [], [], [], [])
        self.open: set[Any] = set()

    def read(self) -> Forms | None:
        root = self.visit(self.root)
        if root is None or self.out.leaves[root] is not None:
            return None
        self.out.root = root
        return self.out if any(len(forms) > 1 for forms in self.out.forms) else None

    def visit(self, c: Any) -> int | None:
        """The number of a class; None if it cannot be made (too large, or only from itself)."""
        if c in self.number:
            return self.number[c]
        if c in self.open or self.island.elements(self.masks[c]) > self.largest:
            return None
        self.open.add(c)
        made: list[Form] = []
        leaf = self.leaf(c)
        for kind, operands in [] if leaf is not None else self.forms.get(c, []):
            if not self.sensible(kind, c, operands):
                continue
            numbers = [self.visit(operand) for operand in operands]
            if None in numbers:
                continue
            form = Form(kind, tuple(n for n in numbers if n is not None))
            mirrored = Form(kind, form.operands[::-1])
            if form not in made and mirrored not in made:
                made.append(form)
        self.open.discard(c)
        if leaf is None and not made:
            return None
        self.number[c] = len(self.out.masks)
        self.out.masks.append(self.masks[c])
        self.out.forms.append(made)
        self.out.leaves.append(leaf)
        term, operands = self.written.get(c, (None, ()))
        wanted = sorted(self.number.get(operand, -1) for operand in operands)
        self.out.written.append(leaf or term)
        self.out.first.append(
            next(
                (
                    n
                    for n, form in enumerate(made)
                    if term and sorted(form.operands) == wanted and form.kind == term.kind
                ),
                -1,
            )
        )
        return self.number[c]

    def leaf(self, c: Any) -> Term | None:
        """What a class is without any form: a value of the program, ones, or the number of ones."""
        if c in self.leaf_of:
            return self.leaf_of[c]
        if c in self.ones:
            return Term("ones", tuple((index,) for index in _bits(self.ones[c])))
        counted = [
            operands[0] for kind, operands in self.forms.get(c, []) if kind == "sum" and operands[0] in self.ones
        ]
        if not counted or self.masks[c]:
            return None
        value = constant(self.island.elements(self.ones[counted[0]]), self.island.element)
        return None if value is None else Term("leaf", (), value=value)

    def sensible(self, kind: str, c: Any, operands: tuple[Any, ...]) -> bool:
        """Not a product that sums what only one factor has, which is summed before, or ones; nor a sum of these."""
        if kind != "product":
            return not any(operand in self.ones for operand in operands)
        a, b = (self.masks[operand] for operand in operands)
        summed = (a | b) & ~self.masks[c]
        ones = sum(operand in self.ones for operand in operands)
        return summed & ~(a & b) == 0 and (ones == 0 or (ones == 1 and summed == 0))


def _bits(mask: int) -> Indices:
    return tuple(index for index in range(mask.bit_length()) if mask >> index & 1)


def _walk(term: Term) -> list[Term]:
    return [term, *(inner for operand in term.operands for inner in _walk(operand))]
