"""What the rules start from, as rows of integers: the program, the factor rows of its ops, and what layouts mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from eggshard.egraph.codes import LAST_DIMENSION, PARTIAL, is_dimension, normal, shares
from eggshard.egraph.rows import Table
from eggshard.egraph.terms import Axes

Row = tuple[int, ...]


@dataclass
class Facts:
    """Rows per relation."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def add(self, relation: str, *row: int) -> None:
        self.rows[relation].append(row)

    def write(self, folder: Path) -> str:
        """One file per relation, and the commands that read them: four microseconds a row, where terms take 1,200."""
        commands = []
        for relation, rows in self.rows.items():
            unique = dict.fromkeys(rows)
            (folder / f"{relation}.csv").write_text("".join("\t".join(map(str, row)) + "\n" for row in unique))
            commands.append(f'(input {relation} "{relation}.csv")')
        return "\n".join(commands)


def add_layouts(
    facts: Facts, axes: Axes, kinds: Sequence[tuple[int, ...]], partial: Mapping[int, Iterable[int]]
) -> None:
    """
    The layouts of each kind of tensor, and which orders and axes mean what in them.

    `kinds` are shapes. A dimension is cut into at most as many parts as it has elements. Any kind may hold terms of a
    sum; `partial` says which kinds may hold terms of other reductions.
    """
    sums = PARTIAL["sum"]
    terms = sorted({sums, *(c for columns in partial.values() for c in columns if c in PARTIAL.values())})
    rank = max((len(shape) for shape in kinds), default=0)
    everything = list(product([0, *range(1, min(rank, LAST_DIMENSION) + 1), *terms], repeat=len(axes)))
    for columns in everything:
        for order in (0, 1):
            code = normal(columns, order)
            facts.add("normal", *columns, order, code[-1])
            if code[-1] == order:
                for axis in movable(columns, order):
                    facts.add("movable", axis, *columns, order)
    for kind, shape in enumerate(kinds):
        others = set(terms) - {sums, *partial.get(kind, ())}
        for columns in everything:
            if not others.isdisjoint(columns) or not fits(shape, columns, axes.sizes):
                continue
            for order in (0, 1) if shares(columns) else (0,):
                facts.add("layout", kind, *columns, order)
    facts.add("order", 0)
    facts.add("order", 1)


def fits(shape: tuple[int, ...], columns: tuple[int, ...], sizes: tuple[int, ...]) -> bool:
    """Whether each dimension has at least as many elements as parts."""
    spans: dict[int, int] = {}
    for column, size in zip(columns, sizes, strict=True):
        if is_dimension(column):
            if column > len(shape):
                return False
            spans[column] = spans.get(column, 1) * size
    return all(span <= shape[column - 1] for column, span in spans.items())


def movable(columns: tuple[int, ...], order: int) -> list[int]:
    """The axes that are the minor one of their dimension."""
    last: dict[int, int] = {}
    positions = range(len(columns)) if order == 0 else reversed(range(len(columns)))
    for axis in positions:
        if is_dimension(columns[axis]):
            last[columns[axis]] = axis
    return sorted(last.values())


def add_rows(facts: Facts, axes: Axes, signature: int, table: Table, result: int) -> None:
    """The rows of one op for one of its results, under each mesh axis that can take them."""
    n = len(table.rows[0].operands)
    for axis, size in enumerate(axes.sizes):
        for index, row in enumerate(table.rows):
            if row.factor >= 0 and not table.allows(row.factor, size):
                continue
            # An axis that tiles nothing shares nothing: such factors are numbered apart for each axis.
            factor = row.factor if row.factor >= 0 else -1 - axis - index * len(axes)
            facts.add(
                f"row{n}", signature, axis, index, factor, row.results[result] if row.results else 0, *row.operands
            )
    for factor in range(len(table.sizes)):
        for groups in axes.partitions():
            for group in groups:
                if len(group) > 1 and table.allows(factor, axes.span(group)):
                    facts.add("joint", signature, factor, axes.span(group))
