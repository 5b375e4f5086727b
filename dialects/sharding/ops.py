"""The operations of `sharding`: name a mesh, ask for a layout, change a layout."""

from __future__ import annotations

from typing import ClassVar

from xdsl.dialects.builtin import StringAttr, SymbolNameConstraint
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import (
    AnyAttr,
    IRDLOperation,
    VarConstraint,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import Pure, SymbolOpInterface
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.sharding.access import meshes_of
from eggshard.dialects.sharding.attributes import LayoutAttr, MeshAttr
from eggshard.dialects.sharding.carrier import LayoutIsField
from eggshard.dialects.sharding.checks import check_layout, check_mesh, rank_of
from eggshard.dialects.sharding.layout import Layout, Mesh
from eggshard.dialects.sharding.syntax import layout_text, mesh_text, parse_layout, parse_mesh, symbol_text
from eggshard.dialects.sharding.verify import verify_layouts


@irdl_op_definition
class MeshOp(IRDLOperation):
    """
    Names a mesh: `sharding.mesh @mesh = <["data"=4, "model"=2]>`.

    Axes stand major to minor. `device_ids`, row-major over the axes, follow where they are not 0, 1, 2, ...:
    `sharding.mesh @mesh = <["x"=2], device_ids=[1, 0]>`.
    """

    name = "sharding.mesh"

    sym_name = prop_def(SymbolNameConstraint())
    mesh = prop_def(MeshAttr)

    traits = traits_def(SymbolOpInterface())

    def __init__(self, name: str, mesh: Mesh) -> None:
        super().__init__(properties={"sym_name": StringAttr(name), "mesh": MeshAttr(mesh)})

    def verify_(self) -> None:
        """The first mesh of a module checks all its layouts as well: xDSL asks no one about discardable attributes."""
        check_mesh(self.mesh.data)
        module = self.parent_op()
        if module is not None and next(op for op in module.walk() if isinstance(op, MeshOp)) is self:
            verify_layouts(module)

    @classmethod
    def parse(cls, parser: Parser) -> MeshOp:
        name = parser.parse_symbol_name()
        parser.parse_punctuation("=")
        with parser.in_angle_brackets():
            mesh = parse_mesh(parser)
        op = cls(name.data, mesh)
        op.attributes |= parser.parse_optional_attr_dict()
        return op

    def print(self, printer: Printer) -> None:
        printer.print_string(f" {symbol_text(self.sym_name.data)} = <{mesh_text(self.mesh.data)}>")
        printer.print_op_attributes(self.attributes)


def _check_on_mesh(op: Operation, layout: Layout, type: Attribute) -> None:
    """Holds `layout` against its mesh, if `op` stands in a module, and against the tensor's rank."""
    meshes = meshes_of(op)
    if (mesh := meshes.get(layout.mesh)) is None:
        names = ", ".join(symbol_text(name) for name in meshes) or "none"
        raise VerifyException(f"mesh {symbol_text(layout.mesh)} is not defined (meshes: {names})")
    check_layout(layout, mesh, rank_of(type))


@irdl_op_definition
class ConstraintOp(IRDLOperation):
    """
    Asks that `input` be laid out so; the result is the same tensor.

    `%y = sharding.constraint %x <@mesh, [{"data"}, {?}]> : tensor<8x16xf32>`
    Open dimensions may get more axes from propagation.
    """

    name = "sharding.constraint"
    T: ClassVar[VarConstraint[Attribute]] = VarConstraint("T", AnyAttr())

    input = operand_def(T)
    layout = prop_def(LayoutAttr)
    result = result_def(T)

    traits = traits_def(Pure(), LayoutIsField("layout"))

    def __init__(self, input: SSAValue, layout: Layout) -> None:
        super().__init__(operands=[input], result_types=[input.type], properties={"layout": LayoutAttr(layout)})

    def verify_(self) -> None:
        _check_on_mesh(self, self.layout.data, self.input.type)

    @classmethod
    def parse(cls, parser: Parser) -> ConstraintOp:
        operand = parser.parse_unresolved_operand()
        layout = parse_layout(parser)
        attributes = parser.parse_optional_attr_dict()
        parser.parse_punctuation(":")
        op = cls(parser.resolve_operand(operand, parser.parse_type()), layout)
        op.attributes |= attributes
        return op

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_operand(self.input)
        printer.print_string(f" {layout_text(self.layout.data)}")
        printer.print_op_attributes(self.attributes)
        printer.print_string(" : ")
        printer.print_attribute(self.input.type)


@irdl_op_definition
class ReshardOp(IRDLOperation):
    """
    Changes where a tensor lies, from layout `source` to layout `target`, without changing the tensor.

    `%y = sharding.reshard %x : #sharding.layout<@mesh, [{"data"}]> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>`
    `because "argument 0 of dot_general, gpt.py:88"` may stand before the type: the use that needed it.
    """

    name = "sharding.reshard"
    T: ClassVar[VarConstraint[Attribute]] = VarConstraint("T", AnyAttr())

    input = operand_def(T)
    source = prop_def(LayoutAttr)
    target = prop_def(LayoutAttr)
    because = opt_prop_def(StringAttr)
    result = result_def(T)

    traits = traits_def(Pure(), LayoutIsField("target"))

    def __init__(self, input: SSAValue, source: Layout, target: Layout, because: str | None = None) -> None:
        super().__init__(
            operands=[input],
            result_types=[input.type],
            properties={
                "source": LayoutAttr(source),
                "target": LayoutAttr(target),
                "because": None if because is None else StringAttr(because),
            },
        )

    def verify_(self) -> None:
        for layout in (self.source.data, self.target.data):
            _check_on_mesh(self, layout, self.input.type)

    @classmethod
    def parse(cls, parser: Parser) -> ReshardOp:
        operand = parser.parse_unresolved_operand()
        parser.parse_punctuation(":")
        source = parser.parse_attribute()
        parser.parse_punctuation("->")
        target = parser.parse_attribute()
        if not isinstance(source, LayoutAttr) or not isinstance(target, LayoutAttr):
            parser.raise_error("expected two layouts, as in #sharding.layout<@mesh, []> -> #sharding.layout<@mesh, []>")
        because = parser.parse_str_literal() if parser.parse_optional_keyword("because") else None
        attributes = parser.parse_optional_attr_dict()
        parser.parse_punctuation(":")
        op = cls(parser.resolve_operand(operand, parser.parse_type()), source.data, target.data, because)
        op.attributes |= attributes
        return op

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_operand(self.input)
        printer.print_string(" : ")
        printer.print_attribute(self.source)
        printer.print_string(" -> ")
        printer.print_attribute(self.target)
        if self.because is not None:
            printer.print_string(" because ")
            printer.print_string_literal(self.because.data)
        printer.print_op_attributes(self.attributes)
        printer.print_string(" : ")
        printer.print_attribute(self.input.type)
