"""The entry points: a whole program, or the per-device programs of N devices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.ir import Attribute, Operation

from eggshard.dialects.sharding.layout import Mesh
from eggshard.interpreter.errors import refusal
from eggshard.interpreter.machine import Frame, fits
from eggshard.interpreter.program import Program
from eggshard.interpreter.values import TOKEN, Array, Lanes


def run_module(module: ModuleOp, inputs: Sequence[Array], function: str = "main") -> list[Array]:
    """
    Runs a whole-program module; one array per result.

    Regions that are written per device (`sdy.manual_computation`) run on the devices of their mesh. Raises
    DiagnosticError for inputs that do not fit, and for what cannot be executed.
    """
    count = _device_count(module)
    return [lanes[0] for lanes in run_devices(module, [[array] * count for array in inputs], count, function)]


def run_devices(
    module: ModuleOp,
    inputs: Sequence[Sequence[Array]],
    device_count: int,
    function: str = "main",
    mesh: Mesh | None = None,
) -> list[list[Array]]:
    """
    Runs the per-device program on `device_count` devices in lock step.

    `inputs[argument][device]` are local arrays, the result is `[result][device]`; the index is the device id, which
    is what `partition_id` returns. `mesh` replaces the mesh that the function names. Raises DiagnosticError for inputs
    that do not fit, for what cannot be executed, and where a collective would wait for ever.
    """
    program = Program(module, device_count, mesh)
    entry = program.function(function, module)
    lanes = _checked_inputs(entry, inputs, device_count)
    frame = Frame(program, tuple(range(device_count)))
    with np.errstate(all="ignore"):
        return frame.call(entry, lanes)


def _device_count(module: ModuleOp) -> int:
    """How many devices the per-device parts of a whole-program module need."""
    names = {op.name for op in module.walk()}
    if "sdy.manual_computation" in names:
        program = Program(module, 1, None)
        return max((mesh.device_count for mesh in program.meshes.values()), default=1)
    calls = (op.properties.get("call_target_name") for op in module.walk() if op.name == "stablehlo.custom_call")
    if any(getattr(target, "data", None) == "SPMDFullToShardShape" for target in calls):
        partitions: Any = module.attributes.get("mhlo.num_partitions")
        return 1 if partitions is None else int(partitions.value.data)
    return 1


def _checked_inputs(entry: Operation, inputs: Sequence[Sequence[Array]], device_count: int) -> list[Lanes]:
    arguments = entry.regions[0].block.args
    if len(arguments) != len(inputs):
        raise refusal(entry, f"{len(inputs)} inputs are given, the function takes {len(arguments)}")
    lanes = []
    for index, (argument, given) in enumerate(zip(arguments, inputs, strict=True)):
        label = _argument_name(entry, index)
        if len(given) != device_count:
            raise refusal(entry, f"argument {label} is given for {len(given)} devices, required {device_count}")
        arrays = {id(array): _as_input(array, argument.type) for array in given}
        for array in arrays.values():
            if isinstance(argument.type, TensorType) and not fits(array, argument.type):
                raise refusal(
                    entry, f"argument {label} is {list(array.shape)} of {array.dtype}, required {argument.type}"
                )
        lanes.append([arrays[id(array)] for array in given])
    return lanes


def _as_input(array: Any, type: Attribute) -> Any:
    if isinstance(type, TensorType):
        return np.asarray(array)
    return TOKEN if array is None else array


def _argument_name(entry: Operation, index: int) -> str:
    attributes: Any = entry.properties.get("arg_attrs")
    name = attributes.data[index].data.get("sharding.name") if attributes is not None else None
    return f"#{index}" if name is None else f'"{name.data}"'
