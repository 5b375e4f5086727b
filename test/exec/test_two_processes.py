"""Two processes with four devices each run one per-device program, and get what one process gets."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import jax
import numpy as np
from exec_support import assert_equal, whole
from exec_worker import CASES
from models.registry import MODELS

TESTS = Path(__file__).resolve().parents[1]
SECONDS = 240
"""After which workers that hang are killed."""


def test_two_processes(tmp_path: Path) -> None:
    run_together(2, tmp_path)
    for model, tactic in CASES:
        fn, args = MODELS[model].build("small", "f32")
        expected = jax.tree.leaves(whole(fn, args))
        for index in range(2):
            with np.load(tmp_path / f"{index}.npz") as found:
                assert_equal(expected, [found[f"{tactic}:{i}"] for i in range(len(expected))])


def run_together(count: int, folder: Path) -> None:
    """Runs the worker in `count` processes; kills them all if one fails or they take too long."""
    environment = {
        **os.environ,
        "XLA_FLAGS": "--xla_force_host_platform_device_count=4",
        "PYTHONPATH": os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")]),
    }
    command = [sys.executable, str(TESTS / "exec_worker.py"), str(free_port())]
    logs = [folder / f"{index}.log" for index in range(count)]
    workers: list[subprocess.Popen[bytes]] = []
    try:
        for index, log in enumerate(logs):
            parts = [*command, str(index), str(count), str(folder / f"{index}.npz")]
            with log.open("wb") as file:
                workers.append(subprocess.Popen(parts, env=environment, stdout=file, stderr=subprocess.STDOUT))
        wait(workers, logs)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def wait(workers: list[subprocess.Popen[bytes]], logs: list[Path]) -> None:
    """Until all have ended; one that fails ends the wait, since the others would wait for it forever."""
    end = time.monotonic() + SECONDS
    while None in [worker.poll() for worker in workers]:
        failed = [log for worker, log in zip(workers, logs, strict=True) if worker.returncode]
        assert not failed, failed[0].read_text(errors="replace")[-4000:]
        assert time.monotonic() < end, logs[0].read_text(errors="replace")[-4000:]
        time.sleep(0.2)
    for worker, log in zip(workers, logs, strict=True):
        assert worker.returncode == 0, log.read_text(errors="replace")[-4000:]


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
