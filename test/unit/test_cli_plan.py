"""`eggshard plan`, and what `partition` and `explain` make of its plans, through the main function."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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

TIGHT = ["--mesh", "data=4,model=2", "--memory", "24KiB", "--time-limit", "60"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a model."""
    monkeypatch.chdir(tmp_path)
    Path("model.mlir").write_text(MODEL)
    Path("other.mlir").write_text(MODEL.replace("64x", "16x"))
    return tmp_path


def said(line: list[str], capsys: pytest.CaptureFixture[str], status: int = 0) -> str:
    """What a command that ends so prints."""
    assert main(line) == status
    return capsys.readouterr().out


def refused(line: list[str], capsys: pytest.CaptureFixture[str], status: int = 1) -> str:
    """The one line that a command is refused with; it writes nothing."""
    before = set(Path().iterdir())
    assert main(line) == status
    out, err = capsys.readouterr()
    assert out == "" and "Traceback" not in err
    assert err.count("\n") == 1
    assert set(Path().iterdir()) == before
    return err.rstrip("\n")


def test_what_a_plan_says(capsys: pytest.CaptureFixture[str]) -> None:
    out = said(["plan", "model.mlir", *TIGHT], capsys)
    assert "predicted step: " in out and " on h100" in out
    assert "bound: no plan takes less than " in out and "(gap 0.00%)" in out
    assert " of 24.0 KiB on each device" in out
    assert "arguments: 3 tensors" in out


