"""
Control flow and calls, on all devices in lock step.

Where the devices disagree on a predicate they are parted: each part runs its own branch, or goes on with the loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from xdsl.ir import Operation

from eggshard.interpreter.call import LockstepTable, attribute_of
from eggshard.interpreter.values import Lanes

if TYPE_CHECKING:
    from eggshard.interpreter.machine import Frame


def merge(into: Sequence[Lanes], new: Sequence[Lanes], devices: Sequence[int]) -> list[Lanes]:
    """Copies of `into` with the values of `devices` taken from `new`."""
    merged = [list(lanes) for lanes in into]
    for lanes, made in zip(merged, new, strict=True):
        for device in devices:
            lanes[device] = made[device]
    return merged


def while_op(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    condition, body = (region.block for region in op.regions)
    carried, active = list(operands), frame.devices
    while True:
        (predicate,) = frame.part(active).run_block(condition, carried)
        active = tuple(device for device in active if bool(predicate[device]))
        if not active:
            return carried
        carried = merge(carried, frame.part(active).run_block(body, carried), active)


def branch(frame: Frame, op: Operation, choices: dict[int, int]) -> list[Lanes]:
    """Runs region `choices[device]` of `op` on each device."""
    empty: Lanes = [None] * frame.program.device_count
    results = [empty for _ in op.results]
    for region in sorted(set(choices.values())):
        devices = [device for device, choice in choices.items() if choice == region]
        results = merge(results, frame.part(devices).run_block(op.regions[region].block, []), devices)
    return results


def if_op(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    return branch(frame, op, {device: 0 if bool(operands[0][device]) else 1 for device in frame.devices})


def case(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    """An index out of range takes the last branch."""
    last = len(op.regions) - 1

    def choice(index: int) -> int:
        return index if 0 <= index <= last else last

    return branch(frame, op, {device: choice(int(operands[0][device])) for device in frame.devices})


def call(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    return frame.call(frame.program.function(attribute_of(op, "callee").root_reference.data, op), operands)


def composite(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    """A composite is its decomposition."""
    return frame.call(frame.program.function(attribute_of(op, "decomposition").root_reference.data, op), operands)


def region(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    """An op that only names its region."""
    return frame.run_block(op.regions[0].block, operands)


def async_start(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    """Runs at once; the future is the tuple of results."""
    results = region(frame, op, operands)
    future: Lanes = [None] * frame.program.device_count
    for device in frame.devices:
        future[device] = tuple(lanes[device] for lanes in results)
    return [future]


def async_done(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    results: list[Lanes] = [[None] * frame.program.device_count for _ in op.results]
    for device in frame.devices:
        for lanes, value in zip(results, operands[0][device], strict=True):
            lanes[device] = value
    return results


def identity(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    return operands


def nothing(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    """A declaration."""
    return []


LOCKSTEP: LockstepTable = {
    "func.call": call,
    "stablehlo.async_done": async_done,
    "stablehlo.async_start": async_start,
    "stablehlo.case": case,
    "stablehlo.composite": composite,
    "stablehlo.if": if_op,
    "stablehlo.while": while_op,
}
