"""How lit runs the files of this folder; pytest calls it through test_filecheck.py, `lit test/filecheck` works too."""

import os
import sys
import tempfile
from pathlib import Path

import lit.formats

config.name = "eggshard"  # type: ignore[name-defined]  # noqa: F821
config.test_format = lit.formats.ShTest(execute_external=False)  # type: ignore[name-defined]  # noqa: F821
config.suffixes = [".mlir"]  # type: ignore[name-defined]  # noqa: F821
config.test_exec_root = tempfile.mkdtemp(prefix="eggshard-lit-")  # type: ignore[name-defined]  # noqa: F821
scripts = str(Path(sys.executable).parent)
config.environment["PATH"] = os.pathsep.join([scripts, os.environ.get("PATH", "")])  # type: ignore[name-defined]  # noqa: F821
