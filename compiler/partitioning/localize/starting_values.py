"""What the body of a reduction makes of its own starting values, found by running it."""

from __future__ import annotations

from xdsl.dialects.builtin import FunctionType, ModuleOp
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Operation, OpResult, Region, SSAValue

from eggshard.dialects import stablehlo


def absorbs_itself(op: Operation) -> bool:
    """
    Whether f(start, start) = start for the body f of a reduction.

    Then, f being associative and commutative as a reduction demands, it makes no difference how often the starting
    value enters. False also where the starting values are not constants of the program.
    """
    starts = op.operands[len(op.results) :]
    constants = [_constant(value) for value in starts]
    if any(constant is None for constant in constants):
        return False
    from eggshard.interpreter import run_module
    from eggshard.interpreter.values import elements

    arrays = [elements(constant) for constant in constants if constant is not None]
    try:
        found = run_module(_as_function(op.regions[0]), [*arrays, *arrays])
    except Exception:  # a body that cannot be run says nothing
        return False
    return all(one.tobytes() == other.tobytes() for one, other in zip(found, arrays, strict=True))


def _constant(value: SSAValue) -> stablehlo.DenseElements | None:
    if not isinstance(value, OpResult) or value.op.name != "stablehlo.constant":
        return None
    found = value.op.properties["value"]
    return found if isinstance(found, stablehlo.DenseElements) else None


def _as_function(body: Region) -> ModuleOp:
    """A module whose function `main` is the body."""
    region = body.clone()
    block = region.block
    last = block.last_op
    assert last is not None
    returned = list(last.operands)
    last.detach()
    last.erase()
    block.add_op(ReturnOp(*returned))
    kind = FunctionType.from_lists([a.type for a in block.args], [value.type for value in returned])
    return ModuleOp([FuncOp("main", kind, region)])
