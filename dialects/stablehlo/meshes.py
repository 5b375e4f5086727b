"""Replica groups given by the axes of a mesh instead of a list, as newer programs write them."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects.builtin import ArrayAttr
from xdsl.ir import Attribute, Data
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer

from eggshard.dialects.stablehlo.structures import StructAttr, SubAxis


@dataclass(frozen=True)
class AxisRef:
    """An axis of a mesh by its name; or a part of it, (pre_size, size): size devices after a major part of pre_size."""

    name: str
    sub_axis_info: SubAxis | None = None


@dataclass(frozen=True)
class MeshAxis:
    """An axis of `size` devices."""

    name: str
    size: int


@dataclass(frozen=True)
class Mesh:
    """MeshAxisAttr in an array, and the devices in row-major order unless they are 0, 1, 2, ..."""

    axes: Attribute
    device_ids: Attribute | None = None


@dataclass(frozen=True)
class ReplicaGroupMeshAxes:
    """The processes that differ only along `axes`, an array of AxisRefAttr, of a mesh or the symbol of one."""

    mesh: Attribute
    axes: Attribute


@irdl_attr_definition
class AxisRefAttr(StructAttr[AxisRef]):
    """`#stablehlo.axis_ref<name = "x", sub_axis_info = (1)2>`"""

    name = "stablehlo.axis_ref"
    struct = AxisRef
    elided = frozenset(("sub_axis_info",))


@irdl_attr_definition
class MeshAxisAttr(StructAttr[MeshAxis]):
    """`#stablehlo.mesh_axis<name = "x", size = 2>`"""

    name = "stablehlo.mesh_axis"
    struct = MeshAxis


@irdl_attr_definition
class ReplicaGroupMeshAxesAttr(StructAttr[ReplicaGroupMeshAxes]):
    """`#stablehlo.replica_group_mesh_axes<mesh = @mesh, axes = [#stablehlo.axis_ref<name = "x">]>`"""

    name = "stablehlo.replica_group_mesh_axes"
    struct = ReplicaGroupMeshAxes


@irdl_attr_definition
class MeshAttr(Data[Mesh]):
    """`#stablehlo.mesh<axes=[<name = "x", size = 2>], device_ids=dense<[1, 0]> : tensor<2xi64>>`"""

    name = "stablehlo.mesh"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> Mesh:
        def parse_axis() -> Attribute:
            return parser.parse_optional_attribute() or MeshAxisAttr(MeshAxisAttr.parse_parameter(parser))

        with parser.in_angle_brackets():
            parser.parse_keyword("axes")
            parser.parse_punctuation("=")
            axes = ArrayAttr(parser.parse_comma_separated_list(parser.Delimiter.SQUARE, parse_axis))
            if parser.parse_optional_punctuation(",") is None:
                return Mesh(axes)
            parser.parse_keyword("device_ids")
            parser.parse_punctuation("=")
            return Mesh(axes, parser.parse_attribute())

    def print_parameter(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            printer.print_string("axes=")
            printer.print_attribute(self.data.axes)
            if self.data.device_ids is not None:
                printer.print_string(", device_ids=")
                printer.print_attribute(self.data.device_ids)
