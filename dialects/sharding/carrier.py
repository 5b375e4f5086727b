"""Ops that keep layouts in fields of their own rather than in `sharding.layouts`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir import Operation
from xdsl.traits import OpTrait

from eggshard.dialects.sharding.attributes import LayoutAttr
from eggshard.dialects.sharding.layout import Layout


class CarriesLayouts(OpTrait):
    """How to read and write the layouts of an op's results and of its region's arguments; by default there are none."""

    def result_layout(self, op: Operation, index: int) -> Layout | None:
        return None

    def set_result_layout(self, op: Operation, index: int, layout: Layout) -> None:
        raise NotImplementedError(f"{op.name} has no place for a result's layout")

    def argument_layout(self, op: Operation, index: int) -> Layout | None:
        return None

    def set_argument_layout(self, op: Operation, index: int, layout: Layout) -> None:
        raise NotImplementedError(f"{op.name} has no place for an argument's layout")


@dataclass(frozen=True)
class LayoutIsField(CarriesLayouts):
    """The one result has the layout in the property `field`."""

    field: str

    def result_layout(self, op: Operation, index: int) -> Layout | None:
        attribute = op.properties.get(self.field)
        return attribute.data if isinstance(attribute, LayoutAttr) else None

    def set_result_layout(self, op: Operation, index: int, layout: Layout) -> None:
        op.properties[self.field] = LayoutAttr(layout)
