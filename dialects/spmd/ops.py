"""
The operations of `spmd`: collectives named by mesh axes, and what a device knows of its place.

Every collective stands in a function that carries `spmd.mesh = @mesh`, and says in `because` which use needed it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, cast

from xdsl.dialects.builtin import (
    DenseArrayBase,
    IntegerAttr,
    StringAttr,
    SymbolRefAttr,
    TensorType,
    i32,
    i64,
)
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    var_operand_def,
    var_result_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.sharding.access import meshes_of
from eggshard.dialects.sharding.layout import Axis, Mesh
from eggshard.dialects.sharding.syntax import axes_text, quoted
from eggshard.dialects.spmd.attributes import KINDS, AxesAttr, parse_axis_list

MESH = "spmd.mesh"
"""The function attribute that names the mesh whose devices run the function."""


def mesh_around(op: Operation) -> Mesh:
    """The mesh of the per-device function that contains `op`."""
    parent: Operation | None = op
    while parent is not None and MESH not in parent.attributes:
        parent = parent.parent_op()
    if parent is None:
        raise VerifyException(f"{op.name} stands outside a per-device function (one with the attribute {MESH})")
    name = cast(SymbolRefAttr, parent.attributes[MESH]).root_reference.data
    meshes = meshes_of(op)
    if name not in meshes:
        raise VerifyException(f"mesh @{name} is not defined (meshes: {', '.join(meshes) or 'none'})")
    return meshes[name]


class PerDeviceOp(IRDLOperation):
    """
    Shared assembly: `spmd.x %a, %b {axes = ["data"], dim = 0, kind = sum, because = "..."} : types -> types`.

    A subclass lists its entries in `FIELDS`, in the order they print.
    """

    FIELDS: ClassVar[tuple[str, ...]] = ("axes",)

    def print(self, printer: Printer) -> None:
        if self.operands:
            printer.print_string(" ")
            printer.print_list(self.operands, printer.print_operand)
        entries = [f"{name} = {_entry_text(self.properties[name])}" for name in self.FIELDS if name in self.properties]
        printer.print_string(" {" + ", ".join(entries) + "}")
        printer.print_op_attributes(self.attributes, print_keyword=True)
        printer.print_string(" : ")
        printer.print_list([operand.type for operand in self.operands], printer.print_attribute)
        if self.operands:
            printer.print_string(" -> ")
        printer.print_list([result.type for result in self.results], printer.print_attribute)

    @classmethod
    def parse(cls, parser: Parser) -> PerDeviceOp:
        operands = parser.parse_optional_undelimited_comma_separated_list(
            parser.parse_optional_unresolved_operand, parser.parse_unresolved_operand
        )
        properties: dict[str, Attribute] = {}

        def entry() -> None:
            name = parser.parse_identifier()
            if name not in cls.FIELDS:
                parser.raise_error(f"{cls.name} has no entry '{name}' (entries: {', '.join(cls.FIELDS)})")
            parser.parse_punctuation("=")
            properties[name] = _parse_entry(parser, name)

        parser.parse_comma_separated_list(parser.Delimiter.BRACES, entry)
        attributes = parser.parse_optional_attr_dict_with_keyword()
        parser.parse_punctuation(":")
        types = parser.parse_comma_separated_list(parser.Delimiter.NONE, parser.parse_type)
        if operands:
            parser.parse_punctuation("->")
            results = parser.parse_comma_separated_list(parser.Delimiter.NONE, parser.parse_type)
        else:
            types, results = [], types
        return cls.create(
            operands=parser.resolve_operands(operands or [], types, parser.pos),
            result_types=results,
            properties=properties,
            attributes=attributes.data if attributes else {},
        )


def _entry_text(attribute: Attribute) -> str:
    if isinstance(attribute, AxesAttr):
        return f"[{axes_text(attribute.data)}]"
    if isinstance(attribute, IntegerAttr):
        return str(attribute.value.data)
    if isinstance(attribute, DenseArrayBase):
        values = attribute.get_values()
        return "[" + ", ".join(f"{a}->{b}" for a, b in zip(values[::2], values[1::2], strict=True)) + "]"
    assert isinstance(attribute, StringAttr)
    return attribute.data if attribute.data in KINDS else quoted(attribute.data)


def _parse_entry(parser: Parser, name: str) -> Attribute:
    if name == "axes":
        return AxesAttr(parse_axis_list(parser))
    if name == "kind":
        return StringAttr(parser.parse_identifier())
    if name == "because":
        return StringAttr(parser.parse_str_literal())
    if name == "pairs":
        flat: list[int] = []

        def pair() -> None:
            flat.append(parser.parse_integer())
            parser.parse_punctuation("->")
            flat.append(parser.parse_integer())

        parser.parse_comma_separated_list(parser.Delimiter.SQUARE, pair)
        return DenseArrayBase.from_list(i64, flat)
    return IntegerAttr(parser.parse_integer(), i64)


class CollectiveOp(PerDeviceOp):
    """A step in which devices exchange data."""

    axes = prop_def(AxesAttr)
    because = opt_prop_def(StringAttr)

    @property
    def cause(self) -> str:
        """The use that needed it, or nothing known."""
        return self.because.data if self.because is not None else ""

    @property
    def span(self) -> int:
        """Devices in one group."""
        return mesh_around(self).span(self.axes.data)

    def expect_shape(self, found: Attribute, operand: Attribute, grow: dict[int, tuple[int, int]]) -> None:
        """Demands that `found` be `operand` with dimension d multiplied by grow[d][0] and divided by grow[d][1]."""
        if not isinstance(operand, TensorType) or not isinstance(found, TensorType):
            raise VerifyException(f"{self.name} works on tensors, found {operand} -> {found}")
        shape = list(operand.get_shape())
        for dim, (times, over) in grow.items():
            if not 0 <= dim < len(shape):
                raise VerifyException(f"{self.name}: dimension {dim} is out of range for {operand}")
            if shape[dim] * times % over:
                raise VerifyException(f"{self.name}: dimension {dim} of size {shape[dim]} does not divide by {over}")
            shape[dim] = shape[dim] * times // over
        if tuple(shape) != found.get_shape() or operand.element_type != found.element_type:
            raise VerifyException(f"{self.name}: result is {found}, required shape {shape} of {operand.element_type}")


def _dim(value: int) -> IntegerAttr:
    return IntegerAttr(value, i64)


def _because(because: str | None) -> StringAttr | None:
    return StringAttr(because) if because else None


@irdl_op_definition
class AllGatherOp(CollectiveOp):
    """Joins the shards along `axes` in dimension `dim`: every device of a group gets the whole."""

    name = "spmd.all_gather"
    FIELDS: ClassVar[tuple[str, ...]] = ("axes", "dim", "because")
    operand = operand_def(TensorType)
    result = result_def(TensorType)
    dim = prop_def(IntegerAttr)

    def __init__(self, operand: SSAValue, axes: tuple[Axis, ...], dim: int, span: int, because: str | None = None):
        super().__init__(
            operands=[operand],
            result_types=[resized(operand.type, {dim: (span, 1)})],
            properties={"axes": AxesAttr(axes), "dim": _dim(dim), "because": _because(because)},
        )

    def verify_(self) -> None:
        self.expect_shape(self.result.type, self.operand.type, {self.dim.value.data: (self.span, 1)})


@irdl_op_definition
class AllReduceOp(CollectiveOp):
    """Combines the terms along `axes` by `kind`, for each operand; every device of a group gets the whole."""

    name = "spmd.all_reduce"
    FIELDS: ClassVar[tuple[str, ...]] = ("axes", "kind", "because")
    inputs = var_operand_def(TensorType)
    outputs = var_result_def(TensorType)
    kind = prop_def(StringAttr)

    def __init__(
        self, inputs: Sequence[SSAValue], axes: tuple[Axis, ...], kind: str = "sum", because: str | None = None
    ):
        super().__init__(
            operands=[inputs],
            result_types=[[value.type for value in inputs]],
            properties={"axes": AxesAttr(axes), "kind": StringAttr(kind), "because": _because(because)},
        )

    def verify_(self) -> None:
        _check_kind(self.kind.data)
        if len(self.inputs) != len(self.outputs):
            raise VerifyException(f"{self.name}: {len(self.inputs)} operands and {len(self.outputs)} results")
        for operand, result in zip(self.inputs, self.outputs, strict=True):
            self.expect_shape(result.type, operand.type, {})


@irdl_op_definition
class ReduceScatterOp(CollectiveOp):
    """Combines the terms along `axes` by `kind`; each device of a group keeps its shard of dimension `dim`."""

    name = "spmd.reduce_scatter"
    FIELDS: ClassVar[tuple[str, ...]] = ("axes", "dim", "kind", "because")
    operand = operand_def(TensorType)
    result = result_def(TensorType)
    dim = prop_def(IntegerAttr)
    kind = prop_def(StringAttr)

    def __init__(
        self, operand: SSAValue, axes: tuple[Axis, ...], dim: int, span: int, kind: str, because: str | None = None
    ):
        super().__init__(
            operands=[operand],
            result_types=[resized(operand.type, {dim: (1, span)})],
            properties={
                "axes": AxesAttr(axes),
                "dim": _dim(dim),
                "kind": StringAttr(kind),
                "because": _because(because),
            },
        )

    def verify_(self) -> None:
        _check_kind(self.kind.data)
        self.expect_shape(self.result.type, self.operand.type, {self.dim.value.data: (1, self.span)})


@irdl_op_definition
class AllToAllOp(CollectiveOp):
    """Moves `axes` from dimension `concat_dim`, which grows, to dimension `split_dim`, which is cut."""

    name = "spmd.all_to_all"
    FIELDS: ClassVar[tuple[str, ...]] = ("axes", "split_dim", "concat_dim", "because")
    operand = operand_def(TensorType)
    result = result_def(TensorType)
    split_dim = prop_def(IntegerAttr)
    concat_dim = prop_def(IntegerAttr)

    def __init__(
        self,
        operand: SSAValue,
        axes: tuple[Axis, ...],
        split_dim: int,
        concat_dim: int,
        span: int,
        because: str | None = None,
    ):
        super().__init__(
            operands=[operand],
            result_types=[resized(operand.type, {split_dim: (1, span), concat_dim: (span, 1)})],
            properties={
                "axes": AxesAttr(axes),
                "split_dim": _dim(split_dim),
                "concat_dim": _dim(concat_dim),
                "because": _because(because),
            },
        )

    def verify_(self) -> None:
        if self.split_dim.value.data == self.concat_dim.value.data:
            raise VerifyException(f"{self.name}: split and concat dimension are both {self.split_dim.value.data}")
        grow = {self.split_dim.value.data: (1, self.span), self.concat_dim.value.data: (self.span, 1)}
        self.expect_shape(self.result.type, self.operand.type, grow)


@irdl_op_definition
class CollectivePermuteOp(CollectiveOp):
    """Sends each device's tensor to another: `pairs = [0->1, 1->0]` (device ids); who gets nothing holds zeros."""

    name = "spmd.collective_permute"
    FIELDS: ClassVar[tuple[str, ...]] = ("axes", "pairs", "because")
    operand = operand_def(TensorType)
    result = result_def(TensorType)
    pairs = prop_def(DenseArrayBase)

    def __init__(
        self, operand: SSAValue, axes: tuple[Axis, ...], pairs: Sequence[tuple[int, int]], because: str | None = None
    ):
        flat = [device for pair in pairs for device in pair]
        super().__init__(
            operands=[operand],
            result_types=[operand.type],
            properties={
                "axes": AxesAttr(axes),
                "pairs": DenseArrayBase.from_list(i64, flat),
                "because": _because(because),
            },
        )

    @property
    def source_target_pairs(self) -> list[tuple[int, int]]:
        values = self.pairs.get_values()
        return list(zip(values[::2], values[1::2], strict=True))

    def verify_(self) -> None:
        self.expect_shape(self.result.type, self.operand.type, {})
        count = mesh_around(self).device_count
        for ends in zip(*self.source_target_pairs, strict=True):
            if len(set(ends)) != len(ends):
                raise VerifyException(f"{self.name}: a device occurs twice as source or as target")
            if not all(0 <= device < count for device in ends):
                raise VerifyException(f"{self.name}: a device id is not below {count}")


