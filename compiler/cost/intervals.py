"""From when to when each tensor of a list of ops is alive, for memory limits in planning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from xdsl.ir import Block, Operation, SSAValue

from eggshard.cost.fusion import materialised
from eggshard.cost.lowered import Lowered
from eggshard.cost.lowering import lower_ops
from eggshard.cost.schedule import breadth_first

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Intervals:
    """
    Half-open intervals of steps; a tensor occupies memory at steps first .. last - 1.

    `values` are the arguments and the results of ops, in order; `in_memory` is False for those that fuse into their
    readers (or are constants) and then exist nowhere. Step s is the s-th op; what is returned ends after the last op.
    """

    values: tuple[SSAValue, ...]
    first: Ints
    last: Ints
    in_memory: npt.NDArray[np.bool_]


def intervals(ops: Sequence[Operation], returned: Sequence[SSAValue], breadth: bool = False) -> Intervals:
    """
    Intervals of a program in whole-program or per-device view, the ops in program order.

    Ops inside of regions read at the step of the op that holds them. Values that no op of the list makes are arguments:
    they are alive from step 0 to the end. With `breadth` step numbers are places in XLA's order on CPUs, which runs
    everything as early as it can; otherwise in program order.
    """
    graph, nodes = lower_ops(ops, returned)
    steps = materialised(graph)
    kept = {step.node for step in steps if step.view_of is None}
    place = _breadth_first_places(graph, ops, nodes) if breadth else {op: at for at, op in enumerate(ops)}
    made = {result: op for op in ops for result in op.results}
    first: dict[SSAValue, int] = {}
    last: dict[SSAValue, int] = {}
    end = len(ops)
    for op in sorted(ops, key=lambda op: place[op]):
        at = place[op]
        for value in _reads(op):
            if value not in made:
                first.setdefault(value, 0)
                last[value] = end
            else:
                last[value] = max(last.get(value, 0), at + 1)
        for result in op.results:
            first[result] = at
            last[result] = max(last.get(result, 0), at + 1)
    last.update((value, end) for value in returned)
    outside = [value for value in first if value not in made]
    values = (*outside, *(result for op in ops for result in op.results))
    return Intervals(
        values,
        np.array([first[value] for value in values], np.int64),
        np.array([last[value] for value in values], np.int64),
        np.array([value not in made or nodes.get(value, -1) in kept for value in values], np.bool_),
    )


def _reads(op: Operation) -> list[SSAValue]:
    """Operands, and what the regions of the op read from outside."""
    if not op.regions:
        return list(op.operands)
    inside: set[SSAValue] = set()
    found = list(op.operands)
    for inner in op.walk():
        inside.update(inner.results)
        inside.update(arg for region in inner.regions for block in region.blocks for arg in block.args)
        found.extend(inner.operands)
    return [value for value in dict.fromkeys(found) if value not in inside]


def _breadth_first_places(graph: Lowered, ops: Sequence[Operation], nodes: dict[SSAValue, int]) -> dict[Operation, int]:
    """Fused ops stand where the first cluster that could hold them stands: no earlier than what they read."""
    order = {step.node: at for at, step in enumerate(breadth_first(materialised(graph)))}
    ready: dict[SSAValue, int] = {}
    keys: list[tuple[int, int]] = []
    for at, op in enumerate(ops):
        level = max((ready.get(value, 0) for value in _reads(op)), default=0)
        level = max([level, *(order.get(nodes.get(result, -1), 0) for result in op.results)])
        ready.update(dict.fromkeys(op.results, level))
        keys.append((level, at))
    ranked = sorted(range(len(ops)), key=lambda at: keys[at])
    return {ops[at]: rank for rank, at in enumerate(ranked)}


def block_intervals(block: Block, breadth: bool = False) -> Intervals:
    """The intervals of a block whose last op returns."""
    ops = list(block.ops)
    return intervals(ops[:-1], list(ops[-1].operands), breadth)
