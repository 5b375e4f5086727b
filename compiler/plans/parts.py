"""What a plan is made of, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

SCHEMA = 2
"""Version of the plan file; a plan of another version is refused."""

CATEGORIES = ("parameters", "optimizer state", "batch inputs", "activations", "temporaries", "results")
"""
What memory is held for. Activations are those kept for the backward pass; temporaries are all other values between
ops, and copies of arguments in other layouts.
"""

Ended = Literal["bound", "time limit", "interrupted", "out of memory", "propagated"]
"""
Why a search ended: near enough to its bound; when its time was up, at Ctrl-C, or when this machine's memory was used
up, with the best plan so far; or before it had found anything, and the plan is what propagation makes of the pins.
"""


@dataclass(frozen=True)
class Port:
    """An argument or result: its path, the type of the whole tensor (`64x32xf32`), its layout as tactics write it."""

    path: str
    type: str
    layout: str


@dataclass(frozen=True)
class OpPlan:
    """
    What was decided about an op of the program: `strategy` as the IR writes it, and where each result is wanted, both
    '' where it is replicated. `kind` is its name without the dialect, `source` its line, `type` that of its first
    result.
    """

    kind: str
    source: str
    type: str
    strategy: str = ""
    layouts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Share:
    """Bytes that one thing takes of a device's memory: `what` is the path of an argument, or an op and its line."""

    bytes: int
    category: str
    what: str
    layout: str = ""


@dataclass(frozen=True)
class Peak:
    """
    The most that a device holds at any time: bytes in all and per category, what takes most (largest first), and the op
    that runs then.
    """

    bytes: int
    by_category: dict[str, int] = field(default_factory=dict)
    largest: tuple[Share, ...] = ()
    at: str = ""


@dataclass(frozen=True)
class Asked:
    """What a search was asked for: the hardware and the memory of a device, seconds of search, the seed."""

    hardware: str
    memory_bytes: int
    time_limit: float
    seed: int


@dataclass(frozen=True)
class Prediction:
    """
    What a searched plan takes: seconds of a step, of which `op_seconds` for ops and the rest for reshards; memory of a
    device; and the bound that no plan is below (None: nothing was proven).
    """

    seconds: float
    op_seconds: float
    peak: Peak
    ended: Ended
    bound_seconds: float | None = None

    @property
    def gap(self) -> float | None:
        """(seconds - bound) / seconds: by so much the plan is at most slower than the best."""
        if self.bound_seconds is None:
            return None
        return max(0.0, self.seconds - self.bound_seconds) / self.seconds if self.seconds > 0 else 0.0
