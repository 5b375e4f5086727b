"""What `eggshard plan` says where memory, time or this machine do not suffice, or somebody presses Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from eggshard.choose import solve as solver
from eggshard.choose.problem import Problem, Result
from eggshard.planning import search, solving
from eggshard.sizes import parse_bytes
from eggshard.tools.main import main

MODEL = """\
func.func @main(%x: tensor<64x32xf32> {sharding.name = "x"}, %wi: tensor<32x128xf32> {sharding.name = "params/wi"},
    %wo: tensor<128x32xf32> {sharding.name = "params/wo"}) -> tensor<64x32xf32> {
  %0 = stablehlo.dot_general %x, %wi, contracting_dims = [1] x [0]
    : (tensor<64x32xf32>, tensor<32x128xf32>) -> tensor<64x128xf32>
  %1 = stablehlo.tanh %0 : tensor<64x128xf32>
  %2 = stablehlo.dot_general %1, %wo, contracting_dims = [1] x [0]
    : (tensor<64x128xf32>, tensor<128x32xf32>) -> tensor<64x32xf32>
  return %2 : tensor<64x32xf32>
}
"""

PLAN = ["plan", "model.mlir", "--mesh", "data=4,model=2", "-o", "plan.json"]
Said = tuple[int, str, str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("model.mlir").write_text(MODEL)


def ran(capsys: pytest.CaptureFixture[str], *options: str) -> Said:
    """Exit status, stdout and stderr of a plan; what is written to stderr is whole lines without a traceback."""
    status = main([*PLAN, *options])
    out, err = capsys.readouterr()
    assert "Traceback" not in err and (err == "" or err.endswith("\n"))
    return status, out, err.rstrip("\n")


def ended() -> str:
    predicted = json.loads(Path("plan.json").read_text())["predicted"]
    return str(predicted["ended"])


def test_memory_that_nothing_fits(capsys: pytest.CaptureFixture[str]) -> None:
    """The limit that is named as the smallest is one that planning succeeds with, and 2 % less is not."""
    status, out, err = ran(capsys, "--memory", "3KiB", "--time-limit", "60")
    assert status == 1 and out == "" and "\n" not in err and not Path("plan.json").exists()
    assert err.startswith(
        "error: --memory: no partitioning fits in 3.0 KiB a device; the smallest limit found that one"
    )
    assert "parameters 4.0 KiB" in err and "the largest are " in err and "params/wi (" in err
    assert "pinned" not in err
    smallest = err.rpartition("try: --memory ")[2].split(",")[0]
    assert f"fits in is {smallest}, of which " in err
    less = str(int(parse_bytes(smallest) * 0.98))
    assert ran(capsys, "--memory", less, "--time-limit", "60")[0] == 1
    status, _, err = ran(capsys, "--memory", smallest, "--time-limit", "60")
    assert (status, err) == (0, "")
    assert json.loads(Path("plan.json").read_text())["predicted"]["peak"]["bytes"] <= parse_bytes(smallest)


def test_memory_that_nothing_fits_because_of_pins(capsys: pytest.CaptureFixture[str]) -> None:
    pins = ["--shard", "params/wi=-", "--shard", "params/wo=-"]
    status, _, err = ran(capsys, "--memory", "20KiB", "--time-limit", "60", *pins)
    assert status == 1 and "parameters 32.0 KiB" in err and "fewer layouts pinned" in err
    smallest = err.rpartition("try: --memory ")[2].split(",")[0]
    assert ran(capsys, "--memory", smallest, "--time-limit", "60", *pins)[0] == 0


def nothing(problem: Problem, **options: Any) -> Result:
    """A solver whose time is up."""
    return Result(None, None, None)


def test_no_time_at_all(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The plan is the one that propagation makes; memory is not blamed."""
    monkeypatch.setattr(solver, "solve", nothing)
    status, out, err = ran(capsys, "--time-limit", "0.5", "--shard", "x=data")
    assert status == 0
    assert err == (
        "eggshard: time limit of 0.5 s reached before anything was found: "
        "the plan is what propagation makes of --shard and annotations"
    )
    assert f"stopped: {err.removeprefix('eggshard: ')}" in out and "bound:" not in out
    assert ended() == "propagated"
    plan = json.loads(Path("plan.json").read_text())
    assert plan["arguments"][0]["layout"] == plan["results"][0]["layout"] == "data,-"
    assert plan["predicted"]["bound_seconds"] is None and plan["predicted"]["seconds"] > 0
    assert main(["partition", "model.mlir", "--plan", "plan.json", "-o", "out.mlir"]) == 0
    assert Path("out.mlir").read_text() == plan["program"]


