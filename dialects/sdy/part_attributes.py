"""The attributes of `sdy` that Shardy nests in others and that stand alone only in hand-written programs."""

from __future__ import annotations

from xdsl.ir import Data, OpaqueSyntaxAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer

from eggshard.dialects.sdy.syntax import all_to_all_text, parse_all_to_all_param, parse_factors, parse_tensor_mapping
from eggshard.dialects.sdy.values import AllToAllParam
from eggshard.dialects.sharding.layout import Axis, Dim
from eggshard.dialects.sharding.syntax import axis_text, dim_text, factor_name, parse_axis, parse_dim, quoted


@irdl_attr_definition
class MeshAxisAttr(Data[tuple[str, int]], OpaqueSyntaxAttribute):
    """An axis of a mesh and its size: `#sdy<mesh_axis"a"=2>`."""

    name = "sdy.mesh_axis"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> tuple[str, int]:
        name = parser.parse_str_literal()
        parser.parse_punctuation("=")
        return name, parser.parse_integer(allow_boolean=False)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(f"{quoted(self.data[0])}={self.data[1]}")


@irdl_attr_definition
class SubAxisInfoAttr(Data[tuple[int, int]], OpaqueSyntaxAttribute):
    """Pre-size and size of a part of an axis: `#sdy<sub_axis_info(1)2>`."""

    name = "sdy.sub_axis_info"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> tuple[int, int]:
        with parser.in_parens():
            pre = parser.parse_integer(allow_boolean=False)
        return pre, parser.parse_integer(allow_boolean=False)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(f"({self.data[0]}){self.data[1]}")


@irdl_attr_definition
class AxisRefAttr(Data[Axis], OpaqueSyntaxAttribute):
    """An axis or a part of one: `#sdy<axis_ref"a":(1)2>`."""

    name = "sdy.axis_ref"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> Axis:
        return parse_axis(parser)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(axis_text(self.data))


@irdl_attr_definition
class DimensionShardingAttr(Data[Dim], OpaqueSyntaxAttribute):
    """How one dimension is sharded: `#sdy<dimension_sharding{"a", ?}p1>`."""

    name = "sdy.dimension_sharding"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> Dim:
        return parse_dim(parser)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(dim_text(self.data))


@irdl_attr_definition
class DimMappingAttr(Data[tuple[int, ...]], OpaqueSyntaxAttribute):
    """The factors that index one dimension: `#sdy<dim_mapping ij>`."""

    name = "sdy.dim_mapping"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> tuple[int, ...]:
        return parse_factors(parser)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(" " + "".join(map(factor_name, self.data)))


@irdl_attr_definition
class TensorMappingAttr(Data[tuple[tuple[int, ...], ...]], OpaqueSyntaxAttribute):
    """The factors that index each dimension of a tensor: `#sdy<tensor_mapping[i, jk]>`."""

    name = "sdy.tensor_mapping"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> tuple[tuple[int, ...], ...]:
        return parse_tensor_mapping(parser)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string("[" + ", ".join("".join(map(factor_name, dim)) for dim in self.data) + "]")


@irdl_attr_definition
class AllToAllParamAttr(Data[AllToAllParam], OpaqueSyntaxAttribute):
    """One move of an all_to_all: `#sdy<all_to_all_param{"a"}: 0->1>`."""

    name = "sdy.all_to_all_param"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> AllToAllParam:
        return parse_all_to_all_param(parser)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(all_to_all_text([self.data])[1:-1])
