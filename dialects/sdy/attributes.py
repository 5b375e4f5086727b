"""The attributes of `sdy` that ops and programs carry."""

from __future__ import annotations

from xdsl.ir import Data, OpaqueSyntaxAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer

from eggshard.dialects.sdy.syntax import (
    all_to_all_text,
    axis_list_text,
    axis_lists_text,
    edges_text,
    parse_all_to_all,
    parse_axis_lists,
    parse_edges,
    parse_rule,
    parse_sharding,
    parse_shardings,
    rule_text,
    sharding_text,
    shardings_text,
)
from eggshard.dialects.sdy.values import AllToAllParam, PropagationStep, Sharding, ShardingRule
from eggshard.dialects.sharding.checks import check_mesh
from eggshard.dialects.sharding.layout import Axis, Mesh
from eggshard.dialects.sharding.syntax import mesh_text, parse_axes, parse_mesh, quoted


@irdl_attr_definition
class MeshAttr(Data[Mesh]):
    """Named axes with sizes: `#sdy.mesh<["a"=2, "b"=4]>`."""

    name = "sdy.mesh"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> Mesh:
        with parser.in_angle_brackets():
            return parse_mesh(parser)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(f"<{mesh_text(self.data)}>")

    def verify(self) -> None:
        check_mesh(self.data)


@irdl_attr_definition
class TensorShardingAttr(Data[Sharding]):
    """How one tensor is sharded: `#sdy.sharding<@mesh, [{"a", ?}p1, {}], replicated={"b"}, unreduced={"c"}>`."""

    name = "sdy.sharding"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> Sharding:
        return parse_sharding(parser)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(sharding_text(self.data))


@irdl_attr_definition
class TensorShardingPerValueAttr(Data[tuple[Sharding, ...]]):
    """A sharding for each operand or result: `#sdy.sharding_per_value<[<@mesh, [{"a"}]>, <@mesh, [{}]>]>`."""

    name = "sdy.sharding_per_value"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> tuple[Sharding, ...]:
        with parser.in_angle_brackets():
            return parse_shardings(parser)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(f"<{shardings_text(self.data)}>")


@irdl_attr_definition
class OpShardingRuleAttr(Data[ShardingRule]):
    """The factors of an op: `#sdy.op_sharding_rule<([i, k], [k, j])->([i, j]) {i=8, j=16, k=8} reduction={k}>`."""

    name = "sdy.op_sharding_rule"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> ShardingRule:
        with parser.in_angle_brackets():
            return parse_rule(parser)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(f"<{rule_text(self.data)}>")


@irdl_attr_definition
class ManualAxesAttr(Data[tuple[str, ...]], OpaqueSyntaxAttribute):
    """The axes on which a computation is written per device: `#sdy<manual_axes{"a", "b"}>`."""

    name = "sdy.manual_axes"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> tuple[str, ...]:
        return parse_manual_axes(parser)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(manual_axes_text(self.data))


def manual_axes_text(axes: tuple[str, ...]) -> str:
    return f"{{{', '.join(map(quoted, axes))}}}"


def parse_manual_axes(parser: AttrParser) -> tuple[str, ...]:
    return tuple(parser.parse_comma_separated_list(parser.Delimiter.BRACES, parser.parse_str_literal))


@irdl_attr_definition
class AxisRefListAttr(Data[tuple[Axis, ...]], OpaqueSyntaxAttribute):
    """Axes: `#sdy<axis_ref_list{"a", "b":(1)2}>`."""

    name = "sdy.axis_ref_list"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> tuple[Axis, ...]:
        return parse_axes(parser)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(axis_list_text(self.data))


@irdl_attr_definition
class ListOfAxisRefListsAttr(Data[tuple[tuple[Axis, ...], ...]], OpaqueSyntaxAttribute):
    """Axes per dimension: `#sdy<list_of_axis_ref_lists[{"a"}, {}]>`."""

    name = "sdy.list_of_axis_ref_lists"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> tuple[tuple[Axis, ...], ...]:
        return parse_axis_lists(parser)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(axis_lists_text(self.data))


@irdl_attr_definition
class AllToAllParamListAttr(Data[tuple[AllToAllParam, ...]], OpaqueSyntaxAttribute):
    """What an all_to_all moves: `#sdy<all_to_all_param_list[{"a"}: 0->1]>`."""

    name = "sdy.all_to_all_param_list"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> tuple[AllToAllParam, ...]:
        return parse_all_to_all(parser)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(all_to_all_text(self.data))


@irdl_attr_definition
class PropagationEdgesAttr(Data[tuple[PropagationStep, ...]]):
    """What propagation did at an op: `#sdy.propagation_edges<[{step-0 = [{"a" = operand-0 -> [result-0]}]}]>`."""

    name = "sdy.propagation_edges"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> tuple[PropagationStep, ...]:
        with parser.in_angle_brackets():
            return parse_edges(parser)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(f"<{edges_text(self.data)}>")
