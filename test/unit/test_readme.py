"""The README does what it says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from eggshard.tools.main import main as eggshard
from eggshard.tools.opt import main as eggshard_opt

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
FOLDERS = ("dialects", "compiler", "passes", "tools", "test")
PAGES = [ROOT / "README.md", *sorted(page for folder in FOLDERS for page in (ROOT / folder).rglob("README.md"))]
FIGURES = re.compile(r"\d+\.\d s|\d\.\de[+-]\d\d|\d+ ops")
"""Seconds, errors, and the number of ops: jax shares traced functions with whatever ran before in the process."""


def block_with(word: str) -> str:
    """The first code block that contains `word`."""
    blocks: list[str] = re.findall(r"```\w*\n(.*?)\n```", README, re.DOTALL)
    return next(block for block in blocks if word in block)


def test_first_command_prints_what_stands_below_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = block_with("pip install").partition(".venv/bin/eggshard ")[2]
    monkeypatch.syspath_prepend(str(ROOT / "test"))
    assert eggshard(shlex.split(command)) == 0
    printed = capsys.readouterr().out.rstrip()
    assert FIGURES.sub("", printed) == FIGURES.sub("", block_with("verify: "))


def test_opt_prints_what_stands_below_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    command, _, expected = block_with("$ eggshard-opt").partition("\n")
    monkeypatch.chdir(ROOT)
    assert eggshard_opt(shlex.split(command)[2:]) == 0
    assert capsys.readouterr().out.rstrip() == expected


def test_library_example_runs(tmp_path: Path) -> None:
    example = block_with("import eggshard") + '\nassert (y - step(params, x)).max() == 0\n'
    subprocess.run([sys.executable, "-c", example], cwd=tmp_path, check=True)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", page.read_text()) if "://" not in link]
    assert not [link for link in links if not (page.parent / link).exists()]
