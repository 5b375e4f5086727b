"""What `eggshard-opt --help` and `--help-pass` say, read off the passes themselves."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import MISSING, fields

from xdsl.passes import ModulePass
from xdsl.utils.hints import type_repr

from eggshard.passes.registry import PASSES, load_pass


def pass_list() -> str:
    """Every pass with the first sentence of its docstring, by stage."""
    width = max(map(len, PASSES))
    lines: list[str] = []
    stage = ""
    for name, place in PASSES.items():
        folder = place.split(".")[0]
        if folder != stage:
            stage = folder
            lines.append(f"{stage}:")
        lines.append(f"  {name:{width}}  {summary(load_pass(name))}")
    return "\n".join(lines)


def pass_help(name: str) -> str:
    """The contract of one pass: its docstring, and its fields with types and defaults."""
    found = load_pass(name)
    lines = [name, "", inspect.getdoc(found) or "(no description)", ""]
    options = list(_options(found))
    if not options:
        lines.append("It takes no options.")
    else:
        lines.append(f"Options, as in -p '{name}{{{options[0][0]}=...}}':")
        width = max(len(option) for option, _ in options)
        lines += [f"  {option:{width}}  {kind}" for option, kind in options]
    return "\n".join(lines)


def summary(found: type[ModulePass]) -> str:
    """The first paragraph of a pass's docstring, in one line."""
    first = (inspect.getdoc(found) or "").split("\n\n")[0]
    return " ".join(first.split())


def _options(found: type[ModulePass]) -> Iterator[tuple[str, str]]:
    for field in fields(found):
        kind = field.type if isinstance(field.type, str) else type_repr(field.type)
        if field.default is not MISSING:
            kind += f", default {field.default!r}"
        elif field.default_factory is not MISSING:
            kind += f", default {field.default_factory()!r}"
        else:
            kind += ", required"
        yield field.name.replace("_", "-"), kind
