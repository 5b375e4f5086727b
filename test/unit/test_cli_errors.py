"""Bad input to `eggshard`: one line that says what, where and what to do, exit status 1 or 2, and no output file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eggshard.tools.main import main

MODEL = """\
func.func @main(%x: tensor<8x16xf32> {sharding.name = "x"}, %w: tensor<16x4xf32> {sharding.name = "params/w"})
    -> tensor<8x4xf32> {
  %0 = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0]
      : (tensor<8x16xf32>, tensor<16x4xf32>) -> tensor<8x4xf32>
  return %0 : tensor<8x4xf32>
}
"""

FUNCTIONS = """\
def step(x):
    return x["a"]

def text():
    return "model"

def raises():
    return {}["missing"]

def untraceable():
    return step, (1.0,)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a model, and bad ones beside it."""
    monkeypatch.chdir(tmp_path)
    Path("model.mlir").write_text(MODEL)
    Path("other.mlir").write_text(MODEL.replace("8x", "32x"))
    Path("syntax.mlir").write_text(MODEL.replace("return %0", "return %0 of"))
    Path("op.mlir").write_text(MODEL.replace("dot_general", "dot_generale"))
    Path("dtype.mlir").write_text(MODEL.replace("tensor<8x16xf32> {", "tensor<8x16xf31> {"))
    Path("shape.mlir").write_text(MODEL.replace("-> tensor<8x4xf32>\n", "-> tensor<8x5xf32>\n"))
    Path("bytes.mlir").write_bytes(b"\xff\xfe\x00")
    Path("bytes.mlirbc").write_bytes(b"ML\xefR\x00")
    Path("plan.json").write_text("{")
    Path("old.json").write_text(json.dumps({"schema": 0}))
    Path("broken_module.py").write_text("def make(:\n")
    Path("functions_of_tests.py").write_text(FUNCTIONS)
    return tmp_path


def refused(line: str, capsys: pytest.CaptureFixture[str], status: int = 1) -> str:
    """The one line that a command is refused with."""
    before = {path.name for path in Path().iterdir()}
    assert main(line.split()) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1 and "Traceback" not in err
    assert {path.name for path in Path().iterdir()} - before <= {"__pycache__"}
    return err.rstrip("\n")


OVER = "--mesh data=4,model=2 -o out.mlir"


@pytest.mark.parametrize(
    "file, position, said",
    [
        ("syntax.mlir", ":5:", "at 'of'"),
        ("op.mlir", ":3:", "stablehlo.dot_generale"),
        ("dtype.mlir", ":1:", "at 'f31'"),
        ("shape.mlir", ":5:", "tensor<8x5xf32>"),
        ("bytes.mlir", ":", "neither MLIR text nor MLIR bytecode"),
        ("bytes.mlirbc", ":", ""),
        ("nowhere.mlir", ":", "No such file"),
    ],
)
def test_file(file: str, position: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    err = refused(f"partition {file} {OVER}", capsys)
    assert err.startswith(f"error: {file}{position}") and said in err


@pytest.mark.parametrize(
    "spec, said",
    [
        ("model", "neither a file nor package.module:function"),
        ("no_such_module_here:make", "No module named 'no_such_module_here'; try: run in the folder that holds it"),
        ("broken_module:make", "invalid syntax"),
        ("functions_of_tests:txt", "has no 'txt'; try: one of raises, step, text, untraceable"),
        ("functions_of_tests:text", "must return (fn, args)"),
        ("functions_of_tests:raises", "raised KeyError: 'missing'; because: "),
        ("functions_of_tests:untraceable", "functions_of_tests.py:2"),
    ],
)
def test_function(spec: str, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(".")
    assert said in refused(f"partition {spec} {OVER}", capsys)


@pytest.mark.parametrize(
    "tactic, said",
    [
        ("y=data", "pattern matches no argument; try: the nearest paths: "),
        ("params=data", "params/w"),
        ("x=dota", 'axis "dota" is not in the mesh (axes: "data", "model")'),
        ("x=data,data", 'axis "data" is used twice'),
        ("x=data+data", 'axis "data" is used twice'),
        ("x=-,-,model", 'layout has 3 dimensions, argument "x" has 2'),
        ("x(=data", "pattern is not a regular expression"),
        ("x=data:(3)2", "does not divide"),
    ],
)
def test_tactic(tactic: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    err = refused(f"partition model.mlir {OVER} --shard {tactic}", capsys)
    assert f"'{tactic}'" in err and said in err


def test_mesh_that_does_not_fit_the_devices(capsys: pytest.CaptureFixture[str]) -> None:
    err = refused("partition model.mlir --mesh data=16 --verify -o out.mlir", capsys)
    assert "mesh data=16 has 16 devices, this process sees 8" in err
    assert "try: XLA_FLAGS=--xla_force_host_platform_device_count=16" in err


def test_mesh_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no mesh" in refused("partition model.mlir -o out.mlir", capsys)


def test_plan_of_another_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert main("partition model.mlir --mesh data=8 --save-plan made.json".split()) == 0
    capsys.readouterr()
    err = refused("partition other.mlir --plan made.json -o out.mlir", capsys)
    assert err.startswith("error: made.json: the plan is for model ") and "try: " in err
    err = refused("partition model.mlir --plan made.json --mesh data=4 -o out.mlir", capsys)
    assert err == "error: made.json: the plan is for mesh data=8, --mesh is data=4; try: leave --mesh out"


@pytest.mark.parametrize(
    "command, said",
    [
        ("partition model.mlir --plan plan.json", "plan.json: is no plan of eggshard"),
        ("partition model.mlir --plan model.mlir", "model.mlir: is no plan of eggshard"),
        ("partition model.mlir --plan nowhere.json", "nowhere.json: cannot be read: No such file"),
        ("explain plan.json", "plan.json: is no plan of eggshard"),
        ("explain old.json", "schema version 0, this eggshard reads version 2"),
        ("verify model.mlir nowhere.mlir", "nowhere.mlir: No such file"),
        ("verify model.mlir model.mlir", "not a per-device program of eggshard; try: eggshard partition"),
        ("verify model.mlir bytes.mlir", "bytes.mlir: is not text"),
        ("partition model.mlir --mesh data=8 -o no/out.mlir", "no/out.mlir: cannot be written: No such file"),
        ("partition model.mlir --mesh data=8 --save-plan no/p.json", "no/p.json: cannot be written"),
    ],
)
def test_other_files(command: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert said in refused(command, capsys)


def test_program_of_another_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert main("partition model.mlir --mesh data=8 -o made.mlir".split()) == 0
    capsys.readouterr()
    err = refused("verify other.mlir made.mlir", capsys)
    assert '"x" of the program is tensor<8x16xf32>, the model\'s is tensor<32x16xf32>' in err and "try: " in err


@pytest.mark.parametrize(
    "command, said",
    [
        ("partitoin model.mlir", "there is no command 'partitoin'; did you mean partition?"),
        ("fly", "there is no command 'fly'; commands: plan, partition, certify, verify, explain, diff, solve"),
        ("partition model.mlir --mesh data", "'data' is no axis of a mesh, required NAME=SIZE"),
        ("partition model.mlir --mesh data=x", "'data=x' is no axis of a mesh"),
        ("partition model.mlir --mesh data=2,data=4", 'axis "data" occurs twice'),
        ("partition model.mlir --mesh data=0", "has size 0"),
        ("partition model.mlir --mesh data=8 --shard x", "--shard 'x' is not PATTERN=LAYOUT"),
        ("partition model.mlir --mesh data=8 --memory much", "--memory: 'much' is no amount of memory"),
        ("partition model.mlir --plan plan.json --shard x=data", "--plan and --shard exclude each other"),
        ("partition model.mlir --mesh data=8 -o - --json", "both write to stdout"),
    ],
)
def test_wrong_usage(command: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    err = refused(command, capsys, status=2)
    assert err.startswith("eggshard: error: ") and said in err


@pytest.mark.parametrize("command", ["", "partition", "partition model.mlir --frob", "verify model.mlir"])
def test_wrong_arguments(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(command.split())
    assert ended.value.code == 2
    assert "usage: eggshard" in capsys.readouterr().err


def test_bug_is_one_line_with_its_stage(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def stumble(module: object) -> None:
        raise KeyError("lost")

    monkeypatch.setattr("eggshard.inlining.inline_calls", stumble)
    monkeypatch.setattr("eggshard.passes.imports.inline_calls.inline_calls", stumble)
    err = refused(f"partition model.mlir {OVER}", capsys)
    assert err.startswith("error: KeyError: 'lost' (test_cli_errors.py:")
    assert "stage: inline-calls" in err and "bug in eggshard" in err


def test_ctrl_c_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(source: str, target: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupted)
    err = refused(f"partition model.mlir {OVER}", capsys, status=130)
    assert err == "eggshard: interrupted"
