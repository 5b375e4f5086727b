"""Every op the interpreter knows: how it is executed, or why it is not."""

from __future__ import annotations

from xdsl.ir import Block

from eggshard.interpreter import (
    bits,
    chlo_broadcasting,
    chlo_math,
    contraction,
    control,
    convolution,
    custom_calls,
    elementwise,
    gather,
    linear_algebra,
    manual,
    mesh_collectives,
    normalization,
    quantized,
    randomness,
    reduction,
    scatter,
    shapes,
    sorting,
    stablehlo_collectives,
    windows,
)
from eggshard.interpreter.call import MARKS, LockstepTable, Table

LOCAL: Table = {
    **bits.TABLE,
    **chlo_broadcasting.TABLE,
    **chlo_math.TABLE,
    **contraction.TABLE,
    **convolution.TABLE,
    **elementwise.TABLE,
    **gather.TABLE,
    **linear_algebra.TABLE,
    **normalization.TABLE,
    **quantized.TABLE,
    **randomness.TABLE,
    **reduction.TABLE,
    **scatter.TABLE,
    **shapes.TABLE,
    "sdy.constant": shapes.constant,
    **sorting.TABLE,
    **windows.TABLE,
}
"""Ops that each device executes by itself."""

LOCKSTEP: LockstepTable = {
    **control.LOCKSTEP,
    **custom_calls.LOCKSTEP,
    **manual.LOCKSTEP,
    **mesh_collectives.LOCKSTEP,
    **stablehlo_collectives.LOCKSTEP,
}
"""Ops that all devices execute together."""

HOST = frozenset(f"stablehlo.{name}" for name in ("infeed", "outfeed", "recv", "send"))
"""Ops that talk to a host, which there is not."""

STRUCTURAL = frozenset(shapes.TABLE) | {"stablehlo.gather", "stablehlo.select", "stablehlo.bitcast_convert"}
"""Ops that move elements without looking at them, so that they work on stored integers as they are."""

ELEMENTWISE = frozenset({*elementwise.TABLE, *bits.TABLE, *chlo_math.TABLE, *MARKS, "stablehlo.constant"}) - {
    "stablehlo.bitcast_convert"
}
"""Ops on scalars that work on whole arrays unchanged."""


def is_elementwise(block: Block) -> bool:
    """Whether a block of scalars may be run on whole arrays."""
    return all(op.name in ELEMENTWISE for op in block.ops if op is not block.last_op)
