"""How far a long command has come, for a person who waits at a terminal."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType


class Progress:
    """
    One line on stderr that is written over and over: the stage at work and the seconds so far.

    Nothing is shown in the first second, and nothing where stderr is no terminal. Call it with the name of a stage when
    that stage begins.
    """

    def __init__(self) -> None:
        self.stage = "start"
        self.began = time.monotonic()
        self.shown = False
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._show, daemon=True) if sys.stderr.isatty() else None

    def __call__(self, stage: str) -> None:
        self.stage = stage

    def __enter__(self) -> Progress:
        if self.thread is not None:
            self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.done.set()
        if self.thread is not None:
            self.thread.join()
        if self.shown:
            self._write("")
        if error is not None:
            error.add_note(f"stage: {self.stage}")

    def _show(self) -> None:
        pause = 1.0
        while not self.done.wait(pause):
            self._write(f"eggshard: {time.monotonic() - self.began:4.0f} s  {self.stage}")
            self.shown = True
            pause = 0.2

    def _write(self, text: str) -> None:
        try:
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
        except OSError:
            self.done.set()
