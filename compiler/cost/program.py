"""Predicted seconds of a per-device program, op by op and collective by collective."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.dialects.builtin import IntegerAttr, ModuleOp, TensorType
from xdsl.ir import Block, Operation, SSAValue

from eggshard.cost.batch import CollectiveBatch, CollectiveKind, CostModel, OpBatch, is_strided
from eggshard.cost.features import op_features
from eggshard.dialects.sharding.layout import Axis, Mesh
from eggshard.dialects.spmd import CollectiveOp
from eggshard.dialects.stablehlo.dense import element_bytes
from eggshard.partitioning.program import CONTROL_FLOW, main_function, the_mesh
from eggshard.report.collectives import WRITTEN, trip_count
from eggshard.rules.table import rule_of

Entry = tuple[CollectiveKind, float, list[tuple[int, int]]]


@dataclass(frozen=True)
class OpSeconds:
    """One op: seconds of one time, and how often it runs (loop rounds; a share where branches alternate)."""

    op: Operation
    seconds: float
    times: float
    is_collective: bool

    @property
    def total(self) -> float:
        return self.seconds * self.times


@dataclass(frozen=True)
class ProgramSeconds:
    """Every op that costs something, in program order; ops and collectives one after the other, without overlap."""

    ops: tuple[OpSeconds, ...]

    @property
    def compute(self) -> float:
        return sum(entry.total for entry in self.ops if not entry.is_collective)

    @property
    def communication(self) -> float:
        return sum(entry.total for entry in self.ops if entry.is_collective)

    @property
    def total(self) -> float:
        return self.compute + self.communication


def program_seconds(module: ModuleOp, model: CostModel) -> ProgramSeconds:
    """
    What one device spends on the program, in dialects `stablehlo` and `spmd`.

    Loops of unknown length count one round; branches of a case count in equal shares.
    """
    work = list(_walk(main_function(module).body.block, 1.0))
    local = [(op, times) for op, times in work if not _is_collective(op)]
    batches = [_features(op) for op, _ in local]
    seconds = iter(model.ops(OpBatch.concatenate(batches)))
    exchanged = [(op, times) for op, times in work if _is_collective(op)]
    rows = iter(model.collectives(collective_rows(module, [op for op, _ in exchanged])))
    spent: dict[int, OpSeconds] = {}
    for op, times in local:
        spent[id(op)] = OpSeconds(op, float(next(seconds)), times, False)
    for op, times in exchanged:
        spent[id(op)] = OpSeconds(op, float(next(rows)), times, True)
    ordered = (spent[id(op)] for op, _ in work)
    return ProgramSeconds(tuple(entry for entry in ordered if entry.seconds > 0.0))


def collective_rows(module: ModuleOp, ops: Sequence[Operation]) -> CollectiveBatch:
    """A row for each of the collectives of a program."""
    found = the_mesh(module)
    mesh = found[1] if found is not None else Mesh((("all", 1),))
    return CollectiveBatch.of([_entry(op, mesh) for op in ops], [_strided(op) for op in ops])


def collective_entry(kind: CollectiveKind, size: float, axes: Sequence[Axis], mesh: Mesh) -> Entry:
    """A row of a CollectiveBatch from axes of the mesh; a part of an axis runs over that axis's link."""
    names = [name for name, _ in mesh.axes]
    return kind, size, [(names.index(axis.name), mesh.size(axis)) for axis in axes]


def _walk(block: Block, times: float) -> Iterator[tuple[Operation, float]]:
    for op in block.ops:
        if op.name in CONTROL_FLOW:
            loop = op.name == "stablehlo.while"
            rounds = times * (trip_count(op) or 1) if loop else times / (len(op.regions) or 1)
            for region in op.regions:
                for inner in region.blocks:
                    yield from _walk(inner, rounds)
        else:
            yield op, times


def _is_collective(op: Operation) -> bool:
    return isinstance(op, CollectiveOp) or op.name in WRITTEN


def _features(op: Operation) -> OpBatch:
    rule = rule_of(op)
    rule = rule.local if rule is not None else None
    return op_features(op, rule, np.ones((1, len(rule.sizes) if rule is not None else 0), np.int64))


def _entry(op: Operation, mesh: Mesh) -> Entry:
    """Several tensors travel as one message; a hand-written collective is taken to span the whole mesh."""
    kind = CollectiveKind[op.name.split(".", 1)[1].upper()]
    axes = op.axes.data if isinstance(op, CollectiveOp) else tuple(Axis(name) for name, _ in mesh.axes)
    if kind is CollectiveKind.COLLECTIVE_PERMUTE and not axes:
        axes = tuple(Axis(name) for name, _ in mesh.axes)
    return collective_entry(kind, sum(_bytes(value) for value in op.operands), axes, mesh)


def _strided(op: Operation) -> bool:
    dimensions = [op.properties[name] for name in ("dim", "split_dim", "concat_dim") if name in op.properties]
    found = [attribute.value.data for attribute in dimensions if isinstance(attribute, IntegerAttr)]
    kind = op.operands[0].type if op.operands else None
    return isinstance(kind, TensorType) and is_strided(kind.get_shape(), found)


def _bytes(value: SSAValue) -> float:
    kind = value.type
    return kind.element_count() * element_bytes(kind.element_type) if isinstance(kind, TensorType) else 0.0
