"""The attributes of `sharding`: each wraps one plain value of `layout.py`."""

from __future__ import annotations

from xdsl.ir import Data
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer

from eggshard.dialects.sharding.layout import Layout, Mesh, Strategy
from eggshard.dialects.sharding.syntax import (
    layout_text,
    mesh_text,
    parse_layout,
    parse_mesh,
    parse_strategy,
    strategy_text,
)


@irdl_attr_definition
class MeshAttr(Data[Mesh]):
    """Named axes with sizes: `#sharding.mesh<["data"=4, "model"=2]>`."""

    name = "sharding.mesh"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> Mesh:
        with parser.in_angle_brackets():
            return parse_mesh(parser)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(f"<{mesh_text(self.data)}>")


@irdl_attr_definition
class LayoutAttr(Data[Layout]):
    """Where one tensor lies: `#sharding.layout<@mesh, [{"data"}, {?}p1], replicated={"d"}, partial={sum: "e"}>`."""

    name = "sharding.layout"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> Layout:
        return parse_layout(parser)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(layout_text(self.data))


@irdl_attr_definition
class StrategyAttr(Data[Strategy]):
    """Which factor of an op each mesh axis tiles: `#sharding.strategy<@mesh, {data: i, model: j}>`."""

    name = "sharding.strategy"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> Strategy:
        return parse_strategy(parser)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(strategy_text(self.data))
