"""
What one mesh axis can do at one op: the factor rows from which the e-graph makes strategies.

A strategy takes one row for each mesh axis; axes that tile the same factor share the dimension.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects.builtin import TensorType, i1
from xdsl.ir import Operation

from eggshard.dialects.sharding.layout import Mesh
from eggshard.egraph.codes import LAST_DIMENSION, PARTIAL, live_axes
from eggshard.egraph.linear import Operands, linear_sets
from eggshard.partitioning.localize.table import tileable
from eggshard.rules.rule import FactorDims, Rule
from eggshard.rules.table import rule_of

NOTHING = -1
CARRY = -2


@dataclass(frozen=True)
class Row:
    """
    A column for each operand and result: what the axis does to it.

    `factor` is the factor that the axis tiles, `NOTHING`, or `CARRY` where partial sums pass through.
    """

    factor: int
    operands: tuple[int, ...]
    results: tuple[int, ...]
    carried: Operands = frozenset()


@dataclass(frozen=True)
class Table:
    """
    The rows of one op.

    `spans[f]` is into how many parts factor f may be cut: at most its size, and if it shares a dimension with another
    factor only a divisor of `divides[f]`, or the parts would not be whole.
    """

    rule: Rule | None
    rows: tuple[Row, ...]
    sizes: tuple[int, ...]
    divides: tuple[int, ...]

    def allows(self, factor: int, span: int) -> bool:
        return span <= self.sizes[factor] and self.divides[factor] % span == 0


def table_of(op: Operation, relax_rounding: bool = False) -> Table:
    """
    The rows of an op, whatever the mesh; an op without a rule has only the row that does nothing.

    With `relax_rounding` terms of a sum may be rounded before they are added.
    """
    rule = rule_of(op)
    nothing = Row(NOTHING, (0,) * len(op.operands), (0,) * len(op.results))
    if rule is None:
        return Table(None, (nothing,), (), ())
    rule = rule.local
    boolean = any(isinstance(r.type, TensorType) and r.type.element_type == i1 for r in op.results)
    rows = [nothing]
    for factor in sorted(tileable(op, rule)):
        row = _tiled(rule, factor, boolean)
        if row is not None:
            rows.append(row)
    for carried in linear_sets(op, rule, relax_rounding):
        term = PARTIAL["sum"]
        operands = tuple(term if index in carried else 0 for index in range(len(op.operands)))
        rows.append(Row(CARRY, operands, (term,) * len(op.results), carried))
    return Table(rule, tuple(rows), rule.sizes, tuple(_divisor(rule, f) for f in range(len(rule.sizes))))


def _tiled(rule: Rule, factor: int, boolean: bool) -> Row | None:
    """The row that tiles `factor`; None if some tensor's shards would not be whole."""
    if rule.sizes[factor] <= 1 or not _leads(rule, factor):
        return None
    operands = tuple(_column(dims, factor) for dims in rule.operands)
    results = tuple(_column(dims, factor) for dims in rule.results)
    if factor in rule.reduction:
        if rule.kind == "generic":
            return None  # finished by a collective of its own
        kind = ("or" if boolean else "sum") if factor in rule.masked else rule.kind
        if kind not in PARTIAL:
            return None
        results = (PARTIAL[kind],) * len(results)
    if max((*operands, *(r for r in results if r < min(PARTIAL.values()))), default=0) > LAST_DIMENSION:
        return None
    return Row(factor, operands, results)


def _column(dims: FactorDims, factor: int) -> int:
    return next((dim + 1 for dim, factors in enumerate(dims) if factor in factors), 0)


def _leads(rule: Rule, factor: int) -> bool:
    """Whether `factor` is the major one of each dimension that it shares; a minor one's parts are not contiguous."""
    for dims in (*rule.operands, *rule.results):
        for factors in dims:
            if factor in factors and any(rule.sizes[f] > 1 for f in factors[: factors.index(factor)]):
                return False
    return True


def _divisor(rule: Rule, factor: int) -> int:
    """A number that every allowed span divides."""
    shared = any(factor in factors and len(factors) > 1 for dims in (*rule.operands, *rule.results) for factors in dims)
    return rule.sizes[factor] if shared else 0


def usable(table: Table, mesh: Mesh) -> list[list[tuple[int, Row]]]:
    """Per live axis of `mesh` the rows that it can take, with their index in the table."""
    return [
        [(i, row) for i, row in enumerate(table.rows) if row.factor < 0 or table.allows(row.factor, size)]
        for _, size in live_axes(mesh)
    ]