def test_no_time_and_little_memory(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(solver, "solve", nothing)
    status, _, err = ran(capsys, "--time-limit", "0.5", "--memory", "24KiB")
    assert status == 0 and "it does not fit: " in err and err.endswith(" a device too much")


def test_little_time(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What the search for the cheapest does not find in time, the search for whatever fits does."""
    solve = solver.solve

    def hurried(problem: Problem, **options: Any) -> Result:
        return nothing(problem) if problem.costs.any() and problem.limit == 24 * 1024 else solve(problem, **options)

    monkeypatch.setattr(solver, "solve", hurried)
    status, out, err = ran(capsys, "--time-limit", "5", "--memory", "24KiB")
    assert status == 0 and ended() == "time limit"
    assert err == "eggshard: time limit of 5 s reached: the best plan so far, not the best there is"
    assert "bound: none was proven" in out
    assert json.loads(Path("plan.json").read_text())["predicted"]["peak"]["bytes"] <= 24 * 1024


def test_control_c(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The solver returns what it has; the plan is marked, and nothing else is sought."""
    solve = solver.solve
    calls = []

    def interrupted(problem: Problem, **options: Any) -> Result:
        found = solve(problem, **options)
        calls.append(problem)
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt:
            pass
        return found

    monkeypatch.setattr(solver, "solve", interrupted)
    before = signal.getsignal(signal.SIGINT)
    status, out, err = ran(capsys, "--time-limit", "60")
    assert status == 0 and len(calls) == 1 and ended() == "interrupted"
    assert err == "eggshard: interrupted: the best plan so far, not the best there is"
    assert f"stopped: {err.removeprefix('eggshard: ')}" in out
    assert signal.getsignal(signal.SIGINT) is before


def test_control_c_that_is_lost(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Compilers and finalizers swallow a KeyboardInterrupt; the solver is stopped by its next progress."""
    solve = solver.solve

    def interrupted(problem: Problem, **options: Any) -> Result:
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt:
            pass
        with pytest.raises(KeyboardInterrupt):
            options["on_progress"](None)
        return solve(problem, time_limit=60.0)

    monkeypatch.setattr(solver, "solve", interrupted)
    assert ran(capsys, "--time-limit", "60")[0] == 0 and ended() == "interrupted"


def test_control_c_before_anything_is_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(problem: Problem, **options: Any) -> Result:
        os.kill(os.getpid(), signal.SIGINT)
        return nothing(problem)

    monkeypatch.setattr(solver, "solve", interrupted)
    assert ran(capsys, "--time-limit", "60") == (130, "", "eggshard: interrupted")
    assert not Path("plan.json").exists()


def test_this_machine_has_too_little_memory(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*arguments: Any, **options: Any) -> Any:
        raise MemoryError("Unable to allocate 37.7 GiB")

    monkeypatch.setattr(solver, "solve", full)
    said = "this machine's own memory does not suffice to search for a plan (Unable to allocate 37.7 GiB); try: "
    status, out, err = ran(capsys)
    assert (status, out) == (1, "") and err.startswith(f"error: {said}") and "\n" not in err
    monkeypatch.setattr(search, "explored", full)
    assert ran(capsys)[2] == err


def test_this_machine_runs_out_of_memory_elsewhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*arguments: Any, **options: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr("eggshard.frontends.load.load", full)
    assert ran(capsys) == (1, "", "error: this machine's own memory does not suffice")


def test_what_is_found_before_this_machine_is_full_counts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(self: Any, module: Any, start: Result) -> Result:
        raise MemoryError

    def alike(self: Any, module: Any) -> Result:
        return solver.solve(self.made.problem, time_limit=60.0)

    monkeypatch.setattr(solving.Solving, "alike", alike)
    monkeypatch.setattr(solving.Solving, "wholly", full)
    status, _, err = ran(capsys)
    assert status == 0 and ended() == "out of memory"
    assert err.startswith("eggshard: this machine's memory was used up: the best plan so far")


def test_a_seed_is_kept_where_the_search_ends_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    texts = []
    for _ in range(2):
        assert ran(capsys, "--seed", "3", "--memory", "24KiB", "--time-limit", "60")[0] == 0
        assert ended() == "bound"
        texts.append(Path("plan.json").read_text())
    assert texts[0] == texts[1]