def test_what_a_plan_says_to_machines(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(said(["plan", "model.mlir", *TIGHT, "--json"], capsys))
    assert found["memory_bytes"] == 24 * 1024 >= found["peak_bytes"] > 0
    assert 0 < found["bound_seconds"] <= found["seconds_predicted"]
    assert found["gap"] == 0 and found["written"] == [] and found["mesh"] == {"data": 4, "model": 2}
    assert sum(found["counts"].values()) > 0, "what is cut so small has to communicate"


def test_memory_is_the_hardwares_where_none_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    for name, gib in (("a100", 80), ("tpu_v5e", 16)):
        line = ["plan", "model.mlir", "--mesh", "a=4", "--hardware", name, "--json", "--time-limit", "60"]
        found = json.loads(said(line, capsys))
        assert found["memory_bytes"] == pytest.approx(gib * 2**30, rel=0.1)
        assert found["counts"] == {}, "a model this small stays where it is, or is cut once and for all"


def test_what_is_pinned_stays(capsys: pytest.CaptureFixture[str]) -> None:
    line = ["plan", "model.mlir", *TIGHT, "--json", "--shard", "x=model", "--shard", "params/wi=-,data"]
    found = json.loads(said(line, capsys))
    layouts = {tensor["path"]: tensor["layout"] for tensor in found["arguments"]}
    assert layouts["x"] == "model,-" and layouts["params/wi"] == "-,data"
    assert found["tactics"] == [["x", "model"], ["params/wi", "-,data"]]


def test_the_same_seed_writes_the_same_plan(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one.json", "two.json"):
        said(["plan", "model.mlir", *TIGHT, "--seed", "3", "-o", name], capsys)
    assert Path("one.json").read_text() == Path("two.json").read_text()


def test_a_saved_plan_is_applied_again(capsys: pytest.CaptureFixture[str]) -> None:
    planned = json.loads(said(["plan", "model.mlir", *TIGHT, "-o", "plan.json", "--json"], capsys))
    assert planned["written"] == ["plan.json"]
    out = said(["partition", "model.mlir", "--plan", "plan.json", "--json", "-o", "out.mlir"], capsys)
    again = json.loads(out)
    for key in ("counts", "arguments", "results", "collectives", "fingerprint", "mesh"):
        assert again[key] == planned[key], key
    assert "stablehlo.dot_general" in Path("out.mlir").read_text()


def test_a_searched_plan_computes_the_model(capsys: pytest.CaptureFixture[str]) -> None:
    said(["plan", "model.mlir", *TIGHT, "-o", "plan.json"], capsys)
    found = json.loads(said(["partition", "model.mlir", "--plan", "plan.json", "--verify", "--json"], capsys))
    assert found["verify"]["ok"]


def test_partition_searches_where_it_is_asked_to(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(said(["partition", "model.mlir", *TIGHT, "--json"], capsys))
    assert found["peak_bytes"] <= found["memory_bytes"] == 24 * 1024
    plain = json.loads(said(["partition", "model.mlir", *TIGHT, "--no-search", "--json"], capsys))
    assert plain["peak_bytes"] is None and plain["counts"] == {}


def test_explain_shows_what_was_predicted(capsys: pytest.CaptureFixture[str]) -> None:
    said(["plan", "model.mlir", *TIGHT, "-o", "plan.json"], capsys)
    out = said(["explain", "plan.json"], capsys)
    assert "predicted step: " in out and "bound: no plan takes less" in out and "of 24.0 KiB" in out
    assert "asked for: h100, 24.0 KiB a device, 60 s of search, seed 0" in out
    assert "largest at the peak" in out and "parameters" in out
    assert "in program order" in out
    assert json.loads(said(["explain", "plan.json", "--json"], capsys))["gap"] == 0


def test_what_the_file_holds(capsys: pytest.CaptureFixture[str]) -> None:
    said(["plan", "model.mlir", *TIGHT, "--seed", "5", "--shard", "x=data", "-o", "plan.json"], capsys)
    found = json.loads(Path("plan.json").read_text())
    assert found["schema"] == 2 and found["mesh"] == {"data": 4, "model": 2} and found["tactics"] == [["x", "data"]]
    assert found["asked"] == {"hardware": "h100", "memory_bytes": 24576, "time_limit": 60.0, "seed": 5}
    assert found["arguments"][0] == {"path": "x", "type": "64x32xf32", "layout": "data,-"}
    assert [op["kind"] for op in found["ops"]] == ["dot_general", "tanh", "dot_general", "return"]
    assert found["ops"][0]["strategy"].startswith("<@mesh, {data: i") and found["ops"][0]["layouts"]
    for entry in found["collectives"]:
        assert entry["cause"] and entry["bytes"] > 0 and entry["seconds"] > 0
    predicted = found["predicted"]
    assert predicted["ended"] == "bound" and predicted["gap"] == 0
    assert 0 < predicted["op_seconds"] < predicted["seconds"]
    peak = predicted["peak"]
    assert sum(peak["by_category"].values()) == peak["bytes"] <= 24576
    assert peak["by_category"]["parameters"] > 0 < peak["by_category"]["batch inputs"]
    assert {"x", "params/wi", "params/wo"} <= {share["what"] for share in peak["largest"]}


def test_two_plans_beside_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    said(["plan", "model.mlir", *TIGHT, "-o", "tight.json"], capsys)
    said(["plan", "model.mlir", *TIGHT[:2], "--time-limit", "60", "-o", "loose.json"], capsys)
    assert said(["diff", "tight.json", "tight.json"], capsys) == "the plans are equal\n"
    out = said(["diff", "loose.json", "tight.json"], capsys)
    assert "loose.json" in out and "tight.json" in out and "peak memory" in out and "lie otherwise" in out
    found = json.loads(said(["diff", "loose.json", "tight.json", "--json"], capsys))
    assert not found["equal"] and found["peak_bytes"][0] > found["peak_bytes"][1]
    assert found["seconds_predicted"][0] <= found["seconds_predicted"][1]
    said(["plan", "other.mlir", *TIGHT[:2], "--time-limit", "60", "-o", "other.json"], capsys)
    assert "one plan is for model" in refused(["diff", "tight.json", "other.json"], capsys)
    assert "nowhere.json: cannot be read" in refused(["diff", "tight.json", "nowhere.json"], capsys)


def over(*options: str) -> list[str]:
    return ["plan", "model.mlir", "--mesh", "data=4,model=2", *options]


@pytest.mark.parametrize(
    "line, status, message",
    [
        (over("--hardware", "abacus"), 1, "abacus"),
        (over("--memory", "0"), 2, "--memory: 0 bytes of memory, required more than 0"),
        (over("--memory", "much"), 2, "--memory"),
        (over("--memory=-1GiB"), 2, "--memory"),
        (over("--time-limit", "-1"), 2, "--time-limit -1.0 is no number of seconds above 0"),
        (over("--time-limit", "0"), 2, "--time-limit"),
        (over("--time-limit", "nan"), 2, "--time-limit"),
        (
            over("--shard", "x=data", "--shard", "x=-,model"),
            1,
            "error: argument \"x\": --shard 'x=data' lays it out as data,-, --shard 'x=-,model' as -,model; try: ",
        ),
        (over("--shard", "x=data:(1)2"), 1, 'argument "x" is laid out as data:(1)2'),
        (over("--shard", "x=data,data"), 1, "data"),
        (over("--shard", "x=nowhere"), 1, "nowhere"),
        (over("--shard", "nothing=data"), 1, "matches no argument"),
        (over("--shard", "data"), 2, "PATTERN=LAYOUT"),
        (over("--memory", "20KiB", "--shard", "params/wi=-", "--shard", "params/wo=-"), 1, "no partitioning"),
        (["plan", "model.mlir"], 1, "no mesh"),
        (["plan", "model.mlir", "--mesh", "data"], 2, "--mesh"),
        (["plan", "nowhere.mlir", "--mesh", "data=4"], 1, "nowhere.mlir"),
    ],
)
def test_bad_input_is_refused_in_one_line(
    line: list[str], status: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in refused(line, capsys, status)


@pytest.mark.parametrize("line", [["plan"], over("--time-limit", "soon"), over("--seed", "x")])
def test_wrong_usage(line: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(line)
    assert end.value.code == 2
    out, err = capsys.readouterr()
    assert out == "" and "eggshard plan: error: " in err and "Traceback" not in err


def test_a_plan_of_another_model_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    said(["plan", "model.mlir", *TIGHT, "-o", "plan.json"], capsys)
    err = refused(["partition", "other.mlir", "--plan", "plan.json"], capsys)
    assert "plan.json: the plan is for model" in err
    assert 'argument "x" is 64x32xf32 in the plan, 16x32xf32 in the model' in err


def test_a_plan_for_another_mesh_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    said(["plan", "model.mlir", *TIGHT, "-o", "plan.json"], capsys)
    err = refused(["partition", "model.mlir", "--plan", "plan.json", "--mesh", "data=8"], capsys)
    assert "plan.json: the plan is for mesh data=4,model=2, --mesh is data=8" in err


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (lambda data: data | {"schema": 1}, "the plan has schema version 1, this eggshard reads version 2"),
        (lambda data: data | {"ops": data["ops"][1:]}, "it decides about 3 ops, the model has 4"),
        (lambda data: data | {"rewrites": ["dot_general 0"]}, "it rewrites 1 trees of ops, the model has 0"),
        (lambda data: data | {"ops": data["ops"][::-1]}, "where it decides about return the model has"),
        (lambda data: {key: data[key] for key in data if key != "ops"}, "is no plan of eggshard: no entry 'ops'"),
    ],
)
def test_a_plan_that_was_changed_is_refused(
    changed: Callable[[dict[str, Any]], dict[str, Any]], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said(["plan", "model.mlir", *TIGHT, "-o", "plan.json"], capsys)
    Path("plan.json").write_text(json.dumps(changed(json.loads(Path("plan.json").read_text()))))
    assert message in refused(["partition", "model.mlir", "--plan", "plan.json"], capsys)


def test_a_plan_and_a_search_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    said(["plan", "model.mlir", *TIGHT, "-o", "plan.json"], capsys)
    line = ["partition", "model.mlir", "--plan", "plan.json", "--memory", "1GiB"]
    assert "exclude each other" in refused(line, capsys, 2)
