"""Every `.mlir` file of this folder is a test: lit runs the ones that were chosen, once, and each reports here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
FILES = sorted(str(path.relative_to(HERE)) for path in HERE.rglob("*.mlir"))
PASSING = ("PASS", "FLAKYPASS", "XFAIL", "UNSUPPORTED")
WORKERS = 2


@pytest.fixture(scope="session")
def outcomes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """File -> what lit found, for the files that this session tests."""
    items = [item for item in request.session.items if isinstance(item, pytest.Function)]
    chosen = [str(item.callspec.params["file"]) for item in items if item.function is test_file]
    report = tmp_path_factory.mktemp("lit") / "report.json"
    command = [sys.executable, "-c", "from lit.main import main; main()", "-q", "-j", str(WORKERS), "-o", str(report)]
    run = subprocess.run([*command, *chosen], cwd=HERE, capture_output=True, text=True)
    assert report.exists(), run.stdout + run.stderr
    tests = json.loads(report.read_text())["tests"]
    return {test["name"].split(" :: ", 1)[1]: test for test in tests}


@pytest.mark.parametrize("file", FILES)
def test_file(file: str, outcomes: dict[str, dict[str, Any]]) -> None:
    outcome = outcomes[file]
    assert outcome["code"] in PASSING, f"{outcome['code']}\n{outcome['output']}"
