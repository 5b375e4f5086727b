"""
Runs ops on N devices in lock step.

A value is a list with one array per device. Devices that hold the same objects as operands share the result, so a
whole-program module on N devices costs what it costs on one. Where control flow diverges, the devices are parted and
each part runs on its own; a collective demands that every device of its groups has arrived.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, Block, Operation, SSAValue

from eggshard.interpreter.call import Call, Kernel
from eggshard.interpreter.errors import refusal
from eggshard.interpreter.program import Program
from eggshard.interpreter.quantized import is_quantized, run_dequantized
from eggshard.interpreter.tables import HOST, LOCAL, LOCKSTEP, STRUCTURAL
from eggshard.interpreter.values import Array, Lanes, Value, shape_of, stored_dtype_of


class Frame:
    """One activation of a function, or of a region of an op: the devices that run it and the values they have."""

    def __init__(
        self, program: Program, devices: tuple[int, ...], env: dict[SSAValue, Lanes] | None = None, checked: bool = True
    ):
        self.program = program
        self.devices = devices
        self.env: dict[SSAValue, Lanes] = {} if env is None else env
        self.checked = checked

    def part(self, devices: Sequence[int]) -> Frame:
        """The same values, seen by some of the devices."""
        return Frame(self.program, tuple(devices), self.env, self.checked)

    def on_one_device(self, op: Operation, device: int) -> Frame:
        """A frame for the regions of `op` on one device, with the values they capture."""
        captured = {value: self.env[value] for value in self.program.lifetimes.captures(op)}
        return Frame(self.program, (device,), captured, self.checked)

    def unchecked(self) -> Frame:
        """The same frame for blocks of scalars that are run on whole arrays: shapes are not those of the types."""
        return Frame(self.program, self.devices, self.env, False)

    def whole_groups(self, op: Operation, groups: Sequence[Sequence[int]]) -> list[list[int]]:
        """The groups that meet at `op`; refused if only a part of one has come here."""
        here = set(self.devices)
        met = [list(group) for group in groups if not here.isdisjoint(group)]
        absent = sorted({device for group in met for device in group} - here)
        if absent:
            raise refusal(
                op,
                f"{op.name} is reached by devices {sorted(here)} but waits for {absent}: "
                "control flow around it differs between them",
            )
        return met

    def call(self, function: Operation, arguments: Sequence[Lanes]) -> list[Lanes]:
        """Runs the body of a function."""
        return Frame(self.program, self.devices, None, self.checked).run_block(function.regions[0].block, arguments)

    def run_block(self, block: Block, arguments: Sequence[Lanes]) -> list[Lanes]:
        """The operands of the block's terminator."""
        env = self.env
        env.update(zip(block.args, arguments, strict=True))
        dead = self.program.lifetimes.dead_after(block)
        last = block.last_op
        for op in block.ops:
            operands = [env[value] for value in op.operands]
            if op is last:
                return operands
            for value, lanes in zip(op.results, self.execute(op, operands), strict=True):
                env[value] = lanes
            for value in dead.get(op, ()):
                del env[value]
        raise AssertionError("a block without a terminator")

    def execute(self, op: Operation, operands: list[Lanes]) -> list[Lanes]:
        """The results of one op."""
        name = op.name
        try:
            if name in LOCAL:
                results = self.execute_locally(op, LOCAL[name], operands)
            elif name in LOCKSTEP:
                results = LOCKSTEP[name](self, op, operands)
            elif name in HOST:
                raise refusal(op, f"op {name} cannot run without a host")
            else:
                raise refusal(op, f"op {name} is not known")
        except NotImplementedError as error:
            raise refusal(op, f"op {name}: {error} is not supported") from error
        except (ValueError, IndexError) as error:
            raise refusal(op, f"op {name} does not fit its operands: {error}") from error
        if self.checked:
            self._check(op, results)
        return results

    def execute_locally(self, op: Operation, kernel: Kernel, operands: list[Lanes]) -> list[Lanes]:
        """Runs `kernel` once for each distinct tuple of operands."""
        results: list[Lanes] = [[None] * self.program.device_count for _ in op.results]
        captured = [self.env[value] for value in self.program.lifetimes.captures(op)]
        known: dict[tuple[int, ...], tuple[Value, ...]] = {}
        for device in self.devices:
            arguments = [lanes[device] for lanes in operands]
            key = (*map(id, arguments), *(id(lanes[device]) for lanes in captured))
            outputs = known.get(key)
            if outputs is None:
                outputs = known[key] = self._run_kernel(op, kernel, arguments, device)
            for lanes, output in zip(results, outputs, strict=True):
                lanes[device] = output
        return results

    def _run_kernel(self, op: Operation, kernel: Kernel, arguments: list[Value], device: int) -> tuple[Value, ...]:
        call = Call(self, op, device)
        if is_quantized(op) and op.name not in STRUCTURAL:
            return run_dequantized(call, kernel, arguments)
        made: Any = kernel(call, *arguments)
        outputs = made if isinstance(made, tuple) else (made,)
        return tuple(np.asarray(x) if isinstance(x, np.generic) else x for x in outputs)

    def _check(self, op: Operation, results: list[Lanes]) -> None:
        """A wrong shape would otherwise broadcast and spread; here it names the op that made it."""
        for value, lanes in zip(op.results, results, strict=True):
            if isinstance(value.type, TensorType):
                for array in {id(lanes[device]): lanes[device] for device in self.devices}.values():
                    if not fits(array, value.type):
                        raise refusal(
                            op, f"op {op.name} computed {list(array.shape)} of {array.dtype}, its type is {value.type}"
                        )


def fits(array: Array, type: Attribute) -> bool:
    """Whether an array has the shape and dtype of a tensor type, which may leave dimensions open."""
    shape = shape_of(type)
    if array.shape != shape:
        if len(shape) != array.ndim:
            return False
        if any(0 <= want != found for want, found in zip(shape, array.shape, strict=True)):
            return False
    return array.dtype == stored_dtype_of(type)
