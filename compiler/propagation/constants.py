"""
Constants for each use their own, so that uses do not constrain each other through them.

A constant expression is a constant or iota, or an elementwise op, broadcast, reshape, slice or propagation barrier of
constant expressions.
Any device can make any part of one, so each use is given its own copy, in the layout that it wants; afterwards copies
that came out alike are merged again. A broadcast of a scalar is treated alike, whatever the scalar.
"""

from __future__ import annotations

from typing import Any

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation, OpResult, Region, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter
from xdsl.traits import Pure

from eggshard.propagation.graph import is_elementwise
from eggshard.rules.build import shape_of

LITERALS = frozenset(["stablehlo.constant", "sdy.constant"])
SOURCES = LITERALS | {"stablehlo.iota"}
PRESERVING = frozenset(
    ["stablehlo.broadcast_in_dim", "stablehlo.reshape", "stablehlo.slice", "sdy.propagation_barrier"]
)
GROUP = "sdy.sharding_group"
CONSTRAINTS = frozenset(["sharding.constraint", "sdy.sharding_constraint"])


def split_constants(module: ModuleOp) -> None:
    """Gives every use of a constant expression by another op its own copy of the whole expression."""
    for function in module.ops:
        if isinstance(function, FuncOp):
            _Splitter().run(function)


class _Splitter:
    def __init__(self) -> None:
        self.constants: dict[Operation, None] = {}
        self.expansions: dict[Operation, None] = {}

    def run(self, function: FuncOp) -> None:
        for op in list(function.walk()):
            self.visit(op)
        for op in (*self.expansions, *reversed(self.constants)):
            users = [use.operation for result in op.results for use in result.uses]
            if all(user.name == GROUP for user in users):
                for user in users:
                    Rewriter.erase_op(user)
                Rewriter.erase_op(op)

    def visit(self, op: Operation) -> None:
        if op.name == GROUP:
            return
        if self.is_constant(op):
            self.constants[op] = None
        elif op.name == "stablehlo.broadcast_in_dim" and not shape_of(op.operands[0]):
            self.expansions[op] = None
        elif self.constants or self.expansions:
            for index, operand in enumerate(op.operands):
                if isinstance(operand, OpResult) and (operand.op in self.constants or operand.op in self.expansions):
                    op.operands[index] = copied(operand)

    def is_constant(self, op: Operation) -> bool:
        if op.name in SOURCES:
            return True
        preserving = op.name in PRESERVING or (is_elementwise(op) and op.name not in CONSTRAINTS)
        return (
            preserving
            and op.has_trait(Pure)
            and all(isinstance(operand, OpResult) and operand.op in self.constants for operand in op.operands)
        )


def copied(value: OpResult) -> SSAValue:
    """A copy of the expression that makes `value`, each op before its original; scalars are shared."""
    copies: dict[SSAValue, SSAValue] = {}

    def copy(value: SSAValue) -> None:
        if not isinstance(value, OpResult) or not shape_of(value) or value in copies:
            return
        op = value.op
        for operand in op.operands:
            copy(operand)
        clone = op.clone(value_mapper=dict(copies))
        clone.location = op.location
        Rewriter.insert_op(clone, InsertPoint.before(op))
        copies.update(zip(op.results, clone.results, strict=True))
        for use in list(value.uses):
            if use.operation.name == GROUP:
                Rewriter.insert_op(use.operation.clone(value_mapper=dict(copies)), InsertPoint.before(op))

    copy(value)
    return copies.get(value, value)


def merge_constants(module: ModuleOp) -> None:
    """Replaces literals, and broadcasts of one scalar, that agree in everything including layout, by the first."""
    first: dict[Any, Operation] = {}
    for op in list(module.walk()):
        literal = op.name in LITERALS
        if not literal and not (op.name == "stablehlo.broadcast_in_dim" and not shape_of(op.operands[0])):
            continue
        region: Region | None = op.parent_region()
        key = (op.name, id(region), op.results[0].type, *map(id, op.operands), *_attributes(op))
        original = first.setdefault(key, op)
        if original is not op:
            Rewriter.replace_op(op, (), original.results)


def _attributes(op: Operation) -> list[Any]:
    """Attributes and properties as a key; large literals are told apart by identity, which copies share."""
    parts: list[Any] = []
    for fields in (op.properties, op.attributes):
        for name in sorted(fields):
            attribute = fields[name]
            raw = getattr(attribute, "data", None)
            large = isinstance(raw, bytes) and len(raw) > 64
            parts.append((name, id(attribute) if large else attribute))
    return parts
