"""
Data flow edges: which values are one and the same tensor at different times or on different branches.

The result of a loop, the arguments of its regions, what it starts with and what its body returns must be alike.
So must a branch's results, and the two sides of a barrier, a call, or a computation with a name. The owner of an edge
stands for all of its targets; layouts flow between it and the sources.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xdsl.dialects.func import FuncOp
from xdsl.ir import Block, Operation, Region, SSAValue

from eggshard.propagation.graph import Manual


@dataclass(frozen=True, slots=True)
class Edge:
    """`others` are the targets besides `owner`; `inward` says that the owner is inside, its sources outside."""

    owner: SSAValue
    sources: tuple[SSAValue, ...]
    others: tuple[SSAValue, ...] = ()
    inward: bool = False


BRANCHES = frozenset(["stablehlo.case", "stablehlo.if"])
BODIES = frozenset(["sdy.manual_computation", "sdy.named_computation"])
DATA_FLOW = BRANCHES | BODIES | {"stablehlo.while", "stablehlo.optimization_barrier", "func.call"}


def result_edges(op: Operation, functions: Mapping[str, FuncOp]) -> Iterator[Edge]:
    """The edges that the results of a data flow op own."""
    for index, result in enumerate(op.results):
        yield Edge(result, tuple(_result_sources(op, index, functions)), tuple(_region_arguments(op, index)))


def argument_edges(op: Operation) -> Iterator[Edge]:
    """The edges that the arguments of a computation's body own."""
    if op.name in BODIES:
        for operand, argument in zip(op.operands, op.regions[0].block.args, strict=True):
            yield Edge(argument, (operand,), inward=True)


def _result_sources(op: Operation, index: int, functions: Mapping[str, FuncOp]) -> Iterator[SSAValue]:
    if op.name in ("stablehlo.while", "stablehlo.optimization_barrier"):
        yield op.operands[index]
    if op.name == "stablehlo.while":
        yield _returned(op.regions[1], index)
    elif op.name in BRANCHES or op.name in BODIES:
        for region in op.regions:
            yield _returned(region, index)
    elif op.name == "func.call":
        callee = functions.get(callee_name(op))
        if callee is not None and callee.body.blocks:
            yield _returned(callee.body, index)


def _region_arguments(op: Operation, index: int) -> Iterator[SSAValue]:
    if op.name == "stablehlo.while":
        for region in op.regions:
            yield region.block.args[index]


def _returned(region: Region, index: int) -> SSAValue:
    block: Block = region.block
    assert block.last_op is not None
    return block.last_op.operands[index]


def callee_name(op: Operation) -> str:
    callee: Any = op.properties["callee"]
    name: str = callee.root_reference.data
    return name


def calls_by_callee(ops: Sequence[Operation]) -> dict[str, list[Operation]]:
    """Every func.call below `ops`, by the function that it calls."""
    calls: dict[str, list[Operation]] = {}
    for top in ops:
        for op in top.walk():
            if op.name == "func.call":
                calls.setdefault(callee_name(op), []).append(op)
    return calls


def border(op: Operation, edge: Edge) -> Manual:
    """What the border of a manual computation hides on an edge."""
    from eggshard.dialects.sdy.region_layouts import layout_in_field, manual_axes

    place: Any = edge.owner
    outer = layout_in_field(op, "in_shardings" if edge.inward else "out_shardings", place.index)
    assert outer is not None, "a manual computation has layouts for its operands and results"
    return Manual(manual_axes(op), outer, edge.inward)
