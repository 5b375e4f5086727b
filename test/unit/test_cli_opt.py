"""`eggshard-opt`, through its main function."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.utils.exceptions import PassFailedException

from eggshard.passes import registry
from eggshard.tools import driver
from eggshard.tools.opt import main

ADD = """\
func.func @main(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = stablehlo.add %x, %x : tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
"""

CALL = """\
func.func @main(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = func.call @twice(%x) : (tensor<4x8xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
func.func private @twice(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = stablehlo.add %x, %x : tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
"""


@dataclass(frozen=True)
class Refuse(ModulePass):
    """Refuses every program."""

    name = "refuse"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        raise PassFailedException("nothing is good enough")


@dataclass(frozen=True)
class Stumble(ModulePass):
    """Has a bug."""

    name = "stumble"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        raise KeyError("missing")


@dataclass(frozen=True)
class Spoil(ModulePass):
    """Leaves an op behind that does not verify."""

    name = "spoil"

    times: int = 1

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for inner in op.walk():
            if inner.name == "stablehlo.add":
                inner.operands = [inner.operands[0]] * (self.times + 2)


@pytest.fixture
def extra_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The three passes above, under their names."""
    for cls in (Refuse, Stumble, Spoil):
        monkeypatch.setitem(registry.PASSES, cls.name, f"test:{cls.__name__}")
    known = registry.load_pass
    own: dict[str, type[ModulePass]] = {cls.name: cls for cls in (Refuse, Stumble, Spoil)}
    monkeypatch.setattr(registry, "load_pass", lambda name: own[name] if name in own else known(name))


@pytest.fixture
def add(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file in an otherwise empty working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "add.mlir").write_text(ADD)
    return "add.mlir"


def test_prints_the_module(add: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([add]) == 0
    assert "stablehlo.add %x, %x" in capsys.readouterr().out


def test_output_file_is_written_whole(add: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([add, "-o", "out.mlir"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["out.mlir"]) == 0
    assert capsys.readouterr().out == (tmp_path / "out.mlir").read_text()


def test_refused_input_leaves_no_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("two.mlir").write_text(ADD + "// -----\n" + ADD.replace("return", "retrun"))
    assert main(["two.mlir", "--split-input-file", "-o", "out.mlir"]) == 1
    assert not Path("out.mlir").exists()


@pytest.mark.parametrize(
    "text, position, said",
    [
        (ADD.replace("stablehlo.add", "stablehlo.ad"), "2:8", "stablehlo.ad"),
        (ADD.replace("tensor<4x8xf32> {", "tensor<4x8xf33> {"), "1:", "f33"),
        (ADD.replace("return %0", "return %1"), "3:", "%1"),
        ('"stablehlo.add"() : () -> tensor<2xf32>', "1:1", "operand"),
        ("func.func @f(%x: tensor<2xf32>) { sharding.reshard", "1:", "expected"),
        ("module {", "1:", "expected"),
    ],
    ids=["op", "dtype", "value", "verifier", "own dialect", "end"],
)
def test_bad_input_is_one_line(
    text: str,
    position: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.mlir").write_text(text)
    assert main(["bad.mlir"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith(f"bad.mlir:{position}")
    assert ": error: " in err and said in err


def test_positions_count_from_the_start_of_a_split_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("two.mlir").write_text(ADD + "// -----\n" + ADD.replace("stablehlo.add", "stablehlo.ad"))
    assert main(["two.mlir", "--split-input-file"]) == 1
    assert capsys.readouterr().err.startswith("two.mlir:7:8: error: ")


def test_jaxlib_reads_what_our_parser_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    # A location alias that is used before it is defined, as MLIR prints them.
    text = ADD.replace("f32>\n  return", "f32> loc(#loc1)\n  return") + '#loc1 = loc("a.py":3:4)'
    Path("foreign.mlir").write_text(text)
    assert main(["foreign.mlir", "--print-debuginfo"]) == 0
    assert '"a.py":3:4' in capsys.readouterr().out


def test_bytecode_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from jaxlib.mlir import ir

    from eggshard.frontends.writer import mlir_context

    monkeypatch.chdir(tmp_path)
    with open("add.mlirbc", "wb") as file:
        ir.Module.parse(ADD, context=mlir_context()).operation.write_bytecode(file)
    assert main(["add.mlirbc"]) == 0
    assert "stablehlo.add" in capsys.readouterr().out
    Path("bad.mlirbc").write_bytes(b"ML\xefRxx")
    assert main(["bad.mlirbc"]) == 1
    assert capsys.readouterr().err.startswith("bad.mlirbc")


def test_passes_run_in_order_and_are_printed_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("call.mlir").write_text(CALL)
    assert main(["call.mlir", "-p", "inline-calls,drop-dead-ops", "--print-between-passes", "--time-passes"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("IR after inline-calls:\n")
    assert "func.call" not in out
    assert [line.split()[-1] for line in err.splitlines()] == ["parse", "inline-calls", "drop-dead-ops", "print"]


@pytest.mark.parametrize("name, said", [("refuse", "refuse: nothing is good"), ("stumble", "KeyError: 'missing'")])
@pytest.mark.usefixtures("extra_passes")
def test_failing_pass_leaves_a_reproducer(name: str, said: str, add: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([add, "-p", f"inline-calls,{name},drop-dead-ops"]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and err.startswith("add.mlir: error: ") and said in err
    assert err.endswith("reproducer: eggshard-reproducer.mlir\n")
    reproducer = Path("eggshard-reproducer.mlir").read_text()
    assert reproducer.startswith(f"// RUN: eggshard-opt %s -p '{name},drop-dead-ops'\n")
    assert main(["eggshard-reproducer.mlir"]) == 0


@pytest.mark.usefixtures("extra_passes")
def test_pass_answers_for_what_does_not_verify(add: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([add, "-p", "inline-calls,spoil{times=2}", "--reproducer", "here.mlir"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("add.mlir:2:3: error: spoil left a module that does not verify: ")
    assert "-p 'spoil{times=2}'" in Path("here.mlir").read_text()


@pytest.mark.usefixtures("extra_passes")
def test_traceback_is_shown_on_demand_alone(add: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([add, "-p", "stumble"]) == 1
    assert "Traceback" not in capsys.readouterr().err
    assert main([add, "-p", "stumble", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.usefixtures("extra_passes")
def test_expected_diagnostics_are_output(add: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([add, "-p", "refuse", "--verify-diagnostics"]) == 0
    assert "nothing is good enough" in capsys.readouterr().out
    assert not Path("eggshard-reproducer.mlir").exists()
    assert main([add, "-p", "stumble", "--verify-diagnostics"]) == 1


@pytest.mark.parametrize(
    "pipeline, said",
    [
        ("inline-cals", "did you mean inline-calls?"),
        ("zzzzz", "eggshard-opt --help lists all passes"),
        ("apply-tactics", '"shard"'),
        ("inline-calls{deep=1}", '"deep"'),
        ("inline-calls{", "no pipeline"),
        ("inline-calls;drop-dead-ops", "no pipeline"),
    ],
)
def test_wrong_pipeline_is_wrong_usage(pipeline: str, said: str, add: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([add, "-p", pipeline]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and err.startswith("eggshard-opt: error: ") and said in err


def test_help_lists_every_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name} " in out for name in registry.PASSES)


def test_help_of_a_pass_is_its_contract(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help-pass", "apply-tactics"]) == 0
    out = capsys.readouterr().out
    assert "Requires:" in out and "shard  str, required" in out
    assert main(["--help-pass", "inline-calls"]) == 0
    assert "It takes no options." in capsys.readouterr().out
    assert main(["--help-pass", "apply-tactic"]) == 2
    assert "did you mean apply-tactics" in capsys.readouterr().err


def test_missing_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nowhere.mlir"]) == 1
    assert capsys.readouterr().err == "nowhere.mlir: error: No such file or directory\n"


def test_nothing_heavy_is_imported(add: str) -> None:
    code = f"import sys; from eggshard.tools.opt import main; main(['{add}']); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"jax", "jaxlib", "numpy", "egglog"} & set(run.stdout.split())


def test_broken_pipe_is_quiet(add: str) -> None:
    code = "import sys; from eggshard.tools.opt import main; sys.exit(main())"
    run = subprocess.run(
        f"{sys.executable} -c '{code}' {add} | true; echo ${{PIPESTATUS[0]}}",
        shell=True, executable="/bin/bash", capture_output=True, text=True,
    )  # fmt: skip
    assert run.stderr == ""
    assert run.stdout.strip() in ("0", "141")


def test_ctrl_c_is_one_line(add: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(self: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(driver.Driver, "run", interrupted)
    assert main([add]) == 130
    assert capsys.readouterr().err == "eggshard-opt: interrupted\n"
