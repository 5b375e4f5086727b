"""The program as terms: each op once its operands are there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from eggshard.egraph.terms import Axes, rule


def rules(axes: Axes, arities: Iterable[int]) -> Iterator[str]:
    """term(i) = Op(signature of i, terms of its operands)"""
    yield rule("build", ["(leaf i k)"], ["(let t (Any k))", "(set (term i) t)", "(kind t k)"])
    for n in sorted(set(arities)):
        operands = [f"a{j}" for j in range(n)]
        facts = [f"(node{n} i s {' '.join(operands)})"]
        facts += [f"(= t{j} (term a{j}))" for j in range(n)]
        term = f"(Op{n} s {' '.join(f't{j}' for j in range(n))})"
        yield rule("build", facts, [f"(set (term i) {term})"])
