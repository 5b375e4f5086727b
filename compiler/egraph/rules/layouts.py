"""The layouts of tensors that come from elsewhere: arguments, and what other blocks make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from eggshard.egraph.terms import Axes, at, rule


def rules(axes: Axes, arities: Iterable[int]) -> Iterator[str]:
    """A leaf may come in any layout of its kind."""
    columns = axes.columns()
    facts = ["(leaf i k)", f"(layout k {' '.join(columns)} o)", "(= t (term i))"]
    yield rule("layouts", facts, [at("t", columns, "o")])
