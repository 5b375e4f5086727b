"""Explores a program: from its ops and a mesh to every strategy of each op and every step between layouts."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from eggshard.egraph.codes import Code
from eggshard.egraph.facts import Facts, add_layouts, add_rows
from eggshard.egraph.rows import Table
from eggshard.egraph.schema import RULESETS, schema
from eggshard.egraph.terms import Axes


@dataclass(frozen=True)
class Node:
    """An op result to explore: its signature, and its operands: nodes, or ~kind for a leaf."""

    signature: int
    operands: tuple[int, ...]


@dataclass(frozen=True)
class Step:
    """One collective between two layouts of a kind of tensor; `axis` is the mesh axis that it runs over."""

    name: str
    axis: int
    source: Code
    target: Code


@dataclass(frozen=True)
class Explored:
    """
    `strategies[s]`: per strategy of signature s a row index per mesh axis, then the order in which axes share a factor.
    `steps[k]`: the steps between layouts of tensors of kind k.
    `size`: e-nodes.
    """

    strategies: dict[int, list[tuple[int, ...]]]
    steps: dict[int, list[Step]]
    size: int


STEPS = {"AllGather": 0, "Slice": 0, "AllToAll": 0, "AllReduce": 0, "ReduceScatter": 0, "Permute": None}
"""Reshard e-nodes, and which of their numbers is the mesh axis."""


def explore(
    sizes: Sequence[int],
    nodes: Sequence[Node],
    tables: Sequence[tuple[Table, int]],
    kinds: Sequence[tuple[int, ...]],
    partial: Mapping[int, Iterable[int]],
    rulesets: Sequence[str] = RULESETS,
) -> Explored:
    """
    Saturates the e-graph of `nodes` over mesh axes of these `sizes`.

    `tables[s]` are the factor rows of signature s and the result that it stands for; `kinds` are shapes, and `partial`
    the columns of terms other than sums that tensors of a kind may hold. Only `rulesets` fire.
    """
    axes = Axes(tuple(sizes))
    facts = Facts()
    add_layouts(facts, axes, kinds, partial)
    for signature, (table, result) in enumerate(tables):
        add_rows(facts, axes, signature, table, result)
    arities = _add_program(facts, nodes, kinds)
    with tempfile.TemporaryDirectory() as folder:
        graph = _saturated(axes, facts, arities, Path(folder), rulesets)
    return _read(graph, axes, arities)


def _add_program(facts: Facts, nodes: Sequence[Node], kinds: Sequence[tuple[int, ...]]) -> list[int]:
    leaves = len(nodes)
    for kind in range(len(kinds)):
        facts.add("leaf", leaves + kind, kind)
    for number, node in enumerate(nodes):
        operands = [operand if operand >= 0 else leaves + ~operand for operand in node.operands]
        facts.add(f"node{len(operands)}", number, node.signature, *operands)
    return sorted({len(node.operands) for node in nodes})


def _saturated(axes: Axes, facts: Facts, arities: list[int], folder: Path, rulesets: Sequence[str]) -> Any:
    from egglog.bindings import EGraph

    lines = [schema(axes, arities), "(relation order (i64))"]
    for name in rulesets:
        lines += import_module(f"eggshard.egraph.rules.{name}").rules(axes, arities)
    lines.append(facts.write(folder))
    moves = " ".join(f"(run {name})" for name in RULESETS[3:])  # one that is left out has no rules
    lines += [
        "(run-schedule (saturate (run build)))",
        "(run-schedule (run layouts))",
        "(run-schedule (saturate (run local)))",
        f"(run-schedule (saturate {moves}))",
    ]
    graph = EGraph(fact_directory=str(folder))
    graph.run_program(*graph.parse_program("\n".join(lines)))
    return graph


def _read(graph: Any, axes: Axes, arities: list[int]) -> Explored:
    """The rows of the saturated e-graph."""
    number = graph.value_to_i64
    functions = graph.freeze().functions
    strategies: dict[int, list[tuple[int, ...]]] = {}
    size = 0
    for n in arities:
        rows = functions[f"Local{n}"].rows
        size += len(rows)
        for row in rows:
            signature, *chosen = map(number, row.inputs[: len(axes) + 2])
            strategies.setdefault(signature, []).append(tuple(chosen))
    for chosen in strategies.values():
        chosen.sort()
    kinds = {row.output: number(row.inputs[0]) for row in functions["Any"].rows}
    places: dict[Any, tuple[Any, Code]] = {}
    for row in functions["At"].rows:
        assert row.output not in places, "two layouts of tensors fell into one class: a rule is unsound"
        places[row.output] = (row.inputs[0], tuple(map(number, row.inputs[1:])))
    steps: dict[int, list[Step]] = {kind: [] for kind in kinds.values()}
    for name, position in STEPS.items():
        rows = functions[name].rows
        size += len(rows)
        for row in rows:
            tensor, source = places[row.inputs[-1]]
            if tensor in kinds:
                axis = -1 if position is None else number(row.inputs[position])
                steps[kinds[tensor]].append(Step(name, axis, source, places[row.output][1]))
    return Explored(strategies, steps, size)
