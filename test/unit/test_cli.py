"""`eggshard partition`, `verify` and `explain`, through the main function."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from eggshard.tools.main import COMMANDS, main

MLP = """\
import jax
import jax.numpy as jnp


def step(params, x):
    return jnp.tanh(x @ params["wi"]) @ params["wo"]


def shapes(dtype):
    wi, wo, x = ((16, 32), (32, 16), (8, 16))
    return step, ({"wi": jax.ShapeDtypeStruct(wi, dtype), "wo": jax.ShapeDtypeStruct(wo, dtype)},
                  jax.ShapeDtypeStruct(x, dtype))


def make():
    return shapes(jnp.float32)


def coarse():
    return shapes(jnp.bfloat16)


def roots():
    return lambda x: jnp.sqrt(x) + 1, (jax.ShapeDtypeStruct((8,), jnp.float32),)


def example():
    return lambda x: jnp.sqrt(x) + 1, (jnp.arange(8.0),)
"""

WIDE = """\
func.func @main(%x: tensor<8x4xf64> {sharding.name = "x"}, %i: tensor<8xi64>) -> (tensor<f64>, tensor<8xi64>) {
  %zero = stablehlo.constant dense<0.0> : tensor<f64>
  %0 = stablehlo.multiply %x, %x : tensor<8x4xf64>
  %1 = stablehlo.reduce(%0 init: %zero) applies stablehlo.add across dimensions = [0, 1]
      : (tensor<8x4xf64>, tensor<f64>) -> tensor<f64>
  %2 = stablehlo.add %i, %i : tensor<8xi64>
  return %1, %2 : tensor<f64>, tensor<8xi64>
}
"""

ANNOTATED = """\
sdy.mesh @mesh = <["a"=4, "b"=2]>
func.func @main(%x: tensor<8x4xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}, {}]>}) -> tensor<8x4xf32> {
  %0 = stablehlo.tanh %x : tensor<8x4xf32>
  %1 = sdy.sharding_constraint %0 <@mesh, [{}, {"b"}]> : tensor<8x4xf32>
  return %1 : tensor<8x4xf32>
}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with models."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    Path("mlp_of_tests.py").write_text(MLP)
    Path("wide.mlir").write_text(WIDE)
    Path("annotated.mlir").write_text(ANNOTATED)
    return tmp_path


BOTH = ["--mesh", "data=4,model=2", "--shard", "x=data", "--shard", "params/wi=-,model"]


def as_json(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_report_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["partition", "mlp_of_tests:make", *BOTH]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "mesh data=4,model=2 (8 devices)" in out
    lines = [line.split() for line in out.splitlines()]
    assert ["params/wi", "1", "16x32xf32", "-,model", "1.0", "KiB"] in lines
    assert ["params/wo", "1", "32x16xf32", "model,-", "1.0", "KiB"] in lines
    assert ["x", "1", "8x16xf32", "data,-", "128", "B"] in lines
    assert any(line[:4] == ["all_reduce", "model", "1", "128"] and "mlp_of_tests.py:6" in line for line in lines)


def test_json_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(["partition", "mlp_of_tests:make", *BOTH, "--verify"], capsys)
    assert found["mesh"] == {"data": 4, "model": 2}
    assert {entry["path"]: entry["layout"] for entry in found["arguments"]} == {
        "params/wi": "-,model",
        "params/wo": "model,-",
        "x": "data,-",
    }
    assert found["counts"]["all_reduce"] == 1
    assert found["collectives"][0]["source"] == "mlp_of_tests.py:6"
    assert found["verify"]["ok"] and found["verify"]["inputs"] == "random, seed 0"


def test_program_plan_and_report_agree(capsys: pytest.CaptureFixture[str]) -> None:
    files = ["-o", "out.mlir", "--save-plan", "plan.json"]
    made = as_json(["partition", "mlp_of_tests:make", *BOTH, *files], capsys)
    assert made["written"] == ["out.mlir", "plan.json"]
    assert json.loads(Path("plan.json").read_text())["program"] == Path("out.mlir").read_text()
    explained = as_json(["explain", "plan.json"], capsys)
    for key in ("fingerprint", "mesh", "tactics", "arguments", "collectives"):
        assert explained[key] == made[key]


def test_explain_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["partition", "mlp_of_tests:make", *BOTH, "--save-plan", "plan.json"]) == 0
    capsys.readouterr()
    assert main(["explain", "plan.json"]) == 0
    out = capsys.readouterr().out
    assert "  x=data\n  params/wi=-,model\n" in out
    assert "result of dot_general, mlp_of_tests.py:6" in out.splitlines()[-1]


