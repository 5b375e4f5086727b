"""Ops that name meshes and that tell propagation something; on tensors they are identities."""

from __future__ import annotations

from abc import ABC
from typing import Any, Self, TypeVar

from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    IntegerAttr,
    ModuleOp,
    ShapedType,
    StringAttr,
    SymbolNameConstraint,
    i32,
    i64,
)
from xdsl.ir import Attribute, Operation, OpResult, SSAValue
from xdsl.irdl import (
    AnyAttr,
    BaseAttr,
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.parser import Parser, UnresolvedOperand
from xdsl.printer import Printer
from xdsl.traits import HasParent, Pure, SymbolOpInterface
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.sdy.access import ShardingIsField
from eggshard.dialects.sdy.attributes import MeshAttr, TensorShardingAttr
from eggshard.dialects.sdy.checks import check_own
from eggshard.dialects.sdy.syntax import parse_sharding, sharding_text
from eggshard.dialects.sdy.values import Sharding
from eggshard.dialects.sdy.verify import verify_shardings
from eggshard.dialects.sharding.layout import Mesh
from eggshard.dialects.sharding.syntax import mesh_text, parse_mesh, symbol_text

INTEGER: BaseAttr[IntegerAttr[Any]] = BaseAttr(IntegerAttr)
Op = TypeVar("Op", bound=Operation)
DIRECTIONS = ("NONE", "FORWARD", "BACKWARD", "BOTH")
"""Ways in which a barrier lets shardings pass; the index is what the attribute holds."""


@irdl_op_definition
class MeshOp(IRDLOperation):
    """
    Names a mesh.

    `sdy.mesh @mesh = <["a"=2, "b"=4]>`; the mesh may also be read as an attribute, `#sdy.mesh<..>`.
    """

    name = "sdy.mesh"

    sym_name = prop_def(SymbolNameConstraint())
    mesh = prop_def(MeshAttr)

    traits = traits_def(SymbolOpInterface(), HasParent(ModuleOp))

    def __init__(self, name: str, mesh: Mesh) -> None:
        super().__init__(properties={"sym_name": StringAttr(name), "mesh": MeshAttr(mesh)})

    def verify_(self) -> None:
        """The first mesh of a module checks all its shardings: xDSL asks no one about discardable attributes."""
        module = self.parent_op()
        if module is not None and next(op for op in module.walk() if isinstance(op, MeshOp)) is self:
            verify_shardings(module)

    @classmethod
    def parse(cls, parser: Parser) -> MeshOp:
        name = parser.parse_symbol_name()
        parser.parse_punctuation("=")
        written = parser.parse_optional_attribute()
        if isinstance(written, MeshAttr):
            mesh = written.data
        elif written is not None:
            parser.raise_error("expected a mesh")
        else:
            with parser.in_angle_brackets():
                mesh = parse_mesh(parser)
        op = cls(name.data, mesh)
        op.attributes |= parser.parse_optional_attr_dict()
        return op

    def print(self, printer: Printer) -> None:
        printer.print_string(f" {symbol_text(self.sym_name.data)} = <{mesh_text(self.mesh.data)}>")
        printer.print_op_attributes(self.attributes)


def parse_identity(cls: type[Op], parser: Parser, operand: UnresolvedOperand, properties: dict[str, Attribute]) -> Op:
    """Parses `{attributes} : type` and makes the op whose result has the operand's type."""
    attributes = parser.parse_optional_attr_dict()
    parser.parse_punctuation(":")
    type = parser.parse_type()
    value = parser.resolve_operand(operand, type)
    return cls.create(operands=[value], result_types=[type], properties=properties, attributes=attributes)


def print_attributes_and_type(op: Operation, printer: Printer, type: Attribute) -> None:
    printer.print_op_attributes(op.attributes)
    printer.print_string(" : ")
    printer.print_attribute(type)


class _WithSharding(IRDLOperation, ABC):
    """`sdy.op %x <@mesh, [..]> : type`."""

    input = operand_def(AnyAttr())
    sharding = prop_def(TensorShardingAttr)
    result = result_def(AnyAttr())

    def __init__(self, input: SSAValue, sharding: Sharding) -> None:
        super().__init__(
            operands=[input], result_types=[input.type], properties={"sharding": TensorShardingAttr(sharding)}
        )

    def verify_(self) -> None:
        check_same_type(self.input, self.result)
        check_own(self, self.sharding.data, self.input.type)

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operand = parser.parse_unresolved_operand()
        return parse_identity(cls, parser, operand, {"sharding": TensorShardingAttr(parse_sharding(parser))})

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_operand(self.input)
        printer.print_string(f" {sharding_text(self.sharding.data)}")
        print_attributes_and_type(self, printer, self.result.type)


def check_same_type(operand: SSAValue, result: SSAValue) -> None:
    if operand.type != result.type:
        raise VerifyException(f"operand has type {operand.type} and result {result.type}; they must be equal")


@irdl_op_definition
class ShardingConstraintOp(_WithSharding):
    """
    Asks that a tensor, or these uses of it, be sharded so.

    `%1 = sdy.sharding_constraint %0 <@mesh, [{"a", ?}, {}]> : tensor<8x8xf32>`
    """

    name = "sdy.sharding_constraint"

    traits = traits_def(ShardingIsField())


@irdl_op_definition
class ReshardOp(_WithSharding):
    """
    Changes how a tensor is sharded.

    `%1 = sdy.reshard %0 <@mesh, [{"a"}, {}]> : tensor<8x8xf32>`
    """

    name = "sdy.reshard"

    traits = traits_def(Pure(), ShardingIsField())


@irdl_op_definition
class ShardingGroupOp(IRDLOperation):
    """
    Puts a tensor into a group whose members are all sharded alike.

    `sdy.sharding_group %0 group_id=3 : tensor<8x8xf32>`
    """

    name = "sdy.sharding_group"

    input = operand_def(AnyAttr())
    group_id = prop_def(INTEGER)

    @classmethod
    def parse(cls, parser: Parser) -> ShardingGroupOp:
        operand = parser.parse_unresolved_operand()
        parser.parse_keyword("group_id")
        parser.parse_punctuation("=")
        group = IntegerAttr(parser.parse_integer(allow_boolean=False), i64)
        attributes = parser.parse_optional_attr_dict()
        parser.parse_punctuation(":")
        value = parser.resolve_operand(operand, parser.parse_type())
        return cls.create(operands=[value], properties={"group_id": group}, attributes=attributes)

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_operand(self.input)
        printer.print_string(f" group_id={self.group_id.value.data}")
        print_attributes_and_type(self, printer, self.input.type)


@irdl_op_definition
class ConstantOp(IRDLOperation):
    """
    A constant that is not merged with its equals, so that each use may be sharded differently.

    `%0 = sdy.constant dense<1.000000e+00> : tensor<8x8xf32>`
    """

    name = "sdy.constant"

    value = prop_def(AnyAttr())
    output = result_def(AnyAttr())

    traits = traits_def(Pure())

    def verify_(self) -> None:
        if getattr(self.value, "type", None) != self.output.type:
            raise VerifyException(f"value is {self.value}; the result has type {self.output.type}")

    @classmethod
    def parse(cls, parser: Parser) -> ConstantOp:
        attributes = parser.parse_optional_attr_dict()
        value = parser.parse_attribute()
        type = getattr(value, "type", None)
        if not isinstance(type, Attribute):
            parser.raise_error(f"expected the elements of a tensor, not {value}")
        return cls.create(result_types=[type], properties={"value": value}, attributes=attributes)

    def print(self, printer: Printer) -> None:
        printer.print_op_attributes(self.attributes)
        printer.print_string(" ")
        printer.print_attribute(self.value)


@irdl_op_definition
class PropagationBarrierOp(IRDLOperation):
    """
    Lets shardings pass in one direction only: FORWARD from operand to result, BACKWARD the other way, or NONE.

    `%1 = sdy.propagation_barrier %0 allowed_direction=BACKWARD : tensor<8x8xf32>`
    """

    name = "sdy.propagation_barrier"

    input = operand_def(AnyAttr())
    allowed_direction = prop_def(INTEGER)
    result = result_def(AnyAttr())

    traits = traits_def(Pure())

    @property
    def direction(self) -> str:
        return DIRECTIONS[self.allowed_direction.value.data]

    def verify_(self) -> None:
        check_same_type(self.input, self.result)
        if not 0 <= self.allowed_direction.value.data < len(DIRECTIONS):
            raise VerifyException(f"direction is {self.allowed_direction.value.data}, must be 0, 1 or 2")
        if self.direction == "BOTH":
            raise VerifyException("barrier lets shardings pass in both directions; it must stop one")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operand = parser.parse_unresolved_operand()
        parser.parse_keyword("allowed_direction")
        parser.parse_punctuation("=")
        direction = IntegerAttr(DIRECTIONS.index(parser.parse_keyword_in(DIRECTIONS)), i32)
        return parse_identity(cls, parser, operand, {"allowed_direction": direction})

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_operand(self.input)
        printer.print_string(f" allowed_direction={self.direction}")
        print_attributes_and_type(self, printer, self.result.type)


def check_edge(input: SSAValue) -> None:
    """What an edge stands on has no other use, and a static shape."""
    if input.uses.get_length() != 1:
        raise VerifyException(f"input has {input.uses.get_length()} uses; the edge must be its only one")
    if isinstance(input.type, ShapedType) and DYNAMIC_INDEX in input.type.get_shape():
        raise VerifyException(f"edge has type {input.type}; it must have a static shape")


COMPUTATIONS = ("sdy.manual_computation", "sdy.named_computation")
"""The ops of `sdy` whose results an edge may stand for."""


@irdl_op_definition
class DataFlowEdgeOp(IRDLOperation):
    """
    Stands for all values that a loop or a region op ties together; holds the sharding that they share.

    `%1 = sdy.data_flow_edge %0 sharding=<@mesh, [{"a"}, {}]> : tensor<8x8xf32>`
    """

    name = "sdy.data_flow_edge"

    input = operand_def(AnyAttr())
    sharding = opt_prop_def(TensorShardingAttr)
    result = result_def(AnyAttr())

    traits = traits_def(ShardingIsField())

    def verify_(self) -> None:
        check_same_type(self.input, self.result)
        check_edge(self.input)
        owner = self.input.owner
        if isinstance(owner, Operation) and owner.name.startswith("sdy.") and owner.name not in COMPUTATIONS:
            raise VerifyException(f"input comes from {owner.name}; it must not come from an op of sdy")
        if self.sharding is not None:
            check_own(self, self.sharding.data, self.input.type)

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operand = parser.parse_unresolved_operand()
        properties: dict[str, Attribute] = {}
        if parser.parse_optional_keyword("sharding"):
            parser.parse_punctuation("=")
            properties["sharding"] = TensorShardingAttr(parse_sharding(parser))
        return parse_identity(cls, parser, operand, properties)

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_operand(self.input)
        if self.sharding is not None:
            printer.print_string(f" sharding={sharding_text(self.sharding.data)}")
        print_attributes_and_type(self, printer, self.result.type)


@irdl_op_definition
class FuncDataFlowEdgeOp(IRDLOperation):
    """
    Ties a function's argument to its callers' operands, or a call's result to what the function returns.

    `%1 = sdy.func_data_flow_edge %0 : tensor<8x8xf32>`
    """

    name = "sdy.func_data_flow_edge"

    operand = operand_def(AnyAttr())
    result = result_def(AnyAttr())

    def verify_(self) -> None:
        check_same_type(self.operand, self.result)
        check_edge(self.operand)
        if isinstance(self.operand, OpResult) and self.operand.op.name != "func.call":
            raise VerifyException(
                f"operand comes from {self.operand.op.name}; it must come from a call or be an argument"
            )

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        return parse_identity(cls, parser, parser.parse_unresolved_operand(), {})

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_operand(self.operand)
        print_attributes_and_type(self, printer, self.result.type)
