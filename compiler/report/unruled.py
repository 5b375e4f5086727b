"""Which ops were replicated because nothing is known about how to partition them."""

from __future__ import annotations

from collections import Counter

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation, SSAValue

from eggshard.dialects.sharding import layout_of
from eggshard.partitioning.program import BARRIERS, CONTROL_FLOW, describe_location, main_function, program_ops
from eggshard.rules.table import rule_of


def unruled(module: ModuleOp) -> list[str]:
    """A warning for each op without a rule that has to gather an operand; equal ones are counted."""
    found = Counter(
        f"{_name(op)} at {describe_location(op.location)} has no sharding rule: its operands are gathered and every "
        "device computes all of it"
        for op in program_ops(main_function(module).body.block)
        if op.name.startswith(("stablehlo.", "chlo."))
        and op.name not in CONTROL_FLOW | BARRIERS
        and any(map(_is_sharded, (*op.operands, *op.results)))
        and not op.name.endswith(".return")
        and rule_of(op) is None
    )
    return [text if times == 1 else f"{text} ({times} times)" for text, times in found.items()]


def _is_sharded(value: SSAValue) -> bool:
    layout = layout_of(value)
    return layout is not None and not layout.is_replicated()


def _name(op: Operation) -> str:
    target = op.properties.get("call_target_name")
    return op.name if target is None else f"{op.name} @{getattr(target, 'data', target)}"
