"""
The bound's side of the search: prices of memory cells, and messages under them.

A step prices the core, sweeps backward and forward (`messages.py`) and moves every price by
    lambda_t *= exp(eta * clip((use_t - capacity_t) / capacity_t, -1, 1)),
where `use` is the memory of a choice that nearly minimises the priced energy. Messages are kept from step to step.
"""

from __future__ import annotations

import numpy as np

from eggshard.choose.core import Core
from eggshard.choose.forest import decode_forest, new_work
from eggshard.choose.messages import energy, loads, price, sweep

START_SWEEPS = 20
FAST, SLOW = 0.3, 0.005
COOLING = 0.985
"""Step sizes: from FAST, times COOLING per step, down to SLOW."""


class Dual:
    """`bound` is the best so far in floats, without the constant; `prices` and `messages` those that proved it."""

    def __init__(self, core: Core, seed: int):
        self.core = core
        n, cells = len(core.first) - 1, len(core.capacity)
        self.theta = core.cost.copy()
        self.working = np.zeros(int(core.msg[-1]))
        self.labels = np.zeros(n, np.int64)
        self.last = np.zeros(n, np.int64)
        self.now = np.zeros(cells)
        self.load = np.zeros(cells)
        self.work = new_work(core, 2 * seed + 1)
        self.steps = 0
        self.bound = -np.inf
        self.prices = self.now.copy()
        self.messages = self.working.copy()

    def start(self) -> None:
        """Unpriced sweeps, then uniform small prices."""
        for i in range(START_SWEEPS):
            bound = sweep(self.core, self.theta, self.working, self.labels, i % 2 == 1)
        self.last[:] = self.labels
        self.keep(bound, self.now)
        held = float(self.core.capacity.sum())
        scale = max(abs(bound), abs(energy(self.core, self.theta, self.labels) - bound), 1.0)
        self.now[:] = 1e-3 * scale / max(held, 1.0)

    def keep(self, bound: float, prices: np.ndarray) -> None:
        if bound > self.bound:
            self.bound = bound
            self.prices[:] = prices
            self.messages[:] = self.working

    def advance(self, steps: int) -> None:
        """`labels` hold the choice of the last step."""
        core = self.core
        cells = len(core.capacity)
        for _ in range(steps):
            price(core, self.now, self.theta)
            sweep(core, self.theta, self.working, self.labels, False)
            bound = sweep(core, self.theta, self.working, self.labels, True)
            self.keep(bound - float(self.now @ core.capacity), self.now)
            self.steps += 1
            if cells:
                decode_forest(core, self.theta, self.labels, self.work, 1)
                decode_forest(core, self.theta, self.last, self.work, 1)
                if energy(core, self.theta, self.last) < energy(core, self.theta, self.labels):
                    self.labels[:] = self.last
                self.last[:] = self.labels
                loads(core, self.labels, self.load)
                eta = max(SLOW, FAST * COOLING**self.steps)
                over = np.clip((self.load - core.capacity) / np.maximum(core.capacity, 1.0), -1.0, 1.0)
                self.now *= np.exp(eta * over)
