"""The shape of the code base: floors, one pass per file, contracts."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from xdsl.passes import ModulePass

from eggshard.passes import pipeline
from eggshard.passes.registry import PASSES, load_pass
from eggshard.tools.main import COMMANDS

ROOT = Path(__file__).parents[2]
FLOORS = ("dialects", "compiler", "passes", "tools")
SOURCES = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))
HEAVY = {"jax", "jaxlib", "numpy", "egglog", "scipy", "ml_dtypes"}
TOP = {
    "compiler", "dialects", "passes", "test", "tools",
    "pyproject.toml", "setup.py", "README.md", "LICENSE",
}  # fmt: skip


def floor_of(module: str) -> str | None:
    """The folder that an import of ours leads to."""
    parts = module.split(".")
    if parts[0] != "eggshard":
        return None
    return parts[1] if len(parts) > 1 and parts[1] in FLOORS else "compiler"


def imports(path: Path, top_level: bool = False) -> Iterator[str]:
    """Modules that a file imports, anywhere or when it is imported itself."""
    tree = ast.parse(path.read_text())
    for node in _run_on_import(tree) if top_level else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _run_on_import(tree: ast.Module) -> Iterator[ast.stmt]:
    for node in tree.body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_imports_go_down() -> None:
    wrong: list[str] = []
    for path in SOURCES:
        floor = FLOORS.index(path.relative_to(ROOT).parts[0])
        for module in imports(path):
            target = floor_of(module)
            if module.startswith(".") or module.split(".")[0] in FLOORS:
                wrong.append(f"{name_of(path)}: import {module} is written eggshard....")
            elif target is not None and FLOORS.index(target) > floor:
                wrong.append(f"{name_of(path)}: {module} is a higher floor")
    assert not wrong


@pytest.mark.parametrize("folder", ["dialects", "passes"])
def test_start_up_stays_light(folder: str) -> None:
    for path in (ROOT / folder).rglob("*.py"):
        heavy = {module.split(".")[0] for module in imports(path, top_level=True)} & HEAVY
        assert not heavy, f"{name_of(path)} imports {heavy} when it is imported"


def test_top_level_is_fixed() -> None:
    made = {"eggshard.egg-info", "build", "dist"}
    assert {path.name for path in ROOT.iterdir() if not path.name.startswith(".")} - made <= TOP


def test_every_file_says_what_it_is() -> None:
    assert not [name_of(path) for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text()))]


@pytest.mark.parametrize("name", PASSES)
def test_pass_is_a_contract(name: str) -> None:
    found = load_pass(name)
    assert issubclass(found, ModulePass)
    assert found.name == name
    assert found.__name__ == "".join(part.capitalize() for part in name.split("-")) + "Pass"
    doc = inspect.getdoc(found) or ""
    assert doc.split("\n\n")[0].rstrip().endswith("."), "the first paragraph is a sentence"
    assert "Before:" in doc and "After:" in doc
    assert "Requires:" in doc or "Ensures:" in doc


@pytest.mark.parametrize("name", PASSES)
def test_pass_has_a_file_of_its_own(name: str) -> None:
    path = ROOT / "passes" / (PASSES[name].split(":")[0].replace(".", "/") + ".py")
    assert path.stem == name.replace("-", "_")
    classes = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)]
    assert [node.name for node in classes if node.name.endswith("Pass")] == [load_pass(name).__name__]


def test_every_pass_file_is_registered() -> None:
    known = {place.split(":")[0] for place in PASSES.values()}
    here = ROOT / "passes"
    files = {".".join(path.relative_to(here).with_suffix("").parts) for path in here.glob("*/*.py")}
    assert {file for file in files if not file.endswith("__init__")} == known


def test_pipeline_names_passes() -> None:
    stages = [value for name, value in vars(pipeline).items() if name.isupper()]
    assert stages
    assert {name for stage in stages for name in stage} <= set(PASSES)


@pytest.mark.parametrize("name", COMMANDS)
def test_command_is_there(name: str) -> None:
    module = import_module(f"eggshard.tools.commands.{name}")
    assert callable(module.add_arguments) and callable(module.run)
