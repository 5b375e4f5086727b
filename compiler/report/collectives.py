"""The collectives of a per-device program: how many, how large, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.ir import Block, BlockArgument, Operation, OpResult, SSAValue

from eggshard.dialects.sharding.layout import Axis
from eggshard.dialects.sharding.syntax import axis_text
from eggshard.dialects.spmd import CollectiveOp
from eggshard.dialects.stablehlo.dense import DenseElements, element_bytes
from eggshard.partitioning.program import CONTROL_FLOW, main_function, source_line

KINDS = ("all_gather", "all_reduce", "reduce_scatter", "all_to_all", "collective_permute")

WRITTEN = frozenset(f"stablehlo.{kind}" for kind in KINDS)
"""Collectives that the model's author wrote, as in a shard_map."""


@dataclass(frozen=True)
class Collective:
    """
    One tensor that devices exchange; `times` counts the rounds of loops around it, `bytes` is a device's part.

    An `op` that carries several tensors stands for each of them.
    """

    op: Operation
    kind: str
    axes: tuple[Axis, ...]
    type: TensorType[Any]
    times: int
    cause: str
    source: str

    @property
    def bytes(self) -> int:
        """Bytes of the operand on one device, one time."""
        return self.type.element_count() * element_bytes(self.type.element_type)

    def entry(self) -> dict[str, Any]:
        """As a plan records it."""
        return {
            "kind": self.kind,
            "axes": [axis_text(axis).replace('"', "") for axis in self.axes],
            "type": str(self.type),
            "bytes": self.bytes,
            "times": self.times,
            "cause": self.cause,
            "source": self.source,
        }


def collectives(module: ModuleOp) -> list[Collective]:
    """Every collective in program order; one that carries several tensors counts for each of them."""
    return list(_walk(main_function(module).body.block, 1))


def count(module: ModuleOp) -> Counter[str]:
    """How often each kind runs, loop bodies multiplied by their trip counts (1 where that is not known)."""
    total: Counter[str] = Counter(dict.fromkeys(KINDS, 0))
    for collective in collectives(module):
        total[collective.kind] += collective.times
    return total


def _walk(block: Block, times: int) -> Iterator[Collective]:
    for op in block.ops:
        if isinstance(op, CollectiveOp):
            kind = op.name.split(".", 1)[1]
            for operand in op.operands:
                assert isinstance(operand.type, TensorType)
                yield Collective(op, kind, op.axes.data, operand.type, times, op.cause, source_line(op.location))
        elif op.name in WRITTEN:
            kind = op.name.split(".", 1)[1]
            for operand in op.operands:
                if isinstance(operand.type, TensorType):
                    line = source_line(op.location)
                    yield Collective(op, kind, (), operand.type, times, "written in the model", line)
        elif op.name in CONTROL_FLOW:
            rounds = times * (trip_count(op) or 1) if op.name == "stablehlo.while" else times
            for region in op.regions:
                for inner in region.blocks:
                    yield from _walk(inner, rounds)


def trip_count(loop: Operation) -> int | None:
    """
    Rounds of a counted loop, as scans and fori_loops with known bounds are; None for any other.

    The condition compares one carry with a constant, and the body adds a constant to that carry.
    """
    condition, body = (region.block for region in loop.regions)
    last = condition.last_op
    compare = _owner(last.operands[0]) if last is not None else None
    if compare is None or compare.name != "stablehlo.compare":
        return None
    direction = compare.properties["comparison_direction"].data  # type: ignore[attr-defined]
    carry, limit = compare.operands[0], _integer(compare.operands[1])
    if limit is None or not isinstance(carry, BlockArgument) or carry.block is not condition or direction != "LT":
        return None
    start = _integer(loop.operands[carry.index])
    returned = body.last_op
    step = _owner(returned.operands[carry.index]) if returned is not None else None
    if start is None or step is None or step.name != "stablehlo.add":
        return None
    counter = body.args[carry.index]
    addends = [operand for operand in step.operands if operand is not counter]
    stride = _integer(addends[0]) if len(addends) == 1 else None
    return max(0, -(-(limit - start) // stride)) if stride is not None and stride > 0 else None


def _owner(value: SSAValue) -> Operation | None:
    return value.op if isinstance(value, OpResult) else None


def _integer(value: SSAValue) -> int | None:
    """The value of a constant integer."""
    op = _owner(value)
    while op is not None and op.name in ("stablehlo.convert", "stablehlo.reshape", "stablehlo.broadcast_in_dim"):
        op = _owner(op.operands[0])
    if op is None or op.name != "stablehlo.constant":
        return None
    elements = op.properties["value"]
    if not isinstance(elements, DenseElements) or not elements.is_splat:
        return None
    return int.from_bytes(elements.data, "little", signed=True)