@irdl_op_definition
class SliceOp(PerDeviceOp):
    """Keeps the device's own shard of dimension `dim` along `axes`; no data moves between devices."""

    name = "spmd.slice"
    FIELDS: ClassVar[tuple[str, ...]] = ("axes", "dim", "because")
    operand = operand_def(TensorType)
    result = result_def(TensorType)
    axes = prop_def(AxesAttr)
    dim = prop_def(IntegerAttr)
    because = opt_prop_def(StringAttr)

    def __init__(self, operand: SSAValue, axes: tuple[Axis, ...], dim: int, span: int, because: str | None = None):
        super().__init__(
            operands=[operand],
            result_types=[resized(operand.type, {dim: (1, span)})],
            properties={"axes": AxesAttr(axes), "dim": _dim(dim), "because": _because(because)},
        )

    def verify_(self) -> None:
        span = mesh_around(self).span(self.axes.data)
        CollectiveOp.expect_shape(
            cast(CollectiveOp, self), self.result.type, self.operand.type, {self.dim.value.data: (1, span)}
        )


@irdl_op_definition
class DeviceIndexOp(PerDeviceOp):
    """Which shard along `axes` this device holds, as a `tensor<i32>`: 0, 1, ... major axis first."""

    name = "spmd.device_index"
    axes = prop_def(AxesAttr)
    result = result_def(TensorType)

    def __init__(self, axes: tuple[Axis, ...]):
        super().__init__(result_types=[TensorType(i32, [])], properties={"axes": AxesAttr(axes)})

    def verify_(self) -> None:
        mesh = mesh_around(self)
        for axis in self.axes.data:
            if axis.name not in mesh.sizes:
                raise VerifyException(f'{self.name}: axis "{axis.name}" is not in the mesh')
        if self.result.type != TensorType(i32, []):
            raise VerifyException(f"{self.name}: result is {self.result.type}, required tensor<i32>")


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise VerifyException(f"reduction kind is '{kind}', required one of {', '.join(KINDS)}")


def resized(type: Attribute, grow: dict[int, tuple[int, int]]) -> TensorType[Attribute]:
    """A tensor type whose dimension d is multiplied by grow[d][0] and divided by grow[d][1]."""
    assert isinstance(type, TensorType)
    shape = list(type.get_shape())
    for dim, (times, over) in grow.items():
        shape[dim] = shape[dim] * times // over
    return TensorType(type.element_type, shape)