def test_saved_plan_gives_the_same_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["partition", "mlp_of_tests:make", *BOTH, "-o", "one.mlir", "--save-plan", "plan.json"]) == 0
    assert main(["partition", "mlp_of_tests:make", "--plan", "plan.json", "-o", "two.mlir", "--verify"]) == 0
    assert Path("one.mlir").read_text() == Path("two.mlir").read_text()


def test_program_goes_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["partition", "mlp_of_tests:make", *BOTH, "-o", "-"]) == 0
    out, err = capsys.readouterr()
    assert "stablehlo.all_reduce" in out and "arguments:" not in out
    assert "arguments:" in err


def test_verify_needs_no_plan(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["partition", "mlp_of_tests:make", *BOTH, "-o", "out.mlir"]) == 0
    capsys.readouterr()
    assert main(["verify", "mlp_of_tests:make", "out.mlir", "--seed", "3"]) == 0
    assert "random, seed 3" in capsys.readouterr().out
    assert as_json(["verify", "mlp_of_tests:make", "out.mlir"], capsys)["ok"]


def test_wrong_program_does_not_verify(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["partition", "mlp_of_tests:make", *BOTH, "-o", "out.mlir"]) == 0
    Path("out.mlir").write_text(Path("out.mlir").read_text().replace("stablehlo.tanh", "stablehlo.logistic"))
    capsys.readouterr()
    assert main(["verify", "mlp_of_tests:make", "out.mlir"]) == 1
    assert "1 result of 1 off" in capsys.readouterr().out


def test_wide_numbers_stay_wide(capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(["partition", "wide.mlir", "--mesh", "data=8", "--shard", "x=data", "--verify"], capsys)
    assert [entry["dtype"] for entry in found["verify"]["results"]] == ["float64", "int64"]
    assert found["verify"]["results"][0]["error"] < 1e-12


def test_coarse_numbers_have_coarse_limits(capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(["partition", "mlp_of_tests:coarse", *BOTH, "--verify"], capsys)
    assert [entry["limit"] for entry in found["verify"]["results"]] == [2e-2]


def test_annotations_bring_their_mesh(capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(["partition", "annotated.mlir", "--verify"], capsys)
    assert found["mesh"] == {"a": 4, "b": 2}
    assert found["arguments"][0]["layout"] == "a,-"
    assert found["verify"]["ok"]


def test_inputs_that_yield_nan_are_replaced(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--mesh", "data=8", "--shard", "x=data", "--verify"]
    found = as_json(["partition", "mlp_of_tests:roots", *arguments], capsys)
    assert not found["verify"]["results"][0]["has_nan"]
    found = as_json(["partition", "mlp_of_tests:example", *arguments], capsys)
    assert found["verify"]["inputs"] == "the model's own example"


def test_what_is_not_there_yet_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--hardware", "h100", "--memory", "80GiB", "--time-limit", "3", "--no-search"]
    assert main(["partition", "mlp_of_tests:make", *BOTH, *options]) == 0
    assert capsys.readouterr().err == "eggshard: --no-search: --hardware, --memory, --time-limit ignored\n"


def test_op_without_a_rule_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    text = 'stablehlo.custom_call @mystery(%x) : (tensor<8x4xf32>) -> tensor<8x4xf32> loc("here.py":7:1)'
    Path("odd.mlir").write_text(
        'func.func @main(%x: tensor<8x4xf32> {sharding.name = "x"}) -> tensor<8x4xf32> {\n'
        f"  %0 = {text}\n  return %0 : tensor<8x4xf32>\n}}\n"
    )
    found = as_json(["partition", "odd.mlir", "--mesh", "data=8", "--shard", "x=data"], capsys)
    (warning,) = found["warnings"]
    assert warning.startswith("stablehlo.custom_call @mystery at here.py:7 has no sharding rule")


@pytest.mark.parametrize("command", COMMANDS)
def test_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert "example" in capsys.readouterr().out


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom eggshard.tools.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    print(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "partition" in run.stdout
    assert not {"jax", "jaxlib", "numpy", "xdsl", "egglog"} & set(run.stdout.split("\n")[-2].split())
