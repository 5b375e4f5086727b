"""
A search that runs beside another, in portions of work.

What two searches tell each other must not depend on the clock. So the one beside gets work in portions; when it has
spent one it stands still until it gets the next, and only then do the two exchange anything.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

Spend = Callable[[int], None]
"""Called with work that is about to be done, in microseconds as they are on average; may raise `Stopped`."""


class Stopped(Exception):
    """No more work is given."""


def freely(work: int) -> None:
    """As much as it takes."""


class Paced:
    """One run of `search(spend)` on a thread of `pool`."""

    def __init__(self, pool: ThreadPoolExecutor, search: Callable[[Spend], None]):
        self._go, self._still = threading.Event(), threading.Event()
        self._left, self._unwanted, self._over = 0, False, False
        self._search = search
        self._future: Future[None] = pool.submit(self._run)

    def _run(self) -> None:
        try:
            self._search(self._spend)
        except Stopped:
            pass
        finally:
            self._over = True
            self._still.set()

    def _spend(self, work: int) -> None:
        self._left -= work
        while self._left < 0 and not self._unwanted:
            self._go.clear()
            self._still.set()
            self._go.wait()
        if self._unwanted:
            raise Stopped

    def grant(self, work: int) -> None:
        """Gives a portion; an overdraft of the last one is taken from it."""
        self._left += work
        if self._left >= 0 and not self._over:
            self._still.clear()
            self._go.set()

    def wait(self) -> None:
        """Until the portion is spent or the search has ended; raises what went wrong in it."""
        self._still.wait()
        if self._over:
            self._future.result()

    def ended(self) -> bool:
        return self._over

    def stop(self) -> None:
        """Ends the search at its next portion."""
        self._unwanted = True
        self._go.set()


class Budget:
    """A `Spend` of one portion: `Stopped` once it is used up."""

    def __init__(self, work: int):
        self.left = work

    def count(self, work: int) -> None:
        """As `Spend` that never stops."""
        self.left -= work

    def __call__(self, work: int) -> None:
        self.left -= work
        if self.left < 0:
            raise Stopped
