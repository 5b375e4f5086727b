"""
The bound's side of the search: prices of memory cells, and messages under them.

A step prices the core, sweeps backward and forward (`messages.py`), and moves
  - messages beyond where the sweeps took them, m <- m_k + beta_k (m_k - m_(k-1)) with beta_k = (k - 1) / (k + 2) up to
    a limit (Nesterov's momentum). Any messages give a valid bound, so no step has to be safe; block-coordinate ascent
    alone creeps where many nearly equal choices compete, and this takes ten times fewer sweeps there;
  - every price, lambda_t *= exp(eta * g_t), g_t a running mean of clip((use_t - capacity_t) / capacity_t, -1, 1),
    `use` the memory of the choice that the last sweep decoded.
Steps come in epochs: each starts from the best point so far, cools eta, and takes longer than the last.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from eggshard.choose.core import BARRED, Core
from eggshard.choose.messages import energy, loads, price, sweep

START_SWEEPS = 20
MOMENTUM = 0.97
MEMORY = 0.6
"""How much of the running mean of excesses is kept per step."""

EPOCH, LONGER = 160, 1.5
FAST, SLOW, CALMER = 2.0, 0.01, 0.4
"""Step sizes of an epoch, first to last, and what both are multiplied by from epoch to epoch (not below 1e-4)."""

FAINT = 1e-9
"""Prices never fall below this part of the first ones: from nothing they could not grow again."""


class Dual:
    """`bound` is the best so far in floats, without the constant; `prices` and `messages` those that proved it."""

    def __init__(self, core: Core):
        self.core = core
        n, cells = len(core.first) - 1, len(core.capacity)
        self.theta: Any = core.cost.copy()
        self.working: Any = np.zeros(int(core.msg[-1]))
        self.before: Any = self.working.copy()
        self.labels: Any = np.zeros(n, np.int64)
        self.now: Any = np.zeros(cells)
        self.load: Any = np.zeros(cells)
        self.mean: Any = np.zeros(cells)
        self.bound = -np.inf
        self.prices: Any = self.now.copy()
        self.messages: Any = self.working.copy()
        self.epoch, self.step, self.length = 0, 0, EPOCH
        self.run = 0
        self.calmer = 0
        """Epochs by whose end prices were as good as at the start."""
        self.least = 0.0

    def go_on(self, prices: Any) -> None:
        """In place of `start`: from prices that are likely to be good, so with smaller steps."""
        self.calmer = 1
        self.least = FAINT * float(prices.max(initial=0.0))
        self.now[:] = np.maximum(prices, self.least)
        price(self.core, self.now, self.theta)
        for _ in range(START_SWEEPS):
            self.pass_messages()

    def start(self) -> None:
        """Unpriced steps, then uniform small prices."""
        for _ in range(START_SWEEPS):
            bound = self.pass_messages()
        core = self.core
        above = energy(core, self.theta, self.labels) - bound
        # Labels may take forbidden entries, whose size says nothing.
        scale = max(abs(bound), above if above < BARRED / 2 else 0.0, 1.0)
        self.now[:] = 1e-3 * scale / max(float(core.capacity.sum()), 1.0)
        self.least = FAINT * float(self.now.max(initial=0.0))

    def pass_messages(self) -> float:
        """Both sweeps under the present prices, then momentum; the bound that they prove."""
        core = self.core
        sweep(core, self.theta, self.working, self.labels, False)
        bound = sweep(core, self.theta, self.working, self.labels, True) - float(self.now @ core.capacity)
        if bound > self.bound:
            self.bound = bound
            self.prices[:] = self.now
            self.messages[:] = self.working
        self.run += 1
        beta = min((self.run - 1) / (self.run + 2), MOMENTUM)
        np.subtract(self.working, self.before, out=self.before)
        self.before *= beta
        self.before += self.working
        self.before, self.working = self.working, self.before
        return bound

    def begin_epoch(self) -> None:
        self.epoch += 1
        self.step, self.run = 0, 0
        self.length = int(self.length * LONGER)
        self.now[:] = np.maximum(self.prices, self.least)
        self.working[:] = self.messages
        self.before[:] = self.messages
        self.mean[:] = 0.0

    def advance(self, steps: int) -> None:
        """`labels` hold the choice of the last step."""
        core = self.core
        room = np.maximum(core.capacity, 1.0)
        for _ in range(steps):
            if self.step == self.length:
                self.begin_epoch()
            price(core, self.now, self.theta)
            self.pass_messages()
            calm = CALMER ** (self.epoch + self.calmer)
            eta = max(1e-4, calm * FAST * (SLOW / FAST) ** (self.step / self.length))
            self.step += 1
            if len(room):
                loads(core, self.labels, self.load)
                excess = np.clip((self.load - core.capacity) / room, -1.0, 1.0)
                self.mean = MEMORY * self.mean + (1.0 - MEMORY) * excess
                self.now = np.maximum(self.now * np.exp(eta * self.mean), self.least)
