"""How two plans differ: made by hand, so that every figure is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eggshard.diagnostics import DiagnosticError
from eggshard.mesh import Mesh
from eggshard.plans import Asked, OpPlan, Peak, Plan, Port, Prediction
from eggshard.plans.difference import difference
from eggshard.report.differences import difference_json, difference_text

NAMES = ("one.json", "two.json")


def collective(kind: str, axis: str, size: int, times: int, cause: str) -> dict[str, Any]:
    return {
        **{"kind": kind, "axes": [axis], "type": "tensor<4xf32>", "bytes": size, "times": times},
        **{"cause": cause, "source": "m.py:1", "seconds": 1e-6 * times},
    }


def plan(**changes: Any) -> Plan:
    """Three layers of a matrix product on data=4, model=2."""
    arguments = (
        Port("x", "8x8xf32", "data,-"),
        *(Port(f"params/layer_{i}/wi", "8x8xf32", "-,model") for i in range(3)),
    )
    made = Plan(
        Mesh({"data": 4, "model": 2}),
        "0123456789abcdef",
        (arguments, (Port("y", "8x8xf32", "data,-"),)),
        [
            OpPlan("dot_general", f"m.py:{1 + i // 2}", "8x8xf32", "<@mesh, {data: i, model: j}>", ("data,model",))
            for i in range(3)
        ]
        + [OpPlan("tanh", "m.py:9", "8x8xf32")],
        exchanged=[collective("all_gather", "model", 64, 1, "result of dot_general, m.py:1")],
        emitted="",
        asked=Asked("h100", 2**20, 60.0, 0),
        predicted=Prediction(2e-6, 1e-6, Peak(4096, {"parameters": 4096, "temporaries": 0}), "bound", 2e-6),
    )
    return replace(made, **changes)


def test_equal_plans() -> None:
    found = difference(plan(), plan(asked=Asked("h100", 2**21, 5.0, 7)))
    assert found.equal and difference_text(found, NAMES) == "the plans are equal"
    assert difference_json(found)["equal"] is True


def test_plans_that_decide_alike() -> None:
    slower = Prediction(3e-6, 1e-6, Peak(4096, {"parameters": 4096}), "bound", 2e-6)
    found = difference(plan(), plan(predicted=slower))
    assert found.decides_alike and not found.equal
    text = difference_text(found, NAMES)
    assert text.startswith("the plans decide alike") and "1.50x" in text and "collectives:" not in text


def test_arguments_are_folded() -> None:
    first = plan()
    moved = tuple(replace(port, layout="data,-") if "layer" in port.path else port for port in first.ports[0])
    found = difference(first, plan(ports=(moved, first.ports[1])))
    assert [each.path for each in found.arguments] == [f"params/layer_{i}/wi" for i in range(3)]
    text = difference_text(found, NAMES)
    assert "arguments: 3 lie otherwise" in text
    assert "  path               tensors  type     one.json  two.json" in text
    assert "  params/layer_*/wi        3  8x8xf32  -,model   data,-" in text
    assert "results" not in text and "ops:" not in text and "collectives: 1 and 1" in text


def test_ops_are_grouped_by_kind_and_change() -> None:
    first = plan()
    ops = [replace(op, strategy="<@mesh, {data: i}>") if op.kind != "tanh" else op for op in first.ops]
    ops[3] = replace(ops[3], layouts=("data,-",))
    found = difference(first, plan(ops=ops))
    assert [(change.kind, change.count, change.strategies) for change in found.ops] == [
        ("dot_general", 3, ("data: i, model: j", "data: i")),
        ("tanh", 1, ("replicated", "data,-")),
    ]
    assert found.ops[0].sources == (("m.py:1", 2), ("m.py:2", 1))
    text = difference_text(found, NAMES)
    assert "ops: 4 done otherwise" in text
    assert "dot_general    3  data: i, model: j  data: i   m.py:1 (x2); m.py:2" in text


def test_ops_that_only_one_plan_has() -> None:
    first = plan()
    found = difference(first, plan(ops=first.ops[1:], rewrites=["dot_general 0"]))
    assert [(change.count, change.strategies) for change in found.ops] == [(1, ("data: i, model: j", None))]
    assert "no such op" in difference_text(found, NAMES)


def test_many_changes_of_one_kind_are_cut_short() -> None:
    first = plan()
    many = [OpPlan("add", "m.py:5", "8xf32", f"<@mesh, {{data: {letter}}}>") for letter in "abcdef"]
    found = difference(plan(ops=first.ops + [replace(op, strategy="") for op in many]), plan(ops=first.ops + many))
    assert len(found.ops) == 6
    text = difference_text(found, NAMES)
    assert text.count("\n  add ") == 4 and "3 other changes" in text


def test_collectives_stand_beside_each_other() -> None:
    more = [
        collective("all_gather", "model", 64, 1, "result of dot_general, m.py:1"),
        *(collective("reduce_scatter", "data", 1024, 2, "result of dot_general, m.py:2") for _ in range(3)),
    ]
    found = difference(plan(), plan(exchanged=more))
    [changed] = [each for each in found.exchanges if not each.alike]
    assert (changed.kind, changed.axes, changed.cause) == (
        "reduce_scatter",
        "data",
        "result of dot_general, m.py:2, m.py:1",
    )
    assert changed.counts == (0, 6) and changed.bytes == (0, 6144)
    assert changed.seconds[0] == 0.0 and changed.seconds[1] == pytest.approx(6e-6)
    text = difference_text(found, NAMES)
    assert "collectives: 1 and 7, 64 B and 6.1 KiB on each device; 1 row alike not shown" in text
    assert "a: one.json, b: two.json" in text
    shown = difference_json(found)
    assert shown["collectives"][0]["counts"] == (0, 6) and not shown["equal"]


def test_predictions_stand_beside_each_other() -> None:
    cheaper = Prediction(1e-6, 5e-7, Peak(8192, {"parameters": 4096, "activations": 4096}), "time limit", 9e-7)
    lines = difference_text(difference(plan(), plan(predicted=cheaper)), NAMES).splitlines()
    rows = {line.split("  ")[1].strip() or line.strip().split("  ")[0]: line.split() for line in lines[2:]}
    assert rows["step"][1:] == ["2", "us", "1", "us", "0.50x"]
    assert next(line for line in lines if "peak memory" in line).split()[2:] == ["4.0", "KiB", "8.0", "KiB", "2.00x"]
    assert next(line for line in lines if "activations" in line).split()[1:] == ["0", "B", "4.0", "KiB"]
    assert not any("temporaries" in line for line in lines), "nothing is held for them in either plan"
    assert len({len(line.rstrip()) for line in lines[2:] if line.endswith("x")}) == 1, "ratios are flush right"


def test_meshes_may_differ() -> None:
    found = difference(plan(), plan(mesh=Mesh({"data": 8})))
    assert not found.decides_alike and "data=4,model=2  data=8" in difference_text(found, NAMES)


def test_plans_that_nobody_searched() -> None:
    first = plan(asked=None, predicted=None)
    assert difference(first, first).equal
    assert not difference(first, plan()).equal


def test_plans_for_different_models_are_refused() -> None:
    with pytest.raises(DiagnosticError, match="one plan is for model 0123456789abcdef, the other for model fedc"):
        difference(plan(), plan(fingerprint="fedc"))
