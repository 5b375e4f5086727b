"""What is compiled ahead is what a search calls, with the very same types."""

from __future__ import annotations

import importlib
import os
import pkgutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from choose_support import tiny
from numba.core.dispatcher import Dispatcher

import eggshard.choose
from eggshard.choose import compiled, prepare
from eggshard.choose.solve import solve


def signatures() -> dict[str, list[Any]]:
    """Of every compiled function that is called from Python."""
    found: dict[str, list[Any]] = {}
    for module in pkgutil.iter_modules(eggshard.choose.__path__):
        loaded = importlib.import_module(f"eggshard.choose.{module.name}")
        for name, value in vars(loaded).items():
            if isinstance(value, Dispatcher) and not value.targetoptions.get("no_cpython_wrapper"):
                found[f"{value.py_func.__module__}.{name}"] = list(value.signatures)
    return found


def check() -> None:
    """Run in a process of its own: other tests call compiled functions with types of their own."""
    compiled.kept()
    prepare.compile_all()
    ahead = signatures()
    assert {name: known for name, known in ahead.items() if len(known) > 1} == {}
    assert ahead["eggshard.choose.forest.polish"] and ahead["eggshard.choose.narrow.forbid"]
    for seed in range(4):
        solve(tiny(seed), time_limit=2.0)
    assert signatures() == ahead


def test_every_entry_once_and_nothing_new_in_a_search() -> None:
    folder = Path(__file__).parent
    path = os.pathsep.join([str(folder), str(folder.parent), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-c", "import test_choose_prepare; test_choose_prepare.check()"]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": path})


class Started(list[Any]):
    def __call__(self, *args: Any, **options: Any) -> None:
        self.append(args)


@pytest.mark.parametrize(("kept", "cores", "starts"), [(True, 2, 0), (False, 1, 0), (False, 2, 1)])
def test_second_process_only_where_it_helps(
    kept: bool, cores: int, starts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = Started()
    monkeypatch.setattr(prepare, "kept", lambda: kept)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    monkeypatch.setattr(subprocess, "Popen", started)
    prepare.prepare.__wrapped__()
    assert len(started) == starts


def test_kept_where_nothing_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(compiled.COMMON, "cache", False)
    assert compiled.kept()


def test_kept_code_goes_when_any_file_of_the_folder_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    def misses(stamp: str) -> int:
        monkeypatch.setattr(compiled, "STAMP", stamp)
        function: Any = compiled.entry(doubled)
        assert function(4) == 8
        return sum(function.stats.cache_misses.values())

    fresh = str(os.getpid())
    assert [misses(stamp) for stamp in (fresh, fresh, "another" + fresh, fresh)] == [1, 0, 1, 1]


def doubled(x: int) -> int:
    return 2 * x
