"""Reading shardings from a program in Shardy's form, or, once imported, from our layouts."""

from __future__ import annotations

from xdsl.dialects.func import FuncOp
from xdsl.ir import BlockArgument, Operation, OpResult, SSAValue

from eggshard.dialects.sdy.attributes import TensorShardingAttr, TensorShardingPerValueAttr
from eggshard.dialects.sdy.convert import to_layout, to_sharding
from eggshard.dialects.sdy.values import Sharding
from eggshard.dialects.sharding.access import LOOPS, layout_of
from eggshard.dialects.sharding.carrier import CarriesLayouts
from eggshard.dialects.sharding.layout import Layout

SHARDING = "sdy.sharding"
RULE = "sdy.sharding_rule"


def sharding_of(value: SSAValue) -> Sharding | None:
    """The sharding of `value`, if it has one in either form."""
    written = _written_on_result(value) if isinstance(value, OpResult) else _written_on_argument(value)
    if written is not None:
        return written
    layout = layout_of(value)
    return None if layout is None else to_sharding(layout)


def _written_on_result(result: OpResult) -> Sharding | None:
    attribute = result.op.attributes.get(SHARDING)
    if isinstance(attribute, TensorShardingPerValueAttr) and attribute.data:
        return attribute.data[min(result.index, len(attribute.data) - 1)]
    carrier = result.op.get_trait(ShardingIsField)
    return None if carrier is None else carrier.sharding(result.op)


def _written_on_argument(argument: SSAValue) -> Sharding | None:
    assert isinstance(argument, BlockArgument)
    parent = argument.block.parent_op()
    if isinstance(parent, FuncOp):
        entry = parent.arg_attrs.data[argument.index].data.get(SHARDING) if parent.arg_attrs else None
        return entry.data if isinstance(entry, TensorShardingAttr) else None
    if parent is not None and parent.name in LOOPS:
        return _written_on_result(parent.results[argument.index])
    return None


class ShardingIsField(CarriesLayouts):
    """The one result has its sharding in the property `sharding` or `out_sharding`."""

    def sharding(self, op: Operation) -> Sharding | None:
        attribute = op.properties.get("sharding", op.properties.get("out_sharding"))
        return attribute.data if isinstance(attribute, TensorShardingAttr) else None

    def result_layout(self, op: Operation, index: int) -> Layout | None:
        sharding = self.sharding(op)
        return None if sharding is None else to_layout(sharding)

    def set_result_layout(self, op: Operation, index: int, layout: Layout) -> None:
        field = "out_sharding" if "out_sharding" in op.properties else "sharding"
        op.properties[field] = TensorShardingAttr(to_sharding(layout))
