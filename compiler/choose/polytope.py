"""
The local polytope of a core as a linear program for HiGHS.

Columns: x(v, a) in [0, 1] per allowed strategy, y(e, a, b) per entry of a table that is allowed. Rows: the x of a node
sum to 1; the y in a row of a table sum to its x, seen from both ends; and memory, added cell by cell as solutions
violate it, each cell with a column that lets it be exceeded for a penalty: there are duals where memory cannot be kept.
Duals are handed back as messages and prices for `certificate`, which alone says what is proven: HiGHS' tolerances
then cost a little of the bound, and never make it wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from eggshard.choose.certificate import Certifier, Point
from eggshard.choose.cuts import Cut, violated_cuts
from eggshard.choose.graph import FORBIDDEN
from eggshard.choose.pace import Spend
from eggshard.choose.problem import Ints

VIOLATED = 1e-7
"""A cell is added as a row where it is exceeded by more than this part of its capacity."""

NONE = np.zeros(0, np.int32)

ROWS_AT_ONCE = 20
"""The most cells that one round adds."""

COLUMN, PIVOT = 1, 150
"""Work (microseconds) per column of every run, and per iteration of the simplex method."""

PIVOTS = 2_000
"""HiGHS is left alone for so many iterations, then for twice as many, and so on: it may begin again each time."""


@dataclass(frozen=True)
class Relaxed:
    """
    An optimum of the relaxation: x [strategies of the core] (0 where not allowed) and the dual point.

    `complete` is False where the time was up before it was an optimum; the dual point is valid all the same.
    """

    x: Any
    point: Point
    complete: bool


class Polytope:
    """The linear program of one core, over the strategies allowed at the start; others can be switched off later."""

    def __init__(self, certifier: Certifier, allowed: Any, unit: float, penalty: float, messages: Any, spend: Spend):
        """
        Costs are counted in `unit`; exceeding a cell by its whole capacity costs `penalty`.

        The program is written down as the messages leave it: they are where HiGHS' duals are 0, so that the better they
        are the fewer pivots are needed.
        """
        self._from, self._spend = messages, spend
        self.certifier, self.core, self.unit, self.penalty = certifier, certifier.core, unit, penalty
        core = self.core
        self.strategies = np.flatnonzero(allowed & (certifier.cost < FORBIDDEN))
        self.column = np.full(len(allowed), -1)
        self.column[self.strategies] = np.arange(len(self.strategies))
        self.rows: list[int] = []
        """The cell of every row of memory or cut, in order; -1 of a cut."""
        self.scales: list[float] = []
        self.cuts: list[Cut] = []
        holder = np.repeat(np.arange(certifier.nodes), np.diff(core.seg))
        lengths = np.diff(core.where)
        within = np.arange(len(core.usage)) - np.repeat(core.where[:-1], lengths)
        # Per usage the segment and the strategy that it is of.
        self._segment = np.repeat(np.arange(len(core.lo)), lengths)
        self._strategy = np.repeat(core.first[:-1][holder], lengths) + within
        self.highs = highspy.Highs()
        self.highs.silent()
        self.highs.setOptionValue("threads", 1)
        self._build()

    def _build(self) -> None:
        certifier, core = self.certifier, self.core
        # One orientation of every table; a message slot is a row of the program.
        forward = core.other[certifier.slot_half] > certifier.owner[certifier.slot_strategy]
        entry_row = certifier.entry_row
        kept = forward[entry_row] & (certifier.entries < FORBIDDEN)
        kept &= self.column[certifier.slot_strategy[entry_row]] >= 0
        kept &= self.column[certifier.entry_column] >= 0
        self.entries = np.flatnonzero(kept)
        used = np.flatnonzero(self.column[certifier.slot_strategy] >= 0)
        self.slot_row = np.full(len(certifier.slot_strategy), -1)
        self.slot_row[used] = np.arange(len(used)) + certifier.nodes
        self.used_slots = used
        xs, ys = len(self.strategies), len(self.entries)
        rows = certifier.nodes + len(used)
        # Entries of the matrix: x in its node's row (1) and in its slots' rows (-1), y in two slots' rows (1).
        y = np.arange(xs, xs + ys)
        row = np.concatenate([
            certifier.owner[self.strategies], self.slot_row[used],
            self.slot_row[entry_row[self.entries]], self.slot_row[certifier.entry_back[self.entries]],
        ])  # fmt: skip
        col = np.concatenate([np.arange(xs), self.column[certifier.slot_strategy[used]], y, y])
        value = np.concatenate([np.ones(xs), -np.ones(len(used)), np.ones(2 * ys)])
        order = np.argsort(col, kind="stable")
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = xs + ys, rows
        heard = np.bincount(certifier.slot_strategy, self._from, len(certifier.cost))
        program.col_cost_ = np.concatenate([
            certifier.cost[self.strategies] + heard[self.strategies],
            certifier.entries[self.entries]
            - self._from[entry_row[self.entries]] - self._from[certifier.entry_back[self.entries]],
        ]) / self.unit  # fmt: skip
        program.col_lower_, program.col_upper_ = np.zeros(xs + ys), np.ones(xs + ys)
        right = np.concatenate([np.ones(certifier.nodes), np.zeros(len(used))])
        program.row_lower_ = program.row_upper_ = right
        program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        program.a_matrix_.start_ = np.searchsorted(col[order], np.arange(xs + ys + 1))
        program.a_matrix_.index_, program.a_matrix_.value_ = row[order], value[order]
        self.highs.passModel(program)
        self._fixed_rows = rows

    def relax(self, allowed: Any, seconds: float) -> Relaxed | None:
        """An optimum among choices of the allowed strategies; None where there is none, or HiGHS gives up."""
        bounds = allowed[self.strategies].astype(np.float64)
        count = len(self.strategies)
        self.highs.changeColsBounds(count, np.arange(count, dtype=np.int32), np.zeros(count), bounds)
        self.highs.setOptionValue("time_limit", self.highs.getRunTime() + max(0.01, seconds))
        pivots = PIVOTS
        while True:
            self._spend(COLUMN * self.highs.getNumCol())
            self.highs.setOptionValue("simplex_iteration_limit", pivots)
            self.highs.run()
            self._spend(PIVOT * max(0, self.highs.getInfo().simplex_iteration_count))
            status = self.highs.getModelStatus()
            if status == highspy.HighsModelStatus.kIterationLimit:
                pivots *= 2
                continue
            if status == highspy.HighsModelStatus.kInfeasible:
                return None
            solution = self.highs.getSolution()
            if not solution.dual_valid:
                return None
            x = np.zeros(len(self.column))
            x[self.strategies] = np.array(solution.col_value[:count])
            complete = status == highspy.HighsModelStatus.kOptimal
            if complete and self.add_violated(x):
                continue
            dual = np.array(solution.row_dual) * self.unit
            messages = self._from.copy()
            messages[self.used_slots] += dual[self.slot_row[self.used_slots]]
            rates = np.maximum(0.0, -dual[self._fixed_rows :]) / np.array(self.scales)
            cells = np.array(self.rows, np.int64)
            prices = np.zeros(len(self.core.capacity))
            prices[cells[cells >= 0]] = rates[cells >= 0]
            return Relaxed(x, Point(messages, prices, tuple(self.cuts), rates[cells < 0]), complete)

    def load(self, x: Any) -> Any:
        """Memory held in every cell [cells]."""
        core = self.core
        held = np.bincount(self._segment, core.usage * x[self._strategy], len(core.lo))
        change = np.bincount(core.lo, held, len(core.capacity) + 1)
        change -= np.bincount(core.hi, held, len(core.capacity) + 1)
        return np.cumsum(change)[:-1]

    def priced(self, relaxed: Relaxed) -> Any:
        """What memory each strategy of the core holds costs at a solution's prices."""
        prefix = np.concatenate([[0.0], np.cumsum(relaxed.point.prices)])
        rate = prefix[self.core.hi] - prefix[self.core.lo]
        total = np.bincount(self._strategy, self.core.usage * rate[self._segment], len(self.column))
        for cut, price in zip(relaxed.point.cuts, relaxed.point.cut_prices, strict=True):
            total[cut.strategies] += price * cut.weights
        return total

    def add_violated(self, x: Any) -> bool:
        """Adds rows of the cells that x violates most; whether there were any."""
        if not len(self.core.capacity):
            return False
        over = (self.load(x) - self.core.capacity) / np.maximum(1.0, self.core.capacity)
        over[[cell for cell in self.rows if cell >= 0]] = 0.0
        worst = [int(cell) for cell in np.argsort(-over)[:ROWS_AT_ONCE] if over[cell] > VIOLATED]
        # Neighbouring cells say nearly the same: only peaks are added.
        peaks = [c for c in worst if over[c] >= max(over[max(0, c - 1) : c + 2])] or worst[:1]
        for cell in peaks:
            self.add_cell(cell)
        return bool(peaks)

    def add_violated_cuts(self, relaxed: Relaxed, allowed: Any, count: int) -> int:
        """Adds the cuts that a solution violates most, of cells that are full in it; how many."""
        if not len(self.core.capacity):
            return 0
        full = self.load(relaxed.x) >= self.core.capacity * (1 - 1e-6)
        cells = [cell for cell in dict.fromkeys(self.rows) if cell >= 0 and full[cell]]
        found: list[tuple[float, Cut]] = []
        for cell in cells:
            strategies, usages = self.row(cell)
            node = np.unique(self.certifier.owner[strategies], return_inverse=True)[1]
            room = int(self.core.capacity[cell])
            found += violated_cuts(strategies, usages, node, room, relaxed.x, allowed, count)
        found.sort(key=lambda each: -each[0])
        seen: set[tuple[int, bytes, bytes]] = set()
        for _, cut in found:
            key = (cut.most, cut.strategies.tobytes(), cut.weights.tobytes())
            if key not in seen and len(seen) < count:
                seen.add(key)
                self.add_cut(cut)
        return len(seen)

    def add_cell(self, cell: int) -> None:
        """Adds the row of a memory cell, in parts of its capacity."""
        strategies, usages = self.row(cell)
        self._add(cell, strategies, usages.astype(np.float64), float(self.core.capacity[cell]))

    def add_cut(self, cut: Cut) -> None:
        """Adds the row of a cut, in parts of its largest weight."""
        self.cuts.append(cut)
        self._add(-1, cut.strategies, cut.weights.astype(np.float64), float(cut.most))

    def row(self, cell: int) -> tuple[Ints, Ints]:
        """(strategies of the core, memory each holds in this cell), of all nodes that may hold some."""
        covering = (self.core.lo <= cell) & (cell < self.core.hi)
        at = np.flatnonzero(covering[self._segment])
        return self._strategy[at], self.core.usage[at].astype(np.int64)

    def _add(self, cell: int, strategies: Any, weights: Any, most: float) -> None:
        at = np.flatnonzero((weights != 0) & (self.column[strategies] >= 0))
        scale = max(1.0, most) if cell >= 0 else float(np.abs(weights).max())
        excess = self.highs.getNumCol()
        self.highs.addCol(self.penalty / self.unit, 0.0, highspy.kHighsInf, 0, NONE, np.zeros(0))
        self.highs.addRow(
            -highspy.kHighsInf,
            most / scale,
            len(at) + 1,
            np.append(self.column[strategies[at]], excess).astype(np.int32),
            np.append(weights[at] / scale, -1.0),
        )
        self.rows.append(cell)
        self.scales.append(scale)
