"""Ctrl-C while something is sought: what there is is kept, and the rest is left."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any


class Interrupts:
    """
    Notes in `noted` that Ctrl-C came inside of the `with`, and raises KeyboardInterrupt as ever.

    A solver that returns what it has at a KeyboardInterrupt cannot say that it was stopped. Others lose one on its way,
    as compilers and finalizers do: `check` now and then. Where signals are not ours (in a thread, or where somebody
    else handles them) nothing is noted.
    """

    def __init__(self) -> None:
        self.noted = False
        self.before: Any = None

    def __enter__(self) -> Interrupts:
        own = threading.current_thread() is threading.main_thread()
        if own and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            self.before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.before is not None:
            signal.signal(signal.SIGINT, self.before)

    def check(self) -> None:
        """Raises KeyboardInterrupt again if one was noted."""
        if self.noted:
            raise KeyboardInterrupt

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.noted = True
        raise KeyboardInterrupt
