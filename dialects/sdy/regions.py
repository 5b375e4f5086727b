"""Ops with a body: computations written per device, and named ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Self, TypeVar

from xdsl.dialects.builtin import ShapedType, StringAttr, TensorType
from xdsl.ir import Attribute, Operation, Region, SSAValue
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    opt_prop_def,
    prop_def,
    region_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.parser import Parser, UnresolvedOperand
from xdsl.printer import Printer
from xdsl.traits import IsolatedFromAbove, IsTerminator, Pure
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.sdy.attributes import (
    ManualAxesAttr,
    TensorShardingPerValueAttr,
    manual_axes_text,
    parse_manual_axes,
)
from eggshard.dialects.sdy.checks import (
    check_not_manual,
    check_shardings,
    outer_manual_axes,
    resolve,
)
from eggshard.dialects.sdy.region_layouts import ManualLayouts, NamedLayouts
from eggshard.dialects.sdy.syntax import parse_shardings, shardings_text
from eggshard.dialects.sdy.values import Sharding
from eggshard.dialects.sharding.access import meshes_of
from eggshard.dialects.sharding.layout import Dim, Mesh
from eggshard.dialects.sharding.syntax import axis_text, quoted

Op = TypeVar("Op", bound=Operation)


@irdl_op_definition
class ReturnOp(IRDLOperation):
    """
    Ends the body of an op of this dialect.

    `sdy.return %0 : tensor<8x8xf32>`
    """

    name = "sdy.return"

    results_ = var_operand_def()

    traits = traits_def(IsTerminator(), Pure())

    @classmethod
    def parse(cls, parser: Parser) -> ReturnOp:
        attributes = parser.parse_optional_attr_dict()
        operands = parser.parse_optional_undelimited_comma_separated_list(
            parser.parse_optional_unresolved_operand, parser.parse_unresolved_operand
        )
        values: Sequence[SSAValue] = ()
        if operands:
            position = parser.pos
            parser.parse_punctuation(":")
            types = parser.parse_comma_separated_list(parser.Delimiter.NONE, parser.parse_type)
            values = parser.resolve_operands(operands, types, position)
        return cls.create(operands=values, attributes=attributes)

    def print(self, printer: Printer) -> None:
        printer.print_op_attributes(self.attributes)
        if self.operands:
            printer.print_string(" ")
            printer.print_list(self.operands, printer.print_operand)
            printer.print_string(" : ")
            printer.print_list(self.operand_types, printer.print_attribute)


def returned_types(region: Region) -> tuple[Attribute, ...]:
    last = region.block.last_op
    if not isinstance(last, ReturnOp):
        raise VerifyException(f"body ends with {last.name if last else 'nothing'}, must end with sdy.return")
    return tuple(last.operand_types)


def _parse_operands(parser: Parser) -> list[UnresolvedOperand]:
    return parser.parse_comma_separated_list(parser.Delimiter.PAREN, parser.parse_unresolved_operand)


def _parse_field(parser: Parser, keyword: str, parse: Callable[[Parser], Attribute]) -> Attribute | None:
    if parser.parse_optional_keyword(keyword) is None:
        return None
    parser.parse_punctuation("=")
    return parse(parser)


def _per_value(parser: Parser) -> TensorShardingPerValueAttr:
    return TensorShardingPerValueAttr(parse_shardings(parser))


def _parse_body(
    cls: type[Op], parser: Parser, operands: Sequence[UnresolvedOperand], properties: dict[str, Attribute]
) -> Op:
    """Parses `(%arg: type, ..) { .. } {attributes} : (types) -> types`; names outside are not seen inside."""
    arguments = parser.parse_comma_separated_list(parser.Delimiter.PAREN, parser.parse_argument)
    outside = parser.ssa_values
    parser.ssa_values = {}
    region = parser.parse_region(arguments)
    parser.ssa_values = outside
    attributes = parser.parse_optional_attr_dict()
    parser.parse_punctuation(":")
    position = parser.pos
    type = parser.parse_function_type()
    return cls.create(
        operands=parser.resolve_operands(operands, type.inputs.data, position),
        result_types=type.outputs.data,
        properties=properties,
        attributes=attributes,
        regions=[region],
    )


def _print_body(op: Operation, printer: Printer) -> None:
    printer.print_string(" (")
    printer.print_list(op.regions[0].block.args, printer.print_block_argument)
    printer.print_string(") ")
    printer.print_region(op.regions[0], print_entry_block_args=False, print_empty_block=False)
    printer.print_op_attributes(op.attributes)
    printer.print_string(" : ")
    printer.print_function_type(op.operand_types, op.result_types)


@irdl_op_definition
class ManualComputationOp(IRDLOperation):
    """
    A computation whose body is written for one device along `manual_axes`, with its own collectives.

    Its body sees local shapes along these axes, which stand first in each dimension; other axes propagate into it.
    ```
    %1 = sdy.manual_computation(%0) in_shardings=[<@mesh, [{"a"}]>] out_shardings=[<@mesh, [{"a"}]>] manual_axes={"a"}
        (%arg1: tensor<4xf32>) {
      sdy.return %arg1 : tensor<4xf32>
    } : (tensor<8xf32>) -> tensor<8xf32>
    ```
    """

    name = "sdy.manual_computation"

    tensors = var_operand_def()
    in_shardings = prop_def(TensorShardingPerValueAttr)
    out_shardings = prop_def(TensorShardingPerValueAttr)
    manual_axes = prop_def(ManualAxesAttr)
    body = region_def("single_block")
    results_ = var_result_def()

    traits = traits_def(IsolatedFromAbove(), ManualLayouts())

    def verify_(self) -> None:
        meshes, outer, manual = meshes_of(self), outer_manual_axes(self), frozenset(self.manual_axes.data)
        for axis in self.manual_axes.data:
            check_not_manual(axis, outer)
        sides = (
            ("operand", self.in_shardings.data, self.operand_types, self.body.block.arg_types),
            ("result", self.out_shardings.data, self.result_types, returned_types(self.body)),
        )
        for what, shardings, types, local_types in sides:
            if not shardings and not types and not local_types:
                continue
            check_shardings(shardings, types, meshes, outer, what)
            if len(types) != len(local_types):
                raise VerifyException(f"op has {len(types)} {what}s, its body {len(local_types)}")
            for number, (sharding, type, local) in enumerate(zip(shardings, types, local_types, strict=True)):
                mesh = resolve(sharding.mesh, meshes)
                _check_local(sharding, type, local, manual, mesh, f"{what} {number}")
        self._check_meshes(meshes)

    def _check_meshes(self, meshes: dict[str, Mesh]) -> None:
        """All shardings are on one mesh, if any axis is manual, and it has the manual axes."""
        shardings = self.in_shardings.data + self.out_shardings.data
        used = {resolve(sharding.mesh, meshes) for sharding in shardings}
        used -= {Mesh(())}
        if not shardings or not used or not self.manual_axes.data:
            return
        if len(used) > 1:
            raise VerifyException("shardings are on several meshes; those of a manual computation are on one")
        mesh = used.pop()
        for axis in self.manual_axes.data:
            if axis not in mesh.sizes:
                names = ", ".join(map(quoted, mesh.sizes))
                raise VerifyException(f"manual axis {quoted(axis)} is not in the mesh (axes: {names})")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = _parse_operands(parser)
        properties: dict[str, Attribute] = {}
        for keyword in ("in_shardings", "out_shardings"):
            parser.parse_keyword(keyword)
            parser.parse_punctuation("=")
            properties[keyword] = _per_value(parser)
        parser.parse_keyword("manual_axes")
        parser.parse_punctuation("=")
        properties["manual_axes"] = ManualAxesAttr(parse_manual_axes(parser))
        return _parse_body(cls, parser, operands, properties)

    def print(self, printer: Printer) -> None:
        printer.print_operands(self.tensors)
        printer.print_string(f" in_shardings={shardings_text(self.in_shardings.data)}")
        printer.print_string(f" out_shardings={shardings_text(self.out_shardings.data)}")
        printer.print_string(f" manual_axes={manual_axes_text(self.manual_axes.data)}")
        _print_body(self, printer)


def _check_local(
    sharding: Sharding, type: Attribute, local: Attribute, manual: frozenset[str], mesh: Mesh, what: str
) -> None:
    """Manual axes stand first in each dimension, divide it, and `local` is what is left."""
    for number, dim in enumerate(sharding.dims):
        _check_manual_first(dim, manual, f"{what} dim {number}")
    if not isinstance(type, ShapedType):
        return
    shape: list[int] = []
    for number, (size, dim) in enumerate(zip(type.get_shape(), sharding.dims, strict=False)):
        span = mesh.span(tuple(axis for axis in dim.axes if axis.name in manual))
        if size >= 0 and size % span:
            raise VerifyException(
                f"{what} dim {number} (size {size}) is not divisible by its manual axes (size {span})"
            )
        shape.append(size // span if size >= 0 else size)
    if len(shape) != type.get_num_dims():
        shape = list(type.get_shape())
    if not isinstance(local, ShapedType) or list(local.get_shape()) != shape or not _same_element(type, local):
        expected = "x".join(map(str, shape))
        raise VerifyException(
            f"{what} has type {type}; along its manual axes the body must see shape {expected}, not {local}"
        )


def _same_element(a: Attribute, b: Attribute) -> bool:
    return isinstance(a, TensorType) and isinstance(b, TensorType) and a.element_type == b.element_type


def _check_manual_first(dim: Dim, manual: Iterable[str], what: str) -> None:
    free = None
    for axis in dim.axes:
        if axis.name not in manual:
            free = axis
        elif free is not None:
            raise VerifyException(f"{what} has manual axis {axis_text(axis)} after free axis {axis_text(free)}")


@irdl_op_definition
class NamedComputationOp(IRDLOperation):
    """
    A computation with a name, as a call inlined; shardings pass in and out as if there were no op.

    ```
    %1 = sdy.named_computation<"foo">(%0) (%arg1: tensor<8xf32>) {
      sdy.return %arg1 : tensor<8xf32>
    } : (tensor<8xf32>) -> tensor<8xf32>
    ```
    """

    name = "sdy.named_computation"

    # The op's own name is `name`, so the property of that name is called otherwise here.
    computation_name = prop_def(StringAttr, prop_name="name")
    operands_ = var_operand_def()
    in_shardings = opt_prop_def(TensorShardingPerValueAttr)
    out_shardings = opt_prop_def(TensorShardingPerValueAttr)
    body = region_def("single_block")
    results_ = var_result_def()

    traits = traits_def(IsolatedFromAbove(), NamedLayouts())

    def verify_(self) -> None:
        sides = (
            ("operand", self.operand_types, self.body.block.arg_types, self.in_shardings),
            ("result", self.result_types, returned_types(self.body), self.out_shardings),
        )
        for what, types, inner, shardings in sides:
            if tuple(types) != tuple(inner):
                shown = ", ".join(map(str, types)), ", ".join(map(str, inner))
                raise VerifyException(f"{what}s have types ({shown[0]}), in the body ({shown[1]}); they must be equal")
            if shardings is not None:
                check_shardings(shardings.data, types, meshes_of(self), outer_manual_axes(self), what)

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        with parser.in_angle_brackets():
            properties: dict[str, Attribute] = {"name": StringAttr(parser.parse_str_literal())}
        operands = _parse_operands(parser)
        for keyword in ("in_shardings", "out_shardings"):
            if (shardings := _parse_field(parser, keyword, _per_value)) is not None:
                properties[keyword] = shardings
        return _parse_body(cls, parser, operands, properties)

    def print(self, printer: Printer) -> None:
        printer.print_string("<")
        printer.print_string_literal(self.computation_name.data)
        printer.print_string(">")
        printer.print_operands(self.operands_)
        if self.in_shardings is not None:
            printer.print_string(f" in_shardings={shardings_text(self.in_shardings.data)}")
        if self.out_shardings is not None:
            printer.print_string(f" out_shardings={shardings_text(self.out_shardings.data)}")
        _print_body(self, printer)
