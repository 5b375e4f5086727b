"""stablehlo.custom_call, by its target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from xdsl.ir import Operation

from eggshard.interpreter import chlo_math, gspmd, lapack
from eggshard.interpreter.call import Body, Call, LockstepTable, Table, attribute_of
from eggshard.interpreter.errors import refusal
from eggshard.interpreter.randomness import rng_bit_generator
from eggshard.interpreter.shapes import empty
from eggshard.interpreter.sorting import sort_order, top_k_arrays
from eggshard.interpreter.stablehlo_collectives import ragged_all_to_all
from eggshard.interpreter.values import Array, Lanes, Value

if TYPE_CHECKING:
    from eggshard.interpreter.machine import Frame


def unchanged(call: Call, *operands: Value) -> tuple[Value, ...]:
    """A mark on a value."""
    return operands


def entry(call: Call, attribute: str, name: str, default: Any) -> Any:
    """`name` in a dictionary attribute of the call."""
    dictionary = call.attribute(attribute)
    found = dictionary.data.get(name) if dictionary is not None else None
    return default if found is None else found.value.data


def top_k(call: Call, x: Array) -> tuple[Array, ...]:
    """mhlo.topk, as CHLO's op is written in portable artifacts."""
    largest = bool(entry(call, "mhlo.attributes", "largest", 1))
    return top_k_arrays(x, int(entry(call, "mhlo.attributes", "k", call.shape()[-1])), largest)


def dynamic_top_k(call: Call, x: Array, k: Array) -> tuple[Array, ...]:
    return top_k_arrays(x, int(k))


def approximate_top_k(call: Call, *operands: Array) -> tuple[Array, ...]:
    """Exact, which is what XLA's CPU backend does too: the first elements in the order of the called comparator."""
    inputs = operands[: len(operands) // 2]
    axis = int(entry(call, "mhlo.backend_config", "reduction_dim", -1)) % inputs[0].ndim
    symbol = call.attribute("called_computations").data[0].root_reference.data
    comparator = call.frame.program.function(symbol, call.op).regions[0].block
    lanes = [np.moveaxis(x, axis, -1) for x in inputs]
    order = sort_order(Body(call.frame, call.op, comparator, call.device), lanes)[..., : call.shape()[axis]]
    return tuple(np.moveaxis(np.take_along_axis(x, order, axis=-1), -1, axis) for x in lanes)


def dynamic_rng_bit_generator(call: Call, state: Array, shape: Array) -> tuple[Array, ...]:
    return rng_bit_generator(call, state)


LOCAL: Table = {
    **lapack.TABLE,
    **{f"mhlo.{name.removeprefix('chlo.')}": kernel for name, kernel in chlo_math.TABLE.items()},
    "AllocateBuffer": empty,
    "ApproxTopK": approximate_top_k,
    "LayoutConstraint": unchanged,
    "Sharding": unchanged,
    "TopK": top_k,
    "annotate_device_placement": unchanged,
    "mhlo.topk": top_k,
    "stablehlo.dynamic_rng_bit_generator": dynamic_rng_bit_generator,
    "stablehlo.dynamic_top_k": dynamic_top_k,
    "xla.sdy.FuncResultSharding": unchanged,
}
"""Call target -> kernel."""

TOGETHER: LockstepTable = {
    **gspmd.LOCKSTEP,
    "ragged_all_to_all": ragged_all_to_all,
}
"""Call target -> function of all devices."""


def custom_call(frame: Frame, op: Operation, operands: list[Lanes]) -> list[Lanes]:
    target = attribute_of(op, "call_target_name").data
    if target in LOCAL:
        return frame.execute_locally(op, LOCAL[target], operands)
    if target in TOGETHER:
        return TOGETHER[target](frame, op, operands)
    if "callback" in target:
        raise refusal(op, f"op {op.name} @{target} cannot run without a host")
    raise refusal(op, f"op {op.name}: target @{target} is not known")


LOCKSTEP: LockstepTable = {"stablehlo.custom_call": custom_call}
