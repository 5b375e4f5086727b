"""`eggshard solve`: what it prints and where, and how it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from choose_support import EXAMPLE, problem_of, write, written

from eggshard.tools.main import main

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def example(tmp_path: Path) -> str:
    return write(tmp_path / "p.json", EXAMPLE)


def test_the_last_line_is_the_solution(example: str, capsys: Captured) -> None:
    assert main(["solve", example, "--time-limit", "20"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out.splitlines()[-1]) == [0, 0, 2, 1, 0]
    assert err.splitlines()[0].startswith("example: 5 nodes, 5 edges, 9 strategies, 14 table entries, memory limit 50")
    assert err.splitlines()[-1].startswith("optimal: cost 445, bound 445, gap 0 %")


def test_json(example: str, capsys: Captured) -> None:
    assert main(["solve", example, "--time-limit", "20", "--seed", "3", "--threads", "1", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["solution"] == [0, 0, 2, 1, 0]
    assert (shown["status"], shown["cost"], shown["bound"], shown["gap"], shown["optimal"]) == (
        "optimal", 445, 445, 0, True,
    )  # fmt: skip
    assert (shown["seed"], shown["threads"]) == (3, 1)
    assert shown["seconds"] >= shown["seconds_to_best"] >= shown["seconds_to_first"] > 0


def test_infeasible(tmp_path: Path, capsys: Captured) -> None:
    problem = problem_of([2, 1], [0, 0, 0], [3, 4, 3], [(0, 9), (3, 5)], [], 5)
    path = write(tmp_path / "p.json", written(problem))
    assert main(["solve", path, "--time-limit", "20"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1].startswith(f"error: {path}: infeasible: ")
    assert main(["solve", path, "--time-limit", "20", "--json"]) == 1
    shown = json.loads(capsys.readouterr().out)
    assert (shown["status"], shown["solution"], shown["cost"]) == ("infeasible", None, None)


def test_check(example: str, tmp_path: Path, capsys: Captured) -> None:
    solution = tmp_path / "s.txt"
    solution.write_text("[0, 0, 2, 1, 0]\n")
    for given in (str(solution), "[0, 0, 2, 1, 0]"):
        assert main(["solve", example, "--check", given]) == 0
        assert capsys.readouterr().out.splitlines() == [
            "cost    445",
            "memory  50 at most, limit 50",
            "a valid solution",
        ]


def test_check_of_what_does_not_fit(example: str, capsys: Captured) -> None:
    assert main(["solve", example, "--check", "[0, 0, 1, 1, 0]"]) == 1
    out = capsys.readouterr().out
    assert "over the limit by 5 from step 50 on" in out
    assert out.splitlines()[-1] == "not a valid solution"
    assert main(["solve", example, "--check", "[0, 0, 1, 1, 0]", "--json"]) == 1
    shown = json.loads(capsys.readouterr().out)
    assert (shown["cost"], shown["feasible"], shown["violation"], shown["first_step"]) == (415, False, 5, 50)


BAD = [
    ({"problem": {}}, '"problem" has no "nodes"'),
    ([1, 2], "the file is a list; required: an object"),
    ({"problem": {**EXAMPLE["problem"], "usage_limit": -3}}, '"usage_limit" is -3'),
]


@pytest.mark.parametrize(("whole", "said"), BAD)
def test_bad_input_is_one_line(tmp_path: Path, capsys: Captured, whole: Any, said: str) -> None:
    path = write(tmp_path / "p.json", whole)
    assert main(["solve", path]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith(f"error: {path}: ") and said in err


@pytest.mark.parametrize("solution", ["[0, 0]", "[0, 0, 9, 1, 0]", "nowhere.txt", "[0, 0, 2, 1"])
def test_bad_solution_is_one_line(example: str, capsys: Captured, solution: str) -> None:
    assert main(["solve", example, "--check", solution]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("error: ")


@pytest.mark.parametrize(
    "options",
    [["--time-limit", "0"], ["--time-limit", "soon"], ["--time-limit", "inf"], ["--time-limit", "-5"],
     ["--seed", "-1"], ["--seed", "x"], ["--threads", "0"]],
)  # fmt: skip
def test_wrong_usage(example: str, capsys: Captured, options: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["solve", example, *options])
    assert stopped.value.code == 2
    assert "required: " in capsys.readouterr().err
